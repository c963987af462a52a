/** What follows when a talk has no connection: whether to try again by itself, and after how long. Pure. */

const SOON_S = [1, 2, 4, 8, 16, 30, 30];
const JITTER = 0.25; // Of a pause, to both sides: not all pages come back in the same moment.

/** Pauses before each try, in seconds, by reason; what is not named is not tried again without the person. */
const PAUSES_S = new Map(
  Object.entries({
    busy: [5, 15, 40], // Somebody else has to leave first.
    restarting: [2, 4, 8, 16, 30, 30],
    broken: SOON_S,
    offline: SOON_S,
    unreachable: SOON_S,
    server: SOON_S,
    timeout: SOON_S,
  }),
);

const ENDINGS = new Set(["ended", "expired", "taken_over"]);
const NUMBERS_AT_ONCE = new Set(["busy", "offline"]);
const NUMBERS_AFTER_FAILURES = 2;

/** Reasons after which the page tries again by itself. */
export const RETRIED = Object.freeze([...PAUSES_S.keys()]);

/**
 * Milliseconds until the next try, or null where it is left to the person. `failures` counts from 1 since the
 * talk last stood; `random()` gives 0…1.
 */
export function pauseMs(reason, failures, random = Math.random) {
  const pause = PAUSES_S.get(reason)?.[failures - 1];
  return pause === undefined ? null : Math.round(pause * 1000 * (1 - JITTER + 2 * JITTER * random()));
}

/** Whether a talk came to its end, rather than failed. */
export function isEnding(reason) {
  return ENDINGS.has(reason);
}

/** Whether to show the emergency numbers while there is no connection: only a short gap needs none. */
export function needsNumbers(reason, failures) {
  if (isEnding(reason)) return false;
  return NUMBERS_AT_ONCE.has(reason) || !PAUSES_S.has(reason) || failures >= NUMBERS_AFTER_FAILURES;
}
