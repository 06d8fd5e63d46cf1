/** Fields that several parts of a programme file have, and how they are taken. */
import { z } from "zod";

import { isLoopbackHostname } from "#lib/domain/tenants/hostname.ts";
import { text } from "#lib/domain/texts.ts";

const secretLengthMin = 32;

const points = z
  .int("Enter whole points.")
  .refine((value) => !Object.is(value, -0), "Enter whole points; -0 is none.");

export const positivePoints = points.min(1, "Enter 1 point or more.");

export const priceInPoints = points.min(0, "Enter 0 points or more.");

export const count = z
  .int("Enter a whole number.")
  .min(0, "Enter 0 or more.")
  .max(2_147_483_647, "This is too many.");

export const moment = z.iso.datetime({ offset: true, error: "Enter a time such as 2026-12-01T00:00:00Z." });

const secret = text(secretLengthMin, 512);

// Sent as a header, which takes no white space and where a comma would make two of one.
export const headerSecret = secret.regex(
  /^[!-+\--~]*$/,
  "Use letters, digits and signs of ASCII, without spaces and commas.",
);

export const password = text(8, 256);

export const webUrl = z
  .string("Enter a web address.")
  .max(2048)
  .refine(isWebUrl, "Enter an https:// address (http:// on localhost).");

export const eventTypeName = z
  .string("Enter an event type.")
  .min(2, "An event type has 2 to 64 characters.")
  .max(64, "An event type has 2 to 64 characters.")
  .regex(/^[A-Z]+(_[A-Z]+)*$/, "Name an event type in capitals, with underscores between words.");

export type Checked<Value> = { value: Value; issues: z.core.$ZodRawIssue[] };

export function endsAfterStart(
  context: Checked<{ start?: string | null | undefined; end?: string | null | undefined }>,
) {
  const { start, end } = context.value;
  if (start && end && Date.parse(end) <= Date.parse(start)) {
    context.issues.push({
      code: "custom",
      path: ["end"],
      message: "The end comes after the start.",
      input: end,
    });
  }
}

function isWebUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname: host, username, password: word } = new URL(value);
  if (username || word) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopbackHostname(host));
}
