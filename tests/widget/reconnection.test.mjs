import assert from "node:assert/strict";
import { test } from "node:test";

import { RETRIED, isEnding, needsNumbers, pauseMs } from "../../widget/reconnection.js";

const even = () => 0.5;

function pauses(reason) {
  const all = [];
  for (let failures = 1; pauseMs(reason, failures, even) !== null; failures += 1) {
    assert.ok(failures < 100, "it never leaves off");
    all.push(pauseMs(reason, failures, even));
  }
  return all;
}

test("pauses grow, and after a few tries the person decides", () => {
  for (const reason of RETRIED) {
    const all = pauses(reason);
    assert.ok(all.length >= 3, reason);
    assert.deepEqual(all, [...all].sort((a, b) => a - b), reason);
    assert.ok(all.at(-1) >= 4 * all[0], reason);
  }
  assert.ok(pauses("busy").length <= 3);
});

test("pages that lost the server in the same moment do not come back in the same moment", () => {
  const [earliest, middle, latest] = [0, 0.5, 1].map((value) => pauseMs("restarting", 1, () => value));
  assert.ok(earliest < middle && middle < latest);
  assert.ok(earliest >= middle / 2);
  assert.ok(Number.isInteger(pauseMs("broken", 1)));
});

test("what only the person can mend is not tried again by itself", () => {
  for (const reason of ["policy", "unauthorized", "forbidden", "refused", "expired", "ended", "unexpected", "x"]) {
    assert.equal(pauseMs(reason, 1), null, reason);
  }
});

test("an end is no failure", () => {
  assert.deepEqual(["expired", "ended", "taken_over"].map(isEnding), [true, true, true]);
  assert.deepEqual(["broken", "busy", "policy", "constructor"].map(isEnding), [false, false, false, false]);
});

test("numbers are shown at once where it may last, and after a second failure otherwise", () => {
  assert.deepEqual([needsNumbers("busy", 1), needsNumbers("offline", 1)], [true, true]);
  assert.deepEqual([needsNumbers("broken", 1), needsNumbers("broken", 2)], [false, true]);
  assert.deepEqual([needsNumbers("expired", 9), needsNumbers("ended", 9)], [false, false]);
  assert.deepEqual([needsNumbers("unauthorized", 1), needsNumbers("policy", 1)], [true, true]);
});
