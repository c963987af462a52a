/** The websocket of a talk: events out, events in, and why it closed. */

import { parseServerEvent, signOfLifeRequest } from "./protocol.js";

const POLICY = 1008;
const TOO_BIG = 1009;
const DRAIN = 1012;
const BUSY = 1013;
const ENDED = 1000;
const GIVEN_UP = 4000; // Unlike the code before, it lets the talk wait for the next connection.
const SIGN_OF_LIFE_MS = 5000;

const REASON_OF_ERROR = {
  session_expired: "expired",
  session_limit_reached: "busy",
  session_taken_over: "taken_over",
  server_restarting: "restarting",
};

/**
 * Why a talk ended that the person did not end: expired | busy | taken_over | policy | restarting | ended |
 * broken. The last error that the server sent says more than the code.
 */
export function closeReason(code, lastErrorCode) {
  if (Object.hasOwn(REASON_OF_ERROR, lastErrorCode ?? "")) return REASON_OF_ERROR[lastErrorCode];
  if (code === POLICY || code === TOO_BIG) return "policy";
  if (code === DRAIN) return "restarting";
  if (code === BUSY) return "busy";
  return code === 1000 ? "ended" : "broken";
}

/** "offline" where the device itself has no network, else the reason as it is. */
export function reasonOrOffline(reason) {
  return navigator.onLine === false ? "offline" : reason;
}

/** Address of the voice endpoint on the machine that served the page; `returning`: to go on with a talk. */
export function realtimeUrl({ protocol, host }, returning = false) {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/v1/realtime${returning ? "?resume" : ""}`;
}

/**
 * Opens the socket, `returning` to a talk that broke off or not. `onEvent(event)` gets each server event; `onClose(reason)` comes once, and not after
 * `close()`. The reason is "unreachable" where the socket did not open: a browser does not tell why. Gives
 * {send(event), check(), close()}; sending on a socket that is not open does nothing.
 */
export function openConnection({ token, returning = false, onEvent, onClose }) {
  const protocols = ["realtime", `openai-insecure-api-key.${token}`];
  const socket = new WebSocket(realtimeUrl(window.location, returning), protocols);
  let opened = false;
  let over = false;
  let lastErrorCode = null;
  let checkTimer = null;

  function end(code) {
    over = true;
    clearTimeout(checkTimer);
    socket.close(code);
  }

  function lose(reason) {
    if (over) return;
    end(GIVEN_UP);
    onClose(reason);
  }

  function send(event) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(event));
  }

  socket.addEventListener("open", () => {
    opened = true;
  });
  socket.addEventListener("message", ({ data }) => {
    clearTimeout(checkTimer);
    checkTimer = null;
    const event = over ? null : parseServerEvent(data);
    if (event === null) return;
    if (event.type === "error") lastErrorCode = event.error?.code ?? null;
    onEvent(event);
  });
  socket.addEventListener("close", ({ code }) => {
    const reason = opened ? closeReason(code, lastErrorCode) : "unreachable";
    lose(reason === "broken" || reason === "unreachable" ? reasonOrOffline(reason) : reason);
  });

  return {
    send,

    /** Finds out whether the server is still there: a network that went away may not close the socket for minutes. */
    check() {
      if (over || !opened || checkTimer !== null) return;
      send(signOfLifeRequest());
      checkTimer = setTimeout(() => lose(reasonOrOffline("broken")), SIGN_OF_LIFE_MS);
    },

    /** Ends the talk. */
    close() {
      end(ENDED);
    },
  };
}
