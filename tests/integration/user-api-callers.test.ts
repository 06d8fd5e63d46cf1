import { randomBytes, randomUUID } from "node:crypto";
import { afterEach, beforeAll, expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { forgetTenants } from "#lib/domain/tenants/tenant-memory.ts";
import type { AdminRole } from "#lib/domain/token-pairs/token-actor.ts";
import type { Level } from "#lib/http/openapi/operation.ts";
import { answerPreflight } from "#lib/http/user-api/cors.ts";
import { userApiOperations } from "#lib/http/user-api/operations.ts";
import { adminRoles, adminToken } from "#tests/support/admins.ts";
import { cookieOf, postAuth } from "#tests/support/calls.ts";
import {
  type ApiAnswer,
  type ApiTenant,
  callApi,
  createApiTenant,
  purchaseSecret,
  signFor,
} from "#tests/support/user-api.ts";

// Goal: who may call what, in which order it is asked, how often, and from which sites; every refusal of contract 5.1 to
// the letter. Method: every operation there is, called by every kind of caller with a body that nobody would take, so that
// who is let in is told `invalid_json` at the most. The table below says what each level answers to whom.

type Sender = "nobody" | "stranger" | "user" | "server" | "admin" | "adminElsewhere";

const passes = "passes";
const answers: Record<Level, Partial<Record<Sender, string>>> = {
  anonymous: { nobody: passes, user: passes },
  optionalUser: { ...onlyUsers(), nobody: passes },
  user: onlyUsers(),
  admin: { ...onlyAdmins(), server: "token_invalid" },
  reporter: { ...onlyAdmins(), user: passes, server: passes },
  batchReporter: { ...onlyAdmins(), server: passes },
  till: { ...onlyAdmins(), server: "token_invalid" },
};
const all = userApiOperations.map(({ method, path, level }) => ({
  endpoint: `${method} ${path.replace("{id}", "0199a000-0000-7000-8000-000000000001")}`,
  isWrite: method === "POST" || method === "PATCH",
  level: level as Level,
}));

let tenant: ApiTenant;
let bearers: Record<Sender, string | undefined>;

beforeAll(async () => {
  tenant = await createUnlimited();
  await postAuth(tenant);
  const other = await createUnlimited();
  bearers = {
    nobody: undefined,
    stranger: await signFor(other),
    user: await signFor(tenant),
    server: purchaseSecret,
    admin: await adminToken(tenant),
    adminElsewhere: await adminToken(other),
  };
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("the operations of this file are those of the user API, at every level", () => {
  expect(all.length).toBeGreaterThan(20);
  expect(new Set(all.map(({ level }) => level))).toEqual(new Set(Object.keys(answers)));
});

test.each(all)(
  "$endpoint lets in whom its level ($level) names, before it reads the body",
  async (operation) => {
    const told = Object.entries(answers[operation.level]).map(async ([sender]) => [
      sender,
      outcomeOf(await callAs(sender as Sender, operation)),
    ]);

    expect(Object.fromEntries(await Promise.all(told))).toEqual(answers[operation.level]);
  },
);

test.each(all)("$endpoint asks for the key before anything else", async (operation) => {
  for (const sender of Object.keys(bearers) as Sender[]) {
    expect(outcomeOf(await callAs(sender, operation, null))).toBe("api_key_invalid");
  }
});

test("a key that is missing, unknown, spoilt or revoked is told one and the same, with or without a bearer", async () => {
  const revoked = await createApiTenant();
  await db().apiKey.updateMany({ where: { tenantId: revoked.id }, data: { revokedAt: new Date() } });
  forgetTenants();
  const { apiKey } = tenant;
  const keys = [
    ...[null, "", "unknown", apiKey.slice(0, -1), `${apiKey}x`, apiKey.toUpperCase(), `${apiKey},${apiKey}`],
    ...[`Bearer ${apiKey}`, tenant.clientId, tenant.sharedKey, tenant.code, tenant.id, purchaseSecret],
    ...["' OR 1=1--", "k".repeat(10_000), "ÿ", revoked.apiKey, revoked.tillKey],
  ];

  const told = [];
  for (const key of keys) {
    for (const bearer of [undefined, bearers.user, bearers.admin]) {
      told.push(await callApi(tenant, "GET /v1/users/me", { key, ...(bearer ? { bearer } : {}) }));
    }
  }

  expect(told).toHaveLength(keys.length * 3);
  const body = refusal("api_key_invalid");
  expect(new Set(told.map(seen))).toEqual(new Set([JSON.stringify([401, null, null, body])]));
  expect(await callAs("user", { endpoint: "GET /v1/users/me" })).toMatchObject({ status: 200 });
});

test("one key of two can be revoked, which counts within five seconds", async () => {
  const { apiKey, tillKey, ...rest } = await createApiTenant();
  const statusOf = async (key: string) =>
    (await callApi({ ...rest, apiKey, tillKey }, "GET /v1/tiers", { key })).status;
  expect([await statusOf(apiKey), await statusOf(tillKey)]).toEqual([200, 200]);

  await db().apiKey.updateMany({
    where: { tenantId: rest.id, name: "till" },
    data: { revokedAt: new Date() },
  });
  waitOnTheStopwatch(5_000);

  expect([await statusOf(apiKey), await statusOf(tillKey)]).toEqual([200, 401]);
});

test("a key names its programme: a token of another one is none there", async () => {
  const [one, two] = [await createApiTenant(), await createApiTenant()];
  for (const each of [one, two]) await postAuth(each);

  for (const [own, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const bearer = await signFor(own);
    const here = await callApi(own, "GET /v1/users/me", { bearer });
    const there = await callApi(own, "GET /v1/users/me", { key: other.apiKey, bearer });
    expect([here.status, outcomeOf(there)]).toEqual([200, "token_invalid"]);
  }
});

test("the use of a key is noted", async () => {
  const fresh = await createApiTenant();
  const find = () => db().apiKey.findFirstOrThrow({ where: { tenantId: fresh.id, name: "shop" } });
  expect((await find()).lastUsedAt).toBeNull();

  await callApi(fresh, "GET /v1/tiers");

  await vi.waitFor(async () => expect((await find()).lastUsedAt).toBeInstanceOf(Date));
});

test("no bearer on a user's path is told so, whole", async () => {
  const told = await callAs("nobody", { endpoint: "GET /v1/users/me" });

  const body = refusal("token_missing");
  expect(seen(told)).toBe(JSON.stringify([401, "Bearer", null, body]));
  expect(told.headers.get("cache-control")).toBe("private, no-store");
  expect(told.headers.get("content-type")).toBe("application/json; charset=utf-8");
});

test("a bad bearer is told one thing, whatever is wrong with it and wherever it is sent", async () => {
  const bad = [
    ...["x", "%%", "a.b.c", tenant.apiKey, tenant.clientId, tenant.sharedKey, `admin-of-${randomUUID()}`],
    ...[
      await signFor(tenant, { exp: 1, iat: 0 }),
      await signFor(tenant, { sub: "" }),
      bearers.stranger ?? "",
    ],
    await signFor(tenant, {}, { typ: "logout+jwt" }),
  ];
  const told = [];
  for (const bearer of bad) {
    for (const { endpoint, level } of all) {
      if (level !== "anonymous") told.push(await callApi(tenant, endpoint, { bearer }));
    }
  }

  const body = refusal("token_invalid");
  const challenge = 'Bearer error="invalid_token"';
  expect(new Set(told.map(seen))).toEqual(new Set([JSON.stringify([401, challenge, null, body])]));
});

test("a user on an admin's path is told so, whole", async () => {
  const told = [];
  for (const { endpoint, level } of all) {
    if (level === "admin" || level === "batchReporter" || level === "till") {
      told.push(await callApi(tenant, endpoint, { bearer: bearers.user ?? "" }));
    }
  }

  const body = refusal("admin_required");
  expect(new Set(told.map(seen))).toEqual(new Set([JSON.stringify([403, null, null, body])]));
});

test.each(["Bearer", "bearer", "BEARER", "bEaReR"])("the scheme may be written %s", async (scheme) => {
  const headers = { authorization: `${scheme} ${bearers.user}` };

  expect(await callApi(tenant, "GET /v1/users/me", { headers })).toMatchObject({ status: 200 });
});

test.each<[string, (token: string) => string]>([
  ["no scheme", (token) => token],
  ["no token", () => "Bearer"],
  ["a space for a token", () => "Bearer "],
  ["another scheme", (token) => `Basic ${token}`],
  ["another scheme that begins with it", (token) => `Bearerx ${token}`],
  ["a scheme that ends with it", (token) => `XBearer ${token}`],
  ["a colon", (token) => `Bearer:${token}`],
  ["no space", (token) => `Bearer${token}`],
  ["a tab", (token) => `Bearer\t${token}`],
  ["something before it", (token) => `Basic x, Bearer ${token}`],
  ["something after it", (token) => `Bearer ${token} x`],
  ["two tokens", (token) => `Bearer ${token}, Bearer ${token}`],
  ["quotes", (token) => `Bearer "${token}"`],
  ["nothing", () => ""],
])("an Authorization with %s lets nobody in", async (_what, written) => {
  const authorization = written(bearers.user ?? "");

  for (const { endpoint, level } of all) {
    if (level === "anonymous") continue;
    const told = await callApi(tenant, endpoint, { headers: { authorization } });
    expect(told.status).toBe(401);
    expect(told.headers.get("www-authenticate")).toMatch(/^Bearer/);
  }
});

test("a token anywhere but in Authorization is not there", async () => {
  const token = bearers.user ?? "";
  const session = cookieOf(await postAuth(tenant));
  const query = `?access_token=${token}&token=${token}&bearer=${token}&session=${session.slice("session=".length)}`;
  const elsewhere = {
    "x-auth-token": token,
    "x-access-token": token,
    cookie: `${session}; access_token=${token}`,
  };
  const form = { "content-type": "application/x-www-form-urlencoded" };

  const told = [
    await callApi(tenant, `GET /v1/users/me${query}`),
    await callApi(tenant, "GET /v1/users/me", { headers: elsewhere }),
    await callApi(tenant, `POST /v1/events${query}`, { headers: form, body: `access_token=${token}` }),
    await callApi(tenant, "POST /v1/events", { body: { access_token: token, type: "VISITED_SHOP" } }),
  ];

  expect(told.map(outcomeOf)).toEqual(Array(4).fill("token_missing"));
  const shelf = await callApi(tenant, `GET /v1/rewards?access_token=${token}`);
  expect(shelf).toMatchObject({ status: 200 });
});

test("a key anywhere but in X-Api-Key is not there", async () => {
  const key = tenant.apiKey;
  const headers = {
    "api-key": key,
    "x-client-id": key,
    cookie: `x-api-key=${key}`,
    authorization: `Bearer ${key}`,
  };

  const told = await callApi(tenant, `GET /v1/tiers?x-api-key=${key}&apiKey=${key}`, { key: null, headers });

  expect(outcomeOf(told)).toBe("api_key_invalid");
});

test("an event type's secret is good for its own programme, and for its own type", async () => {
  const secret = randomBytes(24).toString("base64url");
  const other = await createApiTenant({
    eventTypes: [{ name: "RETURNED", private: true, secret }],
    rules: [],
  });
  await postAuth(other);
  const report = (type: string, bearer: string) =>
    callApi(other, "POST /v1/events", { bearer, body: { type, subject: "user-1" } });

  expect(outcomeOf(await report("RETURNED", secret))).toBe(passes);
  expect(outcomeOf(await report("RETURNED", `${secret}x`))).toBe("token_invalid");
  expect(outcomeOf(await report("RETURNED", purchaseSecret))).toBe("token_invalid");
  expect(outcomeOf(await callApi(other, "GET /v1/users/me", { bearer: secret }))).toBe("token_invalid");
  const here = { bearer: secret, body: { type: "PURCHASE", subject: "user-1" } };
  expect(outcomeOf(await callApi(tenant, "POST /v1/events", here))).toBe("token_invalid");
});

test.each<[AdminRole, (operation: { level: Level; endpoint: string }) => boolean]>([
  ["OWNER", () => true],
  ["EDITOR", () => true],
  ["VIEWER", ({ endpoint }) => endpoint.startsWith("GET ")],
  ["TILL", ({ level }) => level === "till"],
])("an admin who is %s may do what the role is for, and nothing else", async (role, mayCall) => {
  const bearer = await adminToken(tenant, role);
  const forAdmins = all.filter(({ level }) => answers[level].admin === passes);

  const told = [];
  for (const { endpoint, isWrite } of forAdmins) {
    const answer = await callApi(tenant, endpoint, { bearer, ...(isWrite ? { body: "{" } : {}) });
    told.push([endpoint, outcomeOf(answer)]);
  }

  expect(told.length).toBeGreaterThan(10);
  expect(told).toEqual(forAdmins.map((each) => [each.endpoint, mayCall(each) ? passes : "forbidden"]));
});

test("a till's key opens the till and nothing else, with or without a member's token", async () => {
  const told = [];
  for (const operation of all) {
    const nobody = outcomeOf(await callAs("nobody", operation, tenant.tillKey));
    const user = outcomeOf(await callAs("user", operation, tenant.tillKey));
    told.push({ endpoint: operation.endpoint, nobody, user });
  }

  const expected = all.map(({ endpoint, level }) => {
    const { nobody, user } = level === "till" ? { nobody: passes, user: passes } : answers[level];
    return { endpoint, nobody, user };
  });
  expect(told).toEqual(expected);
  const operation = { endpoint: "POST /v1/commands/validate_voucher" };
  expect(outcomeOf(await callAs("stranger", operation, tenant.tillKey))).toBe("token_invalid");
});

test("every answer tells what is left of its key's calls, refusals after the key too", async () => {
  const limited = await createLimited({ ratePerSecond: 2, burst: 5 });
  await postAuth(limited);
  stopTheStopwatch();

  const told = [
    await callApi(limited, "GET /v1/tiers"),
    await callApi(limited, "GET /v1/users/me"),
    await callApi(limited, "GET /v1/users/me", { bearer: "x" }),
    await callApi(limited, "GET /v1/users/me", { bearer: await signFor(limited) }),
    await callApi(limited, "POST /v1/events", { bearer: await signFor(limited), body: "{" }),
  ];

  expect(told.map(({ status }) => status)).toEqual([200, 401, 401, 200, 400]);
  expect(told.map(limitOf)).toEqual([
    '"api-key";q=5;w=3 "api-key";r=4;t=1',
    '"api-key";q=5;w=3 "api-key";r=3;t=1',
    '"api-key";q=5;w=3 "api-key";r=2;t=2',
    '"api-key";q=5;w=3 "api-key";r=1;t=2',
    '"api-key";q=5;w=3 "api-key";r=0;t=3',
  ]);
  expect(new Set(told.map(({ headers }) => headers.get("retry-after")))).toEqual(new Set([null]));
});

test("over its rate a key is refused before the token is looked at, and told when to come again", async () => {
  const limited = await createLimited({ ratePerSecond: 1, burst: 2 });
  await postAuth(limited);
  const bearer = await signFor(limited);
  stopTheStopwatch();
  for (const _call of [1, 2]) await callApi(limited, "GET /v1/tiers");

  for (const call of [{}, { bearer }, { bearer: "x" }, { body: "{" }]) {
    const { status, headers, json } = await callApi(limited, "POST /v1/events", call);
    const details = { name: "api-key", count: 2, windowSeconds: 2, resetSeconds: 1 };
    expect({ status, json }).toEqual({ status: 429, json: refusal("rate_limited", details) });
    expect(headers.get("retry-after")).toBe("1");
    expect(headers.get("ratelimit-policy")).toBe('"api-key";q=2;w=2');
    expect(headers.get("ratelimit")).toBe('"api-key";r=0;t=1');
    expect(headers.get("www-authenticate")).toBeNull();
  }
});

test("a bucket fills again by its rate, up to its burst, and what was refused took nothing from it", async () => {
  const limited = await createLimited({ ratePerSecond: 2, burst: 3 });
  stopTheStopwatch();
  const burstOf = async (calls: number) => {
    const told = [];
    for (let call = 0; call < calls; call++) told.push((await callApi(limited, "GET /v1/tiers")).status);
    return told;
  };

  expect(await burstOf(6)).toEqual([200, 200, 200, 429, 429, 429]);
  waitOnTheStopwatch(250);
  expect(await burstOf(1)).toEqual([429]);
  waitOnTheStopwatch(250);
  expect(await burstOf(2)).toEqual([200, 429]);
  waitOnTheStopwatch(1_000);
  expect(await burstOf(3)).toEqual([200, 200, 429]);
  waitOnTheStopwatch(3_600_000);
  expect(await burstOf(4)).toEqual([200, 200, 200, 429]);
});

test("each key has a bucket of its own, and a bad key takes from none", async () => {
  const limited = await createLimited({ ratePerSecond: 1, burst: 2 });
  const other = await createLimited({ ratePerSecond: 1, burst: 2 });
  stopTheStopwatch();
  for (const key of [null, "unknown", ""]) await callApi(limited, "GET /v1/tiers", { key });

  const told = [];
  for (const _call of [1, 2, 3]) told.push((await callApi(limited, "GET /v1/tiers")).status);

  expect(told).toEqual([200, 200, 429]);
  const fresh = '"api-key";q=2;w=2 "api-key";r=1;t=1';
  expect(limitOf(await callApi(limited, "GET /v1/tiers", { key: limited.tillKey }))).toBe(fresh);
  expect(limitOf(await callApi(other, "GET /v1/tiers"))).toBe(fresh);
  expect(limitOf(await callApi(limited, "GET /v1/tiers", { key: "unknown" }))).toBe("null null");
  expect(await callApi(limited, "GET /v1/tiers")).toMatchObject({ status: 429 });
});

test("a key has 100 calls a second and 400 at once, where a programme says nothing", async () => {
  const usual = await createApiTenant();
  stopTheStopwatch();

  const told = await callApi(usual, "GET /v1/tiers");

  expect(limitOf(told)).toBe('"api-key";q=400;w=4 "api-key";r=399;t=1');
});

test("of many calls at once a bucket lets through as many as it holds", async () => {
  const limited = await createLimited({ ratePerSecond: 1, burst: 10 });
  stopTheStopwatch();

  const told = await Promise.all(Array.from({ length: 50 }, () => callApi(limited, "GET /v1/tiers")));

  expect(told.filter(({ status }) => status === 200)).toHaveLength(10);
  expect(told.filter(({ status }) => status === 429)).toHaveLength(40);
});

test("a limit that an operator changes holds from the next call on", async () => {
  const limited = await createLimited({ ratePerSecond: 1, burst: 1 });
  stopTheStopwatch();
  await callApi(limited, "GET /v1/tiers");
  expect(await callApi(limited, "GET /v1/tiers")).toMatchObject({ status: 429 });

  const { code, host, authMode } = limited;
  const apiKeys = [{ name: "shop", ratePerSecond: 5, burst: 20 }];
  await applyProgramme(
    JSON.stringify({ tenants: [{ code, name: "Test", hostnames: [host], authMode, apiKeys }] }),
  );

  const told = await callApi(limited, "GET /v1/tiers");
  expect(limitOf(told)).toBe('"api-key";q=20;w=4 "api-key";r=19;t=1');
});

test("pages of a programme's allowed origins may read every answer to its keys; no other pages may", async () => {
  const [origin, second, foreign] = [newOrigin(), newOrigin(), newOrigin()];
  const allowing = await createLimited({ ratePerSecond: 1, burst: 40 }, { allowedOrigins: [origin, second] });
  await createApiTenant({ allowedOrigins: [foreign] });
  await postAuth(allowing);
  stopTheStopwatch();
  const bearer = await signFor(allowing);
  const { host } = new URL(origin);
  const strangers = [
    ...["null", "", "*", foreign, `${origin}/`, `${origin}:443`, `http://${host}`, `https://evil${host}`],
    ...[`${origin}.evil.test`, `https://sub.${host}`, origin.toUpperCase(), `${origin}, ${second}`],
  ];
  const answersTo = async (headers: Record<string, string>) => [
    await callApi(allowing, "GET /v1/tiers", { headers }),
    await callApi(allowing, "GET /v1/users/me", { headers }),
    await callApi(allowing, "POST /v1/events", { headers, bearer, body: {} }),
  ];

  for (const allowed of [origin, second]) {
    const told = await answersTo({ origin: allowed });
    expect(told.map(({ status }) => status)).toEqual([200, 401, 400]);
    for (const answer of told) expect(corsOf(answer.headers)).toEqual(corsFor(allowed));
  }
  for (const stranger of strangers) {
    const [good] = await answersTo({ origin: stranger }).then((told) => told.slice(0, 1));
    expect(good?.status).not.toBe(500);
    expect(corsOf(good?.headers ?? new Headers())).toEqual({ vary: "Origin" });
  }
  const over = await callApi(allowing, "GET /v1/tiers", { headers: { origin } });
  expect(over.status).toBe(429);
  expect(corsOf(over.headers)).toEqual(corsFor(origin));
});

test("calls without an origin, and those with a bad key, are given no CORS header", async () => {
  const origin = newOrigin();
  const allowing = await createApiTenant({ allowedOrigins: [origin] });

  const without = await callApi(allowing, "GET /v1/tiers");
  const bad = await callApi(allowing, "GET /v1/tiers", { key: "unknown", headers: { origin } });

  expect([without.status, bad.status]).toEqual([200, 401]);
  for (const { headers } of [without, bad]) expect(corsOf(headers)).toEqual({ vary: "Origin" });
});

test("a programme without allowed origins allows none, also where it has host origins", async () => {
  const origin = newOrigin();
  const hosted = await createApiTenant({ hostOrigins: [origin] });

  const { headers } = await callApi(hosted, "GET /v1/tiers", { headers: { origin } });

  expect(corsOf(headers)).toEqual({ vary: "Origin" });
  expect((await answerPreflight(origin, ["GET"])).status).toBe(403);
});

test("a preflight passes for an origin that any programme lists", async () => {
  const [one, two] = [newOrigin(), newOrigin()];
  for (const origin of [one, two]) await createApiTenant({ allowedOrigins: [newOrigin(), origin] });

  for (const origin of [one, two]) {
    const answer = await answerPreflight(origin, ["GET", "HEAD", "POST", "OPTIONS"]);

    expect(answer.status).toBe(204);
    expect(await answer.text()).toBe("");
    expect(Object.fromEntries(answer.headers)).toEqual({
      "access-control-allow-origin": origin,
      "access-control-allow-headers":
        "Authorization, Content-Type, Idempotency-Key, X-Api-Key, api-key, X-AUTH-TOKEN",
      "access-control-allow-methods": "GET, HEAD, POST, OPTIONS",
      "access-control-max-age": "600",
      "cache-control": "private, no-store",
      vary: "Origin",
    });
  }
});

test("a preflight of any other origin is refused, without a CORS header", async () => {
  const origin = newOrigin();
  await createApiTenant({ allowedOrigins: [origin] });
  const { host } = new URL(origin);
  const others = [
    ...[undefined, "", "null", "*", "https://", `${origin}/`, `http://${host}`, origin.toUpperCase()],
    ...[
      `https://evil${host}`,
      `${origin}.evil.test`,
      `${origin},${origin}`,
      `${origin}/${"x".repeat(10_000)}`,
    ],
    ...["' OR 1=1--", "ÿ"],
  ];

  for (const other of others) {
    const answer = await answerPreflight(other, ["GET"]);
    expect({ status: answer.status, json: await answer.json() }).toEqual({
      status: 403,
      json: refusal("origin_not_allowed"),
    });
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
  expect((await answerPreflight(origin, ["GET"])).status).toBe(204);
});

test("a preflight of an origin that was given up is refused within five seconds", async () => {
  const origin = newOrigin();
  const { id } = await createApiTenant({ allowedOrigins: [origin] });
  expect((await answerPreflight(origin, ["GET"])).status).toBe(204);

  await db().tenant.update({ where: { id }, data: { allowedOrigins: [] } });
  waitOnTheStopwatch(5_000);

  expect((await answerPreflight(origin, ["GET"])).status).toBe(403);
});

function onlyUsers(): Partial<Record<Sender, string>> {
  const [nobody, bad] = ["token_missing", "token_invalid"];
  return { nobody, stranger: bad, user: passes, server: bad, admin: bad, adminElsewhere: bad };
}

function onlyAdmins(): Partial<Record<Sender, string>> {
  const [nobody, bad, user] = ["token_missing", "token_invalid", "admin_required"];
  return { nobody, stranger: bad, user, admin: passes, adminElsewhere: bad };
}

/** A call with a body that is not JSON, where one is read at all. */
function callAs(
  sender: Sender,
  { endpoint, isWrite = false }: { endpoint: string; isWrite?: boolean },
  key: string | null = tenant.apiKey,
): Promise<ApiAnswer> {
  const bearer = bearers[sender];
  return callApi(tenant, endpoint, { key, ...(bearer ? { bearer } : {}), ...(isWrite ? { body: "{" } : {}) });
}

/** Why the caller was not let in; what comes after that is `passes`. */
function outcomeOf({ status, json }: ApiAnswer): string {
  expect(status).toBeLessThan(500);
  return status === 401 || status === 403 ? json.code : passes;
}

/** What a caller sees of a refusal; its key's limits aside. */
function seen({ status, headers, json }: ApiAnswer): string {
  const [challenge, origin] = [headers.get("www-authenticate"), headers.get("access-control-allow-origin")];
  return JSON.stringify([status, challenge, origin, json]);
}

/** The whole body; its words are for people, and the product's. */
function refusal(code: DomainErrorCode, data: object = {}): object {
  return { status: "fail", code, message: new DomainError(code).message, data };
}

function limitOf({ headers }: ApiAnswer): string {
  return `${headers.get("ratelimit-policy")} ${headers.get("ratelimit")}`;
}

function corsOf(headers: Headers): Record<string, string> {
  const isCors = ([name]: [string, string]) => name === "vary" || name.startsWith("access-control");
  return Object.fromEntries([...headers].filter(isCors));
}

function corsFor(origin: string): Record<string, string> {
  const exposed = ["RateLimit", "RateLimit-Policy", "Retry-After", "Session-Expires-At"];
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": [...exposed, "Idempotency-Replayed", "X-Request-Id"].join(", "),
    vary: "Origin",
  };
}

function newOrigin(): string {
  return `https://shop-${randomUUID()}.example`;
}

/** A programme whose keys have these limits, each. */
async function createLimited(
  limits: object,
  settings: object = {},
  roles: readonly AdminRole[] = [],
): Promise<ApiTenant> {
  const [apiKey, tillKey] = [randomUUID().repeat(2), randomUUID().repeat(2)];
  const apiKeys = [
    { name: "shop", key: apiKey, ...limits },
    { name: "till", key: tillKey, scopes: ["till"], ...limits },
  ];
  const made = await createApiTenant({ apiKeys, ...settings }, roles);
  return { ...made, apiKey, tillKey };
}

/** With an admin of each role. */
function createUnlimited(): Promise<ApiTenant> {
  return createLimited({ ratePerSecond: 1_000_000, burst: 1_000_000 }, {}, adminRoles);
}

/** Buckets and memories go by the stopwatch of the process, which no clock that is set changes. */
function stopTheStopwatch(): void {
  waitOnTheStopwatch(0);
}

function waitOnTheStopwatch(milliseconds: number): void {
  const stoppedAtMs = Math.ceil(performance.now()) + milliseconds;
  vi.spyOn(performance, "now").mockReturnValue(stoppedAtMs);
}
