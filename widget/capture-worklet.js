/** Audio thread, input side: posts each full frame of the microphone to the page. */

import { CaptureFrames } from "./capture-frames.js";

class CaptureProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.frames = new CaptureFrames(sampleRate);
  }

  process(inputs) {
    for (const { pcm, level } of this.frames.push(inputs[0] ?? [])) {
      this.port.postMessage({ pcm, level }, [pcm.buffer]);
    }
    return true;
  }
}

registerProcessor("hamdel-capture", CaptureProcessor);
