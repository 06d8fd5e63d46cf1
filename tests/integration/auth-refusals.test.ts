import { expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { sweepSessions } from "#lib/domain/sessions/sweep-sessions.ts";
import { forgetTenants } from "#lib/domain/tenants/tenant-memory.ts";
import { deleteAuth, headAuth, isSignedIn, openLink, postAuth, preflightAuth } from "#tests/support/calls.ts";
import { createTenant, profile } from "#tests/support/factories.ts";

// Goal: every refusal of contract section 2 says what it should, sets no cookie and changes nothing.

const good = { selector: { authIdentifier: "user-1" }, profile };

test.each([
  ["no client id", {}],
  ["an unknown client id", { "x-client-id": "somebody-else-0000000000000000000" }],
  ["an empty client id", { "x-client-id": "" }],
])("%s is refused with one and the same body", async (_what, headers) => {
  const tenant = await createTenant();

  const answer = await postAuth({ ...tenant, clientId: "" }, { headers, body: good });

  expect(answer).toMatchObject({ status: 401, cookies: [] });
  expect(answer.json).toEqual({
    status: "fail",
    code: "client_invalid",
    message: "The X-Client-ID header is missing, or it is not a client id of this programme.",
    data: {},
  });
});

test("a revoked client id and another tenant's are refused", async () => {
  const tenant = await createTenant();
  const other = await createTenant();

  const foreign = await postAuth({ ...tenant, clientId: other.clientId });
  await db().clientSecret.updateMany({ where: { tenantId: tenant.id }, data: { revokedAt: new Date() } });
  forgetTenants();
  const revoked = await postAuth(tenant);

  expect(foreign).toMatchObject({ status: 401, json: { code: "client_invalid" } });
  expect(revoked).toMatchObject({ status: 401, json: foreign.json });
});

test("the eleventh bad client id of a minute is refused with 429, and a good one passes all the same", async () => {
  const tenant = await createTenant();
  const guess = (address: string) => postAuth({ ...tenant, clientId: "wrong" }, { address });
  const from = "198.51.100.7";

  const tries = [];
  for (let index = 0; index < 11; index++) tries.push(await guess(from));

  expect(tries.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429]);
  const { headers, json } = tries[10] as (typeof tries)[number];
  expect(json).toMatchObject({ status: "fail", code: "rate_limited" });
  expect(headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
  expect(headers.get("ratelimit-policy")).toBe('"bad-client-ids";q=10;w=60');
  expect(headers.get("ratelimit")).toMatch(/^"bad-client-ids";r=0;t=[1-9]\d?$/);
  expect(await guess("::ffff:198.51.100.7")).toMatchObject({ status: 429 });
  expect(await guess("198.51.100.8")).toMatchObject({ status: 401 });
  expect(await postAuth(tenant, { address: from })).toMatchObject({ status: 200 });
});

test.each([
  ["Origin", { origin: "http://shop.example" }],
  ["Sec-Fetch-Site", { "sec-fetch-site": "same-origin" }],
])("a call with %s comes from a browser and is refused without CORS headers", async (_what, headers) => {
  const tenant = await createTenant({ hostOrigins: ["http://shop.localhost:4000"] });

  const posted = await postAuth(tenant, { headers });
  const deleted = await deleteAuth(tenant, { selector: { authIdentifier: "user-1" } }, headers);

  for (const answer of [posted, deleted]) {
    expect(answer).toMatchObject({ status: 403, json: { code: "server_side_only" }, cookies: [] });
    expect(answer.headers.has("access-control-allow-origin")).toBe(false);
  }
});

test.each(["POST", "DELETE"])("the preflight of a %s is refused without CORS headers", async (method) => {
  const tenant = await createTenant({ hostOrigins: ["http://shop.localhost:4000"] });

  const answer = await preflightAuth(tenant, {
    origin: "http://shop.localhost:4000",
    "access-control-request-method": method,
  });

  expect(answer).toMatchObject({ status: 403, json: { code: "server_side_only" } });
  expect(answer.headers.has("access-control-allow-origin")).toBe(false);
});

test.each([
  ["nothing", {}, ["profile", "selector"]],
  [
    "an empty profile",
    { ...good, profile: {} },
    ["profile.emailAddress", "profile.familyName", "profile.givenName"],
  ],
  ["a selector without an identifier", { ...good, selector: {} }, ["selector.authIdentifier"]],
  [
    "an identifier that is a number",
    { ...good, selector: { authIdentifier: 5 } },
    ["selector.authIdentifier"],
  ],
  ["an empty identifier", { ...good, selector: { authIdentifier: "" } }, ["selector.authIdentifier"]],
  [
    "white space at its end",
    { ...good, selector: { authIdentifier: "user\u00a0" } },
    ["selector.authIdentifier"],
  ],
  ["513 characters", { ...good, selector: { authIdentifier: "x".repeat(513) } }, ["selector.authIdentifier"]],
  ["a NUL", { ...good, selector: { authIdentifier: "a\u0000b" } }, ["selector.authIdentifier"]],
  ["a DEL", { ...good, selector: { authIdentifier: "a\u007fb" } }, ["selector.authIdentifier"]],
  ["an unknown field", { ...good, extra: 1 }, ["extra"]],
  ["an unknown field inside", { ...good, selector: { authIdentifier: "u", id: "x" } }, ["selector.id"]],
  ["a name of 65", { ...good, profile: { ...profile, givenName: "😀".repeat(65) } }, ["profile.givenName"]],
  ["a name that is null", { ...good, profile: { ...profile, familyName: null } }, ["profile.familyName"]],
  ["a blank name", { ...good, profile: { ...profile, familyName: "\u2003" } }, ["profile.familyName"]],
  ["no e-mail address", { ...good, profile: { ...profile, emailAddress: "jane" } }, ["profile.emailAddress"]],
  ["a bad attribute name", { ...good, profile: { ...profile, "1st": 1 } }, ["profile.1st"]],
  ["a big attribute", { ...good, profile: { ...profile, big: "x".repeat(1023) } }, ["profile.big"]],
  [
    "a control character within",
    { ...good, profile: { ...profile, deep: { a: ["\u0007"] } } },
    ["profile.deep"],
  ],
])("%s is refused with 400, which names the fields", async (_what, body, fields) => {
  const tenant = await createTenant();

  const answer = await postAuth(tenant, { body });

  expect(answer).toMatchObject({ status: 400, json: { status: "fail", code: "invalid_input" }, cookies: [] });
  expect(Object.keys(answer.json.data.fields).sort()).toEqual(fields);
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test.each([
  ["__proto__", '{"selector":{"authIdentifier":"u"},"profile":{"__proto__":{"points":5}}}'],
  ["constructor", '{"selector":{"authIdentifier":"u"},"profile":{"constructor":1}}'],
  ["prototype, deep", '{"selector":{"authIdentifier":"u"},"profile":{"a":[{"prototype":1}]}}'],
  ["__proto__, deep", '{"selector":{"authIdentifier":"u"},"profile":{"a":{"b":{"__proto__":1}}}}'],
  ["__proto__ in a core field", '{"selector":{"authIdentifier":"u"},"profile":{"city":{"__proto__":1}}}'],
  ["__proto__ at the top", '{"__proto__":1,"selector":{"authIdentifier":"u"},"profile":{}}'],
  ["a lone surrogate", '{"selector":{"authIdentifier":"\\ud800"},"profile":{}}'],
])("%s is refused", async (_what, body) => {
  const tenant = await createTenant();

  const answer = await postAuth(tenant, { body });

  expect(answer).toMatchObject({ status: 400, json: { code: "invalid_input" } });
  expect(Object.hasOwn(Object.prototype, "points")).toBe(false);
});

test("names of 64 code points and an identifier of 512 are taken", async () => {
  const tenant = await createTenant();
  const body = {
    selector: { authIdentifier: "😀".repeat(512) },
    profile: { ...profile, givenName: "😀".repeat(64) },
  };

  expect(await postAuth(tenant, { body })).toMatchObject({ status: 200 });
});

test.each([
  ["no JSON", "{"],
  ["an array", "[]"],
  ["nothing", ""],
  ["a key twice", '{"selector":{"authIdentifier":"a","authIdentifier":"b"},"profile":{}}'],
  ["33 levels", `{"a":${"[".repeat(32)}${"]".repeat(32)}}`],
  ["60,000 levels", "[".repeat(60_000)],
  ["a byte order mark", '\ufeff{"selector":{}}'],
])("a body with %s is invalid_json", async (_what, body) => {
  const tenant = await createTenant();

  expect(await postAuth(tenant, { body })).toMatchObject({ status: 400, json: { code: "invalid_json" } });
});

test.each(["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""])(
  "the content type %j is refused",
  async (contentType) => {
    const tenant = await createTenant();

    const answer = await postAuth(tenant, { headers: { "content-type": contentType }, body: good });

    expect(answer).toMatchObject({ status: 415, json: { code: "unsupported_media_type" } });
  },
);

test("a body of 64 KiB is read, and one byte more is too large", async () => {
  const tenant = await createTenant();
  const text = JSON.stringify(good);
  const padded = (bytes: number) => text.padEnd(bytes, " ");

  expect(await postAuth(tenant, { body: padded(65_536) })).toMatchObject({ status: 200 });
  expect(await postAuth(tenant, { body: padded(65_537) })).toMatchObject({
    status: 413,
    json: { code: "body_too_large" },
  });
});

test("an interactive programme has no embedded door", async () => {
  const tenant = await createTenant({ authMode: "interactive" });
  const answers = [
    await postAuth(tenant),
    await openLink(tenant, "session=x"),
    await deleteAuth(tenant, { selector: { authIdentifier: "user-1" } }),
  ];

  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 404, json: { code: "embedded_auth_disabled" }, cookies: [] });
  }
});

test("an unknown host is a 404", async () => {
  const tenant = await createTenant();
  await createTenant();

  const answer = await postAuth({ ...tenant, host: "nobody.localhost" });

  expect(answer).toMatchObject({ status: 404, json: { code: "not_found" } });
});

test("DELETE takes a member or a session, and never both or neither", async () => {
  const tenant = await createTenant();
  const selector = { authIdentifier: "user-1" };

  for (const body of [{}, { selector, session: "x" }, { selector, extra: 1 }]) {
    expect(await deleteAuth(tenant, body)).toMatchObject({ status: 400, json: { code: "invalid_input" } });
  }
  expect(await deleteAuth({ ...tenant, clientId: "wrong" }, { selector })).toMatchObject({ status: 401 });
});

test("DELETE ends all sessions of a member, or one, at once; and says how many", async () => {
  const tenant = await createTenant();
  const [one, two, three] = await Promise.all([postAuth(tenant), postAuth(tenant), postAuth(tenant)]);
  const tokens = [one, two, three].map(({ json }) => json.data.session);

  const single = await deleteAuth(tenant, { session: tokens[0] });
  const again = await deleteAuth(tenant, { session: tokens[0] });
  const rest = await deleteAuth(tenant, { selector: { authIdentifier: "user-1" } });
  const unknown = await deleteAuth(tenant, { selector: { authIdentifier: "nobody" } });
  const rubbish = await deleteAuth(tenant, { session: "rubbish" });

  const counts = [single, again, rest, unknown, rubbish].map(({ json }) => json.data);
  expect(counts).toEqual([1, 0, 2, 0, 0].map((endedSessions) => ({ endedSessions })));
  const isLive = await Promise.all(tokens.map((token) => isSignedIn(tenant, `session=${token}`)));
  expect(isLive).toEqual([false, false, false]);
});

test("DELETE of a token that was activated since ends the session it became", async () => {
  const tenant = await createTenant();
  const { json } = await postAuth(tenant);
  const opened = await openLink(tenant, `session=${json.data.session}`);
  const cookie = opened.cookies[0]?.split(";")[0] ?? "";
  expect(await isSignedIn(tenant, cookie)).toBe(true);

  const ended = await deleteAuth(tenant, { session: json.data.session });

  expect(ended.json.data).toEqual({ endedSessions: 1 });
  expect(await isSignedIn(tenant, cookie)).toBe(false);
});

test("two days later the host's token still signs out the browser it was activated in", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T00:00:00Z") });
  const tenant = await createTenant();
  const { json } = await postAuth(tenant);
  await openLink(tenant, `session=${json.data.session}`);
  vi.setSystemTime(new Date("2026-12-03T00:00:00Z"));
  await sweepSessions();

  expect((await deleteAuth(tenant, { session: json.data.session })).json.data).toEqual({ endedSessions: 1 });
  vi.useRealTimers();
});

test("HEAD and prefetches are answered with 204 and spend nothing", async () => {
  const tenant = await createTenant();
  const { json } = await postAuth(tenant);
  const query = `session=${json.data.session}`;

  expect(await headAuth(tenant, query)).toMatchObject({ status: 204, cookies: [] });
  for (const header of ["sec-purpose", "purpose"]) {
    expect(await openLink(tenant, query, { [header]: "prefetch" })).toMatchObject({
      status: 204,
      cookies: [],
    });
  }
  expect(await openLink(tenant, query)).toMatchObject({ status: 303 });
});
