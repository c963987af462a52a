/** Conversions between sound as floats (−1…1), as PCM16 and as base64 text. */

/** Samples −1…1 → PCM16; louder samples are clipped. */
export function floatToPcm16(samples) {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) {
    const clipped = Math.max(-1, Math.min(1, samples[i]));
    pcm[i] = Math.round(clipped < 0 ? clipped * 0x8000 : clipped * 0x7fff);
  }
  return pcm;
}

/** PCM16 → samples −1…1. */
export function pcm16ToFloat(pcm) {
  const samples = new Float32Array(pcm.length);
  for (let i = 0; i < pcm.length; i += 1) samples[i] = pcm[i] / 0x8000;
  return samples;
}

/** Bytes of a PCM16 array (little-endian on every platform with a browser) → base64. */
export function pcm16ToBase64(pcm) {
  const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  let binary = "";
  // In slices, because the number of arguments of one call is limited.
  for (let start = 0; start < bytes.length; start += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(binary);
}

/** Base64 → PCM16, or null where the text is no base64. A last odd byte is dropped. */
export function base64ToPcm16(text) {
  let binary;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  const pcm = new Int16Array(binary.length >> 1);
  for (let i = 0; i < pcm.length; i += 1) {
    pcm[i] = binary.charCodeAt(2 * i) | (binary.charCodeAt(2 * i + 1) << 8);
  }
  return pcm;
}
