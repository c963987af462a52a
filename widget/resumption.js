/**
 * What it takes to go on with a talk whose connection broke: its token, and how far its events were seen. Kept in
 * memory alone, so that a page that is closed or left leaves nothing behind. Pure.
 */

import { eventNumber, resumeRequest } from "./protocol.js";

/** Reasons after which the server has no talk any more that could go on. */
const OVER = new Set(["ended", "expired", "taken_over", "policy", "restarting"]);

export class Resumption {
  #token = null;
  #lastNumber = 0;
  #broken = false;
  #greeting = null; // The first event of a new connection, while the server is asked for the old talk.

  /** Whether a talk is waiting for its next connection. */
  get pending() {
    return this.#broken;
  }

  /** The connection is gone, or could not be opened; gives whether the talk may go on over another one. */
  breakOff(reason) {
    this.#greeting = null;
    if (OVER.has(reason)) this.#token = null;
    this.#broken = this.#token !== null;
    return this.#broken;
  }

  /**
   * Takes a server event and says what to do with it: "pass" it on · "repeated": drop it · "ask": a connection stands,
   * send `request()` · "resumed": pass it on, the talk goes on and all that was missed has come · "expired": begin
   * a new talk, whose first event is `greeting()`.
   */
  take(event) {
    if (this.#broken && event.type === "session.created") {
      this.#greeting = event;
      return "ask";
    }
    const asked = this.#greeting !== null;
    if (asked && event.type === "error") return event.error?.code === "resume_expired" ? "expired" : "pass";
    const number = eventNumber(event);
    if (number !== null) {
      if (number <= this.#lastNumber && event.type !== "session.created") return "repeated";
      this.#lastNumber = number;
    }
    if (event.type !== "hamdel.resume_token" || typeof event.token !== "string") return "pass";
    this.#token = event.token;
    if (!asked) return "pass";
    this.#broken = false;
    this.#greeting = null;
    return "resumed";
  }

  /** Asks for the talk that broke off. */
  request() {
    return resumeRequest(this.#token, this.#lastNumber);
  }

  /** Gives the old talk up; gives the first event of the new one. */
  greeting() {
    const greeting = this.#greeting;
    this.#token = null;
    this.#broken = false;
    this.#greeting = null;
    this.#lastNumber = eventNumber(greeting) ?? 0;
    return greeting;
  }
}
