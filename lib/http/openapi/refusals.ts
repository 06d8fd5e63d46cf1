/** What a call can be refused with, and how its dialect says so. */
import { z } from "zod";
import type { ZodOpenApiResponsesObject } from "zod-openapi";

import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { type Dialect, dialectOf } from "#lib/http/dialects/dialect-of.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import { weavr } from "#lib/http/dialects/weavr.ts";
import type { AnyLevel, Operation } from "#lib/http/openapi/operation.ts";

const holderRefusals = ["api_key_invalid", "rate_limited"] as const;
const bearerRefusals = [...holderRefusals, "identity_provider_unavailable", "token_invalid"] as const;
const memberRefusals = ["member_restricted", "member_unknown"] as const;
const reporterRefusals = [...bearerRefusals, "token_missing", "forbidden"] as const;
const adminRefusals = [...reporterRefusals, "admin_required"] as const;
const tokenRefusals = ["token_missing", "token_invalid", "token_expired"] as const;
const storeRefusals = ["not_found", ...tokenRefusals, "forbidden"] as const;
const refusalsByLevel: Record<AnyLevel, readonly DomainErrorCode[]> = {
  anonymous: holderRefusals,
  optionalUser: [...bearerRefusals, "token_missing", ...memberRefusals],
  user: [...bearerRefusals, "token_missing", ...memberRefusals],
  admin: adminRefusals,
  reporter: reporterRefusals,
  batchReporter: adminRefusals,
  till: adminRefusals,
  client: ["client_invalid", "embedded_auth_disabled", "not_found", "rate_limited", "server_side_only"],
  sessionToken: ["embedded_auth_disabled", "not_found"],
  cookie: ["not_found"],
  deployment: [],
  store: ["not_found"],
  tokenHolder: tokenRefusals,
  storeMember: storeRefusals,
  storeAdmin: storeRefusals,
  storeCaller: storeRefusals,
  app: holderRefusals,
  endUser: [...holderRefusals, "token_invalid"],
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

const shapesByDialect = new Map<Dialect, readonly z.ZodType[]>([
  [
    jsend,
    [
      z
        .strictObject({
          status: z.literal("fail"),
          code: z.string(),
          message: z.string().meta({ description: "What to do about it." }),
          data: z
            .record(z.string(), z.unknown())
            .meta({ description: "For invalid_input: a sentence for each field." }),
        })
        .meta({ id: "Refusal" }),
      z
        .strictObject({ status: z.literal("error"), code: z.string(), message: z.string() })
        .meta({ id: "Failure" }),
    ],
  ],
  [
    openLoyalty,
    [
      z
        .strictObject({ code: z.int().meta({ description: "The status." }), message: z.string() })
        .meta({ id: "StoreRefusal" }),
      z
        .strictObject({
          ...{ code: z.literal(400), message: z.literal("Validation failed") },
          errors: z.array(
            z.strictObject({
              ...{ message: z.string(), parameters: z.array(z.unknown()), plural: z.null(), code: z.null() },
              path: z.string().meta({ description: "Dotted; empty for the form itself." }),
            }),
          ),
        })
        .meta({ id: "StoreInvalid" }),
    ],
  ],
  [
    weavr,
    [
      z.strictObject({ errorCode: z.string() }).meta({ id: "MultiRefusal" }),
      z
        .strictObject({
          message: z.string(),
          syntaxErrors: z.strictObject({
            invalidFields: z.array(
              z.strictObject({
                ...{ fieldName: z.string(), error: z.string(), params: z.array(z.string()) },
              }),
            ),
          }),
        })
        .meta({ id: "MultiInvalid" }),
    ],
  ],
]);

type Told = ReturnType<Dialect["told"]> & { code: DomainErrorCode };

/** One response for each status, with an example for each code, as the dialect of the address says it. */
export function refusalResponses(operation: Operation): ZodOpenApiResponsesObject {
  const dialect = dialectOf(operation.path);
  const shapes = shapesByDialect.get(dialect) ?? [];
  const told = refusalsOf(operation).map((code): Told => {
    return { ...dialect.told(new DomainError(code, exampleDetails[code])), code };
  });
  const responses = [...Map.groupBy(told, ({ status }) => status)].map(([status, ofStatus]) => [
    String(status),
    responseOf(ofStatus, shapes),
  ]);
  return Object.fromEntries(responses) as ZodOpenApiResponsesObject;
}

function responseOf(told: readonly Told[], shapes: readonly z.ZodType[]) {
  const described = [...new Set(told.map(shownName))];
  const bodies = told.filter(({ body }) => body !== null);
  if (bodies.length === 0) return { description: `Without a body. ${described.join(" ")}` };
  const [shape, ...others] = shapes.filter((each) => bodies.some(({ body }) => each.safeParse(body).success));
  return {
    description: described.join(", "),
    content: {
      "application/json": {
        schema: shape && (others.length === 0 ? shape : z.union([shape, ...others])),
        examples: Object.fromEntries(bodies.map(({ code, body }) => [code, { value: body }])),
      },
    },
  };
}

/** By what a client can tell it from others of its status; of one without a body, why it can be. */
function shownName({ code, body }: Told): string {
  if (body === null) return new DomainError(code).message;
  const shown = body as { code?: unknown; message?: string; errorCode?: string };
  const name = typeof shown.code === "string" ? shown.code : (shown.errorCode ?? shown.message);
  return `\`${name}\``;
}

const exampleDetails: Partial<Record<DomainErrorCode, Readonly<Record<string, unknown>>>> = {
  invalid_input: { fields: { subject: "Say whose event it is." } },
  points_insufficient: { balancePoints: 100, costPoints: 150 },
  rate_limited: { name: "api-key", count: 400, windowSeconds: 4, resetSeconds: 1 },
};
