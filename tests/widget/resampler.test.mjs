import assert from "node:assert/strict";
import { test } from "node:test";

import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ } from "../../widget/audio-format.js";
import { CaptureFrames } from "../../widget/capture-frames.js";
import { Resampler } from "../../widget/resampler.js";

function tone(frequencyHz, rateHz, seconds) {
  return Float32Array.from({ length: Math.round(rateHz * seconds) }, (_, n) =>
    0.5 * Math.sin((2 * Math.PI * frequencyHz * n) / rateHz),
  );
}

function inBlocks(resampler, samples, size) {
  const output = [];
  for (let start = 0; start < samples.length; start += size) {
    output.push(...resampler.process(samples.subarray(start, start + size)));
  }
  return [...output, ...resampler.finish()];
}

function rms(samples) {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

for (const [from, to] of [[48000, 24000], [44100, 24000], [16000, 24000], [24000, 48000], [24000, 44100], [24000, 24000]]) {
  test(`a tone keeps pitch, loudness and phase from ${from} to ${to} Hz`, () => {
    const output = inBlocks(new Resampler(from, to), tone(440, from, 0.5), 128);
    const wanted = tone(440, to, 0.5);
    assert.ok(Math.abs(output.length - wanted.length) <= 2, `${output.length} samples`);
    const middle = output.slice(200, -200).map((sample, n) => sample - wanted[n + 200]);
    assert.ok(rms(middle) < 0.002, `error ${rms(middle)}`);
  });
}

test("the size of the blocks makes no difference", () => {
  const samples = tone(1000, 44100, 0.2);
  assert.deepEqual(
    inBlocks(new Resampler(44100, 24000), samples, 128),
    inBlocks(new Resampler(44100, 24000), samples, 1000),
  );
});

test("what is above the new band is gone instead of folded back", () => {
  const output = inBlocks(new Resampler(48000, 24000), tone(15000, 48000, 0.3), 128);
  assert.ok(rms(output.slice(200, -200)) < 0.003, `left over ${rms(output.slice(200, -200))}`);
});

test("impossible rates are refused", () => {
  assert.throws(() => new Resampler(0, 24000), RangeError);
  assert.throws(() => new Resampler(Number.NaN, 24000), RangeError);
});

test("the microphone gives whole frames and mixes its channels", () => {
  const capture = new CaptureFrames(48000);
  const left = tone(440, 48000, 1);
  const silent = new Float32Array(left.length);
  const frames = [];
  for (let start = 0; start < left.length; start += 128) {
    frames.push(...capture.push([left.subarray(start, start + 128), silent.subarray(start, start + 128)]));
  }
  assert.equal(FRAME_SAMPLES, (SAMPLE_RATE_HZ * FRAME_MS) / 1000);
  assert.equal(frames.length, 1000 / FRAME_MS - 1); // The last waits for the filter's last samples.
  assert.ok(frames.every(({ pcm }) => pcm.length === FRAME_SAMPLES));
  assert.ok(Math.abs(frames[5].level - 0.25 / Math.SQRT2) < 0.01, `level ${frames[5].level}`);
});

test("a microphone without channels gives nothing", () => {
  assert.deepEqual(new CaptureFrames(48000).push([]), []);
});
