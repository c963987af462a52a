/** What the person is told before a talk, and what they agree to: one switch for each scope. */

import { element } from "./elements.js";

/** Version of the wording in the strings; a change of its meaning needs a new one, here and in bot/consents.py. */
export const CONSENT_VERSION = "2";

/**
 * The switches in order. A scope is one of session_log/events.py; its words are `consent_<scope>` and
 * `consent_<scope>_detail` of the strings. Without one that is `needed` no talk begins; the others are there when the
 * server offers them, which depends on its place and settings.
 */
export const SWITCHES = Object.freeze([
  { scope: "talk", needed: true },
  { scope: "emotion", needed: false },
  { scope: "store_text", needed: false },
  { scope: "store_audio", needed: false },
  { scope: "share", needed: false },
]);

const TIMEOUT_MS = 10000;

/** The scopes that the server offers; none where it does not say. Never throws. */
export async function fetchOffered() {
  try {
    const response = await fetch("/v1/consents", {
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = response.ok ? await response.json() : {};
    return Array.isArray(body.offered) ? body.offered : [];
  } catch {
    return [];
  }
}

/** The panel with the switches; nothing is switched on beforehand. */
export class ConsentPanel {
  /** `onChange(decisions)` is called at each switch. */
  constructor(details, language, onChange) {
    this.details = details;
    this.language = language;
    this.onChange = onChange;
    this.complaint = language.element("p", "complaint", "consentMissing");
    Object.assign(this.complaint, { id: "consent-missing", hidden: true });
    this.complaint.setAttribute("role", "alert");
    details.querySelector("fieldset").append(this.complaint);
    this.switches = new Map();
    this.offer([]);
  }

  /** Shows the switches of these scopes, beside those that are needed. */
  offer(scopes) {
    for (const each of SWITCHES) {
      if (this.switches.has(each.scope) || !(each.needed || scopes.includes(each.scope))) continue;
      const { row, input } = makeSwitch(each, this.language, each.needed ? this.complaint.id : "");
      this.complaint.before(row);
      this.switches.set(each.scope, input);
      input.addEventListener("change", () => {
        this.complaint.hidden = this.complaint.hidden || this.talkGranted;
        this.onChange(this.decisions());
      });
    }
  }

  /** Sets the switches to what is in force, after a change that was made elsewhere; gives the decisions. */
  follow({ granted }) {
    if (Array.isArray(granted)) {
      for (const [scope, input] of this.switches) {
        if (scope !== "talk") input.checked = granted.includes(scope);
      }
    }
    return this.decisions();
  }

  /** Whether a talk may begin. */
  get talkGranted() {
    return this.#missing() === undefined;
  }

  /** [{scope, granted, version}] for every scope, refusals included. */
  decisions() {
    return [...this.switches].map(([scope, { checked }]) => ({ scope, granted: checked, version: CONSENT_VERSION }));
  }

  /** Says that a needed switch is off and leads to it. */
  askForTalk() {
    const input = this.#missing();
    this.details.open = true;
    input.closest(".switch").after(this.complaint);
    this.complaint.hidden = false;
    input.focus();
    input.scrollIntoView({ block: "center" });
  }

  /** Folds the panel once the talk begins; it can be opened at any time. */
  fold() {
    this.details.open = false;
  }

  #missing() {
    const missing = SWITCHES.find(({ scope, needed }) => needed && !this.switches.get(scope).checked);
    return missing === undefined ? undefined : this.switches.get(missing.scope);
  }
}

function makeSwitch({ scope, needed }, language, complaintId) {
  const input = element("input");
  const detail = language.element("p", "", `consent_${scope}_detail`);
  const id = `consent-${scope}`;
  detail.id = `${id}-detail`;
  Object.assign(input, { type: "checkbox", id, name: scope, autocomplete: "off" });
  input.setAttribute("role", "switch");
  input.setAttribute("aria-describedby", `${complaintId} ${detail.id}`.trim());
  const kind = language.element("small", "", needed ? "consentNeeded" : "consentOptional");
  const label = element("label", "", language.element("span", "", `consent_${scope}`), " ", kind);
  label.htmlFor = id;
  return { scope, input, row: element("div", "switch", input, label, detail) };
}
