/** The OpenAPI document as a client reads it, and what is wrong with an answer by it. */
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020.js";

import { openApiDocument } from "#lib/http/openapi/document.ts";

export type Schema = Record<string, unknown>;
export type Media = { schema: Schema; example?: unknown; examples?: Record<string, { value: unknown }> };
export type Described = { description: string; content?: Record<string, Media> };
type Parameter = { in: string; name: string; required?: boolean; schema: Schema; example?: unknown };
export type DescribedOperation = {
  operationId: string;
  tags: string[];
  summary: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, Media> };
  responses: Record<string, Described>;
};
type OpenApiDocument = {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  tags: { name: string }[];
  "x-tagGroups": { name: string; tags: string[] }[];
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, Schema> };
};

// As it goes over the wire: what JSON cannot say is not in it.
export const document = JSON.parse(JSON.stringify(openApiDocument())) as OpenApiDocument;

/** By "GET /v1/rewards". */
export const described: ReadonlyMap<string, DescribedOperation> = new Map(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  ),
);

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

// Strict: a keyword or a format that it does not know is a mistake in the document. `example` is OpenAPI's own.
export const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
ajv.addVocabulary(["example", "components"]);
ajv.addFormat("uuid", uuid);
ajv.addFormat("date-time", (text) => dateTime.test(text) && !Number.isNaN(Date.parse(text)));

const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a value by a schema of the document. */
export function faultsBy(schema: Schema, value: unknown): string[] {
  const text = JSON.stringify(schema);
  const validate = compiled.get(text) ?? ajv.compile({ ...schema, components: document.components });
  compiled.set(text, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message = "", params }) =>
    `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
  );
}

/** `json`: empty or null where there is no body. */
export type SomeAnswer = { status: number; headers: Headers; json: unknown };

/** What is wrong with an answer of an endpoint, by the document. */
export function faultsOf(endpoint: string, { status, headers, json }: SomeAnswer): string[] {
  const answer = described.get(endpoint)?.responses[String(status)];
  if (!answer) return [`${endpoint} is not said to answer with ${status}: ${JSON.stringify(json)}.`];
  if (!answer.content)
    return json === "" || json === null ? [] : [`${status} of ${endpoint} is said to be no JSON.`];
  const [type] = (headers.get("content-type") ?? "").split(";");
  const media = answer.content[type ?? ""];
  if (!media) return [`${status} of ${endpoint} is not said to be ${type}.`];
  const faults = faultsBy(media.schema, json);
  if (status < 400) return faults;
  const listed = Object.values(media.examples ?? {}).map(({ value }) => nameOf(value));
  if (listed.includes(nameOf(json))) return faults;
  return [...faults, `${endpoint} is not said to refuse with ${status} ${nameOf(json)}.`];
}

/** What tells a refusal from others of its status: a code, or where that is the status, the text. */
function nameOf(refusal: unknown): string {
  const { code, errorCode, message } = refusal as { code?: unknown; errorCode?: string; message?: string };
  return String(typeof code === "string" ? code : (errorCode ?? message));
}
