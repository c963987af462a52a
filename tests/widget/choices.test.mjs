import assert from "node:assert/strict";
import { test } from "node:test";

import { Choices } from "../../widget/choices.js";

const YES = { title: "Yes", text: "Yes", language: "en" };
const SAD = { title: "غمگین", text: "غمگین هستم", language: "fa" };
const OFFER = { type: "hamdel.choices", item_id: "r", items: [YES, SAD] };
const SPEAKS = { type: "input_audio_buffer.speech_started", item_id: "u" };
const heard = (transcript) => ({ type: "conversation.item.input_audio_transcription.completed", item_id: "u", transcript });
const typed = (text) => ({
  type: "conversation.item.added",
  item: { id: "u", type: "message", role: "user", content: [{ type: "input_text", text }] },
});

/** What is on offer after each change: "yes", "no" or "hidden". */
function after(...events) {
  const seen = [];
  const choices = new Choices((offer) => seen.push(offer === null ? "no" : offer.hidden ? "hidden" : "yes"));
  for (const event of events) choices.apply(event);
  return { seen, choices };
}

test("what is offered names its question, and what each press says", () => {
  const { choices } = after(OFFER);
  assert.deepEqual(choices.offer, { itemId: "r", choices: [YES, SAD], hidden: false });
});

test("a spoken answer takes them off; while it is spoken they are away", () => {
  assert.deepEqual(after(OFFER, SPEAKS, heard("yes")).seen, ["yes", "hidden", "no"]);
});

test("they come back after a noise, and after words that could not be recognised", () => {
  assert.deepEqual(after(OFFER, SPEAKS, heard(" ")).seen, ["yes", "hidden", "yes"]);
  const failed = { type: "conversation.item.input_audio_transcription.failed", item_id: "u" };
  assert.deepEqual(after(OFFER, SPEAKS, failed).seen, ["yes", "hidden", "yes"]);
});

test("a typed answer takes them off, also when only the server tells of it", () => {
  assert.deepEqual(after(OFFER, typed("no")).seen, ["yes", "no"]);
});

test("neither the bot's own items nor a spoken turn without its words yet answer anything", () => {
  const ofBot = { type: "conversation.item.added", item: { ...typed("Well?").item, role: "assistant" } };
  const audio = { type: "input_audio", transcript: null };
  const unheard = { type: "conversation.item.added", item: { ...typed("").item, content: [audio] } };
  assert.deepEqual(after(OFFER, ofBot, unheard, { type: "response.created" }).seen, ["yes"]);
});

test("a newer question takes the place of the older", () => {
  const { seen, choices } = after(OFFER, { ...OFFER, item_id: "r2", items: [YES] });
  assert.deepEqual(seen, ["yes", "no", "yes"]);
  assert.deepEqual(choices.offer.choices, [YES]);
});

test("those that come while somebody already speaks are shown only if that was no answer", () => {
  assert.deepEqual(after(SPEAKS, OFFER, heard("")).seen, ["hidden", "yes"]);
  assert.deepEqual(after(SPEAKS, OFFER, heard("yes")).seen, ["hidden", "no"]);
});

test("without a connection nothing can be pressed, and a lost talk has no question", () => {
  const { seen, choices } = after(OFFER);
  choices.setConnected(false);
  choices.setConnected(true);
  choices.setConnected(false);
  choices.endTalk();
  assert.deepEqual(seen, ["yes", "hidden", "yes", "hidden", "no"]);
});

test("what was being said when a talk was lost hides nothing of the next one", () => {
  const { seen, choices } = after(SPEAKS);
  choices.endTalk();
  choices.apply(OFFER);
  assert.deepEqual(seen, ["yes"]);
});

test("where one answer is none, none is offered", () => {
  const bad = [null, 7, {}, { title: "Yes" }, { text: "Yes" }, { title: "", text: "x" }, { title: "x", text: " " }];
  for (const item of bad) assert.deepEqual(after({ ...OFFER, items: [YES, item] }).seen, [], JSON.stringify(item));
  const odd = [undefined, null, [], {}, "Yes", 7, Array(21).fill(YES), Array(100_000).fill(YES)];
  for (const items of odd) assert.deepEqual(after({ ...OFFER, items }).seen, []);
  assert.deepEqual(after(OFFER, { type: "hamdel.choices" }).seen, ["yes", "no"]);
});

test("a language that is none is left open", () => {
  const { choices } = after({ ...OFFER, item_id: 4, items: [{ ...YES, language: { a: 1 } }] });
  assert.deepEqual(choices.offer, { itemId: null, choices: [{ ...YES, language: null }], hidden: false });
});
