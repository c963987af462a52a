/** Suggestion cards, each with the question whether it helped. */

import { button, element } from "./elements.js";
import { LANGUAGES } from "./language.js";

const ID_LANGUAGE = "en";

/** "box_breathing" → "Box breathing"; "" for what is no id. */
function inWords(id) {
  if (!/^[a-z][a-z\d]*(?:_[a-z\d]+)*$/.test(id)) return "";
  const words = id.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

/** The languages in which a suggestion (or a name) is worded. */
function wordedIn(texts) {
  return Object.keys(LANGUAGES).filter((code) => typeof texts?.[code] === "string" && texts[code] !== "");
}

function isSuggestion(item) {
  return wordedIn(item).length > 0 && typeof item.id === "string";
}

/** Makes the list items of the conversation that hold cards. */
export class SuggestionsView {
  /** `onFeedback(suggestionId, helped)` is called at each press of yes or no. */
  constructor(language, onFeedback) {
    this.language = language;
    this.onFeedback = onFeedback;
  }

  /** A list item with a card for each suggestion, or null where none can be shown. */
  make(items) {
    const suggestions = Array.isArray(items) ? items.filter(isSuggestion) : [];
    if (suggestions.length === 0) return null;
    const title = this.language.element("h3", "suggestions__title", "suggestionsTitle");
    const cards = element("ul", "cards", ...suggestions.map((item) => this.#card(item)));
    return element("li", "turn turn--suggestions", title, cards);
  }

  #card(item) {
    const codes = wordedIn(item);
    const first = codes.includes(this.language.code) ? this.language.code : codes[0];
    const card = element("li", "card");
    card.dataset.suggestionId = item.id;
    card.append(...this.#technique(item), wording(item[first], first));
    for (const other of codes.filter((code) => code !== first)) card.append(otherWording(item[other], other));
    card.append(this.#question(item));
    return card;
  }

  /** The name of the technique in the page's language: of the server, else of our strings, else its id in words. */
  #technique({ technique, technique_name: names }) {
    const { code } = this.language;
    if (wordedIn(names).includes(code)) return [inLanguage("p", "card__technique", names[code], code)];
    if (typeof technique !== "string") return [];
    const key = `technique_${technique}`;
    if (this.language.has(key)) return [this.language.element("p", "card__technique", key)];
    return code === ID_LANGUAGE ? [inLanguage("p", "card__technique", inWords(technique), code)] : [];
  }

  #question(item) {
    const thanks = element("p", "card__thanks");
    thanks.setAttribute("role", "status");
    const answers = [true, false].map((helped) => {
      const answer = button("button button--quiet", "", () => {
        for (const each of answers) each.setAttribute("aria-pressed", String(each === answer));
        thanks.replaceChildren(this.language.element("span", "", "suggestionThanks"));
        this.onFeedback(item.id, helped);
      });
      answer.append(this.language.element("span", "", helped ? "yes" : "no"));
      answer.setAttribute("aria-pressed", "false");
      return answer;
    });
    const question = this.language.element("p", "", "suggestionHelped");
    const group = element("div", "card__question", question, element("div", "card__answers", ...answers));
    group.setAttribute("role", "group");
    group.dataset.label = "suggestionHelped";
    group.setAttribute("aria-label", this.language.text("suggestionHelped"));
    return element("div", "card__feedback", group, thanks);
  }
}

function otherWording(text, code) {
  const summary = inLanguage("summary", "", LANGUAGES[code].name, code);
  return element("details", "card__other", summary, wording(text, code));
}

function wording(text, code) {
  return inLanguage("p", "card__text", text, code);
}

function inLanguage(name, className, text, code) {
  const made = element(name, className, text);
  made.lang = code;
  made.dir = LANGUAGES[code].direction;
  return made;
}
