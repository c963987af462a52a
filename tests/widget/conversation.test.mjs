import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "../../widget/conversation.js";

function talk(events) {
  const removed = [];
  const conversation = new Conversation({ onChange: () => {}, onRemove: (id) => removed.push(id) });
  for (const event of events) conversation.apply(event);
  return { items: [...conversation.items.values()], removed, conversation };
}

const REPLY = { id: "r", type: "message", role: "assistant", status: "in_progress", content: [] };
const delta = (text) => ({ type: "response.output_audio_transcript.delta", item_id: "r", delta: text });

test("a spoken turn waits for its words and then shows them", () => {
  const committed = { type: "input_audio_buffer.committed", item_id: "u", previous_item_id: null };
  assert.equal(talk([committed]).items[0].state, "waiting");
  const heard = {
    type: "conversation.item.input_audio_transcription.completed",
    item_id: "u",
    transcript: "I feel alone",
  };
  const { items } = talk([committed, heard]);
  assert.deepEqual([items[0].role, items[0].text, items[0].state], ["user", "I feel alone", "done"]);
});

test("a turn without words disappears and stays away", () => {
  const { items, removed } = talk([
    { type: "input_audio_buffer.committed", item_id: "u" },
    { type: "conversation.item.input_audio_transcription.completed", item_id: "u", transcript: "" },
    { type: "conversation.item.done", item: { id: "u", type: "message", role: "user", content: [] } },
  ]);
  assert.deepEqual([items, removed], [[], ["u"]]);
});

test("a turn that could not be recognised says so", () => {
  const { items } = talk([{ type: "conversation.item.input_audio_transcription.failed", item_id: "u" }]);
  assert.equal(items[0].state, "failed");
});

test("a reply grows with its deltas and its final text wins", () => {
  const { items } = talk([
    { type: "response.output_item.added", item: REPLY },
    delta("I am "),
    delta("here"),
    { type: "response.output_audio_transcript.done", item_id: "r", transcript: "I am here." },
  ]);
  assert.deepEqual([items[0].text, items[0].state], ["I am here.", "done"]);
});

test("a written reply is shown like a spoken one", () => {
  const { items } = talk([
    { type: "response.output_text.delta", item_id: "r", delta: "Hel" },
    { type: "response.output_text.done", item_id: "r", text: "Hello" },
  ]);
  assert.equal(items[0].text, "Hello");
});

test("a cancelled reply is marked, and one that had said nothing is taken off", () => {
  const done = { type: "response.done", response: { status: "cancelled", output: [{ id: "r" }] } };
  assert.equal(talk([delta("I am"), done]).items[0].cut, true);
  assert.deepEqual(talk([{ type: "response.output_item.added", item: REPLY }, done]).removed, ["r"]);
});

test("a mood that comes before its turn is kept for it", () => {
  const { items } = talk([
    { type: "hamdel.emotion", item_id: "u", modality: "speech", label: "sadness" },
    { type: "input_audio_buffer.committed", item_id: "u" },
  ]);
  assert.deepEqual(items[0].mood, { label: "sadness", modality: "speech" });
});

test("a fused mood is not replaced by that of one detector", () => {
  const mood = (modality, label) => ({ type: "hamdel.emotion", item_id: "u", modality, label });
  const typed = { type: "conversation.item.added", item: { id: "u", type: "message", role: "user", content: [] } };
  assert.equal(talk([typed, mood("fused", "fear"), mood("speech", "anger")]).items[0].mood.label, "fear");
  assert.equal(talk([typed, mood("speech", "anger"), mood("fused", "fear")]).items[0].mood.label, "fear");
});

test("a typed turn that the server repeats appears once", () => {
  const conversation = new Conversation({ onChange: () => {}, onRemove: () => {} });
  conversation.addTyped("t", "hello");
  const item = { id: "t", type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] };
  conversation.apply({ type: "conversation.item.added", item });
  assert.deepEqual([...conversation.items.keys()], ["t"]);
});

test("what a lost connection leaves unfinished is said to be so, and what was whole stays whole", () => {
  const { items, conversation, removed } = talk([
    { type: "input_audio_buffer.committed", item_id: "u" },
    { type: "conversation.item.input_audio_transcription.completed", item_id: "v", transcript: "I am sad" },
    { type: "response.output_item.added", item: { ...REPLY, id: "empty" } },
    delta("I am"),
  ]);
  conversation.addTyped("t", "hello");
  conversation.breakOff();
  conversation.loseAnswer("t");
  conversation.loseAnswer("nobody");
  assert.deepEqual(Object.fromEntries([...conversation.items.values()].map(({ id, state }) => [id, state])), {
    u: "broken",
    v: "done",
    r: "broken",
    t: "broken",
  });
  assert.equal(items.find(({ id }) => id === "r").text, "I am");
  assert.deepEqual(removed, ["empty"]);
});

test("malformed and hostile events change nothing", () => {
  const { items } = talk([
    { type: "constructor" },
    { type: "__proto__" },
    { type: "conversation.item.added" },
    { type: "conversation.item.added", item: { id: "s", type: "message", role: "system" } },
    { type: "conversation.item.added", item: { id: 7, type: "message", role: "user" } },
    { type: "response.output_audio_transcript.delta", item_id: "r", delta: { text: "x" } },
    { type: "input_audio_buffer.committed" },
    { type: "response.done" },
    { type: "response.done", response: { output: "none" } },
    { type: "response.done", response: { output: [null, 7, {}] } },
    { type: "hamdel.emotion", label: "fear" },
  ]);
  assert.deepEqual(items, []);
});
