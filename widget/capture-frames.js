/** Microphone blocks of any size and rate → mono PCM16 in frames of the wire's rate and length. */

import { FRAME_SAMPLES, SAMPLE_RATE_HZ } from "./audio-format.js";
import { floatToPcm16 } from "./pcm.js";
import { Resampler } from "./resampler.js";

/** Mean of all channels; an input without channels is silence of no length. */
function mixDown(channels) {
  if (channels.length === 0) return new Float32Array(0);
  if (channels.length === 1) return channels[0];
  const mono = new Float32Array(channels[0].length);
  for (const channel of channels) {
    for (let i = 0; i < mono.length; i += 1) mono[i] += channel[i] / channels.length;
  }
  return mono;
}

function rootMeanSquare(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

/** Collects blocks; `push` gives the frames that are full, each as {pcm: Int16Array, level: 0…1}. */
export class CaptureFrames {
  constructor(inputRateHz) {
    this.resampler = new Resampler(inputRateHz, SAMPLE_RATE_HZ);
    this.frame = new Float32Array(FRAME_SAMPLES);
    this.filled = 0;
  }

  /** `channels`: one Float32Array for each channel, as AudioWorkletProcessor.process gets them. */
  push(channels) {
    const samples = this.resampler.process(mixDown(channels));
    const frames = [];
    for (let start = 0; start < samples.length; ) {
      const part = samples.subarray(start, start + FRAME_SAMPLES - this.filled);
      this.frame.set(part, this.filled);
      this.filled += part.length;
      start += part.length;
      if (this.filled === FRAME_SAMPLES) {
        frames.push({ pcm: floatToPcm16(this.frame), level: rootMeanSquare(this.frame) });
        this.filled = 0;
      }
    }
    return frames;
  }
}
