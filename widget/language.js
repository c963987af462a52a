/** The language of the page: its strings, digits and direction of writing. */

import { element } from "./elements.js";
import english from "./strings.en.js";
import persian from "./strings.fa.js";

/** The languages by code: sentences, own name, direction of writing. */
export const LANGUAGES = Object.freeze({
  en: { strings: english, name: "English", direction: "ltr" },
  fa: { strings: persian, name: "فارسی", direction: "rtl" },
});

const PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹";
const ARABIC_SCRIPT = /\p{Script=Arabic}/u;

/** "fa" for text with letters of the Arabic script, else "en": tells a screen reader how to read it. */
export function textLanguage(text) {
  return ARABIC_SCRIPT.test(text) ? "fa" : "en";
}

/** The page's language for a choice en | fa | auto, where auto follows the browser. */
export function pageLanguage(choice, browserLanguages) {
  if (choice !== "auto") return choice;
  const codes = browserLanguages.map((tag) => tag.slice(0, 2).toLowerCase());
  return codes.find((code) => Object.hasOwn(LANGUAGES, code)) ?? "en";
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
    document.documentElement.dir = LANGUAGES[this.code].direction;
    document.title = this.text(document.documentElement.dataset.title ?? "pageTitle");
    for (const marked of document.querySelectorAll("[data-text]")) marked.textContent = this.text(marked.dataset.text);
    for (const marked of document.querySelectorAll("[data-label]")) {
      marked.setAttribute("aria-label", this.text(marked.dataset.label));
    }
    for (const marked of document.querySelectorAll("[data-placeholder]")) {
      marked.placeholder = this.text(marked.dataset.placeholder);
    }
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` after each switch. */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** The sentence under a key; a missing one is an error of ours. */
  text(key) {
    const sentence = LANGUAGES[this.code].strings[key];
    if (sentence === undefined) throw new RangeError(`no string ${key} in ${this.code}`);
    return sentence;
  }

  /** An element with the sentence under a key, which follows the language of the page. */
  element(name, className, key) {
    const made = element(name, className, this.text(key));
    made.dataset.text = key;
    return made;
  }

  /** Whether there is a sentence under a key that came from outside. */
  has(key) {
    return Object.hasOwn(LANGUAGES[this.code].strings, key);
  }

  /** Writes the digits of a text in the way of the language. */
  digits(text) {
    return this.code === "fa" ? text.replace(/[0-9]/g, (digit) => PERSIAN_DIGITS[Number(digit)]) : text;
  }
}
