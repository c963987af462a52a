/** What is to be played, in order, and how much of each item was. Runs in the audio thread; no Web API. */

const SILENCE = new Float32Array(0);

/**
 * Queue of sound by item.
 *
 * Sound begins once `prebufferFrames` are there, or the item is complete, and again so after each gap:
 * that bridges the jitter of the network. A flush or a pause ends in a ramp of `fadeFrames` instead of a click.
 */
export class PlaybackQueue {
  constructor({ prebufferFrames, fadeFrames }) {
    this.prebufferFrames = prebufferFrames;
    this.fadeFrames = fadeFrames;
    this.items = [];
    this.waiting = true;
    this.paused = false;
    this.tail = SILENCE;
    this.finished = [];
  }

  /** Adds samples to an item; an item that is not there yet goes to the end of the queue. */
  push(itemId, samples) {
    let item = this.items.find(({ id }) => id === itemId);
    if (item === undefined) {
      item = { id: itemId, blocks: [], offset: 0, queuedFrames: 0, playedFrames: 0, complete: false };
      this.items.push(item);
    }
    if (samples.length === 0) return;
    item.blocks.push(samples);
    item.queuedFrames += samples.length;
  }

  /** Says that nothing more comes for an item. */
  complete(itemId) {
    const item = this.items.find(({ id }) => id === itemId);
    if (item !== undefined) item.complete = true;
  }

  /** Drops everything; gives [{itemId, playedFrames}] of the items that were cut, the sounding one first. */
  flush() {
    const cut = this.items.map(({ id, playedFrames }) => ({ itemId: id, playedFrames }));
    if (!this.paused) this.tail = this.#fadingTail();
    this.items = [];
    this.waiting = true;
    this.paused = false;
    return cut;
  }

  /** Falls silent and keeps its place; what fades out is played again afterwards. */
  pause() {
    if (this.paused) return;
    this.tail = this.#fadingTail();
    this.paused = true;
  }

  /** Goes on where it was paused. */
  resume() {
    this.paused = false;
  }

  /** Fills one output block; where there is nothing to play, it is silent. */
  pull(output) {
    output.fill(0);
    this.#playTail(output);
    if (this.paused) return;
    let position = 0;
    while (position < output.length) {
      this.#dropFinished();
      const item = this.items[0];
      if (item === undefined) {
        this.waiting = true;
        return;
      }
      const ready = item.complete || item.queuedFrames >= (this.waiting ? this.prebufferFrames : 1);
      if (!ready) {
        this.waiting = true;
        return;
      }
      this.waiting = false;
      position += this.#copy(item, output, position);
    }
    this.#dropFinished();
  }

  /** The sounding item as {itemId, playedFrames}, or null. */
  get sounding() {
    const item = this.items[0];
    if (item === undefined || item.playedFrames === 0) return null;
    return { itemId: item.id, playedFrames: item.playedFrames };
  }

  /** Gives [{itemId, playedFrames}] of the items played to their end since the last call. */
  takeFinished() {
    const { finished } = this;
    this.finished = [];
    return finished;
  }

  #copy(item, output, position) {
    const block = item.blocks[0];
    const part = block.subarray(item.offset, item.offset + output.length - position);
    for (let i = 0; i < part.length; i += 1) output[position + i] += part[i];
    item.offset += part.length;
    item.queuedFrames -= part.length;
    item.playedFrames += part.length;
    if (item.offset === block.length) {
      item.blocks.shift();
      item.offset = 0;
    }
    return part.length;
  }

  #dropFinished() {
    while (this.items.length > 0 && this.items[0].complete && this.items[0].queuedFrames === 0) {
      const { id, playedFrames } = this.items.shift();
      this.finished.push({ itemId: id, playedFrames });
    }
  }

  #fadingTail() {
    const item = this.items[0];
    if (item === undefined || this.waiting || item.queuedFrames === 0) return SILENCE;
    const samples = item.blocks[0].slice(item.offset, item.offset + this.fadeFrames);
    return samples.map((sample, i) => sample * (1 - (i + 1) / samples.length));
  }

  #playTail(output) {
    const part = this.tail.subarray(0, output.length);
    output.set(part);
    this.tail = this.tail.subarray(part.length);
  }
}
