/**
 * Audio thread, output side: plays the queue and reports what was heard.
 *
 * In: {kind: "push", itemId, samples} · {kind: "complete", itemId} · {kind: "flush", flushId} · {kind: "pause"} ·
 * {kind: "resume"}.
 * Out: {kind: "sounding" | "finished", itemId, playedFrames} · {kind: "flushed", flushId, cut}.
 */

import { PlaybackQueue } from "./playback-queue.js";

const PREBUFFER_S = 0.04;
const FADE_S = 0.005;
const REPORT_S = 0.1;

class PlaybackProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = new PlaybackQueue({
      prebufferFrames: Math.round(PREBUFFER_S * sampleRate),
      fadeFrames: Math.round(FADE_S * sampleRate),
    });
    this.framesToReport = 0;
    this.reportedItem = null;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  receive(message) {
    if (message.kind === "push") this.queue.push(message.itemId, message.samples);
    else if (message.kind === "complete") this.queue.complete(message.itemId);
    else if (message.kind === "pause") this.queue.pause();
    else if (message.kind === "resume") this.queue.resume();
    else if (message.kind === "flush") {
      this.reportedItem = null;
      this.port.postMessage({ kind: "flushed", flushId: message.flushId, cut: this.queue.flush() });
    }
  }

  process(_inputs, outputs) {
    const [first, ...others] = outputs[0];
    this.queue.pull(first);
    for (const channel of others) channel.set(first);
    this.report(first.length);
    return true;
  }

  report(frames) {
    for (const done of this.queue.takeFinished()) this.port.postMessage({ kind: "finished", ...done });
    const { sounding } = this.queue;
    if (sounding === null) return;
    this.framesToReport -= frames;
    // The first sound of an item is told at once: the page says then that Hamdel is speaking.
    if (sounding.itemId === this.reportedItem && this.framesToReport > 0) return;
    this.reportedItem = sounding.itemId;
    this.framesToReport = Math.round(REPORT_S * sampleRate);
    this.port.postMessage({ kind: "sounding", ...sounding });
  }
}

registerProcessor("hamdel-playback", PlaybackProcessor);
