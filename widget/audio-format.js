/** The sound on the wire, both ways: PCM16 mono at one rate. The microphone sends it in frames of one length. */

export const SAMPLE_RATE_HZ = 24000;
export const FRAME_MS = 40;
export const FRAME_SAMPLES = (SAMPLE_RATE_HZ * FRAME_MS) / 1000;
