/** A connection that comes back: token, socket, and again with growing pauses when it is lost. */

import { openConnection } from "./connection.js";
import { pauseMs } from "./reconnection.js";
import { TokenError, fetchToken } from "./token.js";

const OPEN_WITHIN_MS = 15000;
const STEADY_MS = 30000; // A connection that stood so long begins its count of failures anew.

/**
 * Connects at once and stays connected until `close()`.
 *
 * `language()` gives the language of the next token, `returning()` whether the next connection is to go on with a
 * talk. `onConnecting(step)` (token | socket) tells of tries
 * that the person has asked for, not of those that come by themselves. `onEvent(event)` gets each server
 * event. `onDoubt(doubted)` is called when the device goes offline while the socket still stands, and when
 * the server shows that it is there all the same. `onLost({reason, failures, again})` is called each time
 * there is no connection; `again` tells whether another try follows by itself.
 */
export function connectLastingly({ language, returning, onConnecting, onEvent, onDoubt, onLost }) {
  let connection = null;
  let attempt = 0; // Whatever belongs to an older one is dropped.
  let failures = 0;
  let stoodSince = null;
  let timer = null; // Of a pause, or of an opening.
  let waiting = false;
  let doubted = false;
  const ended = new AbortController();

  async function connect({ asked }) {
    clearTimeout(timer);
    waiting = false;
    attempt += 1;
    const current = attempt;
    if (asked) onConnecting("token");
    let token;
    try {
      token = await fetchToken(language());
    } catch (error) {
      if (current === attempt) lose(error instanceof TokenError ? error.reason : "unexpected");
      if (!(error instanceof TokenError)) throw error;
      return;
    }
    if (current !== attempt) return;
    if (asked) onConnecting("socket");
    timer = setTimeout(() => lose("timeout"), OPEN_WITHIN_MS);
    connection = openConnection({ token, returning: returning(), onEvent: receive, onClose: lose });
  }

  function receive(event) {
    setDoubt(false);
    if (event.type === "session.created" && stoodSince === null) {
      clearTimeout(timer);
      stoodSince = performance.now();
    }
    onEvent(event);
  }

  function lose(reason) {
    clearTimeout(timer);
    attempt += 1;
    connection?.close();
    connection = null;
    if (stoodSince !== null && performance.now() - stoodSince >= STEADY_MS) failures = 0;
    stoodSince = null;
    doubted = false;
    failures += 1;
    const pause = pauseMs(reason, failures);
    waiting = pause !== null;
    if (waiting) timer = setTimeout(() => connect({ asked: false }), pause);
    else ended.abort();
    onLost({ reason, failures, again: waiting });
  }

  function setDoubt(now) {
    if (doubted === now) return;
    doubted = now;
    onDoubt(now);
  }

  function goneOffline() {
    if (stoodSince === null) return;
    setDoubt(true);
    connection.check();
  }

  function backOnline() {
    connection?.check(); // The old socket may belong to a network that is gone.
    if (!waiting) return;
    failures = 0;
    connect({ asked: false });
  }

  function cameIntoView() {
    if (document.visibilityState === "visible") connection?.check();
  }

  window.addEventListener("offline", goneOffline, { signal: ended.signal });
  window.addEventListener("online", backOnline, { signal: ended.signal });
  document.addEventListener("visibilitychange", cameIntoView, { signal: ended.signal });
  connect({ asked: true });

  return {
    /** Sends an event; without a connection it does nothing. */
    send(event) {
      connection?.send(event);
    },

    /** Ends a pause: the person does not want to wait. */
    tryNow() {
      if (!waiting) return;
      failures = 0;
      connect({ asked: true });
    },

    /** Ends it for good; no listener is called any more. */
    close() {
      ended.abort();
      clearTimeout(timer);
      attempt += 1;
      waiting = false;
      connection?.close();
      connection = null;
    },
  };
}
