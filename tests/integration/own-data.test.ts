import { expect, test, vi } from "vitest";

import * as exportRoute from "#app/api/session/member/export/route.ts";
import { db } from "#lib/db/client.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { updateMember } from "#lib/domain/members/update-member.ts";
import { fillHistory } from "#tests/bench/history.ts";
import {
  callSession,
  cookieOf,
  exportMember,
  openLink,
  postAuth,
  postFromPage,
} from "#tests/support/calls.ts";
import { createProgramme, pointPerEuro, report, rewardIdOf } from "#tests/support/engine.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";
import { statementCounter } from "#tests/support/statements.ts";

// Goal: a member gets everything that is kept of it, nothing of anybody else, and nobody waits for it.

const statements = statementCounter();
const anyTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const anyId = expect.stringMatching(/^[0-9a-f-]{36}$/);

async function signIn(tenant: TestTenant, authIdentifier: string, sent: object = profile) {
  const { json } = await postAuth(tenant, { body: { selector: { authIdentifier }, profile: sent } });
  const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  const opened = await openLink(tenant, `session=${json.data.session}`, { "user-agent": userAgent });
  return { cookie: cookieOf(opened), memberId: json.data.user.id as MemberId };
}

/** The answer as the server has it, before anything of its body is read. */
function askFor(tenant: TestTenant, cookie: string): Promise<Response> {
  const headers = { host: tenant.host, cookie };
  return exportRoute.GET(new Request(`http://${tenant.host}/api/session/member/export`, { headers }));
}

function readerOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (!response.body) throw new Error("The answer has no body.");
  return response.body.getReader();
}

const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 10, codeType: "POOL" };
const rewards = [
  { ...coffee, codes: ["MINE-1", "MINE-2", "MINE-3"], stock: 3 },
  { externalId: "mug", name: "Mug", type: "GENERIC_OFFER", price: 20 },
];
const slow = { name: "Later", eventType: "PURCHASE", effect: { type: "POINTS", points: 3 }, pendingDays: 30 };

test("the file holds all that is kept of a member, in plain words", async () => {
  const tenant = await createProgramme({
    ...{ rewards, rules: [pointPerEuro, slow], pointsExpiry: { afterDays: 365 } },
    tiers: [{ name: "Silver", pointsRequirement: 50 }],
  });
  const person = { ...profile, city: "Leeds", birthdate: "1980-01-01", colour: "green", pets: ["cat"] };
  const { cookie, memberId } = await signIn(tenant, "me", person);
  await updateMember({ tenantId: tenant.id, memberId, change: { flags: { isStaff: true } }, isOwn: false });
  await report(tenant, memberId, { payload: { total: 100, shop: "Leeds" }, externalId: "order-1" });
  const buy = async (reward: string, comment?: string) => {
    const rewardId = await rewardIdOf(tenant, reward);
    const { json } = await postFromPage(tenant, "purchases", { cookie, body: { rewardId, comment } });
    return json.data.benefit.id as string;
  };
  const shown = await buy("coffee", "For Tom");
  await postFromPage(tenant, "redemptions", { cookie, body: { benefitId: shown } });
  const hidden = await buy("coffee");
  const cancelled = await buy("mug");
  await cancelBenefit({ tenantId: tenant.id, benefitId: cancelled, comment: "Sold out.", key: null });

  const { status, headers, json } = await exportMember(tenant, cookie);

  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(headers.get("content-disposition")).toBe(`attachment; filename="${tenant.code}-my-data.json"`);
  expect(headers.get("cache-control")).toBe("private, no-store");
  const { ledger, events, ...rest } = json;
  expect(rest).toEqual({
    exportedAt: anyTime,
    programme: { code: tenant.code, name: "Test" },
    member: {
      ...{ id: memberId, authIdentifier: "me", externalIdentifier: "me", isRestricted: false },
      ...{ createdAt: anyTime, updatedAt: anyTime, flags: { isStaff: true, genderProvided: false } },
      accountNumber: expect.stringMatching(/^\d{7}$/),
      profile: {
        ...{
          ...profile,
          gender: null,
          birthdate: "1980-01-01",
          country: null,
          city: "Leeds",
          postcode: null,
        },
        ...{ streetAddress: null, region: null, telephoneNumber: null, pictureUrl: null },
        attributes: { colour: "green", pets: ["cat"] },
      },
      locale: null,
    },
    account: null,
    wallet: {
      ...{ points: 80, pendingPoints: 3, lifetimePoints: 100, spentPoints: 20, expiredPoints: 0 },
      nextExpiry: { points: 80, expiresAt: anyTime },
    },
    tier: { name: "Silver", pointsRequirement: 50 },
    benefits: [
      {
        ...{ id: cancelled, reward: { id: anyId, type: "GENERIC_OFFER", name: "Mug" }, pricePoints: 20 },
        ...{ comment: null, createdAt: anyTime, expiresAt: null, redeemedAt: null, burnedAt: null },
        ...{ cancelledAt: anyTime, code: null },
      },
      {
        ...{ id: hidden, reward: { id: anyId, type: "VOUCHER", name: "Coffee" }, pricePoints: 10 },
        ...{ comment: null, createdAt: anyTime, expiresAt: null, redeemedAt: null, burnedAt: null },
        ...{ cancelledAt: null, code: null },
      },
      {
        ...{ id: shown, reward: { id: anyId, type: "VOUCHER", name: "Coffee" }, pricePoints: 10 },
        ...{ comment: "For Tom", createdAt: anyTime, expiresAt: null, redeemedAt: anyTime, burnedAt: null },
        ...{ cancelledAt: null, code: { value: expect.stringMatching(/^MINE-\d$/), validatedAt: null } },
      },
    ],
    pendingPoints: [{ points: 3, rule: "Later", occurredAt: anyTime, unlocksAt: anyTime }],
    sessions: [
      {
        ...{ device: "Firefox, Linux", kind: "embedded", signedInAt: anyTime, lastActivityAt: anyTime },
        ...{ expiresAt: anyTime, endedAt: null, endReason: null },
      },
      {
        ...{ device: null, kind: "embedded", signedInAt: anyTime, lastActivityAt: anyTime },
        ...{ expiresAt: anyTime, endedAt: anyTime, endReason: "activated" },
      },
    ],
  });
  expect(
    ledger.map(({ sequence, kind, points }: Record<string, unknown>) => [sequence, kind, points]),
  ).toEqual([
    [5, "REFUND", 20],
    [4, "SPEND", -20],
    [3, "SPEND", -10],
    [2, "SPEND", -10],
    [1, "EARN", 100],
  ]);
  expect(ledger[4]).toEqual({
    ...{ sequence: 1, kind: "EARN", points: 100, balanceAfterPoints: 100, occurredAt: anyTime },
    ...{ description: null, rule: "1 point per euro", reward: null },
    event: { type: "PURCHASE", name: null, payload: { total: 100, shop: "Leeds" }, occurredAt: anyTime },
    lots: [{ earnedPoints: 100, remainingPoints: 60, expiresAt: anyTime }],
    ...{ paidBy: [], paidByCount: 0 },
  });
  expect(ledger[3]).toMatchObject({
    ...{ reward: "Coffee", lots: [], paidByCount: 1 },
    paidBy: [{ points: 10, earnedAt: anyTime, expiresAt: anyTime, from: "1 point per euro" }],
  });
  expect(ledger[0]).toMatchObject({ description: "Sold out.", reward: "Mug" });
  expect(events.find(({ type }: { type: string }) => type === "PURCHASE")).toEqual({
    ...{ id: anyId, type: "PURCHASE", payload: { total: 100, shop: "Leeds" }, externalId: "order-1" },
    ...{ occurredAt: anyTime, createdAt: anyTime },
  });
  const types = events.map(({ type }: { type: string }) => type);
  expect(types).toEqual(
    expect.arrayContaining(["REGISTERED_ACCOUNT", "PURCHASED_REWARD", "REDEEMED_VOUCHER"]),
  );
});

test("there is nothing of anybody else in it, here or in another programme", async () => {
  const programme = { rewards, rules: [pointPerEuro, slow] };
  const [tenant, otherTenant] = [await createProgramme(programme), await createProgramme(programme)];
  const mine = await signIn(tenant, "me");
  const strange = { ...profile, givenName: "Zebulon", note: "zebulon-note" };
  const others = [
    { ...(await signIn(tenant, "zebulon", strange)), tenant },
    { ...(await signIn(otherTenant, "me", strange)), tenant: otherTenant },
  ];
  for (const { tenant: theirs, memberId, cookie } of others) {
    await report(theirs, memberId, { payload: { total: 50, note: "zebulon" } });
    const rewardId = await rewardIdOf(theirs, "coffee");
    const { json } = await postFromPage(theirs, "purchases", {
      cookie,
      body: { rewardId, comment: "zebulon" },
    });
    await postFromPage(theirs, "redemptions", { cookie, body: { benefitId: json.data.benefit.id } });
  }

  const { json } = await exportMember(tenant, mine.cookie);

  expect(JSON.stringify(json)).not.toMatch(/zebulon|MINE-/i);
  expect(json).toMatchObject({ member: { id: mine.memberId }, ledger: [], benefits: [], pendingPoints: [] });
  expect([json.events.length, json.sessions.length]).toEqual([1, 2]);
});

test("of a Laurel account the address is in it, and no password", async () => {
  const tenant = await createTenant();
  const { cookie, memberId } = await signIn(tenant, "me");
  const at = new Date("2026-12-01T00:00:00Z");
  const account = {
    emailAddress: "jane@example.com",
    passwordHash: "$argon2id$secret",
    emailConfirmedAt: at,
  };
  await db().account.create({
    data: { tenantId: tenant.id, memberId, ...account, createdAt: at, updatedAt: at },
  });

  const { json } = await exportMember(tenant, cookie);

  expect(json.account).toEqual({
    emailAddress: "jane@example.com",
    emailConfirmedAt: "2026-12-01T00:00:00.000Z",
  });
  expect(JSON.stringify(json)).not.toContain("argon2id");
});

test("a long history is there once, to the last line, also where much happened in one moment", async () => {
  const tenant = await createProgramme({ rewards });
  const { cookie, memberId } = await signIn(tenant, "me");
  await fillHistory(tenant.id, [memberId], 1_500);
  await db().$executeRaw`
    INSERT INTO "events" ("tenantId", "id", "memberId", "type", "payload", "occurredAt", "createdAt")
    SELECT ${tenant.id}::uuid, gen_random_uuid(), ${memberId}::uuid, 'PURCHASE', jsonb_build_object('total', g),
      '2026-01-01'::timestamptz + make_interval(secs => g / 400), now() FROM generate_series(1, 1200) g`;
  const rewardId = await rewardIdOf(tenant, "mug");
  await db().$executeRaw`
    INSERT INTO "benefits" ("tenantId", "id", "memberId", "rewardId", "eventId", "pricePoints", "createdAt")
    SELECT ${tenant.id}::uuid, gen_random_uuid(), ${memberId}::uuid, ${rewardId}::uuid, gen_random_uuid(), 0,
      '2026-01-01'::timestamptz + make_interval(secs => g / 400) FROM generate_series(1, 900) g`;
  await db().$executeRaw`
    INSERT INTO "pending_points" ("tenantId", "id", "memberId", "points", "eventId", "ruleId", "occurredAt", "unlocksAt",
      "createdAt")
    SELECT ${tenant.id}::uuid, gen_random_uuid(), ${memberId}::uuid, g, gen_random_uuid(),
      (SELECT r."id" FROM "rules" r WHERE r."tenantId" = ${tenant.id}::uuid LIMIT 1), now(),
      now() + interval '9 days' + make_interval(secs => g / 400), now() FROM generate_series(1, 600) g`;
  await db().$executeRaw`
    INSERT INTO "sessions" ("tenantId", "id", "memberId", "kind", "tokenHash", "createdAt", "lastActivityAt", "expiresAt")
    SELECT ${tenant.id}::uuid, gen_random_uuid(), ${memberId}::uuid, 'embedded', md5(g::text), now(), now(), now()
    FROM generate_series(1, 700) g`;

  const { json } = await exportMember(tenant, cookie);

  const sequences = json.ledger.map(({ sequence }: { sequence: number }) => sequence);
  expect(sequences).toEqual(Array.from({ length: 1_500 }, (_, index) => 1_500 - index));
  const idsOf = (list: { id: string }[]) => new Set(list.map(({ id }) => id)).size;
  expect([json.events.length, idsOf(json.events)]).toEqual([1_201, 1_201]);
  expect([json.benefits.length, idsOf(json.benefits)]).toEqual([900, 900]);
  const pending = json.pendingPoints.map(({ points }: { points: number }) => points);
  expect(pending.toSorted((a: number, b: number) => a - b)).toEqual(
    Array.from({ length: 600 }, (_, index) => index + 1),
  );
  expect(json.sessions).toHaveLength(702);
});

test("what nobody reads is not asked of the database, and who goes away stops it", async () => {
  const tenant = await createProgramme();
  const { cookie, memberId } = await signIn(tenant, "me");
  await fillHistory(tenant.id, [memberId], 3_000);
  const response = await askFor(tenant, cookie);
  const reader = readerOf(response);

  const askedBefore = statements.sent;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(statements.sent).toBe(askedBefore);

  for (let part = 0; part < 4; part++) await reader.read();
  const askedInBetween = statements.sent;
  expect(askedInBetween - askedBefore).toBeGreaterThan(0);
  expect(askedInBetween - askedBefore).toBeLessThan(5); // of 12 pages
  await reader.cancel();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(statements.sent).toBe(askedInBetween);
});

test("others are answered while a long history is on its way", async () => {
  const tenant = await createProgramme();
  const { cookie, memberId } = await signIn(tenant, "me");
  await fillHistory(tenant.id, [memberId], 6_000);
  const reader = readerOf(await askFor(tenant, cookie));
  await reader.read();
  const order: string[] = [];

  const reading = (async () => {
    while (!(await reader.read()).done);
    order.push("the file");
  })();
  await callSession(tenant, "GET", cookie);
  order.push("a question");
  await reading;

  expect(order).toEqual(["a question", "the file"]);
});

test("a file that fails in the middle breaks off, and does not end", async () => {
  const tenant = await createProgramme();
  const { cookie, memberId } = await signIn(tenant, "me");
  await fillHistory(tenant.id, [memberId], 900);
  const reader = readerOf(await askFor(tenant, cookie));
  await reader.read();

  await db().$executeRawUnsafe(`ALTER TABLE "lot_spends" RENAME TO "gone"`);
  const reading = (async () => {
    while (!(await reader.read()).done);
  })();
  await expect(reading).rejects.toThrow();
  await db().$executeRawUnsafe(`ALTER TABLE "gone" RENAME TO "lot_spends"`);
});

test.each([
  ["another site's page", { "sec-fetch-site": "cross-site" }, 403],
  ["a sibling subdomain's page", { "sec-fetch-site": "same-site" }, 403],
  ["our own page", { "sec-fetch-site": "same-origin" }, 200],
  ["who typed the address", { "sec-fetch-site": "none" }, 200],
  ["a browser that does not say", { "sec-fetch-site": null }, 200],
])("asked for by %s", async (_what, headers, status) => {
  const tenant = await createTenant();
  const { cookie } = await signIn(tenant, "me");

  const answer = await exportMember(tenant, cookie, headers);

  expect(answer.status).toBe(status);
  expect(answer.json.code).toBe(status === 403 ? "cross_site_request" : undefined);
  expect(answer.headers.has("content-disposition")).toBe(status === 200);
});

test("a stranger, a dead session and another programme's member get nothing", async () => {
  const tenant = await createTenant();
  const { cookie: foreign } = await signIn(await createTenant(), "me");
  const { cookie: ended } = await signIn(tenant, "me");
  await callSession(tenant, "DELETE", ended);

  for (const cookie of ["", "session=nonsense", foreign, ended]) {
    const answer = await exportMember(tenant, cookie);
    expect(answer).toMatchObject({ status: 401, json: { status: "fail", code: "session_invalid" } });
    expect(answer.headers.has("content-disposition")).toBe(false);
  }
});

test("taking the file along is an activity, being refused it is none", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T00:00:00Z") });
  const tenant = await createTenant({ sessions: { idleSeconds: 120 } });
  const { cookie } = await signIn(tenant, "me");
  const idleEnd = async () => (await callSession(tenant, "GET", cookie)).json.data.idleExpiresAt;
  vi.setSystemTime(new Date("2026-12-01T00:01:00Z"));

  await exportMember(tenant, cookie, { "sec-fetch-site": "cross-site" });
  expect(await idleEnd()).toBe("2026-12-01T00:02:00.000Z");
  await exportMember(tenant, cookie);
  expect(await idleEnd()).toBe("2026-12-01T00:03:00.000Z");
  vi.useRealTimers();
});
