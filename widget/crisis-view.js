/** The banner with the numbers to call. Once shown, it stays. */

import { element } from "./elements.js";
import { textLanguage } from "./language.js";

const DIRECTORY = "https://findahelpline.com/";
const ANYWHERE = "112";

/** The first number in a text, in Latin digits: "111 option 2" is dialled as 111, the rest is said by the text. */
function firstNumber(written) {
  const digits = written.replaceAll(/[۰-۹]/g, (digit) => String("۰۱۲۳۴۵۶۷۸۹".indexOf(digit)));
  const [found] = digits.match(/[+*#]?\d[\d\s().-]*/) ?? [""];
  return found.replaceAll(/[^\d+*#]/g, "");
}

/**
 * Where a line of help leads: {href, textKey}, or null for what is neither a number nor a web address.
 *
 * `kind` "text" or "sms" is a message; a web address is opened over https only.
 */
export function lineTarget({ number, kind }) {
  const written = typeof number === "string" || typeof number === "number" ? String(number).trim() : "";
  const address = /^(?:https:\/\/)?((?:[a-z\d-]+\.)+[a-z]{2,}(?:\/\S*)?)$/i.exec(written);
  if (address !== null) return { href: `https://${address[1]}`, textKey: "crisisOpen" };
  const dialled = firstNumber(written);
  if (dialled === "") return null;
  const message = kind === "text" || kind === "sms";
  return { href: `${message ? "sms" : "tel"}:${dialled}`, textKey: message ? "crisisText" : "crisisCall" };
}

/** Draws into a section that is hidden until the first crisis. */
export class CrisisView {
  constructor(section, language) {
    this.section = section;
    this.language = language;
    this.event = null;
    language.onChange(() => this.#draw());
  }

  /** Shows a hamdel.crisis event; a later one replaces the numbers, none takes them away. */
  show(event) {
    const hasLines = Array.isArray(event.lines) && event.lines.length > 0;
    this.event = hasLines || this.event === null ? event : { ...event, lines: this.event.lines };
    this.#draw();
    this.section.hidden = false;
  }

  #draw() {
    if (this.event === null) return;
    const { lines, text } = this.event;
    const title = element("h2", "crisis__title", this.language.text("crisisTitle"));
    const list = element("ul", "crisis__lines");
    list.setAttribute("aria-label", this.language.text("crisisLines"));
    const shown = Array.isArray(lines) ? lines.filter((line) => typeof line === "object" && line !== null) : [];
    list.append(...shown.map((line) => this.#line(line)));
    if (shown.length === 0) list.append(...this.#linesOfNoCountry());
    this.section.replaceChildren(title, list);
    if (typeof text !== "string" || text === "") return;
    const words = element("p", "crisis__text", text);
    words.dir = "auto";
    words.lang = textLanguage(text);
    this.section.append(words);
  }

  #line(line) {
    const name = element("span", "crisis__name", String(line.name ?? ""));
    name.dir = "auto";
    const target = lineTarget(line);
    if (target === null) return element("li", "", name, " ", element("bdi", "", String(line.number ?? "")));
    return this.#link(target, name, String(line.number));
  }

  #linesOfNoCountry() {
    const anywhere = element("span", "crisis__name", this.language.text("crisisAnywhere"));
    const directory = element("span", "crisis__name", this.language.text("crisisDirectory"));
    return [
      this.#link({ href: `tel:${ANYWHERE}`, textKey: "crisisCall" }, anywhere, ANYWHERE),
      this.#link({ href: DIRECTORY, textKey: "crisisOpen" }, directory, new URL(DIRECTORY).host),
    ];
  }

  #link({ href, textKey }, name, written) {
    const opens = textKey === "crisisOpen";
    const number = element("bdi", "crisis__number", opens ? written : this.language.digits(written));
    number.dir = "ltr";
    const action = element("span", "crisis__action", `${this.language.text(textKey)} `, number);
    const link = element("a", "crisis__link", action, name);
    link.href = href;
    if (opens) Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
    return element("li", "", link);
  }
}
