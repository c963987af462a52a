import assert from "node:assert/strict";
import { test } from "node:test";

import { FINAL, isAboutPeopleOnCall, peopleWords, wordsWithoutConnection } from "../../widget/people.js";
import english from "../../widget/strings.en.js";

test("each status of a call for people has its words", () => {
  const words = (status, reached) => peopleWords({ queue: "on_call", reason: "suicide", status, reached });
  assert.equal(words("nobody_on_call", false), "peopleNobody");
  assert.equal(words("calling", false), "peopleCalling");
  assert.equal(words("delivered", false), "peopleCalling");
  assert.equal(words("acknowledged", true), "peopleAcknowledged");
  assert.equal(words("unreached", false), "peopleUnreached");
  for (const status of ["nobody_on_call", "calling", "acknowledged", "unreached"]) {
    const key = words(status, status === "acknowledged");
    assert.ok(key in english, key);
    assert.ok(wordsWithoutConnection(key) in english, key);
  }
});

test("nobody is promised by what makes no sense", () => {
  const nothing = { toString: 1 };
  for (const status of ["constructor", "__proto__", "Acknowledged", "on_its_way", "", 1, null, undefined, nothing, []]) {
    for (const reached of [true, false, null]) assert.equal(peopleWords({ status, reached }), "peopleNobody");
  }
  for (const reached of [false, "true", 1, null, undefined, nothing]) {
    assert.equal(peopleWords({ status: "acknowledged", reached }), "peopleNobody");
  }
  for (const status of ["calling", "delivered", "unreached"]) {
    assert.equal(peopleWords({ status, reached: true }), "peopleNobody", status);
  }
});

test("only what ends the waiting interrupts what is being read", () => {
  assert.deepEqual([...FINAL].sort(), ["peopleAcknowledged", "peopleUnreached"]);
});

test("without a connection only what was settled is still said", () => {
  assert.equal(wordsWithoutConnection("peopleCalling"), "peopleUnseen");
  for (const settled of [...FINAL, "peopleNobody", "peopleUnseen", null]) {
    assert.equal(wordsWithoutConnection(settled), settled);
  }
});

test("a hand-over to another queue is not about people on call", () => {
  assert.ok(isAboutPeopleOnCall({ queue: "on_call" }));
  for (const queue of ["billing", "ON_CALL", ["on_call"], null, undefined]) assert.ok(!isAboutPeopleOnCall({ queue }));
});
