/** The short-lived token with which the page may open one talk. */

import { reasonOrOffline } from "./connection.js";

/** Why there is no token. `reason` is unauthorized | forbidden | busy | offline | unreachable | timeout | server. */
export class TokenError extends Error {
  constructor(reason) {
    super(`no token: ${reason}`);
    this.name = "TokenError";
    this.reason = reason;
  }
}

const REASONS = {
  401: "unauthorized",
  403: "forbidden",
  429: "busy",
  502: "unreachable",
  503: "unreachable",
  504: "unreachable",
};
const TIMEOUT_MS = 10000;

/** Asks our own server for a token. Throws TokenError. */
export async function fetchToken(language) {
  let response;
  try {
    response = await fetch("/v1/tokens", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ purpose: "therapy", language }),
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new TokenError(error.name === "TimeoutError" ? "timeout" : reasonOrOffline("unreachable"));
  }
  if (!response.ok) throw new TokenError(REASONS[response.status] ?? "server");
  const body = await response.json().catch(() => null);
  if (typeof body?.value !== "string") throw new TokenError("server");
  return body.value;
}
