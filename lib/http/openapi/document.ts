/** The OpenAPI document of the APIs, made from the same descriptions that their requests are parsed by. */
import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from "zod-openapi";

import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { statusByCode } from "#lib/http/dialects/jsend.ts";
import { hostOperations } from "#lib/http/openapi/host-operations.ts";
import type { HostLevel, Level, Operation } from "#lib/http/openapi/operation.ts";
import { userApiOperations } from "#lib/http/user-api/operations.ts";

/** Everything that is described. */
const operations: readonly Operation[] = [...userApiOperations, ...hostOperations];

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
      paths: Object.fromEntries([...Map.groupBy(operations, ({ path }) => path)].map(pathItemOf)),
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

const introduction = `
**Who calls.** Every call to \`/v1\` names the programme by its \`X-Api-Key\`. What is a member's own also needs that member's
access token, from the programme's own identity provider, as the bearer; a server that reports private events sends the event
type's secret there, an admin an admin's token. \`/api/auth\` is called on the microsite's own host, with \`X-Client-ID\`.

**Answers.** \`{"status":"success","data":…}\`. A refusal is \`{"status":"fail","code":…,"message":…,"data":…}\` with a stable
\`code\` and a sentence that says what to do; what fails on our side is \`{"status":"error","code":…,"message":…}\`.

**Lists** come in pages: pass \`page.nextCursor\` on as \`cursor\`, until it is null.

**Limits.** Every answer to a good key carries \`RateLimit\` and \`RateLimit-Policy\`; a 429 also \`Retry-After\`.

**Exactly once.** Send an \`Idempotency-Key\` where it is taken, made before the first try and the same with each: a retry then
gets the first answer again, with \`Idempotency-Replayed: true\`.`;

const tags = [
  { name: "Me", description: "The member whose access token is sent." },
  { name: "Rewards", description: "What points buy." },
  { name: "Benefits", description: "What a member has bought or was given." },
  { name: "Events", description: "What members do, and what it earns." },
  { name: "Till", description: "Codes at a till." },
  { name: "Users", description: "For admins." },
  {
    name: "Embedding",
    description:
      "How the host's server signs its customers in to the microsite, on the microsite's own host.",
  },
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
  clientId: {
    type: "apiKey",
    in: "header",
    name: "X-Client-ID",
    description: "A secret of the host's server.",
  },
  sessionToken: {
    type: "http",
    scheme: "bearer",
    description: "A session token that POST /api/auth has made, sent from a page of a host origin.",
  },
  sessionCookie: {
    type: "apiKey",
    in: "cookie",
    name: "session",
    description: "The microsite's own session.",
  },
  adminToken: { type: "http", scheme: "bearer", description: "An admin's token." },
} as const;

const onlyKey = { apiKey: [] };
const user = { apiKey: [], userToken: [] };
const server = { apiKey: [], eventTypeSecret: [] };
const admin = { apiKey: [], adminToken: [] };
const securityByLevel: Record<Level | HostLevel, Record<string, string[]>[]> = {
  anonymous: [onlyKey],
  optionalUser: [onlyKey, user],
  user: [user],
  admin: [admin],
  reporter: [user, server, admin],
  batchReporter: [server, admin],
  till: [onlyKey, admin],
  client: [{ clientId: [] }],
  sessionToken: [{ sessionToken: [] }, {}],
  cookie: [{ sessionCookie: [] }],
};

const holderRefusals = ["api_key_invalid", "rate_limited"] as const;
const bearerRefusals = [...holderRefusals, "identity_provider_unavailable", "token_invalid"] as const;
const memberRefusals = ["member_restricted", "member_unknown"] as const;
const adminRefusals = [...bearerRefusals, "token_missing", "admin_required"] as const;
const refusalsByLevel: Record<Level | HostLevel, readonly DomainErrorCode[]> = {
  anonymous: holderRefusals,
  optionalUser: [...bearerRefusals, "token_missing", ...memberRefusals],
  user: [...bearerRefusals, "token_missing", ...memberRefusals],
  admin: adminRefusals,
  reporter: [...bearerRefusals, "token_missing"],
  batchReporter: adminRefusals,
  till: adminRefusals,
  client: ["client_invalid", "embedded_auth_disabled", "not_found", "rate_limited", "server_side_only"],
  sessionToken: ["embedded_auth_disabled", "not_found"],
  cookie: ["not_found"],
};
const everyRefusal = ["database_unavailable", "internal_error", "invalid_input"] as const;
const bodyRefusals = ["body_too_large", "invalid_json", "unsupported_media_type"] as const;
const onceRefusals = ["idempotency_key_in_flight", "idempotency_key_reused"] as const;

/** Every code that a call can be refused with. */
export function refusalsOf({ level, body, isIdempotent, refusals }: Operation): DomainErrorCode[] {
  const codes: DomainErrorCode[] = [
    ...everyRefusal,
    ...refusalsByLevel[level],
    ...(body ? bodyRefusals : []),
    ...(isIdempotent ? onceRefusals : []),
    ...refusals,
  ];
  return [...new Set(codes)].sort();
}

function described(operation: Operation): ZodOpenApiOperationObject {
  const { id, tag, summary, description, level, query, body, path, isIdempotent, example, otherAnswers } =
    operation;
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
    responses: {
      "200": successOf(operation),
      ...Object.fromEntries(
        Object.entries(otherAnswers ?? {}).map(([status, said]) => [status, { description: said }]),
      ),
      ...refusalResponses(refusalsOf(operation)),
    },
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
