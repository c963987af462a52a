/**
 * The talk as a list of items, made from server events. Pure; draws nothing.
 *
 * Item: {id, role: "user" | "assistant", text, state: "waiting" | "streaming" | "done" | "failed" | "broken" (the
 * connection went before it was whole, or answered), cut: whether it was interrupted, previousId,
 * mood: {label, modality} | null}.
 */

import { itemText } from "./protocol.js";

// A fused mood knows what the single ones know, so none of them replaces it.
const MODALITY_RANK = { text: 0, face: 1, speech: 1, fused: 2 };

/** `onChange(item)` and `onRemove(id)` are called after each event that changed something. */
export class Conversation {
  constructor({ onChange, onRemove }) {
    this.items = new Map();
    this.earlyMoods = new Map(); // A mood may come before the item that it belongs to.
    this.removed = new Set();
    this.onChange = onChange;
    this.onRemove = onRemove;
  }

  /** Shows a typed turn at once, before the server has answered. */
  addTyped(id, text) {
    this.#change(id, { role: "user", text, state: "done" });
  }

  /** Marks a reply as interrupted. */
  cut(id) {
    if (this.items.has(id)) this.#change(id, { cut: true });
  }

  /** Marks a typed turn whose answer got lost. */
  loseAnswer(id) {
    if (this.items.has(id)) this.#change(id, { state: "broken" });
  }

  /** The connection is gone: what was still to come will not come. */
  breakOff() {
    for (const item of [...this.items.values()]) {
      if (item.state !== "waiting" && item.state !== "streaming") continue;
      if (item.role === "assistant" && item.text === "") Conversation.#remove(this, item.id);
      else this.#change(item.id, { state: "broken" });
    }
  }

  /** Takes a server event; events that are about no item are left alone. */
  apply(event) {
    HANDLERS.get(event.type)?.(this, event);
  }

  #change(id, changes) {
    if (typeof id !== "string" || this.removed.has(id)) return;
    const blank = { id, role: "assistant", text: "", state: "waiting", cut: false, previousId: null, mood: null };
    const item = this.items.get(id) ?? { ...blank, mood: this.earlyMoods.get(id) ?? null };
    this.earlyMoods.delete(id);
    Object.assign(item, changes);
    this.items.set(id, item);
    this.onChange(item);
  }

  static #remove(conversation, id) {
    conversation.removed.add(id);
    if (conversation.items.delete(id)) conversation.onRemove(id);
  }

  static committed(conversation, { item_id: id, previous_item_id: previousId }) {
    const known = conversation.items.get(id);
    conversation.#change(id, known ?? { role: "user", previousId: previousId ?? null });
  }

  static itemSeen(conversation, { item, previous_item_id: previousId }) {
    if (item?.type !== "message" || (item.role !== "user" && item.role !== "assistant")) return;
    const known = conversation.items.get(item.id);
    const text = itemText(item);
    const changes = { role: item.role };
    if (known === undefined) changes.previousId = previousId ?? null;
    if (text !== null) Object.assign(changes, { text, state: item.status === "in_progress" ? "streaming" : "done" });
    conversation.#change(item.id, changes);
  }

  static textGrows(conversation, { item_id: id, delta }) {
    if (typeof delta !== "string") return;
    const before = conversation.items.get(id)?.text ?? "";
    conversation.#change(id, { text: before + delta, state: "streaming" });
  }

  static textDone(conversation, { item_id: id, transcript, text }) {
    const final = transcript ?? text;
    conversation.#change(id, typeof final === "string" ? { text: final, state: "done" } : { state: "done" });
  }

  static heard(conversation, { item_id: id, transcript }) {
    if (typeof transcript !== "string" || transcript.trim() === "") Conversation.#remove(conversation, id);
    else conversation.#change(id, { role: "user", text: transcript, state: "done" });
  }

  static notHeard(conversation, { item_id: id }) {
    conversation.#change(id, { role: "user", text: "", state: "failed" });
  }

  static responseDone(conversation, { response }) {
    for (const output of Array.isArray(response?.output) ? response.output : []) {
      const item = conversation.items.get(output?.id);
      if (item === undefined) continue;
      if (item.text === "") Conversation.#remove(conversation, item.id);
      else conversation.#change(item.id, { state: "done", cut: item.cut || response.status === "cancelled" });
    }
  }

  static moodHeard(conversation, { item_id: id, label, modality }) {
    if (typeof id !== "string") return;
    const item = conversation.items.get(id);
    const before = item?.mood ?? conversation.earlyMoods.get(id);
    if (before && (MODALITY_RANK[before.modality] ?? 0) > (MODALITY_RANK[modality] ?? 0)) return;
    if (item === undefined) conversation.earlyMoods.set(id, { label, modality });
    else conversation.#change(id, { mood: { label, modality } });
  }

  static deleted(conversation, { item_id: id }) {
    Conversation.#remove(conversation, id);
  }
}

const HANDLERS = new Map(Object.entries({
  "input_audio_buffer.committed": Conversation.committed,
  "conversation.item.added": Conversation.itemSeen,
  "conversation.item.done": Conversation.itemSeen,
  "conversation.item.deleted": Conversation.deleted,
  "conversation.item.input_audio_transcription.completed": Conversation.heard,
  "conversation.item.input_audio_transcription.failed": Conversation.notHeard,
  "response.output_item.added": Conversation.itemSeen,
  "response.output_item.done": Conversation.itemSeen,
  "response.output_audio_transcript.delta": Conversation.textGrows,
  "response.output_audio_transcript.done": Conversation.textDone,
  "response.output_text.delta": Conversation.textGrows,
  "response.output_text.done": Conversation.textDone,
  "response.done": Conversation.responseDone,
  "hamdel.emotion": Conversation.moodHeard,
}));
