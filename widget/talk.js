/**
 * One talk, from the press of the button to its end: microphone, token, socket, voice.
 *
 * Knows the order of things and the rules of interruption; draws nothing.
 */

import { openConnection } from "./connection.js";
import { MicrophoneError, openMicrophone } from "./microphone.js";
import { openPlayback } from "./playback.js";
import {
  audioAppend,
  consentSet,
  itemTruncate,
  newItemId,
  playbackReport,
  responseCancel,
  responseCreate,
  sessionUpdate,
  suggestionFeedback,
  userText,
} from "./protocol.js";
import { TokenError, fetchToken } from "./token.js";

const CONFIGURE_TIMEOUT_MS = 15000;
const PLAYBACK_REPORT_MS = 250;

/**
 * Starts a talk at once. `settings`: {language, speed, consents: [{scope, granted, version}],
 * withMicrophone, firstText: a typed turn that replaces the greeting, or null, context: an AudioContext made in
 * the person's gesture, or null}. `listeners`: {onState(state, detail), onActivity(activity), onEvent(event),
 * onTyped(id, text), onCut(itemId), onNotice(key), onLevel(0…1)}.
 *
 * States: connecting (detail: microphone | token | socket) · listening and speaking (detail: voice | typing) ·
 * closed · failed (detail: the reason, which is the end of a "failed_…" key of the strings).
 */
export function startTalk(settings, listeners) {
  const { context } = settings;
  let connection = null;
  let microphone = null;
  let playback = null;
  let configured = false;
  let over = false;
  let openingMicrophone = false;
  let soundingItem = null;
  let activeResponse = null;
  let reportedAt = -Infinity;
  let configureTimer = null;
  const unsentTexts = settings.firstText === null ? [] : [settings.firstText];

  async function run() {
    listeners.onState("connecting", settings.withMicrophone ? "microphone" : "token");
    try {
      await openSound();
      if (settings.withMicrophone) await addMicrophone();
      if (over) return;
      listeners.onState("connecting", "token");
      const token = await fetchToken(settings.language);
      if (over) return;
      listeners.onState("connecting", "socket");
      configureTimer = setTimeout(() => finish("failed", "timeout"), CONFIGURE_TIMEOUT_MS);
      connection = openConnection({
        token,
        onEvent: receive,
        onClose: (reason) => finish("failed", reason),
      });
    } catch (error) {
      const expected = error instanceof MicrophoneError || error instanceof TokenError;
      finish("failed", expected ? error.reason : "unexpected");
      if (!expected) throw error;
    }
  }

  async function openSound() {
    try {
      playback = await openPlayback(context, { onSounding, onFinished });
    } catch {
      if (!over) listeners.onNotice("failed_audio"); // The talk goes on in writing.
    }
  }

  async function addMicrophone() {
    if (context === null) throw new MicrophoneError("insecure");
    const opened = await openMicrophone(context, { onFrame: sendFrame, onLost: loseMicrophone });
    if (over) opened.close();
    else microphone = opened;
  }

  function sendFrame(base64, level) {
    if (!configured || over) return;
    connection.send(audioAppend(base64));
    listeners.onLevel(level);
  }

  function loseMicrophone() {
    if (over) return;
    microphone?.close();
    microphone = null;
    listeners.onLevel(0);
    listeners.onNotice("failed_lost");
    showConnected();
  }

  function receive(event) {
    if (over) return;
    REACTIONS.get(event.type)?.(event);
    listeners.onEvent(event);
  }

  function configure() {
    if (configured) return;
    clearTimeout(configureTimer);
    configured = true;
    connection.send(sessionUpdate(settings));
    for (const consent of settings.consents) connection.send(consentSet(consent));
    for (const text of unsentTexts.splice(0)) sendItem(text);
    askForReply();
    showConnected();
  }

  function showConnected() {
    if (over || !configured) return;
    listeners.onState(soundingItem === null ? "listening" : "speaking", microphone === null ? "typing" : "voice");
  }

  async function interrupt() {
    if (playback === null || !playback.busy) return;
    soundingItem = null;
    const cut = await playback.flush();
    if (over) return;
    for (const [itemId, playedMs] of cut) {
      connection.send(itemTruncate(itemId, playedMs));
      listeners.onCut(itemId);
    }
    if (soundingItem === null) showConnected();
  }

  function sendItem(text) {
    const id = newItemId();
    listeners.onTyped(id, text);
    connection.send(userText(id, text));
  }

  function askForReply() {
    connection.send(responseCreate());
    listeners.onActivity("thinking");
  }

  function onSounding(itemId, playedMs) {
    if (over) return;
    if (soundingItem !== itemId) {
      soundingItem = itemId;
      listeners.onActivity(null);
      showConnected();
    }
    const now = performance.now();
    if (now - reportedAt < PLAYBACK_REPORT_MS) return;
    reportedAt = now;
    connection.send(playbackReport(itemId, playedMs));
  }

  function onFinished(itemId, playedMs) {
    if (over) return;
    connection.send(playbackReport(itemId, playedMs));
    soundingItem = null;
    showConnected();
  }

  function finish(state, detail = null) {
    if (over) return;
    over = true;
    clearTimeout(configureTimer);
    microphone?.close();
    connection?.close();
    if (context !== null && context.state !== "closed") context.close();
    listeners.onLevel(0);
    listeners.onActivity(null);
    listeners.onState(state, detail);
  }

  const REACTIONS = new Map(
    Object.entries({
      "session.created": configure,
      "input_audio_buffer.speech_started": () => {
        interrupt();
        listeners.onActivity("hearing");
      },
      "input_audio_buffer.speech_stopped": () => listeners.onActivity("thinking"),
      "conversation.item.input_audio_transcription.completed": ({ transcript }) => {
        if (transcript === "") listeners.onActivity(null);
      },
      "conversation.item.input_audio_transcription.failed": () => listeners.onActivity(null),
      "response.created": ({ response }) => {
        activeResponse = response?.id ?? null;
      },
      "response.output_audio.delta": ({ item_id: itemId, delta }) => playback?.push(itemId, delta),
      "response.output_audio.done": ({ item_id: itemId }) => playback?.complete(itemId),
      "response.done": ({ response }) => {
        if (response?.id === activeResponse) activeResponse = null;
        if (response?.status === "failed") listeners.onNotice("noticeResponseFailed");
        if (soundingItem === null && response?.status !== "cancelled") listeners.onActivity(null);
      },
      "hamdel.duck": ({ gain_db: gainDb }) => {
        if (Number.isFinite(gainDb)) playback?.duck(gainDb);
      },
    }),
  );

  run();

  return {
    /** Sends a typed turn; before the talk stands it is kept and sent then. */
    async say(text) {
      if (!configured) {
        unsentTexts.push(text);
        return;
      }
      await interrupt();
      if (over) return;
      if (activeResponse !== null) connection.send(responseCancel());
      sendItem(text);
      askForReply();
    },

    /** Adds the microphone to a talk that was begun by typing. */
    async useMicrophone() {
      if (openingMicrophone || microphone !== null) return;
      openingMicrophone = true;
      try {
        await addMicrophone();
        showConnected();
      } catch (error) {
        if (!(error instanceof MicrophoneError)) throw error;
        listeners.onNotice(`failed_${error.reason}`);
      } finally {
        openingMicrophone = false;
      }
    },

    /** Changes the language or pace of the running talk. */
    changeSession({ language, speed }) {
      Object.assign(settings, { language, speed });
      if (configured) connection.send(sessionUpdate(settings));
    },

    /** Grants or revokes a consent in the running talk. */
    changeConsents(consents) {
      const before = new Map(settings.consents.map(({ scope, granted }) => [scope, granted]));
      settings.consents = consents;
      if (!configured) return;
      for (const consent of consents) {
        if (before.get(consent.scope) !== consent.granted) connection.send(consentSet(consent));
      }
    },

    /** Answers "Did this help?". */
    giveFeedback(suggestionId, helped) {
      if (configured && !over) connection.send(suggestionFeedback(suggestionId, helped));
    },

    /** Ends the talk; the microphone is released at once. */
    stop() {
      finish("closed");
    },
  };
}
