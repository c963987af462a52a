/** The captions: one list item for each turn, each in its own direction of writing. */

import { element } from "./elements.js";
import { textLanguage } from "./language.js";

const NEAR_BOTTOM_PX = 160;
const MODALITY_KEYS = new Map([
  ["speech", "moodSpeech"],
  ["text", "moodText"],
  ["face", "moodFace"],
]);

/** Draws into an ordered list with role log. */
export class ConversationView {
  constructor(list, language) {
    this.list = list;
    this.language = language;
    this.parkedAt = null; // Where the page was last scrolled to by us.
    this.shown = new Map(); // Item id → {item, parts of its list item}.
    this.disclosure = null; // {text, note: its list item} of the latest.
    language.onChange(() => this.#translate());
  }

  /** Draws an item, new or changed. */
  show(item) {
    this.keepEndInView(() => {
      const view = this.shown.get(item.id) ?? this.#add(item);
      view.item = item;
      this.#draw(view);
    });
  }

  /** Takes an item off. */
  remove(id) {
    this.shown.get(id)?.root.remove();
    this.shown.delete(id);
    this.#showDisclosureOnce();
  }

  /** Whether anything was said before. */
  get empty() {
    return this.list.childElementCount === 0;
  }

  /** Says what this is, in the server's words; hidden while a reply after it stands there that begins with the same. */
  addDisclosure(text) {
    const words = element("p", "turn__text", text);
    words.dir = "auto";
    words.lang = textLanguage(text);
    const note = element("li", "turn turn--note", words);
    this.append(note);
    this.disclosure = { text, note };
  }

  /** Adds a remark under a key of our strings, which follows the language of the page. */
  addOwnNote(key) {
    this.append(element("li", "turn turn--note", this.language.element("p", "turn__text", key)));
  }

  /** Adds any list item at the end. */
  append(listItem) {
    this.keepEndInView(() => this.list.append(listItem));
  }

  /** Adds a list item that belongs to a turn, right under it; at the end where there is no such turn. */
  addUnder(id, listItem) {
    this.keepEndInView(() => {
      const turn = this.shown.get(id)?.root;
      if (turn === undefined) this.list.append(listItem);
      else turn.after(listItem);
    });
  }

  /** Does what changes the page and follows the talk, unless the person has scrolled away to read something. */
  keepEndInView(draw) {
    const page = document.scrollingElement;
    const nearBottom = page.scrollHeight - page.scrollTop - page.clientHeight < NEAR_BOTTOM_PX;
    const follow = nearBottom || page.scrollTop === this.parkedAt;
    draw();
    if (!follow) return;
    page.scrollTop = page.scrollHeight;
    const last = this.list.lastElementChild;
    // Cards can be longer than the window: then the words before them stay in view.
    if (last?.matches(".turn--suggestions")) (turnBefore(last) ?? last).scrollIntoView({ block: "nearest" });
    this.parkedAt = page.scrollTop;
  }

  #add(item) {
    const parts = {
      who: element("p", "turn__who"),
      text: element("p", "turn__text"),
      note: element("p", "turn__note"),
      mood: element("p", "turn__mood"),
    };
    parts.text.dir = "auto";
    const root = element("li", `turn turn--${item.role}`, parts.who, parts.text, parts.note, parts.mood);
    root.dataset.itemId = item.id;
    const previous = this.shown.get(item.previousId)?.root;
    if (previous === undefined) this.list.append(root);
    else lastOfTurn(previous).after(root);
    const view = { root, ...parts };
    this.shown.set(item.id, view);
    return view;
  }

  #showDisclosureOnce() {
    if (this.disclosure === null) return;
    const { text, note } = this.disclosure;
    note.hidden = [...this.shown.values()].some(
      ({ item, root }) =>
        item.role === "assistant" &&
        item.text.startsWith(text) &&
        note.compareDocumentPosition(root) === Node.DOCUMENT_POSITION_FOLLOWING,
    );
  }

  #draw(view) {
    const { item } = view;
    const unfinished = item.state === "waiting" || item.state === "streaming";
    view.root.dataset.state = item.state;
    view.root.toggleAttribute("data-cut", item.cut);
    // A screen reader reads the turn once it is whole, not word by word.
    view.root.setAttribute("aria-busy", String(unfinished));
    view.root.hidden = item.role === "assistant" && item.text === "";
    view.who.textContent = this.language.text(item.role === "user" ? "you" : "hamdel");
    if (view.text.textContent !== item.text) {
      view.text.textContent = item.text;
      view.text.lang = textLanguage(item.text);
    }
    view.text.hidden = item.text === "";
    setOptionalText(view.note, this.#note(item));
    setOptionalText(view.mood, item.mood === null ? "" : this.#mood(item.mood));
    if (item.mood !== null) view.mood.dataset.mood = this.#moodLabel(item.mood);
    this.#showDisclosureOnce();
  }

  #note(item) {
    if (item.state === "broken") return this.language.text(brokenKey(item));
    if (item.state === "failed") return this.language.text("captionFailed");
    if (item.role === "user" && item.text === "") return this.language.text("captionWaiting");
    return item.cut ? this.language.text("captionCut") : "";
  }

  #mood(mood) {
    const source = this.language.text(MODALITY_KEYS.get(mood.modality) ?? "moodFused");
    return `${source}: ${this.language.text(`mood_${this.#moodLabel(mood)}`)}`;
  }

  #moodLabel({ label }) {
    return this.language.has(`mood_${label}`) ? label : "unclear";
  }

  #translate() {
    for (const view of this.shown.values()) this.#draw(view);
  }
}

/** The last of the list items that came with a turn: itself, or cards, answers or a remark behind it. */
function lastOfTurn(turn) {
  let last = turn;
  while (last.nextElementSibling !== null && !isTurn(last.nextElementSibling)) last = last.nextElementSibling;
  return last;
}

function turnBefore(listItem) {
  let before = listItem.previousElementSibling;
  while (before !== null && !isTurn(before)) before = before.previousElementSibling;
  return before;
}

function isTurn(listItem) {
  return listItem.dataset.itemId !== undefined;
}

function brokenKey({ role, text }) {
  if (role === "assistant") return "captionBroken";
  return text === "" ? "captionLost" : "captionUnanswered";
}

function setOptionalText(target, text) {
  if (target.textContent !== text) target.textContent = text;
  target.hidden = text === "";
}
