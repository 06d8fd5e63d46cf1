import { randomUUID } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";

import { now } from "#lib/config/clock.ts";
import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { statusByCode } from "#lib/http/dialects/jsend.ts";
import { openLoyaltyOperations } from "#lib/http/open-loyalty/operations.ts";
import { operations as parsers } from "#lib/http/openapi/document.ts";
import { hostOperations } from "#lib/http/openapi/host-operations.ts";
import { refusalsOf } from "#lib/http/openapi/refusals.ts";
import { findRoute, userApiRoutes } from "#lib/http/route-table.ts";
import { parseQuery } from "#lib/http/schemas/query.ts";
import { userApiOperations } from "#lib/http/user-api/operations.ts";
import { adminToken } from "#tests/support/admins.ts";
import { callSession, cookieOf, deleteAuth, openLink, postAuth } from "#tests/support/calls.ts";
import { adjust, daysLater, rewardIdOf } from "#tests/support/engine.ts";
import { createTenant, profile } from "#tests/support/factories.ts";
import {
  ajv,
  type Described,
  type DescribedOperation,
  described,
  document,
  faultsBy,
  faultsOf,
  type Media,
  type Schema,
  type SomeAnswer,
} from "#tests/support/openapi-document.ts";
import {
  type ApiCall,
  type ApiTenant,
  callApi,
  createApiTenant,
  purchaseSecret,
  signFor,
} from "#tests/support/user-api.ts";

// Goal: the OpenAPI document is what the API does: every route and no other, every refusal that can be had and no other,
// bodies and answers of the shapes that it says.
// Method: the document by itself; then real answers of every operation, a success and each refusal that it lists, held to
// the schema of that operation, status and code; then bodies that are wrong in one place, held to schema and parser alike.

const seam = vi.hoisted(() => ({ failure: null as Error | null }));

// The one place that every call passes: what breaks on our side breaks here.
vi.mock(import("#lib/http/rate-limits.ts"), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    takeFromBucket: (apiKey) => {
      if (seam.failure) throw seam.failure;
      return original.takeFromBucket(apiKey);
    },
  };
});

afterEach(() => {
  seam.failure = null;
  daysLater(0);
});

const endpointById: ReadonlyMap<string, string> = new Map(
  [...described].map(([endpoint, { operationId }]) => [operationId, endpoint]),
);

/** Of a status and up, as the document shows them. */
function codesOf({ responses }: DescribedOperation): string[] {
  return Object.values(responses).flatMap(({ content }) =>
    Object.keys(content?.["application/json"]?.examples ?? {}),
  );
}

// ── The document by itself.

// Contract, section 12.
const codesByStatus: Record<number, string> = {
  400: "invalid_json invalid_input",
  401: "client_invalid api_key_invalid token_missing token_invalid session_invalid",
  403:
    "server_side_only origin_not_allowed cross_site_request member_unknown member_restricted admin_required " +
    "registration_closed event_type_intrinsic event_type_private reward_not_available forbidden",
  404: "not_found reward_not_found member_not_found benefit_not_found event_type_not_found embedded_auth_disabled",
  405: "method_not_allowed",
  409:
    "points_insufficient reward_out_of_stock reward_limit_reached benefit_already_redeemed benefit_expired " +
    "voucher_already_used auth_identifier_taken external_id_taken already_reversed idempotency_key_in_flight",
  413: "body_too_large",
  415: "unsupported_media_type",
  422: "idempotency_key_reused",
  429: "rate_limited",
  500: "internal_error",
  503: "database_unavailable identity_provider_unavailable",
};

test("every route that programs call is an operation, and every operation is a route", () => {
  const routes = userApiRoutes
    .filter(({ template }) => template !== "/v1/openapi.json") // the document itself
    .flatMap(({ template, methods }) =>
      methods
        .filter((method) => method !== "HEAD" && method !== "OPTIONS")
        .map((method) => `${method} ${template}`),
    );
  const operations = [...described.keys()];

  const hostPaths = hostOperations.map(({ path }) => path);
  const ofPrograms = operations.filter((endpoint) => !hostPaths.includes(endpoint.split(" ")[1] ?? ""));
  expect(ofPrograms.sort()).toEqual(routes.sort());
  for (const folder of ["/v1/", "/api/{storeCode}/", "/api/admin/", "/api/token/", "/multi/"]) {
    expect(routes.filter((endpoint) => endpoint.includes(` ${folder}`))).not.toEqual([]);
  }
  for (const endpoint of operations) {
    const [method = "", path = ""] = endpoint.split(" ");
    const route = findRoute(path);
    expect([endpoint, route?.template, route?.methods.includes(method)]).toEqual([endpoint, path, true]);
  }
});

test("every operation has a name of its own that a generated client can use", () => {
  const ids = [...described.values()].map(({ operationId }) => operationId);

  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
  expect(parsers.map(({ id, method, path }) => [id, `${method} ${path}`]).sort()).toEqual(
    [...endpointById].sort(),
  );
});

// Those of other dialects: tests/integration/openapi-clients.test.ts.
const ownOperations = [...userApiOperations, ...hostOperations];

test.each(ownOperations.map((operation) => [operation.id, operation] as const))(
  "every refusal of %s stands under its status, with an example",
  (id, operation) => {
    const { responses } = described.get(endpointById.get(id) ?? "") as DescribedOperation;
    const shown = Object.entries(responses).flatMap(([status, { description, content }]) =>
      Object.entries(content?.["application/json"]?.examples ?? {}).map(([code, { value }]) => {
        expect(description).toContain(`\`${code}\``);
        return { status: Number(status), code, value };
      }),
    );

    expect(shown.map(({ code }) => code).sort()).toEqual([...refusalsOf(operation)].sort());
    expect(shown.length).toBeGreaterThan(2);
    for (const { status, code, value } of shown) {
      const { message } = new DomainError(code as DomainErrorCode);
      expect([status, codesByStatus[status]?.split(" ")]).toEqual([status, expect.arrayContaining([code])]);
      expect(value).toMatchObject({ status: status >= 500 ? "error" : "fail", code, message });
    }
  },
);

test("every code there is stands in the document, as far as it is a body's", () => {
  const shown = new Set([...described.values()].flatMap(codesOf));

  const missing = Object.keys(statusByCode).filter((code) => !shown.has(code));

  // No operation has a wrong method; the other is a status without a body.
  expect(missing).toEqual(["credentials_locked", "method_not_allowed"]);
});

test("the document is OpenAPI 3.1 as far as its structure goes", () => {
  const declaredTags = document.tags.map(({ name }) => name);
  const parts = ["openapi", "info", "servers", "tags", "x-tagGroups", "paths", "components"];

  expect(document.openapi).toMatch(/^3\.1\.\d$/);
  expect(Object.keys(document).sort()).toEqual(parts.sort());
  expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  expect(document["x-tagGroups"].flatMap(({ tags }) => tags)).toEqual(declaredTags);
  expect(new Set(declaredTags).size).toBe(declaredTags.length);
  for (const [endpoint, operation] of described) {
    const [method = "", path = ""] = endpoint.split(" ");
    const parameters = operation.parameters ?? [];
    const names = parameters.map(({ in: place, name }) => `${place} ${name}`);
    const varying = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name}`);
    expect(path).toMatch(/^\/[\w/{}.]+$/);
    expect(["GET", "POST", "PUT", "PATCH", "DELETE"]).toContain(method);
    expect(operation.summary).not.toBe("");
    expect(declaredTags).toEqual(expect.arrayContaining(operation.tags));
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.startsWith("path "))).toEqual(varying);
    for (const { in: place, required, schema } of parameters) {
      expect(["path", "query", "header"]).toContain(place);
      expect(required ?? false).toBe(place === "path");
      expect(schema).toBeDefined();
    }
    expect(operation.security.length).toBeGreaterThan(0);
    for (const scheme of operation.security.flatMap((each) => Object.keys(each))) {
      expect(document.components.securitySchemes).toHaveProperty(scheme);
    }
    if (method === "GET") expect(operation.requestBody).toBeUndefined();
    if (operation.requestBody) {
      expect(Object.keys(operation.requestBody.content)).toEqual(["application/json"]);
      expect(operation.requestBody.required).toBe(true);
    }
    const good = Object.keys(operation.responses).filter((status) => status === "200" || status === "204");
    expect([endpoint, good[0], operation.responses["204"]?.content]).toEqual([
      ...[endpoint, operation.responses["200"]?.content ? "200" : "204", undefined],
    ]);
    for (const [status, answer] of Object.entries(operation.responses)) {
      expect(status).toMatch(/^[2-5]\d\d$/);
      expect(answer.description).not.toBe("");
    }
  }
});

/** Every schema of the document, with those inside of it, by where it stands. */
function schemasOf(): Map<string, Schema> {
  const found = new Map<string, Schema>();
  const visit = (place: string, schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    found.set(place, schema as Schema);
    const { properties, items, anyOf, oneOf, allOf, additionalProperties, propertyNames } = schema as Schema;
    for (const [name, inner] of Object.entries(properties ?? {})) visit(`${place}.${name}`, inner);
    for (const [index, inner] of [anyOf, oneOf, allOf].flatMap((each) => (each as []) ?? []).entries())
      visit(`${place}|${index}`, inner);
    visit(`${place}[]`, items);
    visit(`${place}{}`, additionalProperties);
    visit(`${place}{name}`, propertyNames);
  };
  for (const [name, schema] of Object.entries(document.components.schemas)) visit(name, schema);
  for (const [endpoint, { parameters = [], requestBody, responses }] of described) {
    for (const { name, schema } of parameters) visit(`${endpoint} ?${name}`, schema);
    if (requestBody) visit(`${endpoint} body`, requestBody.content["application/json"]?.schema);
    for (const [status, { content }] of Object.entries(responses)) {
      visit(`${endpoint} ${status}`, content?.["application/json"]?.schema);
    }
  }
  return found;
}

test("every schema is one of JSON Schema 2020-12, and every $ref leads somewhere", () => {
  const schemas = schemasOf();
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, to]) => to ?? "");

  expect(schemas.size).toBeGreaterThan(300);
  for (const [place, schema] of schemas) {
    expect([place, ajv.validateSchema(schema), ajv.errors ?? null]).toEqual([place, true, null]);
    expect(() => faultsBy(schema, null), place).not.toThrow(); // compiles, in strict mode
  }
  expect(references.length).toBeGreaterThan(100);
  for (const to of references) {
    const [, name = ""] = /^#\/components\/schemas\/(\w+)$/.exec(to) ?? [];
    expect([to, Object.hasOwn(document.components.schemas, name)]).toEqual([to, true]);
  }
});

test("every example is one of its schema: of bodies, of answers, of parameters and of single fields", () => {
  let count = 0;
  const check = (place: string, schema: Schema, example: unknown) => {
    count += 1;
    expect([place, faultsBy(schema, example)]).toEqual([place, []]);
  };

  for (const [endpoint, { requestBody, responses, parameters = [] }] of described) {
    const bodies = Object.entries({ body: requestBody, ...responses }) as [string, Described | undefined][];
    for (const [what, said] of bodies) {
      for (const { schema, example, examples = {} } of Object.values(said?.content ?? {})) {
        expect([endpoint, what, example !== undefined || Object.keys(examples).length > 0]).toContain(true);
        if (example !== undefined) check(`${endpoint} ${what}`, schema, example);
        for (const [code, { value }] of Object.entries(examples))
          check(`${endpoint} ${what} ${code}`, schema, value);
      }
    }
    for (const { name, schema, example } of parameters) {
      if (example !== undefined) check(`${endpoint} ?${name}`, schema, example);
    }
  }
  for (const [place, schema] of schemasOf()) {
    if (schema.example !== undefined) check(place, schema, schema.example);
  }
  expect(count).toBeGreaterThan(400);
});

// ── Real answers.

const treat = {
  type: "VOUCHER",
  price: 100,
  category: "Treats",
  description: "Lines.\nMore.",
  terms: "None.",
};
const programme = {
  pointsExpiry: { afterDays: 365 },
  tiers: [
    { name: "Silver", pointsRequirement: 500 },
    { name: "Gold", pointsRequirement: 100_000 },
  ],
  rewardCategories: [{ name: "Treats" }],
  eventTypes: [
    { name: "PURCHASE", private: true, secret: purchaseSecret },
    { name: "VISITED_SHOP", private: false },
  ],
  rules: [
    { name: "visit", eventType: "VISITED_SHOP", effect: { type: "POINTS", points: 10 } },
    { name: "gift", eventType: "PURCHASE", effect: { type: "REWARD", reward: "short" } },
    { name: "later", eventType: "PURCHASE", effect: { type: "POINTS", points: 5 }, pendingDays: 3 },
  ],
  rewards: [
    { ...treat, externalId: "coffee", name: "Coffee", value: 3.5, pictureUrl: "https://shop.example/c.jpg" },
    { ...treat, externalId: "gone", name: "Gone", stock: 0 },
    { ...treat, externalId: "once", name: "Once", perMemberLimit: 1, stock: 9 },
    { ...treat, externalId: "golden", name: "Golden", tier: "Gold" },
    { ...treat, externalId: "dear", name: "Dear", price: 1_000_000 },
    { ...treat, externalId: "short", name: "Short", validForDays: 1 },
    {
      ...{ ...treat, externalId: "summer", name: "Summer", type: "GENERIC_OFFER", category: null },
      ...{ availability: { start: "2020-01-01T00:00:00Z", end: "2100-01-01T00:00:00Z" } },
      ...{ codeType: "STATIC", code: "SUMMER" },
    },
  ],
};

/** A programme where everything has happened once; its member user-1 has points, user-2 is restricted. */
type World = {
  tenant: ApiTenant;
  memberId: string;
  user: string;
  /** The token of the programme's owner. */
  admin: string;
  /** The key of a programme whose identity provider cannot be reached, and a token of it. */
  away: { key: string; bearer: string };
};

async function createWorld(): Promise<World> {
  const tenant = await createApiTenant(programme, ["OWNER", "VIEWER", "TILL"]);
  const admin = await adminToken(tenant);
  const memberId = await join(tenant, "user-1");
  await adjust(tenant, memberId as never, 5_000);
  const restricted = await join(tenant, "user-2");
  const answer = await callApi(tenant, `PATCH /v1/users/${restricted}`, {
    bearer: admin,
    body: { isRestricted: true },
  });
  expect(answer.status).toBe(200);
  const user = await signFor(tenant);
  for (const rewardId of ["coffee", "summer"]) await buy({ tenant, user }, rewardId);
  await report({ tenant, user });
  const elsewhere = { issuer: "https://idp.example/", jwksUrl: "http://127.0.0.1:4999/jwks" }; // loopback is refused
  const { apiKey } = await createApiTenant({ userAuth: { algorithm: "RS256", ...elsewhere } });
  return { tenant, memberId, user, admin, away: { key: apiKey, bearer: unsignedToken(elsewhere.issuer) } };
}

async function join(tenant: ApiTenant, authIdentifier: string): Promise<string> {
  const body = { selector: { authIdentifier }, profile: { ...profile, favouriteColour: "green" } };
  return (await postAuth(tenant, { body })).json.data.user.id;
}

async function buy({ tenant, user }: Pick<World, "tenant" | "user">, externalId: string): Promise<string> {
  const body = { rewardId: await rewardIdOf(tenant, externalId) };
  const { json } = await callApi(tenant, "POST /v1/commands/purchase_reward", { bearer: user, body });
  return json.data.benefit.id;
}

async function redeem({ tenant, user }: World, benefitId: string): Promise<string> {
  const body = { benefitId };
  const { json } = await callApi(tenant, "POST /v1/commands/redeem_benefit", { bearer: user, body });
  return json.data.code.value;
}

async function burn({ tenant }: World, code: string): Promise<void> {
  const call = { key: tenant.tillKey, body: { code } };
  expect((await callApi(tenant, "POST /v1/commands/validate_voucher", call)).status).toBe(200);
}

async function report({ tenant, user }: Pick<World, "tenant" | "user">): Promise<string> {
  const call = { bearer: user, body: { type: "VISITED_SHOP" } };
  return (await callApi(tenant, "POST /v1/events", call)).json.data.event.id;
}

function unsignedToken(iss: string): string {
  const iat = Math.floor(now().getTime() / 1000);
  const parts = [
    { alg: "RS256", kid: "k" },
    { iss, sub: "user-1", iat, exp: iat + 300 },
  ];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), "AAAA"].join(".");
}

/** A call of one operation; `id` stands in its path. */
type Sent = ApiCall & { id?: string; query?: string };

function send(world: World, endpoint: string, { id = randomUUID(), query = "", ...call }: Sent) {
  return callApi(world.tenant, `${endpoint.replace("{id}", id)}${query}`, call);
}

type Maker = (world: World) => Sent | Promise<Sent>;

const asUser: Maker = ({ user }) => ({ bearer: user });
const asAdmin: Maker = ({ admin }) => ({ bearer: admin });
const onMember: Maker = ({ memberId, admin }) => ({ bearer: admin, id: memberId });
const later = (call: Sent): Sent => {
  daysLater(2);
  return call;
};
const commented = { comment: "By a test." };
const strangerId = "00000000-0000-7000-8000-000000000000";

/** For each operation a call that succeeds, and for each refusal that is its own one, or one for each reason. */
const calls: Record<string, { good: Maker; also?: Maker[]; refused?: Record<string, Maker | Maker[]> }> = {
  listRewards: {
    good: asUser,
    also: [() => ({}), () => ({ query: "?limit=1" })],
  },
  getReward: {
    good: async ({ tenant, user }) => ({ bearer: user, id: await rewardIdOf(tenant, "golden") }),
    also: [async ({ tenant }) => ({ id: await rewardIdOf(tenant, "summer") })],
    refused: { reward_not_found: () => ({}) },
  },
  listRewardCategories: { good: () => ({}), also: [asUser] },
  listRewardsOfCategory: {
    good: async ({ tenant, user }) => {
      const { json } = await callApi(tenant, "GET /v1/reward_categories");
      return { bearer: user, id: json.data[0].id };
    },
    refused: { not_found: () => ({}) },
  },
  listTiers: { good: () => ({}) },
  getMe: { good: asUser },
  changeMe: {
    good: ({ user }) => ({
      bearer: user,
      body: {
        profile: { gender: "FEMALE", birthdate: "1980-01-01", country: "GB", city: null, x: { y: [1] } },
      },
    }),
  },
  getMyWallet: { good: asUser },
  predictMyExpiry: { good: asUser },
  reportEvent: {
    good: ({ user }) => ({ bearer: user, body: { type: "VISITED_SHOP", externalId: "visit-1" } }),
    also: [
      ({ user }) => ({ bearer: user, body: { type: "VISITED_SHOP", externalId: "visit-1" } }), // known by now
      () => ({
        bearer: purchaseSecret,
        body: { type: "PURCHASE", subject: "user-1", payload: { deep: [{ a: null }] } },
      }),
      ({ memberId, admin }) => ({ bearer: admin, body: { type: "PURCHASE", subject: memberId } }),
    ],
    refused: {
      event_type_intrinsic: ({ user }) => ({ bearer: user, body: { type: "REGISTERED_ACCOUNT" } }),
      event_type_not_found: ({ user }) => ({ bearer: user, body: { type: "NOTHING" } }),
      event_type_private: ({ user }) => ({ bearer: user, body: { type: "PURCHASE" } }),
      forbidden: [
        ({ user }) => ({ bearer: user, body: { type: "VISITED_SHOP", subject: "user-2" } }),
        async ({ tenant, memberId }) => ({
          bearer: await adminToken(tenant, "VIEWER"),
          body: { type: "PURCHASE", subject: memberId },
        }),
      ],
      member_not_found: () => ({ bearer: purchaseSecret, body: { type: "PURCHASE", subject: "nobody" } }),
      external_id_taken: async ({ tenant, user }) => {
        const body = { type: "VISITED_SHOP", externalId: "visit-2" };
        await callApi(tenant, "POST /v1/events", { bearer: user, body });
        await join(tenant, "user-3");
        return { bearer: await signFor(tenant, { sub: "user-3" }), body };
      },
    },
  },
  reportEvents: {
    good: () => ({
      bearer: purchaseSecret,
      body: { events: [{ type: "PURCHASE", subject: "user-1" }, { type: "PURCHASE" }, 5] },
    }),
    also: [
      ({ admin }) => ({ bearer: admin, body: { events: [{ type: "VISITED_SHOP", subject: "user-1" }] } }),
    ],
  },
  listMyEvents: { good: asUser, also: [({ user }) => ({ bearer: user, query: "?limit=1" })] },
  getMyEvent: {
    good: async (world) => ({ bearer: world.user, id: await report(world) }),
    refused: { not_found: asUser },
  },
  purchaseReward: {
    good: async ({ tenant, user }) => ({
      bearer: user,
      body: { rewardId: await rewardIdOf(tenant, "coffee"), ...commented },
    }),
    refused: {
      reward_not_found: ({ user }) => ({ bearer: user, body: { rewardId: "no id" } }),
      reward_out_of_stock: async ({ tenant, user }) => ({
        bearer: user,
        body: { rewardId: await rewardIdOf(tenant, "gone") },
      }),
      reward_not_available: async ({ tenant, user }) => ({
        bearer: user,
        body: { rewardId: await rewardIdOf(tenant, "golden") },
      }),
      points_insufficient: async ({ tenant, user }) => ({
        bearer: user,
        body: { rewardId: await rewardIdOf(tenant, "dear") },
      }),
      reward_limit_reached: async (world) => {
        await buy(world, "once");
        return { bearer: world.user, body: { rewardId: await rewardIdOf(world.tenant, "once") } };
      },
    },
  },
  redeemBenefit: {
    good: async (world) => ({ bearer: world.user, body: { benefitId: await buy(world, "coffee") } }),
    refused: {
      benefit_not_found: ({ user }) => ({ bearer: user, body: { benefitId: strangerId } }),
      benefit_already_redeemed: async (world) => {
        const benefitId = await buy(world, "coffee");
        await redeem(world, benefitId);
        return { bearer: world.user, body: { benefitId } };
      },
      benefit_expired: async (world) => {
        const benefitId = await buy(world, "short");
        daysLater(2);
        return { bearer: await signFor(world.tenant), body: { benefitId } };
      },
    },
  },
  listMyBenefits: {
    good: asUser,
    also: [
      ({ user }) => ({ bearer: user, query: "?redeemable=true&limit=1" }),
      async (world) => {
        await burn(world, await redeem(world, await buy(world, "coffee")));
        return { bearer: world.user, query: "?redeemable=false" };
      },
    ],
  },
  getMyBenefit: {
    good: async (world) => {
      const id = await buy(world, "short");
      await redeem(world, id);
      return { bearer: world.user, id };
    },
    refused: { benefit_not_found: asUser },
  },
  validateVoucher: {
    good: async (world) => {
      const code = await redeem(world, await buy(world, "coffee"));
      return { key: world.tenant.tillKey, body: { code, allowFutureValidation: true } };
    },
    also: [
      async (world) => ({
        bearer: world.admin,
        body: { code: await redeem(world, await buy(world, "coffee")) },
      }),
    ],
    refused: {
      benefit_not_found: ({ tenant }) => ({ key: tenant.tillKey, body: { code: "NONE" } }),
      voucher_already_used: async (world) => {
        const code = await redeem(world, await buy(world, "coffee"));
        await burn(world, code);
        return { key: world.tenant.tillKey, body: { code } };
      },
      benefit_expired: async (world) => {
        const code = await redeem(world, await buy(world, "short"));
        return later({ key: world.tenant.tillKey, body: { code } });
      },
      member_restricted: async (world) => {
        const { tenant } = world;
        const memberId = await join(tenant, "user-4");
        await adjust(tenant, memberId as never, 5_000);
        const other = { ...world, user: await signFor(tenant, { sub: "user-4" }) };
        const code = await redeem(other, await buy(other, "coffee"));
        const body = { isRestricted: true };
        await callApi(tenant, `PATCH /v1/users/${memberId}`, { bearer: world.admin, body });
        return { key: tenant.tillKey, body: { code } };
      },
    },
  },
  listUsers: {
    good: asAdmin,
    also: [({ admin }) => ({ bearer: admin, query: "?authIdentifier=user-1&limit=1" })],
  },
  createUser: {
    good: ({ admin }) => ({ bearer: admin, body: { authIdentifier: randomUUID(), profile } }),
    refused: {
      auth_identifier_taken: ({ admin }) => ({ bearer: admin, body: { authIdentifier: "user-1", profile } }),
    },
  },
  getUser: { good: onMember, refused: { member_not_found: asAdmin } },
  changeUser: {
    good: ({ memberId, admin }) => ({
      ...{ bearer: admin, id: memberId },
      body: { flags: { isStaff: true }, externalIdentifier: "card-1", profile: { region: "Leeds" } },
    }),
    refused: {
      member_not_found: ({ admin }) => ({ bearer: admin, body: {} }),
      auth_identifier_taken: ({ memberId, admin }) => ({
        ...{ bearer: admin, id: memberId },
        body: { authIdentifier: "user-2" },
      }),
    },
  },
  deleteUser: {
    good: async ({ tenant, admin }) => ({ bearer: admin, id: await join(tenant, randomUUID()) }),
    refused: { member_not_found: asAdmin },
  },
  getUserWallet: { good: onMember, refused: { member_not_found: asAdmin } },
  adjustPoints: {
    good: ({ memberId, admin }) => ({
      bearer: admin,
      body: { actorId: memberId, points: 50, impactType: "EARN", ...commented },
    }),
    refused: {
      member_not_found: ({ admin }) => ({
        bearer: admin,
        body: { actorId: strangerId, points: 50, impactType: "EARN", ...commented },
      }),
      points_insufficient: ({ memberId, admin }) => ({
        bearer: admin,
        body: { actorId: memberId, points: -1_000_000, impactType: "SPEND", ...commented },
      }),
    },
  },
  reverseEvent: {
    good: async (world) => ({ bearer: world.admin, body: { eventId: await report(world), ...commented } }),
    refused: {
      not_found: ({ admin }) => ({ bearer: admin, body: { eventId: strangerId, ...commented } }),
      already_reversed: async (world) => {
        const call = { bearer: world.admin, body: { eventId: await report(world), ...commented } };
        await callApi(world.tenant, "POST /v1/commands/reverse_event", call);
        return call;
      },
    },
  },
  cancelBenefit: {
    good: async (world) => ({
      bearer: world.admin,
      body: { benefitId: await buy(world, "coffee"), ...commented },
    }),
    refused: {
      benefit_not_found: ({ admin }) => ({ bearer: admin, body: { benefitId: strangerId, ...commented } }),
      already_reversed: async (world) => {
        const body = { benefitId: await buy(world, "coffee"), ...commented };
        await callApi(world.tenant, "POST /v1/commands/cancel_benefit", { bearer: world.admin, body });
        return { bearer: world.admin, body };
      },
      voucher_already_used: async (world) => {
        const benefitId = await buy(world, "coffee");
        await burn(world, await redeem(world, benefitId));
        return { bearer: world.admin, body: { benefitId, ...commented } };
      },
    },
  },
};

/** Refusals that many operations have: what has to be wrong with a call that would succeed. */
const spoilt: Record<string, (world: World, good: Sent, endpoint: string) => Sent | Promise<Sent>> = {
  api_key_invalid: (_world, good) => ({ ...good, key: "no-such-key" }),
  token_missing: ({ tenant }, { bearer: _bearer, ...good }, endpoint) => {
    const { security } = described.get(endpoint) as DescribedOperation;
    const isOptional = security.length > 1 && security[1]?.userToken !== undefined;
    // Where none is needed, one of another scheme is not taken for none.
    const headers = isOptional ? { authorization: "Basic dXNlcjpwYXNz" } : {};
    return { ...good, key: tenant.apiKey, headers };
  },
  token_invalid: (_world, good) => ({ ...good, bearer: "no.such.token" }),
  identity_provider_unavailable: ({ away }, good) => ({ ...good, ...away }),
  member_unknown: async ({ tenant }, good) => ({ ...good, bearer: await signFor(tenant, { sub: "nobody" }) }),
  member_restricted: async ({ tenant }, good) => ({
    ...good,
    bearer: await signFor(tenant, { sub: "user-2" }),
  }),
  admin_required: ({ tenant, user }, good) => ({ ...good, key: tenant.apiKey, bearer: user }),
  // Who only looks on, at a change; who only takes vouchers, at what is looked at.
  forbidden: async ({ tenant }, good, endpoint) => ({
    ...good,
    bearer: await adminToken(tenant, endpoint.startsWith("GET ") ? "TILL" : "VIEWER"),
  }),
  invalid_json: (_world, good) => ({ ...good, body: "{" }),
  invalid_input: (_world, good) =>
    good.body === undefined
      ? { ...good, query: "?limit=0" }
      : { ...good, body: { ...(good.body as object), noSuchField: 1 } },
  body_too_large: (_world, good, endpoint) => {
    const bytes = endpoint.endsWith("/batch") ? 1024 * 1024 : 64 * 1024;
    return { ...good, body: JSON.stringify({ ...(good.body as object), long: "x".repeat(bytes) }) };
  },
  unsupported_media_type: (_world, good) => ({ ...good, headers: { "content-type": "text/plain" } }),
  internal_error: (_world, good) => {
    seam.failure = new Error("A bug.");
    return good;
  },
  database_unavailable: (_world, good) => {
    seam.failure = Object.assign(new Error("It is away."), { code: "ECONNREFUSED" });
    return good;
  },
  idempotency_key_reused: async (world, good, endpoint) => {
    const headers = { "idempotency-key": randomUUID() };
    const another = await calls[described.get(endpoint)?.operationId ?? ""]?.good(world);
    const body = { ...(another?.body as object) };
    if ("comment" in body) body.comment = "Another.";
    if ("externalId" in body) body.externalId = "another";
    expect((await send(world, endpoint, { ...good, headers })).status).toBe(200);
    return { ...good, headers, body };
  },
  rate_limited: async ({ tenant }, good, endpoint) => {
    const key = randomUUID() + randomUUID();
    const { code, name, host, authMode } = tenant;
    const apiKeys = [{ name: `scarce ${randomUUID()}`, key, scopes: ["till"], ratePerSecond: 1, burst: 1 }];
    await applyProgramme(JSON.stringify({ tenants: [{ code, name, hostnames: [host], authMode, apiKeys }] }));
    await callApi(tenant, endpoint.replace("{id}", strangerId), { key, bearer: "no.such.token" });
    return { ...good, key };
  },
};

/** What a call can be refused with because of whom it asks for, and of what it takes: by what the contract says. */
function usualCodesOf({ security, parameters = [], requestBody }: DescribedOperation): string[] {
  const schemes = security.map((each) => Object.keys(each));
  const takesBearer = schemes.some((each) => each.length > 1);
  const takesAdmins = schemes.some((each) => each.includes("adminToken"));
  const hasParameter = (place: string) => parameters.some((each) => each.in === place);
  return [
    ...["api_key_invalid", "rate_limited", "internal_error", "database_unavailable"],
    ...(takesBearer ? ["token_missing", "token_invalid", "identity_provider_unavailable"] : []),
    ...(schemes.some((each) => each.includes("userToken")) ? ["member_unknown", "member_restricted"] : []),
    ...(takesAdmins ? ["forbidden"] : []),
    ...(takesAdmins && !schemes.flat().includes("userToken") ? ["admin_required"] : []),
    ...(requestBody ? ["invalid_json", "body_too_large", "unsupported_media_type"] : []),
    ...(requestBody || hasParameter("query") ? ["invalid_input"] : []),
    ...(hasParameter("header") ? ["idempotency_key_reused"] : []),
  ];
}

// Only two calls at once on a server's two connections, for ten seconds: tests/integration/idempotency.test.ts.
const elsewhere = ["idempotency_key_in_flight"];

/** Whether only the border can refuse it: a credential that is there twice (tests/http/user-api-wire.test.ts). */
function isOfTheBorder(code: string, { requestBody, parameters = [] }: DescribedOperation): boolean {
  return code === "invalid_input" && !requestBody && !parameters.some((each) => each.in === "query");
}

test.each(userApiOperations.map(({ id }) => id))(
  "%s answers as the document says, when it succeeds and for each refusal that it lists",
  async (id) => {
    const world = await createWorld();
    const endpoint = endpointById.get(id) ?? "";
    const { good, also = [], refused = {} } = calls[id] as NonNullable<(typeof calls)[string]>;

    for (const make of [good, ...also]) {
      const answer = await send(world, endpoint, await make(world));
      expect([answer.text, answer.status, faultsOf(endpoint, answer)]).toEqual([answer.text, 200, []]);
      if (answer.json.page) expect(answer.json.data).not.toEqual([]); // an empty list has no shape
    }
    const operation = described.get(endpoint) as DescribedOperation;
    const codes = [...codesOf(operation), ...usualCodesOf(operation), ...Object.keys(refused)];
    for (const code of new Set(codes.filter((each) => !elsewhere.includes(each)))) {
      if (isOfTheBorder(code, operation)) continue;
      const usual = async () => spoilt[code]?.(world, await good(world), endpoint);
      for (const make of [refused[code] ?? usual].flat()) {
        const call = await make(world);
        expect([code, call]).toEqual([code, expect.anything()]);
        const answer = await send(world, endpoint, call as Sent);
        seam.failure = null;
        daysLater(0);
        expect([code, answer.json.code, faultsOf(endpoint, answer)]).toEqual([code, code, []]);
      }
    }
  },
);

test("a wallet with everything in it, and one with nothing, are of the shape that the document says", async () => {
  const { tenant, user, admin, memberId } = await createWorld();
  const body = { type: "PURCHASE", subject: memberId };
  await callApi(tenant, "POST /v1/events", { bearer: admin, body });
  const emptyId = await join(tenant, "user-9");

  const full = await callApi(tenant, "GET /v1/users/me/wallet", { bearer: user });
  const empty = await callApi(tenant, `GET /v1/users/${emptyId}/wallet`, { bearer: admin });
  const predicted = await callApi(tenant, "GET /v1/users/me/wallet/predictions", { bearer: user });

  for (const field of ["tier", "nextTier", "nextExpiry"]) expect(full.json.data[field]).not.toBeNull();
  expect(full.json.data).toMatchObject({ pendingPoints: 5 });
  expect(full.json.data.vouchers.length).toBeGreaterThan(0);
  expect(empty.json.data).toMatchObject({ points: 0, tier: null, nextExpiry: null, vouchers: [] });
  expect(predicted.json.data.pointsExpiryPrediction.summary).not.toEqual([]);
  expect(faultsOf("GET /v1/users/me/wallet", full)).toEqual([]);
  expect(faultsOf("GET /v1/users/{id}/wallet", empty)).toEqual([]);
  expect(faultsOf("GET /v1/users/me/wallet/predictions", predicted)).toEqual([]);
});

test("what the host's server calls answers as the document says", async () => {
  const hostOrigin = "http://shop.localhost";
  const tenant = await createTenant({ hostOrigins: [hostOrigin] });
  const other = await createTenant({ authMode: "interactive" });
  const nowhere = { ...tenant, host: "nowhere.localhost" };
  const session = async () => (await postAuth(tenant)).json.data.session as string;
  const cookie = async () => cookieOf(await postAuth(tenant));
  const bearer = async () => ({ authorization: `Bearer ${await session()}`, origin: hostOrigin });
  const selector = { authIdentifier: "user-1" };
  const restricted = await postAuth(tenant, { body: { selector: { authIdentifier: "user-2" }, profile } });
  const { restrictMember } = await import("#lib/domain/members/restrict-member.ts");
  await restrictMember(tenant.id, restricted.json.data.user.id, true);
  const warned = { selector, profile: { ...profile, birthdate: "tomorrow" } };

  const answers: [string, number | string, SomeAnswer][] = [
    ["POST /api/auth", 200, await postAuth(tenant)],
    ["POST /api/auth", 200, await postAuth(tenant, { body: warned })],
    ["POST /api/auth", "invalid_input", await postAuth(tenant, { body: { selector } })],
    ["POST /api/auth", "invalid_json", await postAuth(tenant, { body: "[" })],
    ["POST /api/auth", "body_too_large", await postAuth(tenant, { body: "x".repeat(65_537) })],
    [
      "POST /api/auth",
      "unsupported_media_type",
      await postAuth(tenant, { headers: { "content-type": "text/plain" } }),
    ],
    ["POST /api/auth", "client_invalid", await postAuth(tenant, { headers: { "x-client-id": "wrong" } })],
    ["POST /api/auth", "server_side_only", await postAuth(tenant, { headers: { origin: hostOrigin } })],
    ["POST /api/auth", "embedded_auth_disabled", await postAuth(other)],
    ["POST /api/auth", "not_found", await postAuth(nowhere)],
    [
      "POST /api/auth",
      "member_restricted",
      await postAuth(tenant, { body: { selector: { authIdentifier: "user-2" }, profile } }),
    ],
    ["DELETE /api/auth", 200, await deleteAuth(tenant, { selector })],
    ["DELETE /api/auth", 200, await deleteAuth(tenant, { session: await session() })],
    ["DELETE /api/auth", "invalid_input", await deleteAuth(tenant, {})],
    ["DELETE /api/auth", "client_invalid", await deleteAuth(tenant, {}, { "x-client-id": "wrong" })],
    ["DELETE /api/auth", "server_side_only", await deleteAuth(tenant, {}, { origin: hostOrigin })],
    ["GET /api/auth", 303, await openLink(tenant, `session=${await session()}`)],
    ["GET /api/auth", 200, await openLink(tenant, "", await bearer())],
    ["GET /api/auth", "session_invalid", await openLink(tenant, "session=x")],
    ["GET /api/auth", "invalid_input", await openLink(tenant, "session=x", await bearer())],
    [
      "GET /api/auth",
      "origin_not_allowed",
      await openLink(tenant, "", { ...(await bearer()), origin: "http://evil.example" }),
    ],
    [
      "GET /api/auth",
      "cross_site_request",
      await openLink(tenant, `session=${await session()}`, { "sec-fetch-mode": "no-cors" }),
    ],
    ["GET /api/auth", "embedded_auth_disabled", await openLink(other, "session=x")],
    ["GET /api/session", 200, await callSession(tenant, "GET", await cookie())],
    ["GET /api/session", 200, await callSession(tenant, "GET", "")],
    ["GET /api/session", "not_found", await callSession(nowhere, "GET", "")],
    ["POST /api/session", 200, await callSession(tenant, "POST", await cookie())],
    ["POST /api/session", "session_invalid", await callSession(tenant, "POST", "")],
    [
      "POST /api/session",
      "cross_site_request",
      await callSession(tenant, "POST", await cookie(), { origin: hostOrigin }),
    ],
  ];

  const faults = answers.flatMap(([endpoint, outcome, answer]) => {
    const { code } = answer.json as { code?: string };
    const found = typeof outcome === "number" ? answer.status : code;
    const isAsMeant = found === outcome;
    return isAsMeant ? faultsOf(endpoint, answer) : [`${endpoint}: ${found} instead of ${outcome}.`];
  });
  expect(faults).toEqual([]);
});

test("an answer that is not as the document says is caught, whatever is wrong with it", async () => {
  const world = await createWorld();
  const endpoint = "GET /v1/users/me";
  const answer = await send(world, endpoint, { bearer: world.user });
  const { data } = answer.json;
  const refusal = await send(world, endpoint, {});
  const with_ = (json: unknown, more: object = {}) => faultsOf(endpoint, { ...answer, json, ...more });
  const { accountNumber: _left, ...withoutOne } = data;

  expect(with_(answer.json)).toEqual([]);
  expect(faultsOf(endpoint, refusal)).toEqual([]);
  const wrong: Record<string, string[]> = {
    "a field more": with_({ ...answer.json, data: { ...data, passwordHash: "x" } }),
    "a field more beside data": with_({ ...answer.json, page: {} }),
    "a field less": with_({ ...answer.json, data: withoutOne }),
    "another kind": with_({ ...answer.json, data: { ...data, isRestricted: "no" } }),
    "null where none may be": with_({ ...answer.json, data: { ...data, createdAt: null } }),
    "a moment that is none": with_({ ...answer.json, data: { ...data, createdAt: "yesterday" } }),
    "an id that is none": with_({ ...answer.json, data: { ...data, id: "7" } }),
    "a word that is none of the list": with_({
      ...answer.json,
      data: { ...data, profile: { ...data.profile, gender: "X" } },
    }),
    "a status that is not described": with_(answer.json, { status: 201 }),
    "a refusal under 200": with_(refusal.json),
    "another type": with_(answer.json, { headers: new Headers({ "content-type": "text/html" }) }),
    "a code that is not listed": faultsOf(endpoint, {
      ...refusal,
      json: { ...refusal.json, code: "client_invalid" },
    }),
    "a code under another status": faultsOf(endpoint, { ...refusal, status: 403 }),
    "a refusal without data": faultsOf(endpoint, {
      ...refusal,
      json: { status: "fail", code: "token_missing", message: "x" },
    }),
  };
  for (const [what, faults] of Object.entries(wrong)) expect([what, faults.length]).not.toEqual([what, 0]);
});

// ── Requests: the document and the parser say the same of a body that is wrong in one place.

const kinds: unknown[] = [null, true, 0, 1.5, "", "text", [], ["text"], {}, { name: "text" }];

/** The body with one thing wrong with it, or another kind of value in one place; with what was done to it. */
function bodiesAround(body: Record<string, unknown>, schema: Schema, place = "body"): [string, unknown][] {
  const fields = (schema.properties ?? {}) as Record<string, Schema>;
  const around: [string, unknown][] = [[`${place} with another field`, { ...body, noSuchField: 1 }]];
  for (const [name, inner] of Object.entries(fields)) {
    const { [name]: _left, ...without } = body;
    around.push([`${place} without ${name}`, without]);
    for (const value of kinds) {
      // What a text has to say is for the parser; of which kind it has to be, for both. A number is one by its range.
      if (typeof value === "string" && inner.pattern === undefined && !isPlainText(inner)) continue;
      if (name === "events" && JSON.stringify(value) === '["text"]') continue; // each event is looked at by itself
      if (value === 0 && name === "points") continue; // an adjustment of nothing: no schema says "not this one"
      around.push([`${place}.${name} = ${JSON.stringify(value)}`, { ...body, [name]: value }]);
    }
    for (const [what, text] of textsAround(inner)) {
      around.push([`${place}.${name} ${what}`, { ...body, [name]: text }]);
    }
    if (inner.properties) {
      const value = (body[name] ?? {}) as Record<string, unknown>;
      for (const [what, changed] of bodiesAround(value, inner, `${place}.${name}`)) {
        around.push([what, { ...body, [name]: changed }]);
      }
    }
  }
  return around;
}

function isPlainText({ type, format, minLength, maxLength }: Schema): boolean {
  return type === "string" && format === undefined && (minLength !== undefined || maxLength !== undefined);
}

/** As long as a text may be, and one longer; of characters that count as two in a JavaScript string. */
function textsAround(schema: Schema): [string, string][] {
  const { maxLength, pattern } = schema;
  if (!isPlainText(schema) || typeof maxLength !== "number" || pattern !== undefined) return [];
  return [
    ["as long as may be", "😀".repeat(maxLength)],
    ["too long", "😀".repeat(maxLength + 1)],
  ];
}

test.each(
  [...userApiOperations, ...openLoyaltyOperations]
    .filter(({ body, tag }) => body !== undefined && tag !== "Tokens") // these pass over what they do not know
    .map((operation) => [operation.id, operation] as const),
)(
  "the document and the parser of %s say the same of a body that is wrong in one place",
  (id, { body: parser, example }) => {
    const media = described.get(endpointById.get(id) ?? "")?.requestBody?.content[
      "application/json"
    ] as Media;
    const shown = example.body as Record<string, unknown>;
    const bodies: [string, unknown][] = [
      ["the example", shown],
      ...bodiesAround(shown, resolved(media.schema)),
    ];
    const verdicts = bodies.map(([what, body]) => ({
      what,
      document: faultsBy(media.schema, body).length === 0,
      parser: parser?.safeParse(body).success,
    }));

    expect(verdicts[0]).toEqual({ what: "the example", document: true, parser: true });
    expect(verdicts.filter((each) => each.document !== each.parser)).toEqual([]);
    const loose = verdicts.find(({ what }) => what === "body with another field");
    expect(loose).toMatchObject({ document: false, parser: false });
    expect(verdicts.filter((each) => !each.document).length).toBeGreaterThan(5);
  },
);

function resolved(schema: Schema): Schema {
  const [, name = ""] = /(\w+)$/.exec(String(schema.$ref ?? "")) ?? [];
  return document.components.schemas[name] ?? schema;
}

test.each([
  ["limit", ["1", "20", "100"], ["0", "101", "-1", "1.5", "x", "", "1e1"]],
  ["cursor", ["MDE5OQ"], ["", "a b", "a=", "x".repeat(201)]],
  ["redeemable", ["true", "false"], ["yes", "", "1", "TRUE"]],
])("the document and the parser say the same of the query's %s", (name, good, bad) => {
  const { parameters = [] } = described.get("GET /v1/benefits") as DescribedOperation;
  const schema = parameters.find((each) => each.in === "query" && each.name === name)?.schema as Schema;
  const query = userApiOperations.find(({ id }) => id === "listMyBenefits")?.query;
  const byDocument = (text: string) => {
    const value = schema.type === "integer" && /^-?[\d.]+$/.test(text) ? Number(text) : text;
    return faultsBy(schema, value).length === 0;
  };
  const byParser = (text: string) => {
    try {
      parseQuery(query as never, `http://any/?${new URLSearchParams({ [name]: text })}`);
      return true;
    } catch {
      return false;
    }
  };

  for (const text of good) expect([text, byDocument(text), byParser(text)]).toEqual([text, true, true]);
  for (const text of bad) expect([text, byDocument(text), byParser(text)]).toEqual([text, false, false]);
});
