/**
 * What Laurel takes as text, wherever it comes from. Lengths count code points. No control characters (C0, C1, DEL) and
 * no lone surrogates: they are invisible, and forge log lines and headers.
 */
import { z } from "zod";

const control = /\p{Cc}/u;
const controlButLineFeed = /(?!\n)\p{Cc}/u;
const whiteSpaceAtAnEnd = /^\p{White_Space}|\p{White_Space}$/u;

/** One line of text. */
export function text(lengthMin: number, lengthMax: number) {
  return z
    .string("Enter a text.")
    .check((context) => {
      const problem = problemWith(context.value, lengthMin, lengthMax, control);
      if (problem) context.issues.push({ code: "custom", message: problem, input: context.value });
    })
    .meta(lengths(lengthMin, lengthMax));
}

/** Text that may have several lines. */
export function longText(lengthMax: number) {
  return z
    .string("Enter a text.")
    .check((context) => {
      const problem = problemWith(context.value, 0, lengthMax, controlButLineFeed);
      if (problem) context.issues.push({ code: "custom", message: problem, input: context.value });
    })
    .meta(lengths(0, lengthMax));
}

/** Compared byte by byte, so white space at an end, which nobody sees, is refused instead of trimmed. */
export function identifier(lengthMax: number) {
  return text(1, lengthMax)
    .refine((value) => !whiteSpaceAtAnEnd.test(value), "Remove the white space at its ends.")
    .meta(lengths(1, lengthMax));
}

/** A name of a person or thing: not only white space. */
export function name(lengthMax: number) {
  return text(1, lengthMax)
    .refine((value) => /\P{White_Space}/u.test(value), "Enter a name.")
    .meta(lengths(1, lengthMax));
}

/** As HTML's `input type=email` takes it, at most 254 characters. */
export const emailAddress = z
  .string("Enter an e-mail address.")
  .max(254, "Enter an e-mail address of at most 254 characters.")
  .regex(z.regexes.html5Email, "Enter an e-mail address.");

/** What a field that is not there or of another kind is told, where its schema has no words of its own. */
export function wordsForIssue(issue: { input?: unknown; code?: string }): string | undefined {
  if (issue.input === undefined) return "This field is missing.";
  return issue.code === "invalid_type" ? "This value is of another kind than the field takes." : undefined;
}

/** A sentence about the first character that no text may hold, or null. */
export function forbiddenCharacter(value: string): string | null {
  return problemWith(value, 0, Number.POSITIVE_INFINITY, control);
}

/** What a JSON Schema can say of the rules above. */
function lengths(minLength: number, maxLength: number) {
  return minLength > 0 ? { minLength, maxLength } : { maxLength };
}

function problemWith(value: string, lengthMin: number, lengthMax: number, forbidden: RegExp): string | null {
  if (!value.isWellFormed()) return "Remove the broken character (a lone surrogate).";
  if (forbidden.test(value)) return "Remove the control characters.";
  // Nobody sees it, and what decodes a text drops it there: PGlite does so as it reads a row.
  if (value.startsWith("\ufeff")) return "Remove the byte order mark at its start.";
  const length = [...value].length;
  if (length < lengthMin && length === 0) return "Enter a text; it is empty.";
  if (length < lengthMin) return `Enter at least ${lengthMin} characters; there are ${length}.`;
  if (length > lengthMax) return `Enter at most ${lengthMax} characters; there are ${length}.`;
  return null;
}
