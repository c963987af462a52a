/**
 * The banner with the numbers to call. What the server shows stays; what the page offers by itself, while it has
 * no connection, goes when there is one again.
 */

import { asText, element, withoutDirectionControls } from "./elements.js";
import { textLanguage } from "./language.js";

const DIRECTORY = "https://findahelpline.com/";
const ANYWHERE = "112";
const ALARM_LEVEL = 1; // Below it nothing was found: the numbers are shown as a precaution, calmly.
const UNKNOWN_LEVEL = 2;

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
  const written = asText(number).trim();
  const address = /^(?:https:\/\/)?((?:[a-z\d-]+\.)+[a-z]{2,}(?:\/\S*)?)$/i.exec(written);
  if (address !== null) return { href: `https://${address[1]}`, textKey: "crisisOpen" };
  const dialled = firstNumber(written);
  if (dialled === "") return null;
  const message = kind === "text" || kind === "sms";
  return { href: `${message ? "sms" : "tel"}:${dialled}`, textKey: message ? "crisisText" : "crisisCall" };
}

/** Draws into a section that is hidden until numbers are needed. */
export class CrisisView {
  constructor(section, language) {
    this.section = section;
    this.language = language;
    this.lines = []; // The latest that the server has sent, with whatever event.
    this.level = null; // The highest that was shown; it never falls.
    this.text = "";
    this.offered = false;
    language.onChange(() => this.#draw());
  }

  /** Shows a hamdel.crisis event: numbers replace older ones, words those of the same or a lower level. */
  show({ level, lines, text }) {
    const rank = Number.isFinite(level) ? level : UNKNOWN_LEVEL;
    this.#keep(lines);
    if (this.level === null || rank >= this.level) {
      this.level = rank;
      this.text = asText(text);
    }
    this.#draw();
  }

  /** Remembers the numbers that came with a refusal. */
  learn(lines) {
    this.#keep(lines);
    this.#draw();
  }

  /** Shows the numbers because the talk has no connection. */
  offer() {
    this.offered = true;
    this.#draw();
  }

  /** The connection stands again: takes off what was only offered. */
  withdraw() {
    this.offered = false;
    this.#draw();
  }

  #keep(lines) {
    const shown = Array.isArray(lines) ? lines.filter((line) => typeof line === "object" && line !== null) : [];
    if (shown.length > 0) this.lines = shown;
  }

  #draw() {
    const alarm = this.level !== null && this.level >= ALARM_LEVEL;
    const title = this.language.text(alarm ? "crisisTitle" : "precautionTitle");
    this.section.hidden = this.level === null && !this.offered;
    this.section.classList.toggle("crisis--precaution", !alarm);
    this.section.setAttribute("aria-live", alarm ? "assertive" : "polite");
    this.section.setAttribute("aria-label", title);
    if (this.section.hidden) {
      this.section.replaceChildren();
      return;
    }
    const list = element("ul", "crisis__lines");
    list.setAttribute("aria-label", this.language.text("crisisLines"));
    list.append(...(this.lines.length > 0 ? this.lines.map((line) => this.#line(line)) : this.#linesOfNoCountry()));
    this.section.replaceChildren(element("h2", "crisis__title", title), list);
    if (this.text === "") return;
    const words = element("p", "crisis__text", this.text);
    words.dir = "auto";
    words.lang = textLanguage(this.text);
    this.section.append(words);
  }

  #line(line) {
    const name = element("span", "crisis__name", asText(line.name));
    name.dir = "auto";
    const written = withoutDirectionControls(asText(line.number));
    const target = lineTarget({ ...line, number: written });
    if (target === null) return element("li", "", name, " ", element("bdi", "", written));
    return this.#link(target, name, written);
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
