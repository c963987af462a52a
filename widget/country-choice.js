/** "Where are you?": an optional choice of the country whose numbers are shown. Kept in memory alone. */

import { COUNTRIES } from "./countries.js";
import { element } from "./elements.js";

const ELSEWHERE = "";

/** The countries with lines in the alphabetical order of a language: [{code, name}]. */
export function countriesIn(language) {
  const { compare } = new Intl.Collator(language);
  return COUNTRIES.map((country) => ({ code: country.code, name: country[language] })).sort((one, other) =>
    compare(one.name, other.name),
  );
}

/** Hidden until there is something to ask; `root` is its element. */
export class CountryChoice {
  /** `onChoose(code)` is called at each choice, with null for a country that is not in the list. */
  constructor(language, onChoose) {
    this.language = language;
    this.select = element("select");
    Object.assign(this.select, { id: "crisis-country", autocomplete: "off" });
    this.select.addEventListener("change", () => {
      const { value } = this.select;
      onChoose(value === ELSEWHERE ? null : value);
    });
    const label = language.element("label", "", "crisisWhere");
    label.htmlFor = this.select.id;
    this.complaint = element("p", "crisis__complaint");
    this.complaint.setAttribute("role", "status");
    this.complaint.setAttribute("aria-live", "polite");
    this.root = element("div", "crisis__where", label, this.select, this.complaint);
    // It stands in a banner that is read aloud when it changes; a question is found, not shouted.
    this.root.setAttribute("aria-live", "off");
    this.root.hidden = true;
    language.onChange(() => this.#fill());
    this.#fill();
  }

  /** Asks, with the country whose numbers are shown, or null; `lacking`: its numbers could not be had. */
  show({ country, lacking }) {
    this.root.hidden = false;
    const known = COUNTRIES.some(({ code }) => code === country);
    this.select.value = known ? country : ELSEWHERE;
    const complaint = lacking ? this.language.text("crisisWhereLacking") : "";
    if (this.complaint.textContent !== complaint) this.complaint.textContent = complaint;
  }

  #fill() {
    const { value } = this.select;
    const options = [option(ELSEWHERE, this.language.text("crisisElsewhere"))];
    for (const { code, name } of countriesIn(this.language.code)) options.push(option(code, name));
    this.select.replaceChildren(...options);
    this.select.value = value;
  }
}

function option(value, name) {
  const made = element("option", "", name);
  made.value = value;
  return made;
}
