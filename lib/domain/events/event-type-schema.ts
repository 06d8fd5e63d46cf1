/**
 * The JSON Schema of an event type's payload. A schema comes from a person who sets up a programme and is run on what
 * strangers send, so it is refused when it is saved if it could reach out or run for long.
 */
import { createHash } from "node:crypto";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import QuickLRU from "quick-lru";
import { RE2JS } from "re2js";

const schemaBytesMax = 16 * 1024;
const validatorsKept = 500;

const validators = new QuickLRU<string, ValidateFunction>({ maxSize: validatorsKept });

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

/** The first thing in which a payload is not what its schema asks for, with its path; null where it is. */
export function problemWithPayload(
  schema: object | null,
  payload: object,
): { path: string; message: string } | null {
  if (schema === null) return null;
  const validate = validatorOf(schema);
  if (validate(payload)) return null;

  const [error] = validate.errors ?? [];
  const missing = error?.keyword === "required" ? `/${error.params.missingProperty}` : "";
  const unknown = error?.keyword === "additionalProperties" ? `/${error.params.additionalProperty}` : "";
  const path = `payload${error?.instancePath ?? ""}${missing}${unknown}`.replaceAll("/", ".");
  if (missing) return { path, message: "This field is missing." };
  return {
    path,
    message: unknown ? "There is no such field." : `This value ${error?.message ?? "is wrong"}.`,
  };
}

/** Whether a payload by this schema can have a field such as `payload.total`; an open schema takes any. */
export function mayHaveField(schema: unknown, field: string): boolean {
  if (typeof schema !== "object" || schema === null) return true;
  const { additionalProperties, patternProperties, properties } = schema as Record<string, unknown>;
  if (additionalProperties !== false || patternProperties !== undefined) return true;
  const [, first = ""] = field.split(".");
  return typeof properties === "object" && properties !== null && Object.hasOwn(properties, first);
}

/** A schema is compiled once and kept by what it says. */
function validatorOf(schema: object): ValidateFunction {
  const key = createHash("sha1").update(JSON.stringify(schema)).digest("base64");
  const kept = validators.get(key);
  if (kept) return kept;
  const validate = compiler().compile(schema);
  validators.set(key, validate);
  return validate;
}

/** Patterns are compiled by RE2, which runs in linear time and refuses what cannot. */
function compiler(): Ajv2020 {
  const regExp = Object.assign(
    (pattern: string) => {
      const compiled = RE2JS.compile(pattern);
      // Ajv tells patterns apart by their text.
      return { test: (value: string) => compiled.matcher(value).find(), toString: () => pattern };
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
