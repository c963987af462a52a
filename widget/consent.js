/** What the person is told before a talk, and what they agree to: one switch for each scope. */

import { element } from "./elements.js";

/** Version of the wording in the strings; a change of its meaning needs a new one. */
export const CONSENT_VERSION = "1";

/**
 * The switches in order. A scope is one of session_log/events.py; its words are `consent_<scope>` and
 * `consent_<scope>_detail` of the strings. Without one that is `needed` no talk begins.
 */
export const SWITCHES = Object.freeze([
  { scope: "talk", needed: true },
  { scope: "emotion", needed: false },
  { scope: "store_text", needed: false },
]);

/** The panel with the switches; nothing is switched on beforehand. */
export class ConsentPanel {
  /** `onChange(decisions)` is called at each switch. */
  constructor(details, language, onChange) {
    this.details = details;
    this.complaint = language.element("p", "complaint", "consentMissing");
    Object.assign(this.complaint, { id: "consent-missing", hidden: true });
    this.complaint.setAttribute("role", "alert");
    const rows = SWITCHES.map((each) => makeSwitch(each, language, each.needed ? this.complaint.id : ""));
    details.querySelector("fieldset").append(...rows.map(({ row }) => row), this.complaint);
    this.switches = new Map(rows.map(({ scope, input }) => [scope, input]));
    for (const input of this.switches.values()) {
      input.addEventListener("change", () => {
        this.complaint.hidden = this.complaint.hidden || this.talkGranted;
        onChange(this.decisions());
      });
    }
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
