/**
 * The JSON Schema of an event type's payload. A schema comes from a person who sets up a programme and is run on what
 * strangers send, so it is refused when it is saved if it could reach out or run for long.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import { RE2JS } from "re2js";

const schemaBytesMax = 16 * 1024;

/** A sentence about why this schema cannot be used, or null. */
export function problemWithEventTypeSchema(schema: object): string | null {
  if (Buffer.byteLength(JSON.stringify(schema)) > schemaBytesMax) return "A schema has at most 16 KiB.";
  const reference = findRemoteReference(schema);
  if (reference) return `A schema cannot refer to another document: ${reference}`;

  try {
    compiler().compile(schema);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : "This is not a JSON Schema.";
  }
}

/** Patterns are compiled by RE2, which runs in linear time and refuses what cannot. */
function compiler(): Ajv2020 {
  const regExp = Object.assign(
    (pattern: string) => {
      const compiled = RE2JS.compile(pattern);
      return { test: (value: string) => compiled.matcher(value).find() };
    },
    { code: "RE2JS" },
  );
  return new Ajv2020({ strict: false, allErrors: false, code: { regExp } });
}

function findRemoteReference(schema: unknown): string | null {
  if (typeof schema !== "object" || schema === null) return null;
  for (const [key, value] of Object.entries(schema)) {
    const isReference = key === "$ref" || key === "$dynamicRef";
    if (isReference && typeof value === "string" && !value.startsWith("#")) return value;
    const inside = findRemoteReference(value);
    if (inside) return inside;
  }
  return null;
}
