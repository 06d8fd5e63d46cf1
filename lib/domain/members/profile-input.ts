/** A profile as other systems send it: core fields by their names, and every other key an attribute of the member. */
import { iso31661 } from "iso-3166";
import { z } from "zod";

import { now } from "#lib/config/clock.ts";
import { emailAddress, forbiddenCharacter, name, text } from "#lib/domain/texts.ts";

const attributeName = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const attributeValueBytesMax = 1_024;
export const dangerousKeys: readonly string[] = ["__proto__", "constructor", "prototype"];

export const countryCodes: readonly string[] = iso31661
  .filter(({ state }) => state === "assigned")
  .map(({ alpha2 }) => alpha2);
const countries = new Set(countryCodes);

export const mandatoryProfileFields = {
  givenName: name(64),
  familyName: name(64),
  emailAddress,
};

/** Each may be null, which clears it. */
export const optionalProfileFields = {
  gender: z.enum(["FEMALE", "MALE", "OTHER", "UNKNOWN"], "Choose FEMALE, MALE, OTHER or UNKNOWN."),
  birthdate: z
    .string("Enter a date as YYYY-MM-DD.")
    .refine(isBirthdate, "Enter a real date as YYYY-MM-DD, from 1900 to today."),
  country: z
    .string("Enter a country code.")
    .refine(
      (code) => countries.has(code),
      "Enter a country as two capital letters (ISO 3166-1), such as GB.",
    ),
  city: text(1, 256),
  postcode: text(1, 128),
  streetAddress: text(1, 64),
  region: text(1, 128),
  telephoneNumber: text(1, 32),
  pictureUrl: text(1, 2048).refine(isHttpsUrl, "Enter an address that starts with https://."),
};

export type OptionalProfileField = keyof typeof optionalProfileFields;

/** Whether a key that could reach an object's prototype stands anywhere in a value. */
export function hasDangerousKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => dangerousKeys.includes(key) || hasDangerousKey(inner));
}

/** A sentence about what is wrong with an attribute, or null. */
export function problemWithAttribute(key: string, value: unknown): string | null {
  if (dangerousKeys.includes(key)) return "This name is not allowed.";
  if (!attributeName.test(key)) {
    return "Name an attribute with a letter, then up to 63 letters, digits, dots, dashes or underscores.";
  }
  if (Buffer.byteLength(JSON.stringify(value)) > attributeValueBytesMax) {
    return `The value of an attribute is at most ${attributeValueBytesMax} bytes of JSON.`;
  }
  return hasDangerousKey(value) ? "A name inside it is not allowed." : problemInside(value);
}

/** A sentence about what no JSON from outside may hold, or null. */
export function problemInside(value: unknown): string | null {
  if (typeof value === "string") return forbiddenCharacter(value);
  if (typeof value === "number" && !isPlainlyWritten(value)) {
    return "Enter a number that is 0, or between 10^-20 and 10^21.";
  }
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const problem = forbiddenCharacter(key) ?? problemInside(inner);
    if (problem) return problem;
  }
  return null;
}

/** The database writes every number out: of a few bytes such as 5e-324 it would make hundreds. */
function isPlainlyWritten(value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-20 && size <= 1e21);
}

function isBirthdate(value: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (!match || value < "1900-01-01") return false;
  const date = new Date(`${value}T00:00:00Z`);
  const isReal = !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === value;
  return isReal && date <= now();
}

function isHttpsUrl(value: string): boolean {
  return URL.canParse(value) && new URL(value).protocol === "https:" && new URL(value).username === "";
}
