/** The microphone: asks for it, and gives frames of 40 ms until it is closed or unplugged. */

import { pcm16ToBase64 } from "./pcm.js";

/** Why there is no microphone. `reason` is refused | missing | occupied | insecure | microphone (any other). */
export class MicrophoneError extends Error {
  constructor(reason) {
    super(`no microphone: ${reason}`);
    this.name = "MicrophoneError";
    this.reason = reason;
  }
}

const REASONS = {
  NotAllowedError: "refused",
  PermissionDeniedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "occupied",
  AbortError: "occupied",
};

async function askForStream() {
  // Browsers hide mediaDevices from pages that came over plain HTTP from another machine.
  if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    });
  } catch (error) {
    throw new MicrophoneError(REASONS[error.name] ?? "microphone");
  }
}

/**
 * Opens the microphone on an AudioContext.
 *
 * `onFrame(base64, level)` gets PCM16 mono 24 kHz and its loudness 0…1; `onLost()` is called when the
 * device goes away. Gives {close()}. Throws MicrophoneError.
 */
export async function openMicrophone(context, { onFrame, onLost }) {
  const stream = await askForStream();
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  try {
    await context.audioWorklet.addModule(new URL("./capture-worklet.js", import.meta.url));
  } catch {
    stop();
    throw new MicrophoneError("microphone");
  }
  if (context.state === "closed") {
    stop(); // The person pressed stop while the browser was still asking.
    throw new MicrophoneError("microphone");
  }
  const source = context.createMediaStreamSource(stream);
  const capture = new AudioWorkletNode(context, "hamdel-capture");
  capture.port.onmessage = ({ data }) => onFrame(pcm16ToBase64(data.pcm), data.level);
  // Its output is silence; only nodes with a way to the destination are run.
  source.connect(capture).connect(context.destination);
  for (const track of stream.getAudioTracks()) track.addEventListener("ended", onLost);
  return {
    close() {
      capture.port.onmessage = null;
      source.disconnect();
      capture.disconnect();
      stop();
    },
  };
}
