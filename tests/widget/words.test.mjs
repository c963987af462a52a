import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { lineTarget } from "../../widget/crisis-view.js";
import { asText, withoutDirectionControls } from "../../widget/elements.js";
import { SWITCHES } from "../../widget/consent.js";
import { pageLanguage, textLanguage } from "../../widget/language.js";
import { heardMs } from "../../widget/playback.js";
import { RETRIED, isEnding } from "../../widget/reconnection.js";
import { statusKey } from "../../widget/status-view.js";
import english from "../../widget/strings.en.js";
import persian from "../../widget/strings.fa.js";

const WIDGET = new URL("../../widget/", import.meta.url);
const source = (name) => readFileSync(new URL(name, WIDGET), "utf8");

test("both languages have the same sentences, and none is empty", () => {
  assert.deepEqual(Object.keys(persian).sort(), Object.keys(english).sort());
  for (const sentence of [...Object.values(english), ...Object.values(persian)]) assert.notEqual(sentence.trim(), "");
});

test("Persian is written with Persian letters", () => {
  for (const [key, sentence] of Object.entries(persian)) {
    assert.doesNotMatch(sentence, /[كيى٠-٩0-9]/u, key);
    assert.doesNotMatch(sentence.replace("https", ""), /[A-Za-z]/, key);
  }
});

for (const page of ["index.html", "me.html"]) {
  test(`every key that ${page} marks has a sentence`, () => {
    const keys = [...source(page).matchAll(/data-(?:text|label|placeholder|title)="(\w+)"/g)].map(([, key]) => key);
    assert.ok(keys.length > 15);
    for (const key of keys) assert.ok(key in english, key);
  });
}

test("every consent switch has its words", () => {
  assert.ok(SWITCHES.some(({ needed }) => needed));
  for (const { scope } of SWITCHES) {
    for (const key of [`consent_${scope}`, `consent_${scope}_detail`]) assert.ok(key in english, key);
  }
});

test("every technique that has a name is one of the suggestions", () => {
  const table = readFileSync(new URL("../../data/bilingual_suggestions/techniques.csv", import.meta.url), "utf8");
  const techniques = new Set(table.trim().split("\n").slice(1).map((line) => line.split(",")[0]));
  const named = Object.keys(english).filter((key) => key.startsWith("technique_"));
  assert.ok(techniques.size > 0);
  for (const key of named) assert.ok(techniques.has(key.replace("technique_", "")), key);
});

test("every reason for a failure that the sources name has its words", () => {
  const reasons = [
    ...source("microphone.js").matchAll(/(?:Error: |Error\()"(\w+)"/g),
    ...source("token.js").matchAll(/(?:\d: |TokenError\(|\?\? )"(\w+)"/g),
    ...source("connection.js").matchAll(/(?:_\w+: |return |\? |: )"([a-z_]+)"/g),
    ...source("talk.js").matchAll(/"failed", "(\w+)"/g),
    ...source("lasting-connection.js").matchAll(/(?:lose\(|: )"(\w+)"\)/g),
    ...RETRIED.map((reason) => [reason, reason]),
  ].map(([, reason]) => reason);
  assert.ok(new Set(reasons).size >= 15, String(reasons));
  for (const reason of reasons) assert.ok(statusKey(isEnding(reason) ? "closed" : "failed", reason) in english, reason);
  for (const reason of RETRIED) assert.ok(statusKey("waiting", reason) in english, reason);
});

test("every state and activity has its words", () => {
  for (const detail of ["microphone", "token", "socket"]) assert.ok(statusKey("connecting", detail) in english);
  for (const state of ["idle", "listening", "speaking", "closed"]) assert.ok(statusKey(state, null) in english);
  assert.equal(statusKey("listening", "typing"), "state_typing");
});

test("the page names no other machine but in links that the person may follow", () => {
  for (const name of readdirSync(WIDGET)) {
    const addresses = source(name).match(/https?:\/\/[a-z][^\s"'`)]*/g) ?? [];
    const allowed = { "crisis-view.js": ["https://findahelpline.com/"], "icon.svg": ["http://www.w3.org/2000/svg"] };
    for (const address of addresses) {
      assert.ok((allowed[name] ?? []).includes(address), `${name}: ${address}`);
    }
  }
});

test("the page holds no inline script, style or handler", () => {
  const page = source("index.html");
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|javascript:/i);
  assert.doesNotMatch(page, /<script(?![^>]*\ssrc=)/i);
});

test("every notice has its words", () => {
  const notices = [source("talk.js"), source("page.js")].flatMap((text) => text.match(/"(?:notice|failed_)\w+"/g));
  assert.ok(new Set(notices).size >= 6, String(notices));
  for (const notice of notices) assert.ok(notice.slice(1, -1) in english, notice);
});

test("characters that turn letters around are taken out of numbers", () => {
  assert.equal(withoutDirectionControls("\u202e116\u2066 \u200f123\u2069"), "116 123");
  assert.equal(withoutDirectionControls("می\u200cروم"), "می\u200cروم");
  assert.deepEqual([asText(7), asText("a"), asText({ toString: 1 }), asText(null)], ["7", "a", "", ""]);
});

test("lines of help become links that can do nothing else", () => {
  assert.deepEqual(lineTarget({ number: "13 11 14", kind: "call" }), { href: "tel:131114", textKey: "crisisCall" });
  assert.deepEqual(lineTarget({ number: "۱۲۳" }), { href: "tel:123", textKey: "crisisCall" });
  assert.deepEqual(lineTarget({ number: "85258", kind: "text" }), { href: "sms:85258", textKey: "crisisText" });
  assert.equal(lineTarget({ number: "findahelpline.com" }).href, "https://findahelpline.com");
  assert.equal(lineTarget({ number: "https://iasp.info/" }).href, "https://iasp.info/");
  assert.equal(lineTarget({ number: "111 option 2" }).href, "tel:111");
  assert.equal(lineTarget({ number: "text SHOUT to 85258", kind: "text" }).href, "sms:85258");
  assert.equal(lineTarget({ number: "119/102" }).href, "tel:119");
  assert.equal(lineTarget({ number: "+98 (21) 123" }).href, "tel:+9821123");
  assert.equal(lineTarget({ number: "http://plain.example" }), null);
  for (const number of ["javascript:alert", "", null, undefined, {}, "ask your doctor"]) {
    assert.equal(lineTarget({ number }), null, String(number));
  }
  assert.equal(lineTarget({ number: "javascript:alert(1)" }).href, "tel:1");
});

test("either language follows the browser, English where it knows neither", () => {
  assert.equal(pageLanguage("auto", ["de-DE", "fa-IR", "en"]), "fa");
  assert.equal(pageLanguage("auto", ["de-DE"]), "en");
  assert.equal(pageLanguage("auto", []), "en");
  assert.equal(pageLanguage("fa", ["en"]), "fa");
  assert.equal(textLanguage("OK، باشد"), "fa");
  assert.equal(textLanguage("112"), "en");
});

test("sound still on its way through the sound card was not heard", () => {
  assert.equal(heardMs(48000, 48000, 0.05), 950);
  assert.equal(heardMs(100, 48000, 0.05), 0);
});
