/** The OpenAPI document of the APIs, made from the same descriptions that their requests are parsed by. */
import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from "zod-openapi";

import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { statusByCode } from "#lib/http/dialects/jsend.ts";
import type { Level, Operation } from "#lib/http/openapi/operation.ts";
import * as userApi from "#lib/http/user-api/operations.ts";

export const userApiOperations: readonly Operation[] = Object.values(userApi) as Operation[];

let document: object | null = null;

/** Made at the first call, and then kept: nothing in it changes while the process runs. */
export function openApiDocument(): object {
  document ??= createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "Laurel",
        version: "1.0.0",
        license: { name: "MIT", identifier: "MIT" },
        description: introduction,
      },
      servers: [{ url: "/" }],
      tags,
      components: { securitySchemes },
      paths: Object.fromEntries([...Map.groupBy(userApiOperations, ({ path }) => path)].map(pathItemOf)),
    },
    { override: plainFormats },
  );
  return document;
}

function pathItemOf([path, operations]: [string, Operation[]]) {
  return [path, Object.fromEntries(operations.map((each) => [each.method.toLowerCase(), described(each)]))];
}

/** A format says what its long pattern would. */
function plainFormats({ jsonSchema }: { jsonSchema: { format?: string; pattern?: string } }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
}

const introduction = `An answer is \`{"status":"success","data":…}\`. A refusal is \`{"status":"fail","code":…,"message":…,"data":…}\` with a
stable \`code\`; what fails on our side is \`{"status":"error","code":…,"message":…}\`. Lists come in pages: pass \`page.nextCursor\` on
as \`cursor\`. Every answer with a good key carries \`RateLimit\` and \`RateLimit-Policy\`.`;

const tags = [
  { name: "Me", description: "The member whose access token is sent." },
  { name: "Rewards", description: "What points buy." },
  { name: "Benefits", description: "What a member has bought or was given." },
  { name: "Events", description: "What members do, and what it earns." },
  { name: "Till", description: "Codes at a till." },
  { name: "Users", description: "For admins." },
];

const securitySchemes = {
  apiKey: { type: "apiKey", in: "header", name: "X-Api-Key", description: "Names the programme." },
  userToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A user access token of the programme's own identity provider (RS256 or HS256).",
  },
  eventTypeSecret: { type: "http", scheme: "bearer", description: "The secret of an event type." },
  adminToken: { type: "http", scheme: "bearer", description: "An admin's token." },
} as const;

const onlyKey = { apiKey: [] };
const user = { apiKey: [], userToken: [] };
const server = { apiKey: [], eventTypeSecret: [] };
const admin = { apiKey: [], adminToken: [] };
const securityByLevel: Record<Level, Record<string, string[]>[]> = {
  anonymous: [onlyKey],
  optionalUser: [onlyKey, user],
  user: [user],
  admin: [admin],
  reporter: [user, server, admin],
  batchReporter: [server, admin],
  till: [onlyKey, admin],
};

const userRefusals = ["member_restricted", "member_unknown"] as const;
const bearerRefusals = ["token_invalid", "identity_provider_unavailable"] as const;
const adminRefusals = [...bearerRefusals, "token_missing", "admin_required"] as const;
const refusalsByLevel: Record<Level, readonly DomainErrorCode[]> = {
  anonymous: [],
  optionalUser: [...bearerRefusals, ...userRefusals],
  user: [...bearerRefusals, "token_missing", ...userRefusals],
  admin: adminRefusals,
  reporter: [...bearerRefusals, "token_missing"],
  batchReporter: adminRefusals,
  till: adminRefusals,
};
const everyRefusal = [
  "api_key_invalid",
  "rate_limited",
  "invalid_input",
  "internal_error",
  "database_unavailable",
] as const;
const bodyRefusals = ["invalid_json", "body_too_large", "unsupported_media_type"] as const;
const keyRefusals = ["idempotency_key_in_flight", "idempotency_key_reused"] as const;

/** Every code that a call can be refused with. */
export function refusalsOf({ level, query, body, isIdempotent, refusals }: Operation): DomainErrorCode[] {
  const codes: DomainErrorCode[] = [
    ...everyRefusal,
    ...refusalsByLevel[level],
    ...(body ? bodyRefusals : []),
    ...(isIdempotent ? keyRefusals : []),
    ...refusals,
  ];
  const canBeWrong = query !== undefined || body !== undefined;
  return [...new Set(codes)].filter((code) => canBeWrong || code !== "invalid_input").sort();
}

function described(operation: Operation): ZodOpenApiOperationObject {
  const { id, tag, summary, description, level, query, body, path, isIdempotent, example } = operation;
  const isVarying = path.includes("{id}");
  return {
    ...{ operationId: id, tags: [tag], summary, security: securityByLevel[level] },
    ...(description === undefined ? {} : { description }),
    requestParams: {
      ...(isVarying ? { path: z.object({ id: z.uuid() }) } : {}),
      ...(query instanceof z.ZodObject ? { query } : {}),
      ...(isIdempotent ? { header: idempotencyHeader } : {}),
    },
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { "application/json": { schema: body, example: example.body } },
          },
        }
      : {}),
    responses: { "200": successOf(operation), ...refusalResponses(refusalsOf(operation)) },
  };
}

const idempotencyHeader = z.object({
  "Idempotency-Key": z.string().optional().meta({
    description:
      "Made before the first try, and the same with each: the call then has one effect. Kept for 24 hours.",
    example: "6f1c0b9e-2f4d-4d0a-9f1e-8a7c6b5d4e3f",
  }),
});

function successOf({ data, isList, example }: Operation) {
  const schema = isList
    ? z.strictObject({
        status: z.literal("success"),
        data: z.array(data),
        page: z.strictObject({ nextCursor: z.string().nullable() }),
      })
    : z.strictObject({ status: z.literal("success"), data });
  const shown = isList
    ? { status: "success", data: [example.data], page: { nextCursor: null } }
    : { status: "success", data: example.data };
  return { description: "Done.", content: { "application/json": { schema, example: shown } } };
}

const refusalSchema = z
  .strictObject({
    status: z.literal("fail"),
    code: z.string(),
    message: z.string().meta({ description: "What to do about it." }),
    data: z
      .record(z.string(), z.unknown())
      .meta({ description: "For invalid_input: a sentence for each field." }),
  })
  .meta({ id: "Refusal" });
const errorSchema = z
  .strictObject({ status: z.literal("error"), code: z.string(), message: z.string() })
  .meta({ id: "Failure" });

/** One response for each status, with an example for each code. */
function refusalResponses(codes: readonly DomainErrorCode[]): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(codes, (code) => statusByCode[code]);
  const responses = [...byStatus].map(([status, ofStatus]) => [
    String(status),
    {
      description: ofStatus.map((code) => `\`${code}\``).join(", "),
      content: {
        "application/json": {
          schema: status >= 500 ? errorSchema : refusalSchema,
          examples: Object.fromEntries(ofStatus.map((code) => [code, { value: exampleOf(code, status) }])),
        },
      },
    },
  ]);
  return Object.fromEntries(responses) as ZodOpenApiResponsesObject;
}

const exampleDetails: Partial<Record<DomainErrorCode, object>> = {
  invalid_input: { fields: { subject: "Say whose event it is." } },
  points_insufficient: { balancePoints: 100, costPoints: 150 },
  rate_limited: { name: "api-key", count: 400, windowSeconds: 4, resetSeconds: 1 },
};

function exampleOf(code: DomainErrorCode, status: number): object {
  const { message } = new DomainError(code);
  if (status >= 500) return { status: "error", code, message };
  return { status: "fail", code, message, data: exampleDetails[code] ?? {} };
}
