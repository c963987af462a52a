/** Entry point: connects the page's parts with the talk. */

import { ConsentPanel } from "./consent.js";
import { Conversation } from "./conversation.js";
import { ConversationView } from "./conversation-view.js";
import { CrisisView } from "./crisis-view.js";
import { Language } from "./language.js";
import { StatusView } from "./status-view.js";
import { SuggestionsView } from "./suggestions-view.js";
import { startTalk } from "./talk.js";

const byId = (id) => document.getElementById(id);

// A reply that had just ended when we cancelled it is nothing that the person needs to know of.
const QUIET_ERRORS = new Set(["response_cancel_not_active"]);

function main() {
  const root = document.documentElement;
  const languageChoice = byId("language");
  const language = new Language(languageChoice.elements.language.value);
  const status = new StatusView(
    {
      status: byId("status"),
      activity: byId("activity"),
      notice: byId("notice"),
      button: byId("talk-button"),
      buttonText: byId("talk-button-text"),
      end: byId("end"),
    },
    language,
  );
  const captions = new ConversationView(byId("conversation"), language);
  const crisis = new CrisisView(byId("crisis"), language);
  const suggestions = new SuggestionsView(language, (id, helped) => talk?.giveFeedback(id, helped));
  const consent = new ConsentPanel(byId("consent"), changeConsents);
  let talk = null;
  let connectedBy = null; // "voice" | "typing" while a talk stands.

  function settings() {
    return { language: language.choice, speed: Number(byId("speed").value) };
  }

  function begin({ withMicrophone, firstText }) {
    if (!consent.talkGranted) {
      consent.askForTalk();
      return false;
    }
    consent.fold();
    byId("conversation-empty").hidden = true;
    const conversation = new Conversation({
      onChange: (item) => captions.show(item),
      onRemove: (id) => captions.remove(id),
    });
    talk = startTalk(
      { ...settings(), consents: consent.decisions(), withMicrophone, firstText, context: openAudioContext() },
      listenersOf(conversation),
    );
    return true;
  }

  function listenersOf(conversation) {
    return {
      onState: showState,
      onActivity: (activity) => status.showActivity(activity),
      onNotice: (key) => status.showNotice(key),
      onLevel: (level) => status.showLevel(level),
      onTyped: (id, text) => conversation.addTyped(id, text),
      onCut: (id) => conversation.cut(id),
      onEvent: (event) => {
        conversation.apply(event);
        OWN_EVENTS.get(event.type)?.(event);
      },
    };
  }

  function showState(state, detail) {
    connectedBy = state === "listening" || state === "speaking" ? detail : null;
    if (state === "closed" || state === "failed") talk = null;
    status.showState(state, detail);
  }

  function pressTalkButton() {
    if (talk === null) begin({ withMicrophone: true, firstText: null });
    else if (connectedBy === "typing") talk.useMicrophone();
    else talk.stop();
  }

  function sendTyped(submit) {
    submit.preventDefault();
    const input = byId("text");
    const text = input.value.trim();
    if (text === "") return;
    status.showNotice(null);
    if (talk === null) {
      if (!begin({ withMicrophone: false, firstText: text })) return;
    } else talk.say(text);
    input.value = "";
  }

  function changeConsents(decisions) {
    if (talk === null) return;
    talk.changeConsents(decisions);
    if (!consent.talkGranted) talk.stop();
  }

  function showDisclosure({ text }) {
    if (typeof text === "string" && text !== "") captions.addNote(text);
  }

  function showSuggestions({ items }) {
    const cards = suggestions.make(items);
    if (cards !== null) captions.append(cards);
  }

  function showHandoff({ reached }) {
    captions.addOwnNote(reached === true ? "handoffReached" : "handoffNotReached");
  }

  function showLatency({ total }) {
    if (Number.isFinite(total)) root.dataset.latencyMs = String(Math.round(total));
  }

  function showError({ error }) {
    if (!QUIET_ERRORS.has(error?.code)) status.showNotice("noticeServerError");
  }

  const OWN_EVENTS = new Map(
    Object.entries({
      error: showError,
      "hamdel.crisis": (event) => crisis.show(event),
      "hamdel.disclosure": showDisclosure,
      "hamdel.handoff": showHandoff,
      "hamdel.latency": showLatency,
      "hamdel.suggestions": showSuggestions,
    }),
  );

  byId("talk-button").addEventListener("click", pressTalkButton);
  byId("end").addEventListener("click", () => talk?.stop());
  byId("composer").addEventListener("submit", sendTyped);
  byId("text").addEventListener("keydown", sendOnEnter);
  byId("speed").addEventListener("change", () => talk?.changeSession(settings()));
  languageChoice.addEventListener("change", () => {
    language.choose(languageChoice.elements.language.value);
    talk?.changeSession(settings());
  });
  window.addEventListener("pagehide", () => talk?.stop());
  root.dataset.ready = "true";
}

/** Must run in the press itself: browsers let a page sound only after a gesture. */
function openAudioContext() {
  try {
    const context = new AudioContext({ latencyHint: "interactive" });
    context.resume().catch(() => {}); // Refused: the talk then goes on in writing.
    return context;
  } catch {
    return null;
  }
}

/** Enter sends; with Shift, or while letters are being composed, it does not. */
function sendOnEnter(press) {
  if (press.key !== "Enter" || press.shiftKey || press.isComposing) return;
  press.preventDefault();
  press.target.form.requestSubmit();
}

main();
