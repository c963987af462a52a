/** What a hamdel.handoff event says about people who could help. Pure. */

/** The queue of the contacts who are called when somebody is in danger; other queues only route a talk. */
const ON_CALL = "on_call";

const WORDS = new Map([
  ["nobody_on_call", "peopleNobody"],
  ["calling", "peopleCalling"],
  ["delivered", "peopleCalling"], // It lies with a contact; that says nothing about anybody having read it.
  ["acknowledged", "peopleAcknowledged"],
  ["unreached", "peopleUnreached"],
]);

/** Words that end the waiting: said at once, also over what a screen reader is reading. */
export const FINAL = Object.freeze(["peopleAcknowledged", "peopleUnreached"]);

/** Whether an event is about the contacts on call, rather than about where a talk is routed. */
export function isAboutPeopleOnCall({ queue }) {
  return queue === ON_CALL;
}

/**
 * The words for how far a call for people has come, as a key of the strings.
 *
 * Nobody is promised: a status that is not known, or that contradicts `reached`, counts as nobody listening.
 */
export function peopleWords({ status, reached }) {
  const key = WORDS.get(status) ?? "peopleNobody";
  return (key === "peopleAcknowledged") === (reached === true) ? key : "peopleNobody";
}

/** The words after the connection was lost: what went on is not seen any more, what was settled stays true. */
export function wordsWithoutConnection(key) {
  return key === "peopleCalling" ? "peopleUnseen" : key;
}
