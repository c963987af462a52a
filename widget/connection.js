/** The websocket of a talk: events out, events in, and why it closed. */

import { parseServerEvent } from "./protocol.js";

const POLICY = 1008;
const TOO_BIG = 1009;
const DRAIN = 1012;
const BUSY = 1013;

const REASON_OF_ERROR = {
  session_expired: "expired",
  session_limit_reached: "busy",
  session_taken_over: "taken_over",
  idle_timeout: "idle",
};

/**
 * Why a talk ended that the person did not end: expired | busy | taken_over | idle | policy | restarting |
 * ended | broken. The last error that the server sent says more than the code.
 */
export function closeReason(code, lastErrorCode) {
  if (Object.hasOwn(REASON_OF_ERROR, lastErrorCode ?? "")) return REASON_OF_ERROR[lastErrorCode];
  if (code === POLICY || code === TOO_BIG) return "policy";
  if (code === DRAIN) return "restarting";
  if (code === BUSY) return "busy";
  return code === 1000 ? "ended" : "broken";
}

/** Address of the voice endpoint on the machine that served the page. */
export function realtimeUrl({ protocol, host }) {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/v1/realtime`;
}

/**
 * Opens the socket. `onEvent(event)` gets each server event; `onClose(reason)` comes once, and not after
 * `close()`. The reason is "not_opened" where the server refused: a browser does not tell why. Gives
 * {send(event), close()}; sending on a socket that is not open does nothing.
 */
export function openConnection({ token, onEvent, onClose }) {
  const socket = new WebSocket(realtimeUrl(window.location), ["realtime", `openai-insecure-api-key.${token}`]);
  let opened = false;
  let lastErrorCode = null;
  let closedByUs = false;

  socket.addEventListener("open", () => {
    opened = true;
  });
  socket.addEventListener("message", ({ data }) => {
    const event = closedByUs ? null : parseServerEvent(data);
    if (event === null) return;
    if (event.type === "error") lastErrorCode = event.error?.code ?? null;
    onEvent(event);
  });
  socket.addEventListener("close", ({ code }) => {
    if (!closedByUs) onClose(opened ? closeReason(code, lastErrorCode) : "not_opened");
  });

  return {
    send(event) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(event));
    },
    close() {
      closedByUs = true;
      socket.close(1000);
    },
  };
}
