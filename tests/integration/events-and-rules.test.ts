import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import type { EventReport } from "#lib/domain/events/event.ts";
import { intrinsicPayloadFields } from "#lib/domain/events/intrinsic-event-types.ts";
import { type ReportEvent, reportEvent } from "#lib/domain/events/report-event.ts";
import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { settleWallet } from "#lib/domain/ledger/settle-wallet.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { postAuth } from "#tests/support/calls.ts";
import {
  adjust,
  buy,
  codeOf,
  createMember,
  createProgramme,
  daysAgo,
  daysLater,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: an event is taken from whom it may come, once, and gives what its rules say: never more than a
// limit, a budget or a stock allows, and all of it or nothing.
// Method: the commands on a real database, with a clock that the test holds; calls that race all start
// before any ends; after every test the laws of the ledger are proved.

const pointsMax = Number.MAX_SAFE_INTEGER;
const secret = "the-secret-of-an-event-type-of-the-tests";
const visitType = { name: "VISIT", private: true, secret };
const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-02T12:00:00Z") }); // a Wednesday
});

afterEach(async () => {
  daysLater(0);
  vi.useRealTimers();
  expect(await checkLaws()).toEqual([]);
});

/** An event as an admin reports it, unless `change` says otherwise. */
function tell(tenant: TestTenant, change: Partial<ReportEvent>): Promise<EventReport> {
  const event = { type: "PURCHASE", payload: { total: 10 }, externalId: null, occurredAt: null };
  return reportEvent({
    tenantId: tenant.id,
    by: { kind: "admin" },
    subject: null,
    key: null,
    ...event,
    ...change,
  });
}

/** A rule of its own name for the purchase, giving 10 points unless `change` says otherwise. */
function rule(name: string, change: Record<string, unknown> = {}) {
  return { name, eventType: "PURCHASE", effect: { type: "POINTS", points: 10 }, ...change };
}

function firedIn({ reactions }: EventReport): string[] {
  return reactions.map(({ ruleName }) => ruleName);
}

async function authIdentifierOf(tenant: TestTenant, id: MemberId): Promise<string> {
  const where = { tenantId_id: { tenantId: tenant.id, id } };
  return (await db().member.findUniqueOrThrow({ where })).authIdentifier ?? "";
}

async function accountNumberOf(tenant: TestTenant, id: MemberId): Promise<string> {
  const where = { tenantId_id: { tenantId: tenant.id, id } };
  return (await db().member.findUniqueOrThrow({ where })).accountNumber;
}

/** All that an event could leave behind in a tenant. */
async function everythingOf({ id: tenantId }: TestTenant): Promise<string> {
  const where = { tenantId };
  const counts = await Promise.all([
    db().event.count({ where }),
    db().ruleActivation.count({ where }),
    db().ledgerEntry.count({ where }),
    db().pointLot.count({ where }),
    db().pendingPoints.count({ where }),
    db().benefit.count({ where }),
    db().rewardCode.count({ where: { ...where, NOT: { benefitId: null } } }),
    db().idempotencyKey.count({ where }),
  ]);
  const rows = await Promise.all([
    db().wallet.findMany({ where, orderBy: { memberId: "asc" } }),
    db().rule.findMany({ where, orderBy: { id: "asc" } }),
    db().reward.findMany({ where, orderBy: { id: "asc" } }),
  ]);
  return JSON.stringify([counts, rows], (_key, value) => (typeof value === "bigint" ? String(value) : value));
}

function eventsOf(tenant: TestTenant, type: string): Promise<number> {
  return db().event.count({ where: { tenantId: tenant.id, type } });
}

test.each([
  ["a member", "PURCHASE", "done"],
  ["a server without the secret", "PURCHASE", "event_type_private"],
  ["an admin", "PURCHASE", "done"],
  ["a member", "VISIT", "event_type_private"],
  ["a server with the secret", "VISIT", "done"],
  ["a server without the secret", "VISIT", "event_type_private"],
  ["a server with another type's secret", "VISIT", "event_type_private"],
  ["an admin", "VISIT", "done"],
  ["a member", "RETIRED", "event_type_not_found"],
  ["a server with the secret", "RETIRED", "event_type_not_found"],
  ["an admin", "RETIRED", "event_type_not_found"],
  ["a member", "NO_SUCH", "event_type_not_found"],
  ["an admin", "NO_SUCH", "event_type_not_found"],
  ["an admin", "purchase", "event_type_not_found"],
  ["an admin", "constructor", "event_type_not_found"],
])("%s that reports a %s is answered %s", async (who, type, code) => {
  const other = { name: "OTHER", private: true, secret: "the-secret-of-another-event-type-of-the-tests" };
  const open = { name: "PURCHASE", private: false };
  const tenant = await createTenant({
    eventTypes: [open, visitType, other, { ...visitType, name: "RETIRED" }],
    rules: [rule("any"), rule("visit", { eventType: "VISIT" }), rule("retired", { eventType: "RETIRED" })],
  });
  await db().eventType.updateMany({
    where: { tenantId: tenant.id, name: "RETIRED" },
    data: { isActive: false },
  });
  const memberId = await createMember(tenant);
  const server = (eventTypeSecret: string) => ({ kind: "server", eventTypeSecret }) as const;
  const by = {
    "a member": { kind: "member", member: { memberId } } as const,
    "a server with the secret": server(secret),
    "a server without the secret": server(""),
    "a server with another type's secret": server(other.secret),
    "an admin": { kind: "admin" } as const,
  }[who];
  const before = await everythingOf(tenant);

  const answer = await codeOf(tell(tenant, { by: by ?? { kind: "admin" }, type, subject: memberId }));

  expect(answer).toBe(code);
  if (code === "done") expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 10 });
  else expect(await everythingOf(tenant)).toBe(before);
});

test.each(Object.keys(intrinsicPayloadFields))("nobody can report a %s", async (type) => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);

  const byAdmin = tell(tenant, { type, subject: memberId });
  const byMember = report(tenant, memberId, { type });

  expect(await codeOf(byAdmin)).toBe("event_type_intrinsic");
  expect(await codeOf(byMember)).toBe("event_type_intrinsic");
  expect(await eventsOf(tenant, type)).toBe(type === "REGISTERED_ACCOUNT" ? 1 : 0); // its own sign-in
});

test("a member is named by the id, the account number or the authIdentifier", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  const names = [memberId, await accountNumberOf(tenant, memberId), await authIdentifierOf(tenant, memberId)];

  const byAdmin = await Promise.all(names.map((subject) => tell(tenant, { subject })));
  const byMember = await Promise.all(
    names.map((subject) => tell(tenant, { by: { kind: "member", member: { memberId } }, subject })),
  );

  expect([...byAdmin, ...byMember].map(({ event }) => event.memberId)).toEqual(Array(6).fill(memberId));
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 60 });
});

test("a subject that is nobody here is not found, and without one only a member may report", async () => {
  const tenant = await createProgramme();
  const elsewhere = await createProgramme();
  const [memberId, stranger] = [await createMember(tenant), await createMember(elsewhere)];
  const before = await everythingOf(tenant);
  const names = [
    ...[randomUUID(), "nobody", "", " ", "0000000"],
    ...[stranger, await accountNumberOf(elsewhere, stranger), await authIdentifierOf(elsewhere, stranger)],
    (await authIdentifierOf(tenant, memberId)).toUpperCase(),
    ` ${memberId}`,
  ];

  const codes = await Promise.all(names.map((subject) => codeOf(tell(tenant, { subject }))));

  expect(codes).toEqual(names.map(() => "member_not_found"));
  expect(await codeOf(tell(tenant, { subject: null }))).toBe("invalid_input");
  expect(await codeOf(report(tenant, stranger))).toBe("member_not_found");
  expect(await everythingOf(tenant)).toBe(before);
});

test("a member who has left, or is restricted, earns nothing more by whoever reports", async () => {
  const tenant = await createProgramme();
  const [left, restricted] = [await createMember(tenant), await createMember(tenant)];
  const [number, identifier] = [await accountNumberOf(tenant, left), await authIdentifierOf(tenant, left)];
  await eraseMember(tenant.id, left);
  await restrictMember(tenant.id, restricted, true);
  const before = await everythingOf(tenant);

  for (const subject of [left, number, identifier]) {
    expect(await codeOf(tell(tenant, { subject }))).toBe("member_not_found");
  }
  expect(await codeOf(report(tenant, left))).toBe("member_not_found");
  expect(await codeOf(tell(tenant, { subject: restricted }))).toBe("member_restricted");
  expect(await codeOf(report(tenant, restricted))).toBe("member_restricted");
  expect(await everythingOf(tenant)).toBe(before);
});

test("a member reports for no one else, whether that one is there or not", async () => {
  const tenant = await createProgramme();
  const [memberId, other] = [await createMember(tenant), await createMember(tenant)];
  const by = { kind: "member", member: { memberId } } as const;
  const before = await everythingOf(tenant);

  for (const subject of [other, await accountNumberOf(tenant, other), "nobody", ""]) {
    expect(await codeOf(tell(tenant, { by, subject }))).toBe("forbidden");
  }
  expect(await everythingOf(tenant)).toBe(before);
});

test("a subject that names two members is refused, and the id names one of them", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  const subject = await accountNumberOf(tenant, memberId);
  await postAuth(tenant, { body: { selector: { authIdentifier: subject }, profile } });
  const before = await everythingOf(tenant);

  const refused = tell(tenant, { subject });
  await expect(refused).rejects.toMatchObject({
    code: "invalid_input",
    details: { fields: { subject: expect.stringContaining("two members") } },
  });
  expect(await everythingOf(tenant)).toBe(before);

  expect((await tell(tenant, { subject: memberId })).event.memberId).toBe(memberId);
});

test("a member's id names that member, whoever else is known to the host by the same text", async () => {
  const tenant = await createProgramme();
  const members: MemberId[] = [];
  for (let count = 0; count < 6; count++) {
    const memberId = await createMember(tenant);
    await signIn(tenant, {}, memberId);
    members.push(memberId);
  }

  const names = members.flatMap((memberId) => [memberId, memberId.toUpperCase()]);
  const answers = await Promise.all(names.map((subject) => tell(tenant, { subject })));

  expect(answers.map(({ event }) => event.memberId)).toEqual(members.flatMap((id) => [id, id]));
});

test("a report says of itself whether it, and of its externalId whether that, came before", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  const keyOf = (key: string) => ({ scope: "test", key, bodyHmacs: ["hmac"] });
  const call = (key: string) => report(tenant, memberId, { externalId: "order-1", key: keyOf(key) });

  const answers = [await call("key-1"), await call("key-1"), await call("key-2"), await call("key-2")];

  expect(answers.map(({ isKnown, isReplay }) => [isKnown, isReplay])).toEqual([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ]);
  expect(new Set(answers.map(({ event }) => event.id)).size).toBe(1);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 10 });
});

test.each([
  ["2026-12-02T12:05:00.000Z", "done"],
  ["2026-12-02T12:05:00.001Z", "invalid_input"],
  ["2025-10-28T12:00:00.000Z", "done"],
  ["2025-10-28T11:59:59.999Z", "invalid_input"],
  ["1970-01-01T00:00:00.000Z", "invalid_input"],
  ["9999-12-31T23:59:59.999Z", "invalid_input"],
])("an event of %s, reported on 2026-12-02 at noon, is answered %s", async (moment, code) => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);

  const answer = await codeOf(report(tenant, memberId, { occurredAt: new Date(moment) }));

  expect(answer).toBe(code);
  expect(await eventsOf(tenant, "PURCHASE")).toBe(code === "done" ? 1 : 0);
});

test("an event without a moment happened now, and another one when it says", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);

  const { event: here } = await report(tenant, memberId);
  const { event: past } = await report(tenant, memberId, {
    occurredAt: new Date("2026-11-30T08:30:15.123Z"),
  });

  expect(here.occurredAt).toEqual(new Date("2026-12-02T12:00:00Z"));
  expect(past.occurredAt).toEqual(new Date("2026-11-30T08:30:15.123Z"));
  expect(past.createdAt).toEqual(new Date("2026-12-02T12:00:00Z"));
});

const closedSchema = {
  type: "object",
  required: ["total"],
  properties: {
    total: { type: "number", minimum: 0 },
    note: { type: "string", pattern: "^[a-z]+$" },
    zip: { type: "string", pattern: "^[0-9]+$" },
    items: {
      type: "array",
      items: { type: "object", required: ["sku"], properties: { sku: { type: "string" } } },
    },
  },
  additionalProperties: false,
};
test.each([
  ["{}", "payload.total"],
  ['{"total":"5"}', "payload.total"],
  ['{"total":null}', "payload.total"],
  ['{"total":-1}', "payload.total"],
  ['{"total":1,"note":"UPPER"}', "payload.note"],
  ['{"total":1,"note":"lower","zip":"lower"}', "payload.zip"],
  ['{"total":1,"extra":1}', "payload.extra"],
  ['{"total":1,"items":[{"sku":"a"},{"sku":1}]}', "payload.items.1.sku"],
  ['{"total":1,"items":[{}]}', "payload.items.0.sku"],
  ['{"total":1,"note":"a\\u0000b"}', "payload"],
  ['{"total":1,"note":"a\\u007fb"}', "payload"],
  ['{"total":1,"note":"a\\nb"}', "payload"],
  ['{"total":1,"note":"\\ud800"}', "payload"],
  ['{"total":1,"a\\u0001b":1}', "payload"],
  ['{"total":1,"__proto__":{"isAdmin":true}}', "payload"],
  ['{"total":1,"items":[{"sku":"a","constructor":1}]}', "payload"],
  ['{"total":1,"items":[{"sku":"a","deep":{"prototype":1}}]}', "payload"],
  ['{"total":1e400}', "payload"],
  ['{"total":9007199254740992}', "payload"],
  ['{"total":1,"items":[{"sku":"a","weight":-9007199254740993}]}', "payload"],
])("the payload %s is refused with its path, and nothing is kept", async (payload, path) => {
  const tenant = await createProgramme({
    eventTypes: [{ name: "PURCHASE", private: false, schema: closedSchema }],
  });
  const memberId = await createMember(tenant);
  const before = await everythingOf(tenant);

  const refused = report(tenant, memberId, { payload: JSON.parse(payload) });

  await expect(refused).rejects.toMatchObject({
    code: "invalid_input",
    details: { fields: { [path]: expect.any(String) } },
  });
  expect(await everythingOf(tenant)).toBe(before);
});

test("a payload is kept as it was sent", async () => {
  const tenant = await createProgramme({ eventTypes: [{ name: "PURCHASE", private: false }], rules: [] });
  const memberId = await createMember(tenant);
  const payload = {
    ...{ total: 4.35, tiny: 1e-20, safe: pointsMax, none: null, no: false },
    ...{ text: "Zoë 🎉 \\ \" ' % $1", list: [1, [2, [3]], {}], "a key": { "": "empty" }, hasOwnProperty: 1 },
  };

  const { event } = await report(tenant, memberId, { payload });

  expect(event.payload).toEqual(payload);
  const where = { tenantId_id: { tenantId: tenant.id, id: event.id } };
  expect((await db().event.findUniqueOrThrow({ where })).payload).toEqual(payload);
});

test("a second report with an externalId answers with the first event and gives nothing more", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  const first = await report(tenant, memberId, { externalId: "order-1", payload: { total: 10 } });
  await report(tenant, memberId, { externalId: "order-2" });

  const again = await report(tenant, memberId, { externalId: "order-1", payload: { total: 99 } });

  expect(first).toMatchObject({ isKnown: false, balancePoints: 10, reactions: [{ points: 10 }] });
  expect(again).toEqual({ ...first, isKnown: true, isReplay: false, balancePoints: 20 });
  expect(await eventsOf(tenant, "PURCHASE")).toBe(2);
});

test("an externalId that another member's event has is taken, byte by byte", async () => {
  const tenant = await createProgramme();
  const [memberId, other] = [await createMember(tenant), await createMember(tenant)];
  await report(tenant, memberId, { externalId: "order-1" });
  const before = await everythingOf(tenant);

  const refused = report(tenant, other, { externalId: "order-1" });

  expect(await codeOf(refused)).toBe("external_id_taken");
  expect(await everythingOf(tenant)).toBe(before);
  expect(await report(tenant, other, { externalId: "Order-1" })).toMatchObject({ isKnown: false });
});

test("of many reports at once with one externalId one gives points", async () => {
  const tenant = await createProgramme();
  const members = await Promise.all(Array.from({ length: 3 }, () => createMember(tenant)));
  const reports = members.flatMap((memberId) => Array<MemberId>(5).fill(memberId));

  const answers = await Promise.allSettled(
    reports.map((memberId) => report(tenant, memberId, { externalId: "order-1" })),
  );

  const done = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  expect(done.filter(({ isKnown }) => !isKnown)).toHaveLength(1);
  expect(done).toHaveLength(5);
  expect(new Set(done.map(({ event }) => event.id)).size).toBe(1);
  const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason.code] : []));
  expect(refused).toEqual(Array(10).fill("external_id_taken"));
  expect(await eventsOf(tenant, "PURCHASE")).toBe(1);
  const wallets = await Promise.all(members.map((memberId) => walletRow(tenant, memberId)));
  expect(wallets.map(({ balancePoints }) => balancePoints).sort()).toEqual([0, 0, 10]);
});

test.each([
  ["DAY", "2026-12-01T23:59:59.999Z", false],
  ["DAY", "2026-12-01T00:00:00.000Z", false],
  ["DAY", "2026-11-30T23:59:59.999Z", true],
  ["DAY", "2026-12-02T00:00:00.000Z", true],
  ["WEEK", "2026-11-30T00:00:00.000Z", false],
  ["WEEK", "2026-12-02T11:00:00.000Z", false],
  ["WEEK", "2026-11-29T23:59:59.999Z", true],
  ["MONTH", "2026-12-02T11:00:00.000Z", false],
  ["MONTH", "2026-11-30T23:59:59.999Z", true],
  ["YEAR", "2026-01-01T00:00:00.000Z", false],
  ["YEAR", "2025-12-31T23:59:59.999Z", true],
  ["EVER", "2025-11-01T00:00:00.000Z", false],
])("once per %s, with an event of 2026-12-01 at noon: one of %s fires %s", async (period, moment, fires) => {
  const limits = { perMember: { times: 1, period } };
  const tenant = await createProgramme({ rules: [rule("limited", { limits })] });
  const [memberId, other] = [await createMember(tenant), await createMember(tenant)];
  await report(tenant, memberId, { occurredAt: new Date("2026-12-01T12:00:00Z") });

  const ofThisMember = await report(tenant, memberId, { occurredAt: new Date(moment) });
  const ofAnother = await report(tenant, other, { occurredAt: new Date(moment) });

  expect(firedIn(ofThisMember)).toEqual(fires ? ["limited"] : []);
  expect(firedIn(ofAnother)).toEqual(["limited"]);
});

test("a limit for ever counts all there was, also what happened long ago", async () => {
  const limits = { perMember: { times: 2, period: "EVER" } };
  const tenant = await createProgramme({ rules: [rule("limited", { limits })] });
  const memberId = await createMember(tenant);

  const first = await report(tenant, memberId, { occurredAt: daysAgo(399) });
  const second = await report(tenant, memberId);
  const third = await report(tenant, memberId, { occurredAt: daysAgo(200) });

  expect([first, second, third].map(({ reactions }) => reactions.length)).toEqual([1, 1, 0]);
});

test("a limit holds however many events come at once, and an event taken back does not count", async () => {
  const limits = { perMember: { times: 3, period: "EVER" } };
  const tenant = await createProgramme({ rules: [rule("limited", { limits })] });
  const memberId = await createMember(tenant);

  const reports = await Promise.all(Array.from({ length: 12 }, () => report(tenant, memberId)));
  const fired = reports.filter(({ reactions }) => reactions.length > 0);
  await reverseEvent({
    tenantId: tenant.id,
    eventId: fired[0]?.event.id ?? "",
    comment: "Returned.",
    key: null,
  });
  const [after, afterThat] = [await report(tenant, memberId), await report(tenant, memberId)];

  expect(fired).toHaveLength(3);
  expect([after, afterThat].map(({ reactions }) => reactions.length)).toEqual([1, 0]);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 30, lifetimePoints: 30 });
});

test("a budget is never overspent, and a rule gives all or nothing of what an event is worth", async () => {
  const effect = { type: "POINTS", pointsPerUnit: 1, unitField: "payload.total" };
  const tenant = await createProgramme({
    rules: [rule("budgeted", { effect, limits: { budgetPoints: 25 } })],
  });
  const memberId = await createMember(tenant);

  const given: number[] = [];
  for (const total of [26, 10, 10, 6, 5, 1]) {
    const { reactions } = await report(tenant, memberId, { payload: { total } });
    given.push(reactions.length);
  }

  expect(given).toEqual([0, 1, 1, 0, 1, 0]);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 25 });
  expect(await eventsOf(tenant, "PURCHASE")).toBe(6);
});

test("a budget that many members want at once is shared out to the last whole part", async () => {
  const limits = { budgetPoints: 45, perMember: { times: 2, period: "EVER" } };
  const tenant = await createProgramme({
    rules: [rule("now", { limits }), rule("later", { limits, pendingDays: 3 })],
  });
  const members = await Promise.all(Array.from({ length: 8 }, () => createMember(tenant)));

  const reports = await Promise.all(members.map((memberId) => report(tenant, memberId)));

  const fired = reports.flatMap(firedIn);
  expect(fired.filter((name) => name === "now")).toHaveLength(4);
  expect(fired.filter((name) => name === "later")).toHaveLength(4);
  const rules = await db().rule.findMany({ where: { tenantId: tenant.id } });
  expect(rules.map(({ budgetUsedPoints }) => budgetUsedPoints)).toEqual([40n, 40n]);
});

test("a rule is in force by when the event happened, from its start up to before its end", async () => {
  const tenant = await createProgramme({
    rules: [
      rule("november", { start: "2026-11-01T00:00:00Z", end: "2026-12-01T00:00:00Z" }),
      rule("tomorrow", { start: "2026-12-03T00:00:00+00:00" }),
      rule("in Berlin", { start: "2026-11-01T00:00:00+01:00", end: "2026-11-01T00:00:00Z" }),
    ],
  });
  const memberId = await createMember(tenant);
  const firedAt = async (moment: string) =>
    firedIn(await report(tenant, memberId, { occurredAt: new Date(moment) }));

  expect(await firedAt("2026-10-31T22:59:59.999Z")).toEqual([]);
  expect(await firedAt("2026-10-31T23:00:00.000Z")).toEqual(["in Berlin"]);
  expect(await firedAt("2026-10-31T23:59:59.999Z")).toEqual(["in Berlin"]);
  expect(await firedAt("2026-11-01T00:00:00.000Z")).toEqual(["november"]);
  expect(await firedAt("2026-11-30T23:59:59.999Z")).toEqual(["november"]);
  expect(await firedAt("2026-12-01T00:00:00.000Z")).toEqual([]);
  expect(await firedAt("2026-12-02T12:04:00.000Z")).toEqual([]);
});

test("rules give in the order of their priority, then their name; inactive ones give nothing", async () => {
  const tenant = await createProgramme({
    eventTypes: [{ name: "PURCHASE", private: false }, visitType],
    rules: [
      ...[rule("b", { priority: 5 }), rule("low", { priority: -1000 }), rule("off", { priority: 9 })],
      ...[rule("a", { priority: 5 }), rule("plain"), rule("high", { priority: 1000 })],
      rule("of a visit", { eventType: "VISIT", priority: 7 }),
    ],
  });
  await db().rule.updateMany({ where: { tenantId: tenant.id, name: "off" }, data: { isActive: false } });
  const memberId = await createMember(tenant);
  const order = ["high", "a", "b", "plain", "low"];

  const first = await report(tenant, memberId, { externalId: "order-1" });
  const again = await report(tenant, memberId, { externalId: "order-1" });

  expect(firedIn(first)).toEqual(order);
  expect(firedIn(again)).toEqual(order);
  expect(first.balancePoints).toBe(50);
});

test("points wait for days from when the event happened, and then are points", async () => {
  const tenant = await createProgramme({ rules: [rule("waiting", { pendingDays: 3 })] });
  const memberId = await createMember(tenant);

  const { balancePoints, reactions } = await report(tenant, memberId);
  await report(tenant, memberId, { occurredAt: daysAgo(2) });
  await report(tenant, memberId, { occurredAt: daysAgo(3) });

  expect({ balancePoints, reactions }).toMatchObject({ balancePoints: 0, reactions: [{ points: 10 }] });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 10, pendingPoints: 20 });
  daysLater(1);
  await settleWallet(tenant.id, memberId);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 20, pendingPoints: 10 });
  daysLater(2.99);
  await settleWallet(tenant.id, memberId);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 20, pendingPoints: 10 });
  daysLater(3);
  const later = await report(tenant, memberId); // settles by itself
  expect(later.balancePoints).toBe(30);
  expect(await walletRow(tenant, memberId)).toMatchObject({ lifetimePoints: 30, pendingPoints: 10 });
});

const gives = (reward: string) => ({ effect: { type: "REWARD", reward } });
test.each([
  ["GENERATED", { codeType: "GENERATED", codePattern: "XX-99" }, /^[A-Z]{2}-\d\d$/],
  ["POOL", { codes: ["POOL-1"] }, /^POOL-1$/],
  ["STATIC", { codeType: "STATIC", code: "HELLO" }, /^HELLO$/],
])("a rule gives a benefit with a code of its kind, %s, for nothing", async (_kind, codes, code) => {
  const tenant = await createProgramme({
    rewards: [{ ...coffee, ...codes }],
    rules: [rule("gift", gives("coffee"))],
  });
  const memberId = await createMember(tenant);

  const { reactions, event, balancePoints } = await report(tenant, memberId);

  const [reaction] = reactions;
  expect(reaction).toEqual({
    type: "REWARD",
    ruleId: expect.any(String),
    ruleName: "gift",
    benefitId: expect.any(String),
  });
  const benefit = await db().benefit.findFirstOrThrow({ where: { tenantId: tenant.id } });
  expect(benefit).toMatchObject({ memberId, eventId: event.id, entryId: null, pricePoints: 0n });
  expect(benefit.code).toMatch(code);
  expect(reaction).toMatchObject({ benefitId: benefit.id });
  expect(balancePoints).toBe(0);
});

test("a rule gives no reward that is sold out, and the event and its other rules stand", async () => {
  const tenant = await createProgramme({
    rewards: [
      { ...coffee, stock: 1 },
      { ...coffee, externalId: "mug", codes: ["MUG-1"] },
    ],
    rules: [rule("coffee", { ...gives("coffee"), priority: 2 }), rule("mug", gives("mug")), rule("points")],
  });
  const [memberId, other] = [await createMember(tenant), await createMember(tenant)];

  const first = await report(tenant, memberId);
  const second = await report(tenant, other);

  expect(firedIn(first)).toEqual(["coffee", "mug", "points"]);
  expect(firedIn(second)).toEqual(["points"]);
  expect(await eventsOf(tenant, "PURCHASE")).toBe(2);
});

test("a reward's limit per member counts what was bought and what was given", async () => {
  const tenant = await createProgramme({
    rewards: [{ ...coffee, perMemberLimit: 2 }],
    rules: [rule("gift", gives("coffee"))],
  });
  const memberId = await createMember(tenant, 300);
  await buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));

  const reports = [await report(tenant, memberId), await report(tenant, memberId)];

  expect(reports.map(({ reactions }) => reactions.length)).toEqual([1, 0]);
  const bought = buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));
  expect(await codeOf(bought)).toBe("reward_limit_reached");
});

test("a rule gives no reward that is archived", async () => {
  const tenant = await createProgramme({ rewards: [coffee], rules: [rule("gift", gives("coffee"))] });
  await db().reward.updateMany({ where: { tenantId: tenant.id }, data: { archivedAt: daysAgo(1) } });
  const memberId = await createMember(tenant);

  const { reactions } = await report(tenant, memberId);

  expect(reactions).toEqual([]);
  expect(await eventsOf(tenant, "PURCHASE")).toBe(1);
});

test("two rules of one event share the last of a stock", async () => {
  const tenant = await createProgramme({
    rewards: [{ ...coffee, stock: 1 }],
    rules: [rule("first", { ...gives("coffee"), priority: 1 }), rule("second", gives("coffee"))],
  });
  const memberId = await createMember(tenant);

  expect(firedIn(await report(tenant, memberId))).toEqual(["first"]);
});

test("a stock that many members want at once is given out to the last piece, each code once", async () => {
  const tenant = await createProgramme({
    rewards: [{ ...coffee, codes: ["C-1", "C-2", "C-3"] }],
    rules: [rule("gift", gives("coffee"))],
  });
  const members = await Promise.all(Array.from({ length: 10 }, () => createMember(tenant)));

  const reports = await Promise.all(members.map((memberId) => report(tenant, memberId)));

  expect(reports.flatMap(firedIn)).toHaveLength(3);
  const benefits = await db().benefit.findMany({ where: { tenantId: tenant.id } });
  expect(benefits.map(({ code }) => code).sort()).toEqual(["C-1", "C-2", "C-3"]);
});

test.each([
  ["member.givenName", "eq", "Jane", true],
  ["member.givenName", "eq", "jane", false],
  ["member.emailAddress", "in", ["jane.doe@example.com"], true],
  ["member.country", "eq", "GB", true],
  ["member.birthdate", "eq", "1990-02-03", true],
  ["member.city", "exists", true, false],
  ["member.city", "exists", false, true],
  ["member.city", "eq", null, true],
  ["member.attributes.shoeSize", "gte", 42, true],
  ["member.attributes.shoeSize", "eq", "42", false],
  ["member.attributes.pets.0.name", "eq", "Rex", true],
  ["member.attributes.constructor", "exists", true, false],
  ["member.flags.isStaff", "eq", true, true],
  ["member.flags.genderProvided", "eq", true, true],
  ["member.authIdentifier", "eq", "user-7", true],
  ["member.accountNumber", "exists", true, true],
])("a rule whose condition is %s %s %j fires for Jane: %s", async (field, operator, value, fires) => {
  const conditions = { all: [{ field, operator, value }] };
  const tenant = await createProgramme({ rules: [rule("conditional", { conditions })] });
  const more = {
    gender: "FEMALE",
    country: "GB",
    birthdate: "1990-02-03",
    shoeSize: 42,
    pets: [{ name: "Rex" }],
  };
  const { json } = await postAuth(tenant, {
    body: { selector: { authIdentifier: "user-7" }, profile: { ...profile, ...more } },
  });
  await db().member.updateMany({ where: { tenantId: tenant.id }, data: { flags: { isStaff: true } } });

  const { reactions } = await report(tenant, json.data.user.id);

  expect(reactions).toHaveLength(fires ? 1 : 0);
});

const welcome = { name: "Welcome", eventType: "REGISTERED_ACCOUNT", effect: { type: "POINTS", points: 100 } };
const signIn = (tenant: TestTenant, more: object = {}, authIdentifier = "user-1") =>
  postAuth(tenant, { body: { selector: { authIdentifier }, profile: { ...profile, ...more } } });

test("a new member is welcomed once, however often it signs in", async () => {
  const rules = [welcome, { ...welcome, name: "A coffee", ...gives("coffee") }];
  const tenant = await createTenant({ rewards: [coffee], rules });

  const first = await signIn(tenant);
  await signIn(tenant);
  await signIn(tenant, { city: "Bath" });

  const memberId = first.json.data.user.id;
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 100, lifetimePoints: 100 });
  expect(await db().benefit.count({ where: { tenantId: tenant.id } })).toBe(1);
  expect(await eventsOf(tenant, "REGISTERED_ACCOUNT")).toBe(1);
  expect(await eventsOf(tenant, "PROFILE_UPDATED")).toBe(1);
});

test("many first sign-ins of one member at once welcome it once", async () => {
  const rules = [welcome, { ...welcome, name: "Later", pendingDays: 3 }];
  const tenant = await createTenant({ rules });

  const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(tenant)));

  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  const ids = new Set(answers.map(({ json }) => json.data.user.id));
  expect(ids.size).toBe(1);
  const [memberId] = [...ids];
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 100, pendingPoints: 100 });
  expect(await eventsOf(tenant, "REGISTERED_ACCOUNT")).toBe(1);
  expect(await db().session.count({ where: { tenantId: tenant.id } })).toBe(20);
});

test("many new members at once share a budget and a stock for welcomes", async () => {
  const tenant = await createTenant({
    rewards: [{ ...coffee, codes: ["C-1", "C-2"] }],
    rules: [
      { ...welcome, limits: { budgetPoints: 350 } },
      { ...welcome, name: "A coffee", ...gives("coffee") },
    ],
  });

  const answers = await Promise.all(
    Array.from({ length: 10 }, (_each, index) => signIn(tenant, {}, `user-${index}`)),
  );

  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  const { _sum } = await db().wallet.aggregate({
    where: { tenantId: tenant.id },
    _sum: { balancePoints: true },
  });
  expect(_sum.balancePoints).toBe(300n);
  expect(await db().benefit.count({ where: { tenantId: tenant.id } })).toBe(2);
});

test("a changed profile counts each time it changes, and one sent again does not", async () => {
  const tenant = await createTenant({
    rules: [{ ...welcome, name: "Update", eventType: "PROFILE_UPDATED" }],
  });
  const { json } = await signIn(tenant);
  const balance = async () => (await walletRow(tenant, json.data.user.id)).balancePoints;

  expect(await balance()).toBe(0);
  await signIn(tenant, { city: "Bath" });
  expect(await balance()).toBe(100);
  await signIn(tenant, { city: "Bath" });
  expect(await balance()).toBe(100);
  await signIn(tenant, { hat: "m" });
  expect(await balance()).toBe(200);
  await signIn(tenant, { hat: null });
  expect(await balance()).toBe(300);
  await Promise.all(Array.from({ length: 8 }, () => signIn(tenant, { city: "Ely" })));
  expect(await balance()).toBe(400);
});

test.each([
  ["member.city", "eq", "Bath"],
  ["member.birthdate", "eq", "1990-02-03"],
  ["member.attributes.hat", "eq", "m"],
  ["member.attributes.coat", "exists", false],
  ["member.flags.genderProvided", "eq", true],
  ["member.authIdentifier", "eq", "user-1"],
])("a rule of a sign-in sees the member as it will be: %s %s %j", async (field, operator, value) => {
  const conditions = { all: [{ field, operator, value }] };
  const updated = { ...welcome, name: "Update", eventType: "PROFILE_UPDATED" };
  const tenant = await createTenant({
    rules: [
      { ...welcome, conditions },
      { ...updated, conditions },
    ],
  });
  const full = { city: "Bath", birthdate: "1990-02-03", gender: "OTHER", hat: "m", coat: null };

  const member = (await signIn(tenant, full, "user-1")).json.data.user.id;
  expect(await walletRow(tenant, member)).toMatchObject({ balancePoints: 100 });

  await signIn(tenant, { ...full, givenName: "Joan" });
  expect(await walletRow(tenant, member)).toMatchObject({ balancePoints: 200 });
  await db().event.findFirstOrThrow({ where: { tenantId: tenant.id, type: "PROFILE_UPDATED" } });
});

test("a rule of a sign-in does not fire for what the sign-in takes away", async () => {
  const updated = { ...welcome, eventType: "PROFILE_UPDATED" };
  const when = (field: string) => ({ all: [{ field, operator: "exists", value: true }] });
  const tenant = await createTenant({
    rules: ["member.city", "member.attributes.hat"].map((field) => ({
      ...updated,
      name: field,
      conditions: when(field),
    })),
  });
  const { json } = await signIn(tenant, { city: "Bath", hat: "m" });

  await signIn(tenant, { city: null, hat: null });

  expect(await eventsOf(tenant, "PROFILE_UPDATED")).toBe(1);
  expect(await walletRow(tenant, json.data.user.id)).toMatchObject({ balancePoints: 0 });
});

test("a sign-in whose rule would give more points than there can be goes through without them", async () => {
  const most = { type: "POINTS", points: pointsMax };
  const tenant = await createTenant({
    rules: [{ name: "Update", eventType: "PROFILE_UPDATED", effect: most }],
  });
  const { json } = await signIn(tenant);
  await signIn(tenant, { city: "Bath" });

  const answer = await signIn(tenant, { city: "Ely" });

  expect(answer.status).toBe(200);
  expect(await walletRow(tenant, json.data.user.id)).toMatchObject({ balancePoints: pointsMax });
  expect(await eventsOf(tenant, "PROFILE_UPDATED")).toBe(2);
});

test("a restricted member's sign-in is refused and gives nothing", async () => {
  const tenant = await createTenant({
    rules: [welcome, { ...welcome, name: "u", eventType: "PROFILE_UPDATED" }],
  });
  const { json } = await signIn(tenant);
  await restrictMember(tenant.id, json.data.user.id, true);
  const before = await everythingOf(tenant);

  const answer = await signIn(tenant, { city: "Bath" });

  expect(answer).toMatchObject({ status: 403, json: { code: "member_restricted" } });
  expect(await everythingOf(tenant)).toBe(before);
});

/** Gives 7 points for each event of a type, under these conditions. */
function sevenFor(eventType: string, field?: string, operator?: string, value?: unknown) {
  const conditions = field ? { all: [{ field, operator, value }] } : null;
  return {
    name: `${eventType} ${field} ${value}`,
    eventType,
    conditions,
    effect: { type: "POINTS", points: 7 },
  };
}

test("buying, redeeming and burning a voucher count, each by what it tells of the reward", async () => {
  const types = ["PURCHASED_REWARD", "REDEEMED_VOUCHER", "BURNED_VOUCHER"];
  const tenant = await createProgramme({
    rewards: [coffee],
    rules: types.flatMap((type) => [
      sevenFor(type),
      sevenFor(type, "payload.pricePoints", "eq", 150),
      sevenFor(type, "payload.rewardExternalId", "eq", "coffee"),
      sevenFor(type, "payload.rewardName", "eq", "Coffee"),
      sevenFor(type, "payload.rewardId", "exists", true),
      sevenFor(type, "payload.benefitId", "exists", true),
      sevenFor(type, "payload.rewardName", "eq", "Tea"),
    ]),
  });
  const memberId = await createMember(tenant, 150);
  const tenantId = tenant.id;

  const { benefit, balancePoints } = await buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));
  const { benefit: shown } = await redeemBenefit({ tenantId, memberId, benefitId: benefit.id, key: null });
  const code = shown.code?.value ?? "";
  const redeemed = await walletRow(tenant, memberId);
  await validateVoucher({ tenantId, code, isOnlyLook: true, key: null });
  const looked = await walletRow(tenant, memberId);
  await validateVoucher({ tenantId, code, isOnlyLook: false, key: null });
  const burned = await walletRow(tenant, memberId);

  expect(balancePoints).toBe(6 * 7);
  expect(redeemed).toMatchObject({ balancePoints: 12 * 7 });
  expect(looked).toMatchObject({ balancePoints: 12 * 7 });
  expect(burned).toMatchObject({ balancePoints: 18 * 7 });
  const events = await db().event.findMany({ where: { tenantId, type: { in: types } } });
  for (const { payload } of events) {
    expect(payload).toEqual({
      ...{ benefitId: benefit.id, rewardId: benefit.reward.id },
      ...{ rewardExternalId: "coffee", rewardName: "Coffee", pricePoints: 150 },
    });
  }
  expect(events).toHaveLength(3);
});

test("an adjustment counts, by its points and its impact, and what it gives is no adjustment", async () => {
  const tenant = await createProgramme({
    rules: [
      sevenFor("POINTS_ADJUSTED"),
      sevenFor("POINTS_ADJUSTED", "payload.points", "lt", 0),
      sevenFor("POINTS_ADJUSTED", "payload.impactType", "eq", "SPEND"),
    ],
  });
  const memberId = await createMember(tenant);

  const up = await adjust(tenant, memberId, 50);
  const down = await adjust(tenant, memberId, -20);

  expect(up.balancePoints).toBe(57);
  expect(down.balancePoints).toBe(57 - 20 + 3 * 7);
  expect(await eventsOf(tenant, "POINTS_ADJUSTED")).toBe(2);
});

test("expired points count once for each day on which they expired, and set off no loop", async () => {
  const tenant = await createProgramme({
    pointsExpiry: { afterDays: 10 },
    rules: [
      rule("points", { effect: { type: "POINTS", pointsPerUnit: 1, unitField: "payload.total" } }),
      { ...sevenFor("POINTS_EXPIRED", "payload.points", "eq", 30) },
    ],
  });
  const memberId = await createMember(tenant);
  await report(tenant, memberId, { payload: { total: 10 } });
  daysLater(0.4); // still the same day
  await report(tenant, memberId, { payload: { total: 20 } });
  daysLater(1);
  await report(tenant, memberId, { payload: { total: 5 } });

  daysLater(11);
  await Promise.all(Array.from({ length: 5 }, () => settleWallet(tenant.id, memberId)));

  expect(await eventsOf(tenant, "POINTS_EXPIRED")).toBe(2);
  expect(await walletRow(tenant, memberId)).toMatchObject({
    balancePoints: 7,
    expiredPoints: 35,
    lifetimePoints: 42,
  });
});

test("rules do not set off each other: what they give raises no event", async () => {
  const tenant = await createProgramme({
    rewards: [coffee],
    rules: [
      rule("points"),
      rule("gift", gives("coffee")),
      ...Object.keys(intrinsicPayloadFields).flatMap((eventType) => [
        { name: `points for ${eventType}`, eventType, effect: { type: "POINTS", points: 1 } },
        { name: `gift for ${eventType}`, eventType, ...gives("coffee") },
      ]),
    ],
  });
  const memberId = await createMember(tenant); // raises one: two reactions

  await report(tenant, memberId);
  await adjust(tenant, memberId, 200);
  await buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));

  const events = await db().event.groupBy({ by: ["type"], where: { tenantId: tenant.id }, _count: true });
  expect(Object.fromEntries(events.map(({ type, _count }) => [type, _count]))).toEqual({
    ...{ REGISTERED_ACCOUNT: 1, PURCHASE: 1, POINTS_ADJUSTED: 1, PURCHASED_REWARD: 1 },
  });
  expect(await db().ruleActivation.count({ where: { tenantId: tenant.id } })).toBe(8);
  expect(await db().benefit.count({ where: { tenantId: tenant.id } })).toBe(5);
});

test.each([
  ["points", { effect: { type: "POINTS", points: 10 } }],
  ["points on their way", { effect: { type: "POINTS", points: 10 }, pendingDays: 3 }],
  ["points per unit", { effect: { type: "POINTS", pointsPerUnit: pointsMax, unitField: "payload.total" } }],
])(
  "an event whose %s would not fit is refused, with all its other rules had given",
  async (_what, effect) => {
    const tenant = await createProgramme({
      rewards: [{ ...coffee, codes: ["C-1"] }],
      rules: [
        rule("a gift", { ...gives("coffee"), priority: 3 }),
        rule("a budget", {
          effect: { type: "POINTS", points: 1 },
          limits: { budgetPoints: 100 },
          priority: 2,
        }),
        rule("too many", { ...effect, priority: 1 }),
      ],
    });
    const memberId = await createMember(tenant, pointsMax - 5);
    const other = await createMember(tenant);
    const before = await everythingOf(tenant);
    const key = { scope: "test", key: "key-1", bodyHmacs: ["hmac"] };

    const refused = report(tenant, memberId, { externalId: "order-1", payload: { total: 2 }, key });

    expect(await codeOf(refused)).toBe("invalid_input");
    expect(await everythingOf(tenant)).toBe(before);
    if (_what !== "points per unit") {
      const reused = await report(tenant, other, { externalId: "order-1", payload: { total: 2 } });
      expect(reused).toMatchObject({ isKnown: false, reactions: [{}, {}, {}] });
    }
  },
);

test("an adjustment, a purchase or a redemption whose rules would not fit changes nothing", async () => {
  const most = { type: "POINTS", points: pointsMax };
  const tenant = await createProgramme({ rewards: [coffee], rules: [] });
  const memberId = await createMember(tenant, 300);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const { benefit } = await buy(tenant, memberId, rewardId);
  const tenantId = tenant.id;
  const ruleRows = ["POINTS_ADJUSTED", "PURCHASED_REWARD", "REDEEMED_VOUCHER"].map((eventType) => ({
    ...{ tenantId, id: randomUUID(), name: eventType, eventType, effect: most, priority: 0, pendingDays: 0 },
    ...{ createdAt: daysAgo(1), updatedAt: daysAgo(1) },
  }));
  await db().rule.createMany({ data: ruleRows });
  const before = await everythingOf(tenant);

  const refused = [
    await codeOf(adjust(tenant, memberId, 10)),
    await codeOf(buy(tenant, memberId, rewardId)),
    await codeOf(redeemBenefit({ tenantId, memberId, benefitId: benefit.id, key: null })),
  ];

  expect(refused).toEqual(Array(3).fill("invalid_input"));
  expect(await everythingOf(tenant)).toBe(before);
});

test("two programmes with the same names, members and external ids know nothing of each other", async () => {
  const limits = { perMember: { times: 1, period: "EVER" }, budgetPoints: 10 };
  const settings = {
    rewards: [{ ...coffee, codes: ["C-1"] }],
    rules: [rule("limited", { limits }), rule("gift", gives("coffee"))],
  };
  const [one, two] = [await createProgramme(settings), await createProgramme(settings)];
  const [ofOne, ofTwo] = await Promise.all(
    [one, two].map(async (tenant) => (await signIn(tenant)).json.data.user.id),
  );

  const first = await tell(one, { subject: "user-1", externalId: "order-1" });
  const second = await tell(two, { subject: "user-1", externalId: "order-1" });

  expect([first.event.memberId, second.event.memberId]).toEqual([ofOne, ofTwo]);
  for (const answer of [first, second]) {
    expect(answer).toMatchObject({ isKnown: false, balancePoints: 10 });
    expect(firedIn(answer)).toEqual(["gift", "limited"]);
  }
  expect(await codeOf(tell(one, { subject: ofTwo }))).toBe("member_not_found");
});
