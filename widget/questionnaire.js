/** The ten statements of the System Usability Scale (Brooke 1996) on a person's own page. */

import { element } from "./elements.js";

const NAME = "sus";
const ITEMS = 10;
const CHOICES = [1, 2, 3, 4, 5];

/** The form within `details`, folded until somebody wants it. */
export class Questionnaire {
  /**
   * `details` has elements marked `data-part`: when, refused, form, statements, complaint, send, done, again.
   * `send` takes {questionnaire, answers}, gives {answered_at}; its error has the `key` of a sentence.
   * `onAnswered` is called once they are sent.
   */
  constructor(details, language, { send, onAnswered }) {
    this.details = details;
    this.language = language;
    this.send = send;
    this.onAnswered = onAnswered;
    this.offer = null;
    this.complaint = null; // the key of a sentence
    this.part = (name) => details.querySelector(`[data-part="${name}"]`);
    this.items = Array.from({ length: ITEMS }, (_, place) => this.makeItem(place + 1));
    this.part("statements").append(...this.items.map(({ fieldset }) => fieldset));
    this.part("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.hand();
    });
    this.part("again").addEventListener("click", () => this.begin());
    language.onChange(() => this.show());
  }

  /** Takes what `GET /v1/me/questionnaire` says; where it doesn't offer these statements, none are shown. */
  take({ offered }) {
    this.offer = offered.find(({ questionnaire }) => questionnaire === NAME) ?? null;
    this.show();
  }

  /** When it was answered last, an ISO time; null for never. */
  get answeredAt() {
    return this.offer?.answered_at ?? null;
  }

  show() {
    const { language, offer } = this;
    this.details.hidden = offer === null;
    if (offer === null) return;
    const when = new Intl.DateTimeFormat(language.code, { dateStyle: "medium", timeStyle: "short" });
    const last = this.answeredAt;
    this.part("when").textContent = last === null ? "" : `${language.text("susLast")}: ${when.format(new Date(last))}`;
    this.part("refused").hidden = offer.allowed;
    this.part("done").hidden ||= !offer.allowed || last === null; // refused or erased since
    this.part("form").hidden = !offer.allowed || !this.part("done").hidden;
    this.items.forEach(({ number, digits }, place) => {
      number.textContent = `${language.digits(String(place + 1))}. `;
      digits.forEach((digit, choice) => {
        digit.textContent = language.digits(String(CHOICES[choice]));
      });
    });
    this.part("complaint").textContent = this.complaint === null ? "" : language.text(this.complaint);
  }

  makeItem(place) {
    const number = element("span");
    const statement = this.language.element("span", "", `sus_${place}`);
    const missing = this.language.element("p", "complaint", "susMissing");
    missing.id = `sus-${place}-missing`;
    missing.hidden = true;
    const digits = CHOICES.map(() => element("b"));
    const inputs = CHOICES.map((choice) => {
      const input = element("input");
      Object.assign(input, { type: "radio", name: `sus_${place}`, value: String(choice), required: true });
      input.autocomplete = "off";
      input.addEventListener("change", () => this.settle(place));
      return input;
    });
    const scale = element("div", "scale");
    inputs.forEach((input, at) => {
      const words = this.language.element("span", "", `agree_${CHOICES[at]}`);
      scale.append(element("label", "", input, element("span", "degree", digits[at], " ", words)));
    });
    // Where the window is narrow, the ends alone stand below; a screen reader has all five words anyway.
    const ends = [CHOICES.at(0), CHOICES.at(-1)].map((choice) => this.language.element("span", "", `agree_${choice}`));
    const below = element("p", "ends quiet", ...ends);
    below.ariaHidden = "true";
    const legend = element("legend", "", number, statement);
    const fieldset = element("fieldset", "statement", legend, scale, below, missing);
    return { fieldset, number, digits, inputs, missing };
  }

  answers() {
    return this.items.map(({ inputs }) => Number(inputs.find(({ checked }) => checked)?.value ?? 0));
  }

  settle(place) {
    this.mark(this.items[place - 1], false);
    if (this.answers().every((answer) => answer > 0)) this.complain(null);
  }

  mark({ fieldset, missing }, lacking) {
    missing.hidden = !lacking;
    if (lacking) fieldset.setAttribute("aria-describedby", missing.id);
    else fieldset.removeAttribute("aria-describedby");
  }

  complain(key) {
    this.complaint = key;
    this.show();
  }

  async hand() {
    const answers = this.answers();
    const lacking = this.items.filter((_, place) => answers[place] === 0);
    for (const item of this.items) this.mark(item, lacking.includes(item));
    if (lacking.length > 0) {
      this.complain("susIncomplete");
      lacking[0].inputs[0].focus();
      return;
    }
    const button = this.part("send");
    if (button.getAttribute("aria-disabled") === "true") return; // once is enough
    button.setAttribute("aria-disabled", "true"); // and the focus stays
    this.complain(null);
    try {
      const { answered_at } = await this.send({ questionnaire: NAME, answers });
      this.offer = { ...this.offer, answered_at };
      this.onAnswered();
      this.thank();
    } catch ({ key = "myDataFailed" }) {
      this.complain(key);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  thank() {
    this.part("form").reset();
    this.part("done").hidden = false;
    this.show();
    this.part("done").focus();
  }

  begin() {
    this.part("done").hidden = true;
    this.show();
    this.items[0].inputs[0].focus();
  }
}
