/** Suggestion cards, each with the question whether it helped. */

import { button, element } from "./elements.js";

const LANGUAGES = ["en", "fa"];

/** The wording to show first: of the page's language, else the other. */
function primaryLanguage(item, code) {
  return typeof item[code] === "string" && item[code] !== "" ? code : LANGUAGES.find((other) => other !== code);
}

function isSuggestion(item) {
  const worded = LANGUAGES.some((code) => typeof item?.[code] === "string" && item[code] !== "");
  return worded && typeof item.id === "string";
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
    const title = this.#own("h3", "suggestions__title", "suggestionsTitle");
    const cards = element("ul", "cards", ...suggestions.map((item) => this.#card(item)));
    return element("li", "turn turn--suggestions", title, cards);
  }

  #card(item) {
    const code = primaryLanguage(item, this.language.code);
    const other = LANGUAGES.find((language) => language !== code);
    const card = element("li", "card");
    card.dataset.suggestionId = item.id;
    const technique = `technique_${item.technique}`;
    if (this.language.has(technique)) card.append(this.#own("p", "card__technique", technique));
    card.append(wording(item, code));
    if (typeof item[other] === "string" && item[other] !== "") card.append(this.#otherWording(item, other));
    card.append(this.#question(item));
    return card;
  }

  #otherWording(item, other) {
    const summary = element("summary", "", other === "fa" ? "فارسی" : "English");
    summary.lang = other;
    return element("details", "card__other", summary, wording(item, other));
  }

  #question(item) {
    const thanks = element("p", "card__thanks");
    thanks.setAttribute("role", "status");
    const answers = [true, false].map((helped) => {
      const answer = button("button button--quiet", "", () => {
        for (const each of answers) each.setAttribute("aria-pressed", String(each === answer));
        thanks.replaceChildren(this.#own("span", "", "suggestionThanks"));
        this.onFeedback(item.id, helped);
      });
      answer.append(this.#own("span", "", helped ? "yes" : "no"));
      answer.setAttribute("aria-pressed", "false");
      return answer;
    });
    const question = this.#own("p", "", "suggestionHelped");
    const group = element("div", "card__question", question, element("div", "card__answers", ...answers));
    group.setAttribute("role", "group");
    group.dataset.label = "suggestionHelped";
    group.setAttribute("aria-label", this.language.text("suggestionHelped"));
    return element("div", "card__feedback", group, thanks);
  }

  #own(name, className, key) {
    const made = element(name, className, this.language.text(key));
    made.dataset.text = key;
    return made;
  }
}

function wording(item, code) {
  const text = element("p", "card__text", item[code]);
  text.lang = code;
  text.dir = code === "fa" ? "rtl" : "ltr";
  return text;
}
