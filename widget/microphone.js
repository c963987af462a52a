/** The microphone: asks for it, and gives frames until it is closed or unplugged. */

import { pcm16ToBase64 } from "./pcm.js";
import { workletNode } from "./sound.js";

/**
 * Why there is no microphone. `reason` is refused | missing | occupied | insecure | unloaded (its code did not come
 * from the server) | microphone (any other).
 */
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
 * `onFrame(base64, level)` gets a frame of PCM16 and its loudness 0…1; `onMuted(muted)` is called when the
 * system silences the device or lets it hear again, `onLost()` when it goes away. Gives {close()}. Throws
 * MicrophoneError.
 */
export async function openMicrophone(context, { onFrame, onMuted, onLost }) {
  const stream = await askForStream();
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  let capture;
  try {
    capture = await workletNode(context, "hamdel-capture", "./capture-worklet.js");
  } catch {
    stop();
    throw new MicrophoneError("unloaded");
  }
  if (context.state === "closed") {
    stop(); // The person pressed stop while the browser was still asking.
    throw new MicrophoneError("microphone");
  }
  const source = context.createMediaStreamSource(stream);
  capture.port.onmessage = ({ data }) => onFrame(pcm16ToBase64(data.pcm), data.level);
  // Its output is silence; only nodes with a way to the destination are run.
  source.connect(capture).connect(context.destination);
  for (const track of stream.getAudioTracks()) {
    track.addEventListener("ended", onLost);
    track.addEventListener("mute", () => onMuted(true));
    track.addEventListener("unmute", () => onMuted(false));
  }
  return {
    close() {
      capture.port.onmessage = null;
      source.disconnect();
      capture.disconnect();
      stop();
    },
  };
}
