/**
 * The banner with the numbers to call. What the server shows stays; what the page offers by itself, while it has
 * no connection, goes when there is one again.
 */

import { CountryChoice } from "./country-choice.js";
import { asText, element, withoutDirectionControls } from "./elements.js";
import { textLanguage } from "./language.js";
import { FINAL, peopleWords, wordsWithoutConnection } from "./people.js";
import { countryCode } from "./protocol.js";

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
  /** `onCountry(code)` is called when the person says where they are, with null for a country without lines. */
  constructor(section, language, onCountry) {
    this.section = section;
    this.language = language;
    this.lines = []; // The latest that the server has sent, with whatever event.
    this.level = null; // The highest that was shown; it never falls.
    this.text = "";
    this.people = null; // The key of what is said about people on call.
    this.offered = false;
    this.country = null; // As the server or the person has said.
    this.linesOf = null; // The country whose numbers are shown, null for those that hold anywhere.
    this.chosen = new Set(); // Every country that the person has chosen.
    this.asked = false; // Once asked, the question stays, so that a slip can be corrected.
    this.lacking = false; // The numbers of `country` could not be had.
    this.drawnLines = null;
    this.title = element("h2", "crisis__title");
    this.list = element("ul", "crisis__lines");
    this.choice = new CountryChoice(language, (country) => {
      this.country = country;
      this.chosen.add(country);
      onCountry(country);
    });
    this.progress = liveLine("status", "polite");
    this.outcome = liveLine("alert", "assertive");
    this.words = element("p", "crisis__text");
    this.words.dir = "auto";
    // Numbers come first: whatever is added or said below does not move them away from under a finger.
    section.replaceChildren(this.title, this.list, this.progress, this.outcome, this.choice.root, this.words);
    language.onChange(() => this.#draw());
  }

  /**
   * Shows a hamdel.crisis event: numbers replace older ones, but for those of no country where one is known; words
   * replace those of the same or a lower level, and empty ones replace none.
   */
  show({ level, country, lines, text }) {
    const rank = Number.isFinite(level) ? level : UNKNOWN_LEVEL;
    const told = countryCode(country);
    // The answer to an earlier choice may come after the next one.
    const late = told !== this.country && this.chosen.has(told);
    if (country === null) this.asked = true;
    if (told !== null && !late) this.country = told;
    if (told === this.country) this.#keepOrDrop(lines);
    if (this.level === null || rank >= this.level) {
      this.level = rank;
      this.text = asText(text) || this.text;
    }
    this.#draw();
  }

  /** Says how far a call for people has come, by a hamdel.handoff event about those on call: there is danger. */
  showPeople(event) {
    this.people = peopleWords(event);
    this.level = Math.max(this.level ?? 0, UNKNOWN_LEVEL);
    this.#draw();
  }

  /** Remembers the numbers that came with a refusal, unless those of the person's own country are known. */
  learn(lines) {
    if (this.country === null) this.#keep(lines);
    this.#draw();
  }

  /** Shows the numbers of a country, if it is still the one; where there are none, those that hold anywhere. */
  learnOf(country, lines) {
    if (country !== this.country) return;
    this.#keepOrDrop(lines);
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

  /** There is no connection: what becomes of a call for people is not seen any more. */
  loseSight() {
    this.people = wordsWithoutConnection(this.people);
    this.#draw();
  }

  /** Whether there were any numbers among `lines`, which then are those of `country`. */
  #keep(lines) {
    const shown = Array.isArray(lines) ? lines.filter((line) => typeof line === "object" && line !== null) : [];
    if (shown.length === 0) return false;
    this.lines = shown;
    this.linesOf = this.country;
    this.lacking = false;
    return true;
  }

  /** Without new numbers those of the same country stay; those of another one would mislead. */
  #keepOrDrop(lines) {
    if (this.#keep(lines) || this.linesOf === this.country) return;
    this.lines = [];
    this.linesOf = null;
    this.lacking = this.country !== null;
  }

  #draw() {
    const alarm = this.level !== null && this.level >= ALARM_LEVEL;
    const title = this.language.text(alarm ? "crisisTitle" : "precautionTitle");
    this.section.classList.toggle("crisis--precaution", !alarm);
    this.section.setAttribute("aria-live", alarm ? "assertive" : "polite");
    this.section.setAttribute("aria-label", title);
    this.section.hidden = this.level === null && !this.offered;
    if (this.section.hidden) {
      // Words that are only uncovered may not be read aloud: they come when they are to be read.
      this.drawnLines = null;
      this.title.replaceChildren();
      this.list.replaceChildren();
      return;
    }
    setText(this.title, title);
    this.#drawLines();
    if (this.asked) this.choice.show(this);
    const people = this.people === null ? "" : this.language.text(this.people);
    const final = FINAL.includes(this.people);
    setText(this.progress, final ? "" : people);
    setText(this.outcome, final ? people : "");
    setText(this.words, this.text);
    this.words.lang = textLanguage(this.text);
  }

  /** Only what changed is drawn: a link stays the same under a finger, and is not read aloud twice. */
  #drawLines() {
    const drawn = JSON.stringify([this.language.code, this.lines]);
    if (drawn === this.drawnLines) return;
    this.drawnLines = drawn;
    const lines = this.lines.length > 0 ? this.lines.map((line) => this.#line(line)) : this.#linesOfNoCountry();
    this.list.setAttribute("aria-label", this.language.text("crisisLines"));
    this.list.replaceChildren(...lines);
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

/** A line that a screen reader reads when it changes; it stands there empty, since a new one may not be read. */
function liveLine(role, politeness) {
  const made = element("p", "crisis__people");
  made.setAttribute("role", role);
  made.setAttribute("aria-live", politeness);
  return made;
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
