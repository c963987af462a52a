/** The AudioContext: made in the person's press, given its worklets, and set going again when the system pauses it. */

/** Must run in the press itself, since browsers let a page sound only after a gesture. Null where there is none. */
export function openAudioContext() {
  try {
    const context = new AudioContext({ latencyHint: "interactive" });
    context.resume().catch(() => {}); // Refused: it is tried again at the next press.
    return context;
  } catch {
    return null;
  }
}

/** A node of a processor, whose code is loaded from `file` if need be. Rejects where it can't be loaded. */
export async function workletNode(context, processor, file, options = {}) {
  try {
    return new AudioWorkletNode(context, processor, options);
  } catch {
    // Not loaded yet. A worklet remembers an address that failed for good, so each try has its own.
    const url = new URL(file, import.meta.url);
    url.search = `at=${Date.now()}`;
    await context.audioWorklet.addModule(url);
    return new AudioWorkletNode(context, processor, options);
  }
}

/**
 * Resumes a paused context at each press, and when the page comes back into view; a telephone call, for
 * example, pauses it. `onChange(paused)` is called at each change until the context is closed.
 */
export function keepSounding(context, onChange) {
  const ended = new AbortController();
  const { signal } = ended;
  const resume = () => {
    if (context.state !== "running") context.resume().catch(() => {}); // Not allowed yet.
  };
  context.addEventListener("statechange", () => {
    if (context.state === "closed") ended.abort();
    else onChange(context.state !== "running");
  }, { signal });
  document.addEventListener("pointerdown", resume, { signal });
  document.addEventListener("keydown", resume, { signal });
  document.addEventListener("visibilitychange", resume, { signal });
}
