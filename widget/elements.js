/** Making DOM elements without markup in strings: whatever a text holds, it stays text. */

/** An element with a class and children (nodes or texts). */
export function element(name, className = "", ...children) {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

/** A button that does `action`. */
export function button(className, label, action) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}
