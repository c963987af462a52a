/** Answers to press, under the reply that asks. */

import { button, element } from "./elements.js";
import { LANGUAGES, textLanguage } from "./language.js";

/** Draws the offer of a `Choices` among the captions. */
export class ChoicesView {
  /** `captions` is the ConversationView; `onPress(text)` gets what the pressed answer says. */
  constructor(captions, language, onPress) {
    this.captions = captions;
    this.language = language;
    this.onPress = onPress;
    this.root = null;
    this.drawn = null; // The choices on the page.
  }

  /** Shows an offer, or takes the last one off. */
  show(offer) {
    if ((offer?.choices ?? null) !== this.drawn) this.#replace(offer);
    if (this.root === null) return;
    if (offer.hidden) this.#leave();
    this.captions.keepEndInView(() => {
      this.root.hidden = offer.hidden;
    });
  }

  #replace(offer) {
    if (this.root !== null) {
      this.#leave();
      this.root.remove();
    }
    this.drawn = offer?.choices ?? null;
    this.root = null;
    if (offer === null) return;
    this.root = this.#make(offer);
    this.captions.addUnder(offer.itemId, this.root);
  }

  #make({ choices }) {
    const answers = choices.map((choice) => {
      const code = languageOf(choice);
      const answer = button("button", choice.title, () => this.onPress(choice.text));
      answer.lang = code;
      answer.dir = LANGUAGES[code].direction;
      return answer;
    });
    const group = element("div", "choices", ...answers);
    group.dir = answers[0].dir;
    group.setAttribute("role", "group");
    group.dataset.label = "choicesLabel";
    group.setAttribute("aria-label", this.language.text("choicesLabel"));
    return element("li", "turn turn--choices", group);
  }

  /** Whoever stood on an answer stands on the question when it goes, and not at the top of the page. */
  #leave() {
    if (!this.root.contains(document.activeElement)) return;
    const question = this.root.previousElementSibling;
    if (question === null) return;
    question.tabIndex = -1;
    question.focus({ preventScroll: true });
  }
}

function languageOf({ language, title }) {
  return Object.hasOwn(LANGUAGES, language ?? "") ? language : textLanguage(title);
}
