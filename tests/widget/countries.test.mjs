import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { COUNTRIES } from "../../widget/countries.js";
import { countriesIn } from "../../widget/country-choice.js";
import { countryCode } from "../../widget/protocol.js";
import { codesWithLines, countriesModule, names } from "./write-countries.mjs";

const REGIONS_AND_ALIASES = ["EL", "EU", "UK"];

test("the countries are those of the data; if not, run node tests/widget/write-countries.mjs", () => {
  assert.equal(readFileSync(new URL("../../widget/countries.js", import.meta.url), "utf8"), countriesModule());
});

test("every country with numbers can be chosen, under its first name", () => {
  const offered = new Map(COUNTRIES.map((country) => [country.code, country]));
  assert.ok(offered.size >= 30);
  for (const code of codesWithLines()) {
    if (REGIONS_AND_ALIASES.includes(code)) continue;
    assert.equal(offered.get(code)?.en, names().get(code)?.en, code);
    assert.ok(offered.has(code), code);
  }
  assert.equal(offered.get("IR").fa, "ایران");
  assert.equal(offered.get("GB").en, "United Kingdom");
});

test("countries stand in the alphabetical order of the language", () => {
  for (const [language, letters] of [
    ["en", /^[A-Z][A-Za-z ]+$/],
    ["fa", /^[\p{Script=Arabic}\u200c ]+$/u],
  ]) {
    const listed = countriesIn(language);
    assert.equal(listed.length, COUNTRIES.length);
    for (const { code, name } of listed) {
      assert.equal(countryCode(code), code);
      assert.match(name, letters);
    }
  }
  assert.equal(countriesIn("en")[0].code, "AF");
  assert.equal(countriesIn("en").at(-1).code, "US");
  assert.deepEqual([0, 1].map((n) => countriesIn("fa")[n].code), ["DE", "US"]); // آ comes first.
});
