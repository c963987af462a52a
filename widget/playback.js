/** The voice of the replies: plays the PCM16 of the wire, and knows how much of it was heard. */

import { SAMPLE_RATE_HZ } from "./audio-format.js";
import { base64ToPcm16, pcm16ToFloat } from "./pcm.js";
import { Resampler } from "./resampler.js";
import { workletNode } from "./sound.js";

const FLUSH_ANSWER_MS = 150;
const DUCK_S = 0.03; // Of an exponential approach: nine tenths of the way in 70 ms, without a click.
const PAUSE_DB = -60; // From here down nothing is to be heard, and nothing is to be missed either.

/**
 * Heard milliseconds of a number of frames handed to the sound card.
 *
 * What is still on its way through the card was not heard yet.
 */
export function heardMs(playedFrames, sampleRateHz, outputLatencyS) {
  return Math.max(0, Math.floor((playedFrames / sampleRateHz - outputLatencyS) * 1000));
}

/**
 * Opens the playback on an AudioContext.
 *
 * `onSounding(itemId, playedMs)` comes with the first sound of an item and every 100 ms;
 * `onFinished(itemId, playedMs)` when an item was played to its end.
 */
export async function openPlayback(context, { onSounding, onFinished }) {
  const options = { numberOfInputs: 0, outputChannelCount: [1] };
  const node = await workletNode(context, "hamdel-playback", "./playback-worklet.js", options);
  const volume = new GainNode(context);
  node.connect(volume).connect(context.destination);
  const flushes = new Map();
  let nextFlush = 0;
  let stream = null; // {itemId, resampler} of the item whose sound is coming in.
  let playing = new Map(); // Item → played ms, from its first piece of sound to its end.
  const dropped = new Set();

  const latency = () => (context.outputLatency ?? 0) + (context.baseLatency ?? 0);
  const toMs = (frames) => heardMs(frames, context.sampleRate, latency());
  const post = (message, transfer = []) => node.port.postMessage(message, transfer);

  node.port.onmessage = ({ data }) => {
    if (data.kind === "flushed") {
      flushes.get(data.flushId)?.(data.cut.map(({ itemId, playedFrames }) => [itemId, toMs(playedFrames)]));
      return;
    }
    if (dropped.has(data.itemId)) return; // Sent before the flush, arrived after it.
    if (data.kind === "sounding") {
      playing.set(data.itemId, toMs(data.playedFrames));
      onSounding(data.itemId, playing.get(data.itemId));
    } else {
      playing.delete(data.itemId);
      // Played to its end: all of it is heard, though its last sound is still in the card.
      onFinished(data.itemId, Math.floor((data.playedFrames / context.sampleRate) * 1000));
    }
  };

  function pushSamples(itemId, samples) {
    // An empty piece is sent too: the queue has to know of every item in order to report its end.
    post({ kind: "push", itemId, samples }, [samples.buffer]);
  }

  return {
    /** Whether any reply is sounding or waiting to sound. */
    get busy() {
      return playing.size > 0;
    },

    /** Adds a piece (base64 PCM16) to an item; pieces of a flushed item are dropped. */
    push(itemId, base64) {
      const pcm = dropped.has(itemId) ? null : base64ToPcm16(base64);
      if (pcm === null || pcm.length === 0) return;
      if (stream?.itemId !== itemId) stream = { itemId, resampler: new Resampler(SAMPLE_RATE_HZ, context.sampleRate) };
      if (!playing.has(itemId)) playing.set(itemId, 0);
      pushSamples(itemId, stream.resampler.process(pcm16ToFloat(pcm)));
    },

    /** Says that an item has no more sound to come. */
    complete(itemId) {
      if (dropped.has(itemId)) return;
      if (stream?.itemId === itemId) {
        pushSamples(itemId, stream.resampler.finish());
        stream = null;
      }
      post({ kind: "complete", itemId });
    },

    /** Silences everything at once; gives [[itemId, playedMs]] of the items that were cut. */
    flush() {
      const known = [...playing];
      playing = new Map();
      stream = null;
      for (const [itemId] of known) dropped.add(itemId);
      volume.gain.cancelScheduledValues(context.currentTime);
      volume.gain.setValueAtTime(1, context.currentTime);
      const flushId = (nextFlush += 1);
      return new Promise((resolve) => {
        const settle = (cut) => {
          clearTimeout(timer);
          flushes.delete(flushId);
          resolve(cut);
        };
        // A suspended audio thread does not answer: then the last report counts.
        const timer = setTimeout(() => settle(known), FLUSH_ANSWER_MS);
        flushes.set(flushId, settle);
        post({ kind: "flush", flushId });
      });
    },

    /**
     * Turns the voice down while the person may be beginning to speak, or back up with 0 dB. At -60 dB it pauses,
     * and goes on at the same place once it is turned up.
     */
    duck(gainDb) {
      const level = Math.min(0, gainDb);
      post({ kind: level <= PAUSE_DB ? "pause" : "resume" });
      volume.gain.cancelScheduledValues(context.currentTime);
      volume.gain.setTargetAtTime(10 ** (level / 20), context.currentTime, DUCK_S);
    },
  };
}
