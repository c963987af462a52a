/** Entry point: connects the page's parts with the talk. */

import { Choices } from "./choices.js";
import { ChoicesView } from "./choices-view.js";
import { ConsentPanel, fetchOffered } from "./consent.js";
import { Conversation } from "./conversation.js";
import { ConversationView } from "./conversation-view.js";
import { CrisisView } from "./crisis-view.js";
import { Language } from "./language.js";
import { fetchLines } from "./lines.js";
import { isAboutPeopleOnCall } from "./people.js";
import { openAudioContext } from "./sound.js";
import { StatusView } from "./status-view.js";
import { SuggestionsView } from "./suggestions-view.js";
import { startTalk } from "./talk.js";

const byId = (id) => document.getElementById(id);

const QUIET_ERRORS = new Set([
  "response_cancel_not_active", // A reply that had just ended when we cancelled it.
  "session_expired", // The end of the talk follows, and is told then.
  "session_limit_reached",
  "session_taken_over",
  "server_restarting",
]);

function main() {
  const root = document.documentElement;
  const languageChoice = byId("language");
  const input = byId("text");
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
  const crisis = new CrisisView(byId("crisis"), language, () => {
    talk?.changeSession(settings());
    learnLines();
  });
  const suggestions = new SuggestionsView(language, (id, helped) => talk?.giveFeedback(id, helped));
  const choicesView = new ChoicesView(captions, language, pressChoice);
  const choices = new Choices((offer) => choicesView.show(offer));
  const consent = new ConsentPanel(byId("consent"), language, changeConsents);
  let talk = null;
  let state = "idle";
  let connectedBy = null; // "voice" | "typing" while a talk stands.

  async function learnLines() {
    const { country } = crisis;
    const lines = await fetchLines(language.code, country);
    // Of a person's own country a talk knows more than the page, unless it asks.
    if (country !== null || crisis.asked || talk === null) crisis.learnOf(country, lines);
  }
  learnLines();
  language.onChange(learnLines);

  function learnLackingLines() {
    if (crisis.lacking) learnLines();
  }

  function settings() {
    const { choice, code } = language;
    return { language: choice, pageLanguage: code, speed: Number(byId("speed").value), country: crisis.country };
  }

  function begin({ withMicrophone, firstText }) {
    if (!consent.talkGranted) {
      consent.askForTalk();
      return;
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
  }

  function listenersOf(conversation) {
    return {
      onState: (next, detail) => {
        if (next === "closed" || next === "failed") {
          conversation.breakOff();
          choices.endTalk();
        }
        captions.keepEndInView(() => showState(next, detail));
      },
      onActivity: (activity) => status.showActivity(activity),
      onNotice: (key) => status.showNotice(key),
      onNoticeOver: (key) => status.endNotice(key),
      onNumbersNeeded: () => captions.keepEndInView(() => crisis.offer()),
      onLevel: (level) => status.showLevel(level),
      onTyped: (id, text) => {
        conversation.addTyped(id, text);
        choices.withdraw();
        if (input.value.trim() === text) input.value = "";
      },
      onUnanswered: (id, text) => {
        conversation.loseAnswer(id);
        input.value = input.value.trim() === "" ? text : `${text}\n${input.value}`;
      },
      onTalkLost: () => {
        conversation.breakOff();
        choices.endTalk();
      },
      onCut: (id) => conversation.cut(id),
      onEvent: (event) => {
        conversation.apply(event);
        choices.apply(event);
        OWN_EVENTS.get(event.type)?.(event);
      },
    };
  }

  function showState(next, detail) {
    state = next;
    connectedBy = state === "listening" || state === "speaking" ? detail : null;
    choices.setConnected(connectedBy !== null);
    if (connectedBy !== null) {
      crisis.withdraw();
      learnLackingLines();
    }
    if (state === "waiting" || state === "closed" || state === "failed") crisis.loseSight();
    if (state === "closed" || state === "failed") talk = null;
    status.showState(state, detail);
  }

  function pressTalkButton() {
    if (talk === null) begin({ withMicrophone: true, firstText: null });
    else if (state === "waiting") talk.tryNow();
    else if (connectedBy === "typing") talk.useMicrophone();
    else talk.stop();
  }

  /** The text leaves the input when it is sent, which is later where there is no connection yet. */
  function sendTyped(submit) {
    submit.preventDefault();
    const text = input.value.trim();
    if (text === "") return;
    status.showNotice(null);
    if (talk === null) {
      begin({ withMicrophone: false, firstText: text });
      return;
    }
    say(text);
  }

  /** A pressed answer is a typed turn. */
  function pressChoice(text) {
    choices.withdraw();
    status.showNotice(null);
    say(text);
  }

  function say(text) {
    talk?.say(text);
    if (state === "waiting") talk?.tryNow();
  }

  function changeConsents(decisions) {
    if (talk === null) return;
    talk.changeConsents(decisions);
    if (!consent.talkGranted) talk.stop();
  }

  /** A consent was changed by a word in the talk, or on the person's own page. */
  function followConsents(event) {
    talk?.knowConsents(consent.follow(event));
  }

  /** The server has forgotten the talk before, so the person should know where it ended. */
  function showNewTalk() {
    if (!captions.empty) captions.addOwnNote("newTalk");
  }

  function showDisclosure({ text }) {
    if (typeof text === "string" && text !== "") captions.addDisclosure(text);
  }

  function showSuggestions({ items }) {
    const cards = suggestions.make(items);
    if (cards !== null) captions.append(cards);
  }

  function showHandoff(event) {
    if (isAboutPeopleOnCall(event)) captions.keepEndInView(() => crisis.showPeople(event));
    else captions.addOwnNote(event.reached === true ? "handoffReached" : "handoffNotReached");
  }

  function showLatency({ total }) {
    if (Number.isFinite(total)) root.dataset.latencyMs = String(Math.round(total));
  }

  function showError({ error }) {
    crisis.learn(error?.lines);
    if (!QUIET_ERRORS.has(error?.code)) status.showNotice("noticeServerError");
  }

  function showOffline() {
    if (talk !== null) return; // It may go on all the same, with a server on this very machine.
    status.showNotice("noticeOffline");
    crisis.offer();
  }

  function showOnline() {
    status.endNotice("noticeOffline");
    if (talk === null) crisis.withdraw();
    learnLackingLines();
  }

  const OWN_EVENTS = new Map(
    Object.entries({
      error: showError,
      "session.created": showNewTalk,
      "hamdel.consents": followConsents,
      "hamdel.crisis": (event) => captions.keepEndInView(() => crisis.show(event)),
      "hamdel.disclosure": showDisclosure,
      "hamdel.handoff": showHandoff,
      "hamdel.latency": showLatency,
      "hamdel.suggestions": showSuggestions,
    }),
  );

  byId("talk-button").addEventListener("click", pressTalkButton);
  byId("end").addEventListener("click", () => talk?.stop());
  byId("composer").addEventListener("submit", sendTyped);
  input.addEventListener("keydown", sendOnEnter);
  byId("speed").addEventListener("change", () => talk?.changeSession(settings()));
  languageChoice.addEventListener("change", () => {
    language.choose(languageChoice.elements.language.value);
    talk?.changeSession(settings());
  });
  window.addEventListener("offline", showOffline);
  window.addEventListener("online", showOnline);
  window.addEventListener("pagehide", () => talk?.stop());
  fetchOffered().then((offered) => {
    consent.offer(offered);
    root.dataset.ready = "true";
  });
}

/** Enter sends; with Shift, or while letters are being composed, it does not. */
function sendOnEnter(press) {
  if (press.key !== "Enter" || press.shiftKey || press.isComposing) return;
  press.preventDefault();
  press.target.form.requestSubmit();
}

main();
