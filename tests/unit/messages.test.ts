import { readFileSync } from "node:fs";
import { createTranslator } from "next-intl";
import { expect, test } from "vitest";

import { locales } from "#app/_i18n/locales.ts";

// Goal: every language says everything that English says, with the same arguments.

// Every argument that a text may have.
const values = {
  left: 3,
  earned: 8,
  points: 2,
  reward: "R",
  price: "9",
  count: 2,
  name: "N",
  tier: "T",
  host: "h",
  date: "d",
  percent: "5 %",
  device: "D",
  since: "s",
  last: "l",
  email: "e",
  programme: "P",
  provider: "V",
  url: "u",
  when: "w",
};

// Every element that a text may have.
const elements = { address: () => "a" };

type Catalogue = { [key: string]: string | Catalogue };

const catalogues = Object.fromEntries(
  locales.map((locale) => [
    locale,
    JSON.parse(readFileSync(`app/_i18n/messages/${locale}.json`, "utf8")) as Catalogue,
  ]),
);
const english = flat(catalogues.en as Catalogue);

test.each(locales)("%s has a text for each key, and each can be said", (locale) => {
  const texts = flat(catalogues[locale] as Catalogue);
  expect(Object.keys(texts)).toEqual(Object.keys(english));

  const errors: unknown[] = [];
  const messages = catalogues[locale] as Catalogue;
  const t = createTranslator({ locale, messages, onError: (error) => errors.push(error) });
  for (const [key, text] of Object.entries(texts)) {
    expect(argumentsOf(text), `${locale} ${key}`).toEqual(argumentsOf(english[key] ?? ""));
    t.markup(key as never, { ...values, ...elements } as never);
  }
  expect(errors).toEqual([]);
});

test.each(locales)("%s says each number in every form that its grammar has", (locale) => {
  const { pluralCategories } = new Intl.PluralRules(locale).resolvedOptions();
  const forms = [...pluralCategories].toSorted();
  expect(formsOf("{n, plural, =0 {no {b}} one {#} other {# {c, plural, other {d}}}} e")).toEqual([
    ["one", "other"],
    ["other"],
  ]);

  const counted = Object.entries(flat(catalogues[locale] as Catalogue)).filter(([, text]) =>
    text.includes(", plural,"),
  );
  expect(counted.length).toBeGreaterThan(10);
  for (const [key, text] of counted) {
    for (const given of formsOf(text)) expect(given, `${locale} ${key}`).toEqual(forms);
  }
});

test.each(locales)("%s counts by form wherever English does", (locale) => {
  const texts = flat(catalogues[locale] as Catalogue);
  const isCounted = (text: string | undefined) => /, plural,/.test(text ?? "");
  const missing = Object.keys(english).filter((key) => isCounted(english[key]) && !isCounted(texts[key]));
  expect(missing).toEqual([]);
});

test("the languages are different ones", () => {
  const greetings = locales.map((locale) => flat(catalogues[locale] as Catalogue)["signedOut.title"]);
  expect(new Set(greetings).size).toBe(locales.length);
});

function flat(catalogue: Catalogue, prefix = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(catalogue).flatMap(([key, value]) =>
      typeof value === "string"
        ? [[`${prefix}${key}`, value]]
        : Object.entries(flat(value, `${prefix}${key}.`)),
    ),
  );
}

function argumentsOf(text: string): string[] {
  const args = Object.keys(values).filter((name) => new RegExp(`\\{${name}[,}]`).test(text));
  return [...args, ...Object.keys(elements).filter((name) => text.includes(`<${name}></${name}>`))];
}

/** The grammar's forms that each plural of a text names, in order of the alphabet. */
function formsOf(text: string): string[][] {
  return text
    .split(", plural,")
    .slice(1)
    .map((plural) => {
      let depth = 0;
      let outside = "";
      for (const sign of plural) {
        if (sign === "{") depth += 1;
        else if (sign === "}") depth -= 1;
        else if (depth === 0) outside += sign;
        if (depth < 0) break;
        if (sign === "}" && depth === 0) outside += " ";
      }
      return outside
        .split(/\s+/)
        .filter((word) => /^[a-z]+$/.test(word))
        .toSorted();
    });
}
