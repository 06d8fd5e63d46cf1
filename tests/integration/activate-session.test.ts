import { expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import {
  type Answer,
  callSession,
  cookieOf,
  isSignedIn,
  openLink,
  postActivate,
  postAuth,
  preflightAuth,
} from "#tests/support/calls.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: a token becomes one browser's session, once, and nobody is signed in or switched without noticing.

const shop = "http://shop.localhost:4000";

async function mint(tenant: TestTenant, authIdentifier = "user-1"): Promise<string> {
  const { json } = await postAuth(tenant, { body: { selector: { authIdentifier }, profile } });
  return json.data.session;
}

function bearer(tenant: TestTenant, token: string, headers: Record<string, string> = {}): Promise<Answer> {
  return openLink(tenant, "", { origin: shop, authorization: `Bearer ${token}`, ...headers });
}

test("a link answers 303 with a new token, and the one in the address opens nothing any more", async () => {
  const tenant = await createTenant();
  const token = await mint(tenant);

  const answer = await openLink(tenant, `session=${token}&redirect_path=/activity`);

  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe("/activity");
  expect(answer.headers.get("cache-control")).toContain("no-store");
  expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
  const cookie = cookieOf(answer);
  expect(cookie).not.toContain(token);
  expect(cookieOf(answer, "session_legacy")).toBe(cookie.replace("session=", "session_legacy="));
  expect(await isSignedIn(tenant, cookie)).toBe(true);
  expect(await isSignedIn(tenant, `session=${token}`)).toBe(false);
  expect(await postActivate(tenant, { body: { session: token } })).toMatchObject({ status: 401 });
});

test("the new session ends when the old one would have", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T00:00:00Z") });
  const tenant = await createTenant({ sessions: { embeddedSeconds: 1000 } });
  const token = await mint(tenant);
  vi.setSystemTime(new Date("2026-12-01T00:05:00Z"));

  const answer = await openLink(tenant, `session=${token}`);

  expect(answer.cookies[0]).toContain("; Max-Age=700;");
  const { json } = await callSession(tenant, "GET", cookieOf(answer));
  expect(json.data).toMatchObject({ expiresAt: "2026-12-01T00:16:40.000Z", secondsRemaining: 700 });
  vi.useRealTimers();
});

test("of fifty openings of one link at once, one gets in", async () => {
  const tenant = await createTenant();
  const token = await mint(tenant);

  const answers = await Promise.all(Array.from({ length: 50 }, () => openLink(tenant, `session=${token}`)));

  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([303, ...Array(49).fill(401)]);
  expect(await db().session.count({ where: { tenantId: tenant.id, endedAt: null } })).toBe(1);
});

test("the same link again in its own browser goes on without a new session; elsewhere it is refused", async () => {
  const tenant = await createTenant();
  const token = await mint(tenant);
  const first = cookieOf(await openLink(tenant, `session=${token}`));

  const back = await openLink(tenant, `session=${token}&redirect_path=/wallet`, { cookie: first });
  const elsewhere = await openLink(tenant, `session=${token}`);
  const another = cookieOf(await openLink(tenant, `session=${await mint(tenant)}`));
  const sameMemberElsewhere = await openLink(tenant, `session=${token}`, { cookie: another });

  expect(back).toMatchObject({ status: 303, cookies: [] });
  expect(back.headers.get("location")).toBe("/wallet");
  for (const refused of [elsewhere, sameMemberElsewhere]) {
    expect(refused).toMatchObject({ status: 401, json: { code: "session_invalid" }, cookies: [] });
  }
});

test("a later link replaces the browser's session, and the earlier link still counts as its own", async () => {
  const tenant = await createTenant();
  const firstToken = await mint(tenant);
  const first = cookieOf(await openLink(tenant, `session=${firstToken}`));

  const second = cookieOf(await openLink(tenant, `session=${await mint(tenant)}`, { cookie: first }));

  expect(await isSignedIn(tenant, first)).toBe(false);
  expect(await isSignedIn(tenant, second)).toBe(true);
  expect(await openLink(tenant, `session=${firstToken}`, { cookie: second })).toMatchObject({ status: 303 });
});

test("a tenant of the reusable kind lets a link open again", async () => {
  const tenant = await createTenant({ urlActivation: "reusable" });
  const token = await mint(tenant);

  const first = await openLink(tenant, `session=${token}`);
  const second = await openLink(tenant, `session=${token}`);

  expect([first.status, second.status]).toEqual([303, 303]);
  expect(cookieOf(first)).not.toBe(cookieOf(second));
  expect(await isSignedIn(tenant, cookieOf(second))).toBe(true);
});

test("a reusable token is spent all the same by the other channels", async () => {
  const tenant = await createTenant({ urlActivation: "reusable" });
  const session = await mint(tenant);

  expect(await postActivate(tenant, { body: { session } })).toMatchObject({ status: 200 });
  expect(await postActivate(tenant, { body: { session } })).toMatchObject({ status: 401 });
});

test("a token that was used as a cookie can still be activated by a link once", async () => {
  const tenant = await createTenant();
  const token = await mint(tenant);
  expect(await isSignedIn(tenant, `session=${token}`)).toBe(true);

  const answer = await openLink(tenant, `session=${token}`, { cookie: `session=${token}` });

  expect(answer.status).toBe(303);
  expect(await isSignedIn(tenant, `session=${token}`)).toBe(false);
});

test.each([
  ["none", ""],
  ["an empty one", "session="],
  ["rubbish", "session=rubbish"],
  ["rubbish in a seal's form", "session=Fe26.2*1*a*b*c**d*e~2"],
])("a link with %s is refused and leaves a good cookie alone", async (_what, query) => {
  const tenant = await createTenant();
  const cookie = cookieOf(await postAuth(tenant));

  const answer = await openLink(tenant, query, { cookie });

  expect(answer).toMatchObject({ status: 401, json: { code: "session_invalid" }, cookies: [] });
  expect(await isSignedIn(tenant, cookie)).toBe(true);
});

test("a doubled, tampered, expired, ended or foreign token is refused", async () => {
  const tenant = await createTenant();
  const other = await createTenant();
  const token = await mint(tenant);
  const ended = await mint(tenant, "user-2");
  await callSession(tenant, "DELETE", `session=${ended}`);
  const swapped = token.at(-4) === "A" ? "B" : "A";

  const refused = [
    await openLink(tenant, `session=${token}&session=${token}`),
    await openLink(tenant, `session=${token.slice(0, -4)}${swapped}${token.slice(-3)}`),
    await openLink(tenant, `session=${token}~`),
    await openLink(tenant, `session=${ended}`),
    await openLink(other, `session=${token}`),
  ];

  expect(refused.map(({ status }) => status)).toEqual(Array(5).fill(401));
  expect(await openLink(tenant, `session=${token}`)).toMatchObject({ status: 303 });
});

test.each([
  ["an image", { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
  ["a fetch", { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }],
  ["an object", { "sec-fetch-mode": "navigate", "sec-fetch-dest": "object" }],
])("%s on a stranger's page spends nothing", async (_what, headers) => {
  const tenant = await createTenant();
  const token = await mint(tenant);

  const answer = await openLink(tenant, `session=${token}`, headers);

  expect(answer).toMatchObject({ status: 403, json: { code: "cross_site_request" }, cookies: [] });
  expect(await openLink(tenant, `session=${token}`)).toMatchObject({ status: 303 });
});

test("inside another site's page the cookie is partitioned, and only that one is set", async () => {
  const tenant = await createTenant();
  const navigation = { "sec-fetch-mode": "navigate" };
  const inFrame = { ...navigation, "sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site" };
  const withStorageAccess = { ...navigation, "sec-fetch-dest": "iframe", "sec-fetch-storage-access": "none" };

  for (const headers of [inFrame, withStorageAccess]) {
    const answer = await openLink(tenant, `session=${await mint(tenant)}`, headers);
    expect(answer.cookies).toEqual([
      expect.stringMatching(
        /^__Host-session_p=[A-Za-z0-9._~*-]+; Path=\/; Max-Age=\d+; HttpOnly; Secure; SameSite=None; Partitioned$/,
      ),
    ]);
    expect(await isSignedIn(tenant, cookieOf(answer, "__Host-session_p"))).toBe(true);
  }
});

test("a host's page activates by bearer, switches members, and may read the answer", async () => {
  const tenant = await createTenant({ hostOrigins: [shop] });
  const mine = cookieOf(await openLink(tenant, `session=${await mint(tenant, "me")}`));

  const answer = await bearer(tenant, await mint(tenant, "other"), {
    cookie: mine,
    "sec-fetch-site": "same-site",
  });

  expect(answer.status).toBe(200);
  expect(answer.json.data).toEqual({ user: expect.objectContaining({ authIdentifier: "other" }) });
  expect(answer.headers.get("access-control-allow-origin")).toBe(shop);
  expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
  expect(answer.headers.get("vary")).toContain("Origin");
  expect(await isSignedIn(tenant, mine)).toBe(false);
  expect(await isSignedIn(tenant, cookieOf(answer))).toBe(true);
});

test("a bearer of another site's page gets the partitioned cookie", async () => {
  const tenant = await createTenant({ hostOrigins: [shop] });
  const headers = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "empty", "sec-fetch-mode": "cors" };

  const answer = await bearer(tenant, await mint(tenant), headers);

  expect(answer.cookies).toEqual([expect.stringMatching(/^__Host-session_p=.*; Partitioned$/)]);
});

test("a bad bearer is refused readably, another origin unreadably, both channels at once not at all", async () => {
  const tenant = await createTenant({ hostOrigins: [shop] });
  const token = await mint(tenant);

  const bad = await bearer(tenant, "rubbish");
  const basic = await openLink(tenant, "", { origin: shop, authorization: "Basic eA==" });
  const elsewhere = await bearer(tenant, token, { origin: "http://shop.localhost:4000.evil.example" });
  const both = await openLink(tenant, `session=${token}`, { origin: shop, authorization: `Bearer ${token}` });

  for (const refused of [bad, basic]) {
    expect(refused).toMatchObject({ status: 401, json: { code: "session_invalid" }, cookies: [] });
    expect(refused.headers.get("access-control-allow-origin")).toBe(shop);
  }
  expect(elsewhere).toMatchObject({ status: 403, json: { code: "origin_not_allowed" }, cookies: [] });
  expect(elsewhere.headers.has("access-control-allow-origin")).toBe(false);
  expect(both).toMatchObject({ status: 400, cookies: [] });
  expect(await bearer(tenant, token)).toMatchObject({ status: 200 });
});

test("the preflight of a host's page passes with what it needs; another origin's does not", async () => {
  const tenant = await createTenant({ hostOrigins: [shop] });
  const asks = { "access-control-request-method": "GET", "access-control-request-headers": "authorization" };

  const allowed = await preflightAuth(tenant, { origin: shop, ...asks });
  const refused = await preflightAuth(tenant, { origin: "http://evil.localhost:4000", ...asks });

  expect(allowed.status).toBe(204);
  expect(
    Object.fromEntries([...allowed.headers].filter(([name]) => name.startsWith("access-control"))),
  ).toEqual({
    "access-control-allow-origin": shop,
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "authorization",
    "access-control-allow-methods": "GET",
    "access-control-max-age": "600",
  });
  expect(refused).toMatchObject({ status: 403, json: { code: "origin_not_allowed" } });
  expect(refused.headers.has("access-control-allow-origin")).toBe(false);
});

test("our own page activates by POST, framed or not, with the body of GET /api/session", async () => {
  const tenant = await createTenant();

  const framed = await postActivate(tenant, { body: { session: await mint(tenant), framed: true } });
  const plain = await postActivate(tenant, { body: { session: await mint(tenant), framed: false } });

  expect(framed.cookies).toEqual([expect.stringMatching(/^__Host-session_p=/)]);
  expect(plain.cookies).toHaveLength(2);
  expect(framed.json.data).toEqual({
    authenticated: true,
    member: { id: expect.any(String), givenName: "Jane", familyName: "Doe" },
    kind: "embedded",
    expiresAt: expect.any(String),
    idleExpiresAt: null,
    secondsRemaining: expect.any(Number),
  });
});

test.each([
  ["no Origin", { origin: "" }],
  ["a null Origin", { origin: "null" }],
  ["a sibling's Origin", { origin: "http://sibling.localhost" }],
  ["a cross-site fetch", { "sec-fetch-site": "cross-site" }],
])("an activation with %s is refused and spends nothing", async (_what, headers) => {
  const tenant = await createTenant();
  const session = await mint(tenant);

  const answer = await postActivate(tenant, { body: { session }, headers });

  expect(answer).toMatchObject({ status: 403, json: { code: "cross_site_request" }, cookies: [] });
  expect(await postActivate(tenant, { body: { session } })).toMatchObject({ status: 200 });
});
