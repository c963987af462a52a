import assert from "node:assert/strict";
import { test } from "node:test";

import { SAMPLE_RATE_HZ } from "../../widget/audio-format.js";
import * as protocol from "../../widget/protocol.js";
import { closeReason, realtimeUrl } from "../../widget/connection.js";
import { base64ToPcm16, floatToPcm16, pcm16ToBase64, pcm16ToFloat } from "../../widget/pcm.js";

test("session update has the shape that the server reads", () => {
  assert.deepEqual(protocol.sessionUpdate({ language: "fa", speed: 0.8 }), {
    type: "session.update",
    session: {
      type: "realtime",
      audio: {
        input: {
          format: { type: "audio/pcm", rate: SAMPLE_RATE_HZ },
          transcription: { language: "fa" },
          turn_detection: { type: "server_vad" },
        },
        output: { format: { type: "audio/pcm", rate: SAMPLE_RATE_HZ }, speed: 0.8 },
      },
      hamdel: { disclosure: "shown", language: "fa", crisis_level: 0, country: null },
    },
  });
  const { session } = protocol.sessionUpdate({ language: "auto", speed: 1, crisisLevel: 2, country: "CA" });
  assert.deepEqual([session.hamdel.crisis_level, session.hamdel.country], [2, "CA"]);
});

test("a country is two capital letters and nothing else", () => {
  assert.equal(protocol.countryCode("CA"), "CA");
  for (const value of ["ca", "CAN", "", "C1", "CA\n", "<b", "ایر", 7, null, undefined, ["CA"], { toString: 1 }]) {
    assert.equal(protocol.countryCode(value), null, String(JSON.stringify(value)));
  }
});

test("asking for a sign of life changes nothing of the session", () => {
  assert.deepEqual(protocol.signOfLifeRequest(), { type: "session.update", session: { type: "realtime" } });
});

test("typed turns carry the id that the page chose", () => {
  const id = protocol.newItemId();
  assert.match(id, /^item_[0-9a-f]{20}$/);
  assert.notEqual(id, protocol.newItemId());
  const { item } = protocol.userText(id, "سلام");
  assert.deepEqual(item, { id, type: "message", role: "user", content: [{ type: "input_text", text: "سلام" }] });
});

test("truncation names item, part and heard milliseconds", () => {
  assert.deepEqual(protocol.itemTruncate("item_1", 740), {
    type: "conversation.item.truncate",
    item_id: "item_1",
    content_index: 0,
    audio_end_ms: 740,
  });
});

test("what is no event is not parsed", () => {
  for (const message of ["", "{", "null", "[]", "7", '"text"', "{}", '{"type": 3}', new ArrayBuffer(4), undefined]) {
    assert.equal(protocol.parseServerEvent(message), null, String(message));
  }
  assert.deepEqual(protocol.parseServerEvent('{"type":"hamdel.new","x":1}'), { type: "hamdel.new", x: 1 });
});

test("the text of an item is its transcripts, and null where there is none yet", () => {
  assert.equal(protocol.itemText({ content: [{ type: "input_audio", transcript: null }] }), null);
  assert.equal(protocol.itemText({ content: [] }), null);
  assert.equal(protocol.itemText({}), null);
  assert.equal(protocol.itemText({ content: "hostile" }), null);
  assert.equal(protocol.itemText({ content: [{ transcript: "a" }, { text: "b" }, null] }), "a b");
});

test("the server's last error explains a close better than its code", () => {
  assert.equal(closeReason(1000, "session_expired"), "expired");
  assert.equal(closeReason(1013, null), "busy");
  assert.equal(closeReason(1012, null), "restarting");
  assert.equal(closeReason(1005, "server_restarting"), "restarting");
  assert.equal(closeReason(1008, null), "policy");
  assert.equal(closeReason(1006, "invalid_value"), "broken");
  assert.equal(closeReason(1000, "constructor"), "ended");
});

test("the socket goes to the machine that served the page", () => {
  assert.equal(realtimeUrl({ protocol: "https:", host: "a.example" }), "wss://a.example/v1/realtime");
  assert.equal(realtimeUrl({ protocol: "http:", host: "127.0.0.1:8765" }), "ws://127.0.0.1:8765/v1/realtime");
});

test("sound survives the way to base64 and back", () => {
  const pcm = floatToPcm16(Float32Array.of(0, 0.5, -0.5, 1, -1, 3, -3));
  assert.deepEqual([...pcm], [0, 16384, -16384, 32767, -32768, 32767, -32768]);
  assert.deepEqual(base64ToPcm16(pcm16ToBase64(pcm)), pcm);
  assert.equal(pcm16ToFloat(pcm)[2], -0.5);
});

test("a view into a larger buffer is sent without its surroundings", () => {
  const pcm = Int16Array.of(1, 2, 3, 4).subarray(1, 3);
  assert.deepEqual(base64ToPcm16(pcm16ToBase64(pcm)), Int16Array.of(2, 3));
});

test("broken base64 gives no sound and odd bytes lose the last", () => {
  assert.equal(base64ToPcm16("%%%"), null);
  assert.deepEqual(base64ToPcm16(btoa("\x01\x00\x02")), Int16Array.of(1));
});
