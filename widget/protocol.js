/**
 * The wire format: client events are built, server events are parsed. Pure; knows no socket.
 *
 * Shapes follow the OpenAI Realtime API with events of our own under the prefix "hamdel.".
 */

import { SAMPLE_RATE_HZ } from "./audio-format.js";

const PCM = Object.freeze({ type: "audio/pcm", rate: SAMPLE_RATE_HZ });

/** A new id for an item; random, because two tabs must not choose the same. */
export function newItemId() {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return `item_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** A country as the wire has it, two capital letters (ISO 3166); null for anything else. */
export function countryCode(value) {
  return typeof value === "string" && /^[A-Z]{2}$/.test(value) ? value : null;
}

/**
 * `language`: en | fa | auto. `speed`: 0.25–1.5, where 1 is the pace of the voice itself. `crisisLevel` is that of
 * the talk which this one continues after a broken connection. `country` is where the person is, null if unknown.
 */
export function sessionUpdate({ language, speed, crisisLevel = 0, country = null }) {
  return {
    type: "session.update",
    session: {
      type: "realtime",
      audio: {
        input: { format: PCM, transcription: { language }, turn_detection: { type: "server_vad" } },
        output: { format: PCM, speed },
      },
      hamdel: { disclosure: "shown", language, crisis_level: crisisLevel, country },
    },
  };
}

/** Asks the server to go on with a talk behind the last of its events that was seen. */
export function resumeRequest(token, lastEventNumber) {
  return { type: "hamdel.resume", token, last_event_seq: lastEventNumber };
}

/** The number that a server event has in its talk, counted from 1; null where it has none. */
export function eventNumber(event) {
  const digits = typeof event?.event_id === "string" ? /_(\d{1,15})$/.exec(event.event_id) : null;
  return digits === null ? null : Number(digits[1]);
}

/** Changes nothing and is always answered: shows whether the server is still there. */
export function signOfLifeRequest() {
  return { type: "session.update", session: { type: "realtime" } };
}

/** One decision of the person about one scope. */
export function consentSet({ scope, granted, version }) {
  return { type: "hamdel.consent.set", scope, granted, version };
}

/** A frame of the microphone: base64 of PCM16. */
export function audioAppend(base64) {
  return { type: "input_audio_buffer.append", audio: base64 };
}

/** A typed turn. */
export function userText(itemId, text) {
  return {
    type: "conversation.item.create",
    item: { id: itemId, type: "message", role: "user", content: [{ type: "input_text", text }] },
  };
}

/** Asks for the reply to what was typed; as the first event of a talk it asks for the greeting. */
export function responseCreate() {
  return { type: "response.create" };
}

/** Ends the reply under way. */
export function responseCancel() {
  return { type: "response.cancel" };
}

/** Says how much of a reply was heard before it was cut. */
export function itemTruncate(itemId, audioEndMs) {
  return { type: "conversation.item.truncate", item_id: itemId, content_index: 0, audio_end_ms: audioEndMs };
}

/** Says how much of a reply was heard so far. */
export function playbackReport(itemId, playedMs) {
  return { type: "hamdel.playback", item_id: itemId, played_ms: playedMs };
}

/** The answer to "Did this help?". */
export function suggestionFeedback(suggestionId, helped) {
  return { type: "hamdel.suggestion.feedback", suggestion_id: suggestionId, helped };
}

/** Reads a websocket message; null for what is no event. */
export function parseServerEvent(message) {
  if (typeof message !== "string") return null;
  let event;
  try {
    event = JSON.parse(message);
  } catch {
    return null;
  }
  const named = typeof event === "object" && event !== null && typeof event.type === "string";
  return named ? event : null;
}

/** What an item says: its transcripts and texts in order, or null where it has none yet. */
export function itemText(item) {
  const parts = Array.isArray(item?.content) ? item.content : [];
  const texts = parts.map((part) => part?.transcript ?? part?.text).filter((text) => typeof text === "string");
  return texts.length > 0 ? texts.join(" ") : null;
}
