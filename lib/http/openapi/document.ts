/** The OpenAPI document of the APIs, made from the same descriptions that their requests are parsed by. */
import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject } from "zod-openapi";

import { dialectOf } from "#lib/http/dialects/dialect-of.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { openLoyaltyOperations } from "#lib/http/open-loyalty/operations.ts";
import { hostOperations } from "#lib/http/openapi/host-operations.ts";
import { introduction, tagGroups, tags } from "#lib/http/openapi/introduction.ts";
import type { Operation } from "#lib/http/openapi/operation.ts";
import { refusalResponses } from "#lib/http/openapi/refusals.ts";
import { securityByLevel, securitySchemes } from "#lib/http/openapi/security.ts";
import { userApiOperations } from "#lib/http/user-api/operations.ts";
import { multiOperations } from "#lib/http/weavr/operations.ts";

/** Everything that is described. */
export const operations: readonly Operation[] = [
  ...userApiOperations,
  ...hostOperations,
  ...openLoyaltyOperations,
  ...multiOperations,
];

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
      "x-tagGroups": tagGroups,
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

function described(operation: Operation): ZodOpenApiOperationObject {
  const { id, tag, summary, description, level, query, body, path, isIdempotent, example, otherAnswers } =
    operation;
  return {
    ...{ operationId: id, tags: [tag], summary, security: securityByLevel[level] },
    ...(description === undefined ? {} : { description }),
    requestParams: {
      ...(path.includes("{") ? { path: pathParametersOf(path) } : {}),
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
      ...successOf(operation),
      ...Object.fromEntries(
        Object.entries(otherAnswers ?? {}).map(([status, said]) => [status, { description: said }]),
      ),
      ...refusalResponses(operation),
    },
  };
}

const pathParameters: Readonly<Record<string, z.ZodType>> = {
  id: z.uuid(),
  storeCode: z.string().meta({ description: "The programme's code, in any capitals.", example: "acme" }),
  member: z.string().meta({
    description: "The member's id, `email=…`, `phone=…` or `loyaltyCardNumber=…`, of one member.",
    example: "loyaltyCardNumber=4711815",
  }),
  reward: z.uuid(),
  transaction: z.uuid(),
};

function pathParametersOf(path: string) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return z.object(Object.fromEntries(names.map((name) => [name, pathParameters[name] ?? z.string()])));
}

const idempotencyHeader = z.object({
  "Idempotency-Key": z.string().optional().meta({
    description:
      "Made before the first try, and the same with each: the call then has one effect. Kept for 24 hours.",
    example: "6f1c0b9e-2f4d-4d0a-9f1e-8a7c6b5d4e3f",
  }),
});

function successOf({ path, data, isList, example }: Operation) {
  if (!data) return { "204": { description: "Done." } };
  const isJsend = dialectOf(path) === jsend;
  const whole = isJsend ? inEnvelope : bare;
  const { schema, shown } = whole(data, example.data, isList ?? false);
  return { "200": { description: "Done.", content: { "application/json": { schema, example: shown } } } };
}

function inEnvelope(data: z.ZodType, shown: unknown, isList: boolean) {
  const status = "success";
  if (!isList) {
    return {
      schema: z.strictObject({ status: z.literal(status), data }),
      shown: { status, data: shown },
    };
  }
  const page = z.strictObject({ nextCursor: z.string().nullable() });
  return {
    schema: z.strictObject({ status: z.literal(status), data: z.array(data), page }),
    shown: { status, data: [shown], page: { nextCursor: null } },
  };
}

const total = z
  .strictObject({
    ...{ all: z.int(), filtered: z.int() },
    estimated: z.boolean().meta({ description: "There are more: it is counted up to ten thousand." }),
  })
  .meta({ id: "StoreTotal" });

function bare(data: z.ZodType, shown: unknown, isList: boolean) {
  if (!isList) return { schema: data, shown };
  return {
    schema: z.strictObject({ items: z.array(data), total }),
    shown: { items: [shown], total: { all: 1, filtered: 1, estimated: false } },
  };
}
