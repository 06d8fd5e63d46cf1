/** Query parameters: each is sent once, and out of range is refused. What is no parameter is passed over. */
import { z } from "zod";

import { invalidInput } from "#lib/domain/errors.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";

/** From 1 to `max`; `usual` where it is left out. */
export function wholeNumber(usual: number, max: number, description: string) {
  const sentence = `Enter a whole number from 1 to ${max}.`;
  return z
    .string()
    .regex(/^[1-9]\d{0,5}$/, sentence)
    .transform(Number)
    .pipe(z.int().max(max, sentence))
    .default(usual)
    .meta({
      override: {
        ...{ type: "integer", minimum: 1, maximum: max, default: usual, pattern: undefined },
        description,
      },
    });
}

const limit = wholeNumber(20, 100, "How many items a page has at most.");

const cursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,200}$/, "Send the nextCursor of the page before, as it was.")
  .optional()
  .meta({ description: "The nextCursor of the page before; left out for the first page." });

export const listQuery = z.object({ limit, cursor });

export const flag = z.enum(["true", "false"], "Enter true or false.").transform((text) => text === "true");

export function parseQuery<Query>(schema: z.ZodType<Query>, url: string): Query {
  const { searchParams } = new URL(url);
  const seen = new Set<string>();
  for (const name of searchParams.keys()) {
    if (seen.has(name)) throw invalidInput({ [name]: "Send this parameter once." });
    seen.add(name);
  }
  return parseInput(schema, Object.fromEntries(searchParams));
}
