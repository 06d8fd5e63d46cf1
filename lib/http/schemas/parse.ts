import type { ZodType } from "zod";

import { invalidInput } from "#lib/domain/errors.ts";
import { wordsForIssue } from "#lib/domain/texts.ts";

/** The input as the schema takes it. Refuses `invalid_input` with a sentence for each field, named as it was sent. */
export function parseInput<Input>(schema: ZodType<Input>, input: unknown): Input {
  const parsed = schema.safeParse(input, { error: wordsForIssue });
  if (parsed.success) return parsed.data;

  const fields = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => [dotted([...issue.path, key]), "There is no such field."])
      : [[dotted(issue.path), issue.message]],
  );
  throw invalidInput(Object.fromEntries(fields));
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join(".") || "body";
}
