/** The state of the talk in words, and the button that fits it. */

const STOP_KEYS = { connecting: "buttonConnecting", listening: "buttonStop", speaking: "buttonStop" };
const START_KEYS = { waiting: "buttonRetry", failed: "buttonRetry", closed: "buttonAnew" };

/** Words for a state, as a key of the strings. */
export function statusKey(state, detail) {
  if (state === "failed" || state === "waiting") return `${state}_${detail}`;
  if (state === "closed" && detail !== null) return `closed_${detail}`;
  if (state === "connecting") return `state_${detail}`;
  if (state === "listening" && detail === "typing") return "state_typing";
  return `state_${state}`;
}

/** Draws state, activity ("hearing", "thinking") and notices. */
export class StatusView {
  constructor({ status, activity, notice, button, buttonText, end }, language) {
    Object.assign(this, { status, activity, notice, button, buttonText, end, language });
    this.state = "idle";
    this.detail = null;
    this.activityName = null;
    this.noticeKey = null;
    language.onChange(() => this.#draw());
    this.#draw();
  }

  /** `state`: idle | connecting | listening | speaking | waiting | closed | failed. */
  showState(state, detail) {
    const begins = state === "connecting" && this.state !== "connecting";
    if (begins || state === "waiting" || state === "closed" || state === "failed") this.noticeKey = null;
    Object.assign(this, { state, detail });
    this.#draw();
  }

  /** `activity`: hearing | thinking | null. */
  showActivity(activity) {
    this.activityName = activity;
    this.#draw();
  }

  /** Something the person should know while the talk goes on; null takes it away. */
  showNotice(key) {
    this.noticeKey = key;
    this.#draw();
  }

  /** Takes a notice away, if it is still that one. */
  endNotice(key) {
    if (this.noticeKey === key) this.showNotice(null);
  }

  /** Loudness of the microphone 0…1, as a ring around the button. */
  showLevel(level) {
    this.button.style.setProperty("--level", Math.min(1, level * 6).toFixed(2));
  }

  #draw() {
    const typing = this.detail === "typing";
    const stops = !typing && this.state in STOP_KEYS;
    document.documentElement.dataset.state = this.state;
    document.documentElement.dataset.microphone = this.detail === "voice" ? "on" : "off";
    // Written only when it changes, or a screen reader would say it again.
    setText(this.status, this.language.text(statusKey(this.state, this.detail)));
    setText(this.activity, this.activityName === null ? "" : this.language.text(`activity_${this.activityName}`));
    setText(this.notice, this.noticeKey === null ? "" : this.language.text(this.noticeKey));
    const buttonKey = stops ? STOP_KEYS[this.state] : (START_KEYS[this.state] ?? "buttonStart");
    setText(this.buttonText, this.language.text(buttonKey));
    this.button.dataset.action = stops ? "stop" : "start";
    this.end.hidden = !typing && this.state !== "waiting";
  }
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
