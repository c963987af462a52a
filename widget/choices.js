/**
 * The answers that can be pressed just now, made from server events. Pure; draws nothing.
 *
 * They stand from the end of the question until there is an answer: pressed, typed or spoken. While somebody speaks
 * they are away, and come back if no words were heard: a cough answers nothing. They are away without a connection
 * too, over which the talk may be lost, and an answer would reach one that has asked nothing.
 */

import { itemText } from "./protocol.js";

const MOST = 20;

/** {title, text: what a press says, language} for what can be shown, else null. */
function readChoice(item) {
  const { title, text, language } = item ?? {};
  const worded = [title, text].every((words) => typeof words === "string" && words.trim() !== "");
  return worded ? { title, text, language: typeof language === "string" ? language : null } : null;
}

/** `onChange(offer)` gets {itemId: of the reply that asks, choices, hidden}, or null where there is nothing to press. */
export class Choices {
  constructor(onChange) {
    this.onChange = onChange;
    this.offer = null;
    this.speaking = false;
    this.connected = true;
  }

  /** Takes a server event; those that are about no answer are left alone. */
  apply(event) {
    HANDLERS.get(event.type)?.(this, event);
  }

  /** The question is answered, or will not be. */
  withdraw() {
    if (this.offer === null) return;
    this.offer = null;
    this.onChange(null);
  }

  /** The talk is over or lost, and whatever was being said in it. */
  endTalk() {
    this.speaking = false;
    this.withdraw();
  }

  /** Whether a press would arrive. */
  setConnected(connected) {
    this.connected = connected;
    this.#update();
  }

  #setSpeaking(speaking) {
    this.speaking = speaking;
    this.#update();
  }

  #update() {
    const hidden = this.speaking || !this.connected;
    if (this.offer === null || this.offer.hidden === hidden) return;
    this.offer = { ...this.offer, hidden };
    this.onChange(this.offer);
  }

  static offered(choices, { item_id: itemId, items }) {
    const read = Array.isArray(items) ? items.slice(0, MOST + 1).map(readChoice) : [];
    choices.withdraw();
    // With one answer missing, the others would mislead.
    if (read.length === 0 || read.length > MOST || read.includes(null)) return;
    const hidden = choices.speaking || !choices.connected;
    choices.offer = { itemId: typeof itemId === "string" ? itemId : null, choices: read, hidden };
    choices.onChange(choices.offer);
  }

  static speechBegins(choices) {
    choices.#setSpeaking(true);
  }

  static heard(choices, { transcript }) {
    if (typeof transcript === "string" && transcript.trim() !== "") choices.withdraw();
    choices.#setSpeaking(false);
  }

  static notHeard(choices) {
    choices.#setSpeaking(false);
  }

  static itemAdded(choices, { item }) {
    if (item?.role === "user" && itemText(item) !== null) choices.withdraw();
  }
}

const HANDLERS = new Map(
  Object.entries({
    "hamdel.choices": Choices.offered,
    "conversation.item.added": Choices.itemAdded,
    "conversation.item.input_audio_transcription.completed": Choices.heard,
    "conversation.item.input_audio_transcription.failed": Choices.notHeard,
    "input_audio_buffer.speech_started": Choices.speechBegins,
  }),
);
