import assert from "node:assert/strict";
import { test } from "node:test";

import { PlaybackQueue } from "../../widget/playback-queue.js";

const ones = (length, value = 1) => new Float32Array(length).fill(value);

function pull(queue, length) {
  const output = ones(length, 9); // Anything that is left over would be heard.
  queue.pull(output);
  return output;
}

const queueOf = (options = {}) => new PlaybackQueue({ prebufferFrames: 0, fadeFrames: 0, ...options });

test("an empty queue is silent", () => {
  const queue = queueOf();
  assert.deepEqual(pull(queue, 4), ones(4, 0));
  assert.equal(queue.sounding, null);
});

test("pieces sound in order across block borders", () => {
  const queue = queueOf();
  queue.push("a", Float32Array.of(1, 2, 3));
  queue.push("a", Float32Array.of(4, 5));
  assert.deepEqual(pull(queue, 2), Float32Array.of(1, 2));
  assert.deepEqual(pull(queue, 4), Float32Array.of(3, 4, 5, 0));
  assert.deepEqual(queue.sounding, { itemId: "a", playedFrames: 5 });
});

test("the next item follows without a gap and the first is reported as played to its end", () => {
  const queue = queueOf();
  queue.push("a", ones(3));
  queue.complete("a");
  queue.push("b", ones(3, 2));
  assert.deepEqual(pull(queue, 5), Float32Array.of(1, 1, 1, 2, 2));
  assert.deepEqual(queue.takeFinished(), [{ itemId: "a", playedFrames: 3 }]);
  assert.deepEqual(queue.takeFinished(), []);
  assert.deepEqual(queue.sounding, { itemId: "b", playedFrames: 2 });
});

test("a later item waits while the first is not complete", () => {
  const queue = queueOf();
  queue.push("a", ones(2));
  queue.push("b", ones(2, 2));
  assert.deepEqual(pull(queue, 4), Float32Array.of(1, 1, 0, 0));
});

test("sound begins only when enough is there, and so again after a gap", () => {
  const queue = queueOf({ prebufferFrames: 4 });
  queue.push("a", ones(3));
  assert.deepEqual(pull(queue, 2), ones(2, 0));
  queue.push("a", ones(1));
  assert.deepEqual(pull(queue, 6), Float32Array.of(1, 1, 1, 1, 0, 0));
  queue.push("a", ones(2));
  assert.deepEqual(pull(queue, 2), ones(2, 0));
});

test("a short complete item does not wait for more", () => {
  const queue = queueOf({ prebufferFrames: 100 });
  queue.push("a", ones(2));
  queue.complete("a");
  assert.deepEqual(pull(queue, 3), Float32Array.of(1, 1, 0));
});

test("a flush silences at once and tells what was heard of each item", () => {
  const queue = queueOf();
  queue.push("a", ones(100));
  queue.push("b", ones(100));
  pull(queue, 30);
  assert.deepEqual(queue.flush(), [
    { itemId: "a", playedFrames: 30 },
    { itemId: "b", playedFrames: 0 },
  ]);
  assert.deepEqual(pull(queue, 8), ones(8, 0));
  assert.deepEqual(queue.takeFinished(), []);
  assert.deepEqual(queue.flush(), []);
});

test("a flush fades instead of clicking, and the ramp is no longer than asked for", () => {
  const queue = queueOf({ fadeFrames: 4 });
  queue.push("a", ones(100));
  pull(queue, 10);
  queue.flush();
  assert.deepEqual(pull(queue, 3), Float32Array.of(0.75, 0.5, 0.25));
  assert.deepEqual(pull(queue, 3), ones(3, 0));
});

test("a flush before the first sound makes no sound", () => {
  const queue = queueOf({ fadeFrames: 4, prebufferFrames: 50 });
  queue.push("a", ones(10));
  queue.flush();
  assert.deepEqual(pull(queue, 4), ones(4, 0));
});

test("an item without any sound is reported too", () => {
  const queue = queueOf();
  queue.push("a", ones(0));
  queue.complete("a");
  pull(queue, 4);
  assert.deepEqual(queue.takeFinished(), [{ itemId: "a", playedFrames: 0 }]);
});

test("completing an unknown item does nothing", () => {
  const queue = queueOf();
  queue.complete("nobody");
  assert.deepEqual(pull(queue, 2), ones(2, 0));
});

test("a pause is silent, keeps its place and goes on there", () => {
  const queue = queueOf();
  queue.push("a", Float32Array.of(1, 2, 3, 4));
  pull(queue, 2);
  queue.pause();
  assert.deepEqual(pull(queue, 3), ones(3, 0));
  assert.deepEqual(queue.sounding, { itemId: "a", playedFrames: 2 });
  queue.resume();
  assert.deepEqual(pull(queue, 2), Float32Array.of(3, 4));
});

test("a pause fades out, and what faded is played again", () => {
  const queue = queueOf({ fadeFrames: 4 });
  queue.push("a", ones(12));
  pull(queue, 4);
  queue.pause();
  queue.pause();
  assert.deepEqual(pull(queue, 6), Float32Array.of(0.75, 0.5, 0.25, 0, 0, 0));
  queue.resume();
  assert.deepEqual(pull(queue, 8), ones(8));
});

test("a flush ends a pause and cuts what had been played before it", () => {
  const queue = queueOf({ fadeFrames: 4 });
  queue.push("a", ones(8));
  pull(queue, 4);
  queue.pause();
  pull(queue, 4);
  assert.deepEqual(queue.flush(), [{ itemId: "a", playedFrames: 4 }]);
  queue.push("b", ones(4, 2));
  assert.deepEqual(pull(queue, 4), ones(4, 2));
});
