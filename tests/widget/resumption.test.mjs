import assert from "node:assert/strict";
import { test } from "node:test";

import { eventNumber, resumeRequest } from "../../widget/protocol.js";
import { Resumption } from "../../widget/resumption.js";

const created = (talk = "t1") => ({ type: "session.created", event_id: `event_${talk}_1` });
const token = (number, value = "secret", talk = "t1") => ({
  type: "hamdel.resume_token",
  token: value,
  event_id: `event_${talk}_${number}`,
});
const words = (number, talk = "t1") => ({ type: "response.created", event_id: `event_${talk}_${number}` });
const refusal = { type: "error", error: { code: "resume_expired" }, event_id: "event_t2_2" };

function standing() {
  const resumption = new Resumption();
  for (const event of [created(), words(2), token(3), words(4)]) assert.equal(resumption.take(event), "pass");
  return resumption;
}

test("the number of an event is what its id ends in", () => {
  const ids = ["event_t1_12", "event_refused_1", "event", "event_t1_", "event_t1_1e3", "event_t1_-1", 7, undefined];
  assert.deepEqual(
    ids.map((event_id) => eventNumber({ event_id })),
    [12, 1, null, null, null, null, null, null],
  );
  assert.equal(eventNumber(null), null);
  assert.equal(eventNumber({ event_id: `event_t1_${"9".repeat(400)}` }), null);
});

test("a break asks for the talk behind the last event that was seen", () => {
  const resumption = standing();
  assert.equal(resumption.breakOff("broken"), true);
  assert.equal(resumption.pending, true);
  assert.equal(resumption.take(created("t2")), "ask");
  assert.deepEqual(resumption.request(), resumeRequest("secret", 4));
  assert.deepEqual(resumption.request(), { type: "hamdel.resume", token: "secret", last_event_seq: 4 });
});

test("what was missed is passed on, and the token that ends it stands for the next break", () => {
  const resumption = standing();
  resumption.breakOff("broken");
  resumption.take(created("t2"));
  assert.equal(resumption.take(words(5)), "pass");
  assert.equal(resumption.take(token(6, "newer")), "resumed");
  assert.equal(resumption.pending, false);
  assert.equal(resumption.take(words(7)), "pass");
  resumption.breakOff("offline");
  resumption.take(created("t3"));
  assert.deepEqual(resumption.request(), resumeRequest("newer", 7));
});

test("an event that was seen before is dropped", () => {
  const resumption = standing();
  assert.equal(resumption.take(words(4)), "repeated");
  assert.equal(resumption.take(words(2)), "repeated");
  assert.equal(resumption.take(words(5)), "pass");
  assert.equal(resumption.take({ type: "response.created" }), "pass");
});

test("a talk that the server has no more gives way to the new one", () => {
  const resumption = standing();
  resumption.breakOff("broken");
  const greeting = created("t2");
  resumption.take(greeting);
  assert.equal(resumption.take(refusal), "expired");
  assert.equal(resumption.greeting(), greeting);
  assert.equal(resumption.pending, false);
  assert.equal(resumption.take(words(2, "t2")), "pass");
  assert.equal(resumption.breakOff("broken"), false); // It has not been given a token yet.
});

test("another error while the talk is asked for is shown like any", () => {
  const resumption = standing();
  resumption.breakOff("broken");
  resumption.take(created("t2"));
  const busy = { type: "error", error: { code: "session_limit_reached" }, event_id: "event_refused_1" };
  assert.equal(resumption.take(busy), "pass");
  assert.equal(resumption.breakOff("busy"), true);
});

test("tries that fail leave the talk waiting", () => {
  const resumption = standing();
  for (const reason of ["broken", "unreachable", "offline", "timeout", "busy", "server"]) {
    assert.equal(resumption.breakOff(reason), true, reason);
  }
  resumption.take(created("t2"));
  assert.deepEqual(resumption.request(), resumeRequest("secret", 4));
});

test("a talk that came to its end, or whose server restarts, is not asked for", () => {
  for (const reason of ["ended", "expired", "taken_over", "policy", "restarting"]) {
    const resumption = standing();
    assert.equal(resumption.breakOff(reason), false, reason);
    assert.equal(resumption.take(created("t2")), "pass");
  }
});

test("without a token there is nothing to ask for", () => {
  const resumption = new Resumption();
  resumption.take(created());
  resumption.take({ type: "hamdel.resume_token", token: 7, event_id: "event_t1_2" });
  assert.equal(resumption.breakOff("broken"), false);
  assert.equal(resumption.take(created("t2")), "pass");
});
