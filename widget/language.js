/** The language of the page: its strings, digits and direction of writing. */

import english from "./strings.en.js";
import persian from "./strings.fa.js";

const STRINGS = { en: english, fa: persian };
const PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹";
const ARABIC_SCRIPT = /\p{Script=Arabic}/u;

/** "fa" for text with letters of the Arabic script, else "en": tells a screen reader how to read it. */
export function textLanguage(text) {
  return ARABIC_SCRIPT.test(text) ? "fa" : "en";
}

/** The page's language for a choice en | fa | auto, where auto follows the browser. */
export function pageLanguage(choice, browserLanguages) {
  if (choice !== "auto") return choice;
  const known = browserLanguages.map((tag) => tag.slice(0, 2).toLowerCase()).find((code) => code in STRINGS);
  return known ?? "en";
}

/** Holds the chosen language and keeps the marked elements of the document in it. */
export class Language {
  /** `choice`: en | fa | auto. */
  constructor(choice) {
    this.listeners = [];
    this.choose(choice);
  }

  /** Switches the whole page. */
  choose(choice) {
    this.choice = choice;
    this.code = pageLanguage(choice, navigator.languages ?? []);
    document.documentElement.lang = this.code;
    document.documentElement.dir = this.code === "fa" ? "rtl" : "ltr";
    document.title = this.text("pageTitle");
    for (const element of document.querySelectorAll("[data-text]")) element.textContent = this.text(element.dataset.text);
    for (const element of document.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", this.text(element.dataset.label));
    }
    for (const element of document.querySelectorAll("[data-placeholder]")) {
      element.placeholder = this.text(element.dataset.placeholder);
    }
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` after each switch. */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** The sentence under a key; a missing one is an error of ours. */
  text(key) {
    const sentence = STRINGS[this.code][key];
    if (sentence === undefined) throw new RangeError(`no string ${key} in ${this.code}`);
    return sentence;
  }

  /** Whether there is a sentence under a key that came from outside. */
  has(key) {
    return Object.hasOwn(STRINGS[this.code], key);
  }

  /** Writes the digits of a text in the way of the language. */
  digits(text) {
    return this.code === "fa" ? text.replace(/[0-9]/g, (digit) => PERSIAN_DIGITS[Number(digit)]) : text;
  }
}
