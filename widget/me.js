/** A person's own page: what is kept of them, what they rule out, all of it to take away, and its erasure. */

import { CONSENT_VERSION } from "./consent.js";
import { element } from "./elements.js";
import { Language } from "./language.js";
import { Questionnaire } from "./questionnaire.js";
import { fetchToken } from "./token.js";

const byId = (id) => document.getElementById(id);
const TIMEOUT_MS = 40000;

/** Why nothing can be shown or done: the key of a string. */
class RecordError extends Error {
  constructor(key) {
    super(key);
    this.name = "RecordError";
    this.key = key;
  }
}

/** The token behind the # of the address, which is taken off at once; null where there is none. */
function handedOver() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash !== "") history.replaceState(null, "", location.pathname);
  return token;
}

async function ask(token, path, options = {}) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { ...options.headers, Authorization: `Bearer ${token}` },
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new RecordError("myDataFailed");
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  if (error?.code === "anonymous_token") throw new RecordError("myDataAnonymous");
  if (error?.code === "consent_refused") throw new RecordError("susRefused");
  throw new RecordError(response.status === 401 || response.status === 403 ? "myDataNoToken" : "myDataFailed");
}

/** Asks with a JSON body. */
function send(token, path, method, body) {
  return ask(token, path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

async function main() {
  const given = handedOver();
  const choice = byId("language");
  const language = new Language("auto");
  choice.elements.language.value = language.code;
  let token = given;
  let about = null;
  let said = null;
  const questionnaire = new Questionnaire(byId("questionnaire"), language, {
    send: async (answers) => (await send(token, "/v1/me/questionnaire", "POST", answers)).json(),
    onAnswered: show,
  });

  function say(key) {
    said = key;
    byId("message").textContent = key === null ? "" : language.text(key);
  }

  async function attempt(step) {
    say("myDataLoading");
    try {
      say((await step()) ?? null);
    } catch (error) {
      say(error instanceof RecordError ? error.key : "myDataFailed");
    }
  }

  async function load() {
    if (token === null) {
      token = await fetchToken(language.code).catch(() => {
        throw new RecordError("myDataNoToken");
      });
    }
    await look();
  }

  async function look() {
    const [record, asked] = await Promise.all([ask(token, "/v1/me"), ask(token, "/v1/me/questionnaire")]);
    about = await record.json();
    questionnaire.take(await asked.json());
    show();
  }

  function show() {
    if (about === null) return;
    byId("record").hidden = false;
    const { talks } = about;
    const texts = talks.filter(({ turns }) => turns > 0).length;
    const counts = `${language.text("myDataTalks")}: ${talks.length}. ${language.text("myDataTexts")}: ${texts}.`;
    const nothing = talks.length === 0 && questionnaire.answeredAt === null;
    byId("count").textContent = nothing ? language.text("myDataNothing") : language.digits(counts);
    byId("talks").hidden = talks.length === 0;
    byId("talks").tBodies[0].replaceChildren(...talks.map(row));
    showSwitches();
  }

  function row({ started_at, turns, shared, erased_at }) {
    const when = new Intl.DateTimeFormat(language.code, { dateStyle: "medium", timeStyle: "short" });
    const kept = turns > 0 ? language.digits(String(turns)) : language.text("myDataNone");
    return element(
      "tr",
      "",
      element("td", "", when.format(new Date(started_at))),
      element("td", "", erased_at === null ? kept : language.text("myDataErased")),
      element("td", "", language.text(shared && erased_at === null ? "yes" : "no")),
    );
  }

  /** A switch for each scope that can be ruled out: on where the person has, off where they never said anything. */
  function showSwitches() {
    for (const scope of about.offered) {
      if (!language.has(`never_${scope}`)) continue; // nothing here looks at faces
      const input = byId(`never-${scope}`) ?? addSwitch(scope);
      input.checked = !about.consents[scope];
      byId(`${input.id}-detail`).textContent = language.text(input.checked ? "neverOn" : "neverOff");
    }
  }

  function addSwitch(scope) {
    const input = element("input");
    const id = `never-${scope}`;
    Object.assign(input, { type: "checkbox", id, name: scope, autocomplete: "off" });
    input.setAttribute("role", "switch");
    input.setAttribute("aria-describedby", `${id}-detail`);
    const label = element("label", "", language.element("span", "", `never_${scope}`));
    label.htmlFor = id;
    const detail = element("p", "");
    detail.id = `${id}-detail`;
    byId("never").append(element("div", "switch", input, label, detail));
    input.addEventListener("change", () => attempt(() => decide(scope, input)));
    return input;
  }

  /** Rules a scope out, or takes that back, which agrees to nothing. */
  async function decide(scope, input) {
    const decision = { version: CONSENT_VERSION, consents: { [scope]: input.checked ? false : null } };
    try {
      about = { ...about, ...(await (await send(token, "/v1/me/consents", "PUT", decision)).json()) };
      questionnaire.take(await (await ask(token, "/v1/me/questionnaire")).json());
    } finally {
      show(); // a switch shows what is in force, also where it could not be changed
    }
    return "myDataSaved";
  }

  async function download() {
    const file = await (await ask(token, "/v1/me/export")).blob();
    const link = element("a");
    Object.assign(link, { href: URL.createObjectURL(file), download: "hamdel-my-data.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), TIMEOUT_MS);
  }

  async function erase() {
    await ask(token, "/v1/me", { method: "DELETE" });
    await look();
    return "myDataIsErased";
  }

  choice.addEventListener("change", () => language.choose(choice.elements.language.value));
  language.onChange(() => {
    say(said);
    show();
  });
  byId("download").addEventListener("click", () => attempt(download));
  const dialog = byId("ask");
  byId("erase").addEventListener("click", () => {
    dialog.returnValue = "no";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "yes") attempt(erase);
  });
  await attempt(load);
  document.documentElement.dataset.ready = "true";
}

main();
