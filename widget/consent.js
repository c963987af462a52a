/** What the person is told before a talk, and what they agree to: one switch for each scope. */

/** Version of the wording in the strings; a change of its meaning needs a new one. */
export const CONSENT_VERSION = "1";

export const SCOPES = ["talk", "emotion", "store_text"];

/** The panel with the switches; nothing is switched on beforehand. */
export class ConsentPanel {
  /** `onChange(decisions)` is called at each switch. */
  constructor(details, onChange) {
    this.details = details;
    this.title = details.querySelector("[data-consent-title]");
    this.complaint = details.querySelector("#consent-missing");
    this.switches = new Map(SCOPES.map((scope) => [scope, details.querySelector(`input[name="${scope}"]`)]));
    for (const input of this.switches.values()) {
      input.checked = false; // Some browsers bring the old state back on reload.
      input.addEventListener("change", () => {
        this.complaint.hidden = this.complaint.hidden || this.talkGranted;
        onChange(this.decisions());
      });
    }
  }

  /** Whether a talk may begin. */
  get talkGranted() {
    return this.switches.get("talk").checked;
  }

  /** [{scope, granted, version}] for every scope, refusals included. */
  decisions() {
    return [...this.switches].map(([scope, { checked }]) => ({ scope, granted: checked, version: CONSENT_VERSION }));
  }

  /** Says that the needed switch is off and leads to it. */
  askForTalk() {
    this.details.open = true;
    this.complaint.hidden = false;
    const input = this.switches.get("talk");
    input.focus();
    input.scrollIntoView({ block: "center" });
  }

  /** Folds the panel once the talk begins; it can be opened at any time. */
  fold() {
    this.details.open = false;
  }
}
