/**
 * Writes widget/countries.js from data/crisis: `node tests/widget/write-countries.mjs`. Run it when a country gets
 * lines of its own, begins to use another's, or is named otherwise; countries.test.mjs fails until then.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const MODULE = new URL("../../widget/countries.js", import.meta.url);
const LANGUAGES = ["en", "fa"];

function rows(name) {
  const text = readFileSync(new URL(`../../data/crisis/${name}`, import.meta.url), "utf8");
  return text.trim().split("\n").slice(1);
}

/** Codes of the countries that have lines of their own or use another's, regions and aliases included. */
export function codesWithLines() {
  const codes = [...rows("lines.csv"), ...rows("regions.csv")].map((row) => row.split(",", 1)[0]);
  return [...new Set(codes)].filter((code) => code !== "*").sort();
}

/** Code → {en, fa}: the first name that countries.csv has in each language; towns and other names come after it. */
export function names() {
  const named = new Map();
  for (const row of rows("countries.csv")) {
    if (row.includes('"')) throw new Error(`countries.csv: names with commas can't be read here: ${row}`);
    const [code, language, name] = row.split(",");
    if (!named.has(code)) named.set(code, {});
    named.get(code)[language] ??= name;
  }
  return named;
}

/** The whole text of widget/countries.js. */
export function countriesModule() {
  const named = names();
  const complete = codesWithLines().filter((code) => LANGUAGES.every((language) => named.get(code)?.[language]));
  const entries = complete.map((code) => {
    const { en, fa } = named.get(code);
    return `  { code: ${JSON.stringify(code)}, en: ${JSON.stringify(en)}, fa: ${JSON.stringify(fa)} },\n`;
  });
  return (
    "/** Countries with numbers to call, and their names. Written by `node tests/widget/write-countries.mjs`. */\n\n" +
    `export const COUNTRIES = Object.freeze([\n${entries.join("")}]);\n`
  );
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(MODULE, countriesModule());
