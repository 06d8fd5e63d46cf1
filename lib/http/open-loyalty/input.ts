/** What Open Loyalty's clients send, and what they are told of what will not do (contract 1.3). */
import type { ZodType } from "zod";

import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { wordsForIssue } from "#lib/domain/texts.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";

const blank = "This value should not be blank.";
export const notValid = "This value is not valid.";
const extraFields = "This form should not contain extra fields.";

/** The body as the schema takes it. Refuses `invalid_input`, each field by its dotted path, and `invalid_json`. */
export async function readInput<Input>(request: Request, schema: ZodType<Input>): Promise<Input> {
  return parseSent(schema, await readJsonBody(request));
}

/** The same of a body that was read. */
export function parseSent<Input>(schema: ZodType<Input>, body: object): Input {
  const parsed = schema.safeParse(body, { error: wordsForIssue });
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue): [string, string] => {
    if (issue.code === "unrecognized_keys") return ["", extraFields]; // the form's own, which has no path
    const path = issue.path.map(String).join(".");
    return [path, isBlank(body, issue.path) ? blank : issue.message];
  });
  throw invalidInput(Object.fromEntries(fields));
}

/** Runs a command of the domain's; what it says is wrong with a field is said of the field that the client sent. */
export async function namingFields<Value>(
  names: Readonly<Record<string, string>>,
  run: () => Promise<Value>,
): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "invalid_input") throw error;
    const fields = Object.entries((error.details.fields ?? {}) as Record<string, string>);
    throw invalidInput(Object.fromEntries(fields.map(([path, message]) => [renamed(path, names), message])));
  }
}

/** By the longest name that the path starts with. */
function renamed(path: string, names: Readonly<Record<string, string>>): string {
  const [longest] = Object.keys(names)
    .filter((name) => path === name || path.startsWith(`${name}.`))
    .sort((a, b) => b.length - a.length);
  return longest === undefined ? path : `${names[longest]}${path.slice(longest.length)}`;
}

function isBlank(body: unknown, path: readonly PropertyKey[]): boolean {
  const value = path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    body,
  );
  return value === undefined || value === null || value === "";
}
