/**
 * One talk, from the press of the button to its end: microphone, connection, voice.
 *
 * Knows the order of things and the rules of interruption; draws nothing. When its connection breaks, a talk goes on
 * over the next one, where the server still has it: nothing is lost or said twice. Otherwise a new one begins; then
 * only the microphone, the sound and the words that got no answer are kept.
 */

import { connectLastingly } from "./lasting-connection.js";
import { MicrophoneError, openMicrophone } from "./microphone.js";
import { openPlayback } from "./playback.js";
import {
  audioAppend,
  consentSet,
  countryCode,
  itemTruncate,
  newItemId,
  playbackReport,
  responseCancel,
  responseCreate,
  sessionUpdate,
  suggestionFeedback,
  userText,
} from "./protocol.js";
import { isEnding, needsNumbers } from "./reconnection.js";
import { Resumption } from "./resumption.js";
import { keepSounding } from "./sound.js";

const PLAYBACK_REPORT_MS = 1000;

/**
 * Starts a talk at once. `settings`: {language, speed, pageLanguage: en | fa, country: where the person is, or
 * null, consents: [{scope, granted, version}], withMicrophone, firstText: a typed turn that replaces the greeting,
 * or null, context: an AudioContext made in the person's press, or null}. `listeners`: {onState(state, detail),
 * onActivity(activity), onEvent(event), onTyped(id, text), onUnanswered(id, text): a typed turn whose answer got
 * lost, onTalkLost(): what was still to come of the talk will not come, onCut(itemId), onNotice(key), onNoticeOver(key), onNumbersNeeded(), onLevel(0…1)}.
 *
 * States: connecting (detail: microphone | token | socket) · listening and speaking (detail: voice | typing) ·
 * waiting (for the next try; detail: the reason, which is the end of a "waiting_…" key of the strings) ·
 * closed (detail: null, or the end of a "closed_…" key) · failed (detail: the end of a "failed_…" key).
 */
export function startTalk(settings, listeners) {
  const { context } = settings;
  let connection = null;
  let microphone = null;
  let playback = null;
  let configured = false; // The talk stands, and what is sent arrives.
  let over = false;
  let openingMicrophone = false;
  let soundingItem = null;
  let activeResponse = null;
  let soundingMs = 0; // How much of it was heard.
  let reportedAt = -Infinity;
  let crisisLevel = 0; // The highest of this talk, which a new connection has to know of.
  let unsentText = settings.firstText;
  let unanswered = null; // {id, text, before: the reply that was under way when it was sent, arrived}.
  let awaitsReply = false; // It was asked for, and has not begun.
  let sessionChanged = false; // While nothing could be sent.
  const changedConsents = new Map(); // By scope, likewise.
  const resumption = new Resumption();

  async function run() {
    listeners.onState("connecting", settings.withMicrophone ? "microphone" : "token");
    await openSound().catch(() => {}); // Tried again once there is a connection.
    try {
      if (settings.withMicrophone) await addMicrophone();
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      if (error.reason !== "unloaded") finish("failed", error.reason);
    }
    if (over) return;
    connection = connectLastingly({
      language: () => settings.pageLanguage,
      returning: () => resumption.pending,
      onConnecting: (step) => listeners.onState("connecting", step),
      onEvent: receive,
      onDoubt: (doubted) => (doubted ? listeners.onNotice : listeners.onNoticeOver)("noticeOffline"),
      onLost: lose,
    });
  }

  async function openSound() {
    if (playback !== null) return;
    playback = await openPlayback(context, { onSounding, onFinished });
    keepSounding(context, showSoundPaused);
  }

  /** What could not be opened before, since its code comes from the server too. */
  function openWhatIsMissing() {
    openSound().catch(() => {
      if (!over) listeners.onNotice("failed_audio"); // The talk goes on in writing.
    });
    if (settings.withMicrophone && microphone === null) useMicrophone();
  }

  function showSoundPaused(paused) {
    if (!over) (paused ? listeners.onNotice : listeners.onNoticeOver)("noticeSoundPaused");
  }

  async function addMicrophone() {
    if (context === null) throw new MicrophoneError("insecure");
    const opened = await openMicrophone(context, {
      onFrame: sendFrame,
      onMuted: (muted) => (muted ? listeners.onNotice : listeners.onNoticeOver)("noticeMuted"),
      onLost: loseMicrophone,
    });
    if (over) opened.close();
    else microphone = opened;
  }

  async function useMicrophone() {
    if (openingMicrophone || microphone !== null) return;
    openingMicrophone = true;
    try {
      await addMicrophone();
      listeners.onNoticeOver("failed_lost");
      showConnected();
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      if (!over) listeners.onNotice(`failed_${error.reason}`);
    } finally {
      openingMicrophone = false;
    }
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
    const taken = resumption.take(event);
    if (taken === "ask") connection.send(resumption.request());
    if (taken === "expired") beginAnew();
    if (taken !== "pass" && taken !== "resumed") return;
    listeners.onEvent(event);
    REACTIONS.get(event.type)?.(event);
    if (taken === "resumed") goOn();
  }

  function beginAnew() {
    abandon();
    const greeting = resumption.greeting();
    listeners.onEvent(greeting);
    configure();
  }

  /** The old talk stands again, and all its events have come: sends what did not arrive, or was held back. */
  function goOn() {
    configured = true;
    if (sessionChanged) connection.send(sessionUpdate({ ...settings, crisisLevel }));
    for (const consent of changedConsents.values()) connection.send(consentSet(consent));
    forgetChanges();
    if (unanswered !== null && !unanswered.arrived) sendAgain();
    else if (awaitsReply) connection.send(responseCreate());
    if (unsentText !== null) sayUnsentText();
    openWhatIsMissing();
    showConnected();
  }

  function sendAgain() {
    if (activeResponse !== null) connection.send(responseCancel());
    connection.send(userText(unanswered.id, unanswered.text));
    connection.send(responseCreate());
  }

  function forgetChanges() {
    sessionChanged = false;
    changedConsents.clear();
  }

  function configure() {
    if (configured) return;
    configured = true;
    connection.send(sessionUpdate({ ...settings, crisisLevel }));
    for (const consent of settings.consents) connection.send(consentSet(consent));
    forgetChanges();
    sendUnsentText();
    askForReply();
    openWhatIsMissing();
    if (context !== null && context.state === "suspended") showSoundPaused(true);
    showConnected();
  }

  function showConnected() {
    if (over || !configured) return;
    listeners.onState(soundingItem === null ? "listening" : "speaking", microphone === null ? "typing" : "voice");
  }

  function lose({ reason, failures, again }) {
    configured = false;
    listeners.onLevel(0);
    listeners.onActivity(null);
    listeners.onNoticeOver("noticeOffline");
    const kept = resumption.breakOff(reason);
    if (!kept || !again) abandon(); // Otherwise what has come of a reply is played to its end meanwhile.
    if (needsNumbers(reason, failures)) listeners.onNumbersNeeded();
    if (again) listeners.onState("waiting", reason);
    else finish(isEnding(reason) ? "closed" : "failed", reason);
  }

  /** The talk is lost: what was still to come of it will not come. */
  function abandon() {
    soundingItem = null;
    activeResponse = null;
    awaitsReply = false;
    playback?.flush();
    if (unanswered !== null) listeners.onUnanswered(unanswered.id, unanswered.text);
    unanswered = null;
    listeners.onTalkLost();
  }

  async function interrupt() {
    if (playback === null || !playback.busy) return;
    soundingItem = null;
    const cut = await playback.flush();
    if (over || !configured) return;
    for (const [itemId, playedMs] of cut) {
      connection.send(itemTruncate(itemId, playedMs));
      listeners.onCut(itemId);
    }
    if (soundingItem === null) showConnected();
  }

  function sendUnsentText() {
    if (unsentText === null) return;
    const text = unsentText;
    unsentText = null;
    const id = newItemId();
    unanswered = { id, text, before: activeResponse, arrived: false };
    listeners.onTyped(id, text);
    connection.send(userText(id, text));
  }

  async function sayUnsentText() {
    await interrupt();
    if (over || !configured || unsentText === null) return;
    if (activeResponse !== null) connection.send(responseCancel());
    sendUnsentText();
    askForReply();
  }

  function askForReply() {
    awaitsReply = true;
    connection.send(responseCreate());
    listeners.onActivity("thinking");
  }

  function onSounding(itemId, playedMs) {
    if (over) return;
    if (soundingItem !== itemId) {
      soundingItem = itemId;
      reportedAt = -Infinity;
      if (configured) listeners.onActivity(null);
      showConnected();
    }
    soundingMs = playedMs;
    if (!configured) return;
    const now = performance.now();
    if (now - reportedAt < PLAYBACK_REPORT_MS) return;
    reportedAt = now;
    connection.send(playbackReport(itemId, playedMs));
  }

  function onFinished(itemId, playedMs) {
    if (over) return;
    soundingItem = null;
    if (!configured) return;
    connection.send(playbackReport(itemId, playedMs));
    showConnected();
  }

  function endReply({ response }) {
    if (response?.id === activeResponse) activeResponse = null;
    const cancelled = response?.status === "cancelled";
    if (unanswered !== null && !cancelled && response?.id !== unanswered.before) unanswered = null;
    if (response?.status === "failed") {
      const voiceless = response.status_details?.error?.code === "voice_unavailable";
      listeners.onNotice(voiceless ? "noticeVoiceFailed" : "noticeResponseFailed");
    }
    if (soundingItem === null && !cancelled) listeners.onActivity(null);
  }

  function finish(state, detail = null) {
    if (over) return;
    over = true;
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
      "hamdel.crisis": ({ level, country }) => {
        if (Number.isInteger(level)) crisisLevel = Math.max(crisisLevel, level);
        settings.country ??= countryCode(country);
      },
      "input_audio_buffer.speech_started": () => {
        interrupt();
        listeners.onActivity("hearing");
      },
      "input_audio_buffer.speech_stopped": () => listeners.onActivity("thinking"),
      "conversation.item.input_audio_transcription.completed": ({ transcript }) => {
        if (transcript === "") listeners.onActivity(null);
      },
      "conversation.item.input_audio_transcription.failed": () => listeners.onActivity(null),
      "conversation.item.added": ({ item }) => {
        if (unanswered !== null && item?.id === unanswered.id) unanswered.arrived = true;
      },
      "response.created": ({ response }) => {
        activeResponse = response?.id ?? null;
        awaitsReply = false;
        listeners.onNoticeOver("noticeVoiceFailed");
        listeners.onNoticeOver("noticeResponseFailed");
      },
      "response.output_audio.delta": ({ item_id: itemId, delta }) => playback?.push(itemId, delta),
      "response.output_audio.done": ({ item_id: itemId }) => playback?.complete(itemId),
      "response.done": endReply,
      "hamdel.duck": ({ gain_db: gainDb }) => {
        if (Number.isFinite(gainDb)) playback?.duck(gainDb);
      },
    }),
  );

  run().catch((error) => {
    finish("failed", "unexpected");
    throw error;
  });

  return {
    /** Sends a typed turn; without a connection it is kept, the latest alone, and sent once there is one. */
    async say(text) {
      unsentText = text;
      if (configured) await sayUnsentText();
    },

    /** Adds the microphone to a talk that was begun by typing, or that has lost it. */
    useMicrophone,

    /** Changes the language, pace or country of the running talk. */
    changeSession({ language, pageLanguage, speed, country }) {
      Object.assign(settings, { language, pageLanguage, speed, country });
      if (configured) connection.send(sessionUpdate({ ...settings, crisisLevel }));
      else sessionChanged = true;
    },

    /** Grants or revokes a consent in the running talk. */
    changeConsents(consents) {
      const before = new Map(settings.consents.map(({ scope, granted }) => [scope, granted]));
      settings.consents = consents;
      for (const consent of consents) {
        if (before.get(consent.scope) === consent.granted) continue;
        if (configured) connection.send(consentSet(consent));
        else changedConsents.set(consent.scope, consent);
      }
    },

    /** What is in force was changed elsewhere, and the server knows of it. */
    knowConsents(consents) {
      settings.consents = consents;
    },

    /** Answers "Did this help?". */
    giveFeedback(suggestionId, helped) {
      if (configured && !over) connection.send(suggestionFeedback(suggestionId, helped));
    },

    /** Connects at once instead of waiting for the next try. */
    tryNow() {
      connection?.tryNow();
    },

    /** Ends the talk; the microphone is released at once. */
    stop() {
      if (resumption.pending) abandon();
      if (configured && soundingItem !== null) connection.send(playbackReport(soundingItem, soundingMs));
      finish("closed");
    },
  };
}
