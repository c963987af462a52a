/** Changes the sample rate of a stream, block by block, without clicks at the block borders. */

const HALF_WIDTH = 16; // Zero crossings of the sinc on each side; more is steeper and slower.
const ROLL_OFF = 0.94; // Of the lower Nyquist frequency: room for the filter's transition band.

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/**
 * Windowed-sinc polyphase resampler (Smith, "Digital Audio Resampling"; Hann window).
 *
 * Rates are whole numbers of Hz. One object is one stream: it remembers the end of the last block.
 */
export class Resampler {
  constructor(inputRateHz, outputRateHz) {
    if (!(inputRateHz > 0 && outputRateHz > 0)) throw new RangeError("sample rates must be positive");
    const divisor = greatestCommonDivisor(Math.round(inputRateHz), Math.round(outputRateHz));
    this.phases = Math.round(outputRateHz) / divisor;
    this.step = Math.round(inputRateHz) / divisor;
    const cutoff = Math.min(1, this.phases / this.step) * (this.phases === this.step ? 1 : ROLL_OFF);
    this.reach = Math.ceil(HALF_WIDTH / cutoff); // Input samples needed on each side.
    this.kernels = Array.from({ length: this.phases }, (_, phase) => this.#kernel(phase / this.phases, cutoff));
    this.reset();
  }

  /** Forgets the stream; the next block begins a new one. */
  reset() {
    this.buffer = new Float32Array(this.reach); // Silence before the first sample.
    this.center = this.reach;
    this.phase = 0;
  }

  /** Takes a block of input samples and gives the output samples that it completes. */
  process(block) {
    if (this.phases === this.step) return block.slice();
    const input = new Float32Array(this.buffer.length + block.length);
    input.set(this.buffer);
    input.set(block, this.buffer.length);
    const output = [];
    while (this.center + this.reach < input.length) {
      output.push(this.#sample(input));
      this.phase += this.step;
      this.center += Math.floor(this.phase / this.phases);
      this.phase %= this.phases;
    }
    const used = Math.min(this.center - this.reach, input.length);
    this.buffer = input.slice(used);
    this.center -= used;
    return Float32Array.from(output);
  }

  /** Gives what is still inside the filter at the end of the stream. */
  finish() {
    const rest = this.process(new Float32Array(this.reach));
    this.reset();
    return this.phases === this.step ? new Float32Array(0) : rest;
  }

  #sample(input) {
    const kernel = this.kernels[this.phase];
    const first = this.center - this.reach;
    let sum = 0;
    for (let k = 0; k < kernel.length; k += 1) sum += input[first + k] * kernel[k];
    return sum;
  }

  #kernel(fraction, cutoff) {
    const kernel = new Float32Array(2 * this.reach + 1);
    let total = 0;
    for (let k = 0; k < kernel.length; k += 1) {
      const distance = k - this.reach - fraction;
      const edge = Math.abs(distance) / (this.reach + 1);
      kernel[k] = sinc(cutoff * distance) * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, edge)));
      total += kernel[k];
    }
    // Scaled to one, so that a constant stays the same constant in every phase.
    return kernel.map((weight) => weight / total);
  }
}
