/** Making DOM elements without markup in strings: whatever a text holds, it stays text. */

/** A text or number from outside as text; anything else, which has no words, as "". */
export function asText(value) {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** A text without the characters that turn its letters around: a number must be read as it is dialled. */
export function withoutDirectionControls(text) {
  return text.replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

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
