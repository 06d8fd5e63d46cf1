import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";

import { addSeconds, moveClock, now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { adjustPoints } from "#lib/domain/ledger/adjust-points.ts";
import { listStatement } from "#lib/domain/ledger/list-statement.ts";
import type { ImpactType } from "#lib/domain/ledger/post-points.ts";
import { settleWallet, sweepWallets } from "#lib/domain/ledger/settle-wallet.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { onceKey } from "#lib/domain/once.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";
import { cookieOf, postAuth } from "#tests/support/calls.ts";
import {
  adjust,
  buy,
  codeOf,
  createMember,
  createProgramme,
  daysAgo,
  daysLater,
  pointPerEuro,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";
import { moveTo, start, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: every balance is the sum of its entries and of its lots, whatever happens at once and whenever one
// looks; and where the code fails, the database holds.
// Method: the commands that move points, in parallel, at random and at times that the test chooses; then each
// law broken by hand: the database has to refuse it, and with its triggers off the laws have to see it.

const max = Number.MAX_SAFE_INTEGER;

afterEach(() => {
  vi.useRealTimers();
  daysLater(0);
});

/** From now on it is this moment, and time goes on. */
function goTo(moment: string): void {
  moveClock(Date.parse(moment) - Date.now());
}

/** The same programme with other settings. */
async function change(tenant: TestTenant, settings: Record<string, unknown>): Promise<void> {
  const { code, name, authMode, host } = tenant;
  await applyProgramme(
    JSON.stringify({ tenants: [{ code, name, authMode, hostnames: [host], ...settings }] }),
  );
}

/** A member whose balance is read as a page does. */
async function createSignedIn(tenant: TestTenant) {
  const answer = await postAuth(tenant, { body: { selector: { authIdentifier: randomUUID() }, profile } });
  const credentials = await readCookieCredentials(new Headers({ cookie: cookieOf(answer) }));
  const read = async () => (await readSession(tenant, credentials, { isActivity: false }))?.wallet;
  return { memberId: answer.json.data.user.id as MemberId, read };
}

async function statementOf(tenant: TestTenant, memberId: MemberId) {
  return (await listStatement(tenant.id, memberId, { beforeSequence: null, limit: 100 })).entries;
}

async function eventsOf(tenant: TestTenant, type: string) {
  const where = { tenantId: tenant.id, type };
  const events = await db().event.findMany({ where, orderBy: { occurredAt: "asc" } });
  return events.map(({ payload, occurredAt }) => ({ payload, occurredAt: occurredAt.toISOString() }));
}

test("opening points count as earned, and expire like any others", async () => {
  goTo("2027-03-10T10:00:00Z");
  const members = [{ authIdentifier: "ana", profile, points: 500 }];
  const tenant = await createTenant({ pointsExpiry: { afterDays: 30 }, members });
  const where = { tenantId_authIdentifier: { tenantId: tenant.id, authIdentifier: "ana" } };
  const memberId = (await db().member.findUniqueOrThrow({ where })).id as MemberId;

  const entries = await statementOf(tenant, memberId);

  expect(await walletRow(tenant, memberId)).toMatchObject({
    balancePoints: 500,
    lifetimePoints: 500,
    spentPoints: 0,
    entryCount: 1,
  });
  expect(entries).toMatchObject([
    { sequence: 1, kind: "OPENING", points: 500, balanceAfterPoints: 500, event: null, paidBy: [] },
  ]);
  expect(entries[0]?.lots).toEqual([
    {
      earnedPoints: 500,
      remainingPoints: 500,
      expiresAt: addSeconds(entries[0]?.occurredAt as Date, 30 * 86_400),
    },
  ]);
  expect(await checkLaws()).toEqual([]);
});

test.each<[ImpactType, number, object]>([
  ["EARN", 40, { balancePoints: 140, lifetimePoints: 140, spentPoints: 0 }],
  ["SPEND", -40, { balancePoints: 60, lifetimePoints: 100, spentPoints: 40 }],
  ["NONE", 40, { balancePoints: 140, lifetimePoints: 100, spentPoints: 0 }],
  ["NONE", -40, { balancePoints: 60, lifetimePoints: 100, spentPoints: 0 }],
])(
  "an adjustment that counts as %s moves %d points and the totals it counts in",
  async (impact, points, totals) => {
    const tenant = await createProgramme();
    const memberId = await createMember(tenant, 100);

    const answer = await adjustPoints({
      ...{ tenant, memberId, points, impact },
      ...{ comment: "A phone call.", key: null },
    });

    expect(answer).toMatchObject({ balancePoints: 100 + points, isReplay: false });
    expect(await walletRow(tenant, memberId)).toMatchObject({ ...totals, expiredPoints: 0, entryCount: 2 });
    expect((await statementOf(tenant, memberId))[0]).toMatchObject({
      kind: "ADJUSTMENT",
      points,
      description: "A phone call.",
      event: { type: "POINTS_ADJUSTED", payload: { points, impactType: impact } },
    });
    expect(await checkLaws()).toEqual([]);
  },
);

test.each<[ImpactType, number]>([
  ["EARN", -1],
  ["SPEND", 1],
])("an adjustment that counts as %s is not one of %d points", async (impact, points) => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant, 100);
  const command = { tenant, memberId, points, impact, comment: "Why.", key: null };

  await expect(adjustPoints(command)).rejects.toMatchObject({
    code: "invalid_input",
    details: { fields: { points: expect.any(String) } },
  });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 100, entryCount: 1 });
});

test.each<ImpactType>(["SPEND", "NONE"])(
  "an adjustment that counts as %s takes all there is, and not one point more",
  async (impact) => {
    const tenant = await createProgramme();
    const memberId = await createMember(tenant, 100);
    const command = { tenant, memberId, impact, comment: "Why.", key: null };

    await expect(adjustPoints({ ...command, points: -101 })).rejects.toMatchObject({
      code: "points_insufficient",
      details: { balancePoints: 100, costPoints: 101 },
    });
    expect(await eventsOf(tenant, "POINTS_ADJUSTED")).toHaveLength(1); // that of the first 100
    expect(await adjustPoints({ ...command, points: -100 })).toMatchObject({ balancePoints: 0 });
  },
);

test.each([0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, -(2 ** 53)])(
  "%d points are refused",
  async (points) => {
    const tenant = await createProgramme();
    const memberId = await createMember(tenant);
    const command = { tenant, memberId, comment: "Why.", key: null };

    await expect(adjustPoints({ ...command, points, impact: "NONE" })).rejects.toMatchObject({
      code: "invalid_input",
    });
    expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, entryCount: 0 });
  },
);

test("a balance that would go beyond 2^53 - 1 is refused and stays, whatever brings the point", async () => {
  const tenant = await createProgramme({
    rules: [pointPerEuro, { ...pointPerEuro, name: "Later", eventType: "SLOW", pendingDays: 5 }],
    eventTypes: [
      { name: "PURCHASE", private: false },
      { name: "SLOW", private: false },
    ],
  });
  const memberId = await createMember(tenant, max);
  const before = await walletRow(tenant, memberId);

  const codes = [
    await codeOf(adjust(tenant, memberId, 1)),
    await codeOf(report(tenant, memberId, { payload: { total: 1 } })),
    await codeOf(report(tenant, memberId, { type: "SLOW", payload: { total: 1 } })),
  ];

  expect(codes).toEqual(["invalid_input", "invalid_input", "invalid_input"]);
  expect(await walletRow(tenant, memberId)).toEqual(before);
  expect(before.balancePoints).toBe(max);
  expect(
    await db().event.count({ where: { tenantId: tenant.id, memberId, type: { not: "REGISTERED_ACCOUNT" } } }),
  ).toBe(1);
  expect(await checkLaws()).toEqual([]);
});

test("lifetime points stay within 2^53 - 1 too, while the balance has room", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant, max);
  const command = { tenant, memberId, comment: "Why.", key: null };
  await adjustPoints({ ...command, points: -max, impact: "NONE" });

  expect(await codeOf(adjustPoints({ ...command, points: 1, impact: "EARN" }))).toBe("invalid_input");
  expect(await adjustPoints({ ...command, points: max, impact: "NONE" })).toMatchObject({
    balancePoints: max,
  });
  expect(await codeOf(adjust(tenant, memberId, -max))).toBe("done");
  expect(await checkLaws()).toEqual([]);
});

test.each<[string, (tenant: TestTenant, memberId: MemberId) => Promise<unknown>]>([
  ["spent", (tenant, memberId) => adjust(tenant, memberId, -max)],
  ["expired", async () => moveTo(10)],
])("what comes in has to fit in with what was %s, so that it can be, too", async (_what, useUp) => {
  stopTheClock();
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 10 } });
  const memberId = await createMember(tenant, max);
  const command = { tenant, memberId, comment: "Why.", key: null, impact: "NONE" } as const;
  await useUp(tenant, memberId);

  expect(await codeOf(adjustPoints({ ...command, points: 1 }))).toBe("invalid_input");
  expect(await walletRow(tenant, memberId)).toMatchObject({ lifetimePoints: max });
  expect(await checkLaws()).toEqual([]);
});

test("a wallet at its limits spends, unlocks and expires, and the sweep gets past it", async () => {
  stopTheClock();
  const tea = { externalId: "tea", name: "Tea", type: "GENERIC_OFFER", price: 20 };
  const rules = [{ ...pointPerEuro, pendingDays: 5 }];
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 10 }, rules, rewards: [tea] });
  const [memberId, other] = [await createMember(tenant, max - 10), await createMember(tenant, 7)];
  await report(tenant, memberId, { payload: { total: 10 } });
  const room = { tenant, memberId, points: 1, comment: "Why.", key: null };

  const full = await codeOf(adjustPoints({ ...room, impact: "NONE" }));
  const { balancePoints } = await buy(tenant, memberId, await rewardIdOf(tenant, "tea"));
  moveTo(5);
  await sweepWallets();
  const unlocked = await walletRow(tenant, memberId);
  moveTo(10);
  await sweepWallets();
  const expired = await walletRow(tenant, memberId);
  moveTo(15);
  await sweepWallets();

  expect([full, balancePoints]).toEqual(["invalid_input", max - 30]);
  expect(unlocked).toMatchObject({ balancePoints: max - 20, pendingPoints: 0, lifetimePoints: max });
  expect(expired).toMatchObject({ balancePoints: 10, expiredPoints: max - 30, spentPoints: 20 });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 0, expiredPoints: max - 20, spentPoints: 20, lifetimePoints: max },
    ...{ nextExpiryAt: null, nextUnlockAt: null },
  });
  expect(await walletRow(tenant, other)).toMatchObject({ balancePoints: 0, expiredPoints: 7 });
  expect(await checkLaws()).toEqual([]);
});

test("however near to its limits a wallet is, it settles and it spends", async () => {
  stopTheClock();
  const tenant = await createProgramme({
    pointsExpiry: { afterDays: 3 },
    rules: [{ ...pointPerEuro, pendingDays: 2 }],
  });
  const anyMove = fc.record({
    what: fc.constantFrom("EARN", "NONE", "pending", "SPEND", "a day"),
    points: fc.constantFrom(1, 10, (max - 1) / 2, max - 10, max),
  });
  const answers = new Map<string, number>();
  let days = 0;

  await fc.assert(
    fc.asyncProperty(fc.array(anyMove, { minLength: 6, maxLength: 12 }), async (moves) => {
      const memberId = await createMember(tenant);
      const command = { tenant, memberId, comment: "Why.", key: null };
      const bring = (what: string, points: number) =>
        what === "pending"
          ? report(tenant, memberId, { payload: { total: points } })
          : adjustPoints({ ...command, points, impact: what as ImpactType });

      for (const { what, points } of moves) {
        const { balancePoints } = (await walletRow(tenant, memberId)) as { balancePoints: number };
        if (what === "a day") {
          days += 1;
          moveTo(days);
          await sweepWallets();
        } else if (what === "SPEND") {
          if (balancePoints > 0) await adjust(tenant, memberId, -Math.min(points, balancePoints));
        } else {
          const answer = `${what} ${await codeOf(bring(what, points))}`;
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
        }
        await expectRoom(tenant, memberId);
      }
    }),
    { numRuns: 25 },
  );

  for (const what of ["EARN", "NONE", "pending"]) {
    expect(answers.get(`${what} done`) ?? 0).toBeGreaterThan(0); // it has seen both
    expect(answers.get(`${what} invalid_input`) ?? 0).toBeGreaterThan(0);
  }
  expect(await checkLaws()).toEqual([]);
}, 60_000);

/** What there is can be spent and can expire, and no total leaves the range of safe integers by it. */
async function expectRoom(tenant: TestTenant, memberId: MemberId): Promise<void> {
  const where = { tenantId_memberId: { tenantId: tenant.id, memberId } };
  const wallet = await db().wallet.findUniqueOrThrow({ where });
  const { balancePoints, pendingPoints, lifetimePoints, spentPoints, expiredPoints } = wallet;
  for (const total of [balancePoints + spentPoints, balancePoints + expiredPoints, lifetimePoints]) {
    expect(total + pendingPoints).toBeLessThanOrEqual(BigInt(max));
  }
}

test("pending points keep their room: what comes meanwhile cannot take it", async () => {
  const tenant = await createProgramme({ rules: [{ ...pointPerEuro, pendingDays: 5 }] });
  const memberId = await createMember(tenant);
  await report(tenant, memberId, { payload: { total: 10 } });
  const command = { tenant, memberId, comment: "Why.", key: null };

  expect(await codeOf(adjustPoints({ ...command, points: max - 9, impact: "NONE" }))).toBe("invalid_input");
  expect(await codeOf(adjustPoints({ ...command, points: max - 9, impact: "EARN" }))).toBe("invalid_input");
  await adjust(tenant, memberId, max - 10);
  daysLater(5);
  await settleWallet(tenant.id, memberId);

  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: max, pendingPoints: 0 });
  expect(await checkLaws()).toEqual([]);
});

test("pending points are refused where the balance would have no room for them", async () => {
  const tenant = await createProgramme({ rules: [{ ...pointPerEuro, pendingDays: 5 }] });
  const memberId = await createMember(tenant);
  const command = { tenant, memberId, comment: "Why.", key: null };
  await adjustPoints({ ...command, points: max - 9, impact: "NONE" });

  expect(await codeOf(report(tenant, memberId, { payload: { total: 10 } }))).toBe("invalid_input");
  expect(await codeOf(report(tenant, memberId, { payload: { total: 9 } }))).toBe("done");
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: max - 9, pendingPoints: 9 });
  expect(await checkLaws()).toEqual([]);
});

test("a restricted member's points can be put right, those of one who has left cannot", async () => {
  const [tenant, other] = [await createProgramme(), await createProgramme()];
  const [restricted, erased, foreign] = [
    await createMember(tenant),
    await createMember(tenant, 10),
    await createMember(other, 10),
  ];
  await restrictMember(tenant.id, restricted, true);
  await eraseMember(tenant.id, erased);

  expect(await adjust(tenant, restricted, 5)).toMatchObject({ balancePoints: 5 });
  expect(await codeOf(adjust(tenant, erased, 5))).toBe("member_not_found");
  expect(await codeOf(adjust(tenant, foreign, 5))).toBe("member_not_found");
  expect(await walletRow(other, foreign)).toMatchObject({ balancePoints: 10 });
  expect(await checkLaws()).toEqual([]);
});

test("one key is posted once, also when fifty try at once", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  const key = onceKey("adjust", "welcome", { points: 10 });

  const answers = await Promise.all(Array.from({ length: 50 }, () => adjust(tenant, memberId, 10, key)));

  expect(answers.map(({ balancePoints }) => balancePoints)).toEqual(Array(50).fill(10));
  expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 10, entryCount: 1 });
});

test("fifty spend at once what is enough for one: one may", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant, 100);

  const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(adjust(tenant, memberId, -100))));

  expect(codes.sort()).toEqual(["done", ...Array(49).fill("points_insufficient")]);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, entryCount: 2 });
  expect(await checkLaws()).toEqual([]);
});

test("what expires first pays first, then what is older, and each payment is on record", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  goTo("2027-03-10T10:00:00Z");
  await adjust(tenant, memberId, 100); // never expires
  await report(tenant, memberId, { payload: { total: 30 }, occurredAt: daysAgo(5) }); // neither, and is older
  await change(tenant, { pointsExpiry: { afterDays: 20 } });
  await adjust(tenant, memberId, 20);
  await change(tenant, { pointsExpiry: { afterDays: 10 } });
  goTo("2027-03-11T10:00:00Z");
  await adjust(tenant, memberId, 10); // the youngest, and the first to expire

  await adjust(tenant, memberId, -15);
  await adjust(tenant, memberId, -20);
  await adjust(tenant, memberId, -30);

  const paid = (await statementOf(tenant, memberId)).slice(0, 3).reverse();
  expect(paid.map(({ paidBy }) => paidBy.map(({ points }) => points))).toEqual([
    [10, 5],
    [15, 5],
    [25, 5],
  ]);
  expect(
    paid.map(({ paidBy }) => paidBy.map(({ expiresAt }) => expiresAt?.toISOString().slice(0, 10))),
  ).toEqual([
    ["2027-03-21", "2027-03-30"],
    ["2027-03-30", undefined],
    [undefined, undefined],
  ]);
  const lots = await db().pointLot.findMany({
    where: { tenantId: tenant.id },
    orderBy: { earnedPoints: "asc" },
  });
  expect(
    lots.map(({ earnedPoints, remainingPoints }) => [Number(earnedPoints), Number(remainingPoints)]),
  ).toEqual([
    [10, 0],
    [20, 0],
    [30, 0],
    [100, 95],
  ]);
  expect(await checkLaws()).toEqual([]);
});

test("points are there until the very millisecond in which they expire, for whoever looks", async () => {
  stopTheClock();
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 2 } });
  const { memberId, read } = await createSignedIn(tenant);
  await adjust(tenant, memberId, 100);

  moveTo(2, -1);
  const last = await read();
  moveTo(2);
  const gone = await read();

  const expiresAt = addSeconds(start, 2 * 86_400);
  expect(last).toMatchObject({
    balancePoints: 100,
    expiredPoints: 0,
    nextExpiry: { points: 100, expiresAt },
  });
  expect(gone).toMatchObject({ balancePoints: 0, expiredPoints: 100, lifetimePoints: 100, nextExpiry: null });
  expect((await statementOf(tenant, memberId))[0]).toMatchObject({
    kind: "EXPIRY",
    points: -100,
    balanceAfterPoints: 0,
    occurredAt: expiresAt,
    event: { type: "POINTS_EXPIRED", payload: { points: 100 } },
    paidBy: [{ points: 100, expiresAt }],
  });
  expect(await checkLaws()).toEqual([]);
});

test("what has expired buys nothing more, also where nobody has looked since", async () => {
  stopTheClock();
  const reward = { externalId: "tea", name: "Tea", type: "GENERIC_OFFER", price: 50 };
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 2 }, rewards: [reward] });
  const memberId = await createMember(tenant, 100);
  moveTo(1);
  await adjust(tenant, memberId, 30);

  moveTo(2);
  const bought = buy(tenant, memberId, await rewardIdOf(tenant, "tea"));

  await expect(bought).rejects.toMatchObject({
    code: "points_insufficient",
    details: { balancePoints: 30, costPoints: 50 },
  });
  await expect(adjust(tenant, memberId, -31)).rejects.toMatchObject({ details: { balancePoints: 30 } });
  expect(await checkLaws()).toEqual([]);
});

test("the sweep expires and unlocks for members whom nobody looks at, and only what is due", async () => {
  goTo("2035-01-01T10:00:00Z");
  await sweepWallets(); // what other tests left
  const tenant = await createProgramme({
    pointsExpiry: { afterDays: 10 },
    rules: [{ ...pointPerEuro, pendingDays: 3 }],
  });
  const [early, late, pending] = [
    await createMember(tenant, 100),
    await createMember(tenant),
    await createMember(tenant),
  ];
  await report(tenant, pending, { payload: { total: 40 } });
  goTo("2035-01-05T10:00:00Z");
  await adjust(tenant, late, 100);
  goTo("2035-01-12T10:00:00Z");

  expect(await sweepWallets()).toBe(2);
  expect(await sweepWallets()).toBe(0);
  expect(await walletRow(tenant, early)).toMatchObject({
    balancePoints: 0,
    expiredPoints: 100,
    nextExpiryAt: null,
  });
  expect(await walletRow(tenant, late)).toMatchObject({ balancePoints: 100, expiredPoints: 0 });
  expect(await walletRow(tenant, pending)).toMatchObject({ balancePoints: 40, pendingPoints: 0 });
  expect(await checkLaws()).toEqual([]);
});

test("two sweeps and a reader at once expire each point once", async () => {
  goTo("2036-01-01T10:00:00Z");
  await sweepWallets();
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 10 } });
  const members = await Promise.all(Array.from({ length: 8 }, () => createMember(tenant, 100)));
  goTo("2036-01-12T10:00:00Z");

  await Promise.all([
    ...[sweepWallets(), sweepWallets()],
    ...members.flatMap((memberId) => [settleWallet(tenant.id, memberId), settleWallet(tenant.id, memberId)]),
  ]);

  for (const memberId of members) {
    expect(await walletRow(tenant, memberId)).toMatchObject({ expiredPoints: 100, entryCount: 2 });
  }
  expect(await eventsOf(tenant, "POINTS_EXPIRED")).toHaveLength(8);
  expect(await checkLaws()).toEqual([]);
});

test("what expires on one day is one POINTS_EXPIRED, and rules can listen to it", async () => {
  const consolation = {
    name: "Never mind",
    eventType: "POINTS_EXPIRED",
    effect: { type: "POINTS", points: 1 },
  };
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 10 }, rules: [consolation] });
  goTo("2027-03-10T00:00:00Z");
  const memberId = await createMember(tenant, 1);
  goTo("2027-03-10T23:59:50Z");
  await adjust(tenant, memberId, 2);
  goTo("2027-03-11T00:00:00Z");
  await adjust(tenant, memberId, 4);
  goTo("2027-03-21T12:00:00Z");

  await settleWallet(tenant.id, memberId);

  const expired = await eventsOf(tenant, "POINTS_EXPIRED");
  expect(expired.map(({ payload }) => payload)).toEqual([{ points: 3 }, { points: 4 }]);
  expect(expired.map(({ occurredAt }) => occurredAt.slice(0, 16))).toEqual([
    "2027-03-20T23:59",
    "2027-03-21T00:00",
  ]);
  expect(await walletRow(tenant, memberId)).toMatchObject({
    balancePoints: 2,
    expiredPoints: 7,
    lifetimePoints: 9,
  });
  expect(await checkLaws()).toEqual([]);
});

test("a rule whose points do not fit any more keeps none from expiring", async () => {
  stopTheClock();
  const consolation = {
    name: "Never mind",
    eventType: "POINTS_EXPIRED",
    effect: { type: "POINTS", points: 1 },
  };
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 1 }, rules: [consolation] });
  const { memberId, read } = await createSignedIn(tenant);
  await adjust(tenant, memberId, max);
  moveTo(1);

  expect(await read()).toMatchObject({ balancePoints: 0, expiredPoints: max, lifetimePoints: max });
  expect(await checkLaws()).toEqual([]);
});

test("pending points become points at their time, count from then on, and expire from then on", async () => {
  stopTheClock();
  const tenant = await createProgramme({
    pointsExpiry: { afterDays: 10 },
    rules: [{ ...pointPerEuro, pendingDays: 2 }],
  });
  const { memberId, read } = await createSignedIn(tenant);

  const reported = await report(tenant, memberId, { payload: { total: 100 } });
  const onTheirWay = await read();
  const spent = await codeOf(adjust(tenant, memberId, -1));
  moveTo(2, -1);
  const nearly = await read();
  moveTo(2);
  const unlocked = await read();

  expect(reported).toMatchObject({ balancePoints: 0, reactions: [{ type: "POINTS", points: 100 }] });
  expect(onTheirWay).toMatchObject({
    balancePoints: 0,
    pendingPoints: 100,
    lifetimePoints: 0,
    tierPoints: 0,
  });
  expect(spent).toBe("points_insufficient");
  expect(nearly).toMatchObject({ balancePoints: 0, pendingPoints: 100 });
  expect(unlocked).toMatchObject({
    balancePoints: 100,
    pendingPoints: 0,
    lifetimePoints: 100,
    nextExpiry: { points: 100, expiresAt: addSeconds(start, 12 * 86_400) },
  });
  expect(await statementOf(tenant, memberId)).toMatchObject([
    {
      ...{
        kind: "EARN",
        points: 100,
        ruleName: "1 point per euro",
        occurredAt: addSeconds(start, 2 * 86_400),
      },
      event: { type: "PURCHASE", payload: { total: 100 }, occurredAt: start },
    },
  ]);
  expect(await checkLaws()).toEqual([]);
});

test("points that unlocked and expired since anybody looked did both", async () => {
  stopTheClock();
  const tenant = await createProgramme({
    pointsExpiry: { afterDays: 10 },
    rules: [{ ...pointPerEuro, pendingDays: 2 }],
  });
  const memberId = await createMember(tenant);
  await report(tenant, memberId, { payload: { total: 100 } });
  moveTo(12);

  await settleWallet(tenant.id, memberId);

  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 0, lifetimePoints: 100, expiredPoints: 100, pendingPoints: 0 },
    ...{ nextExpiryAt: null, nextUnlockAt: null },
  });
  expect((await statementOf(tenant, memberId)).map(({ kind }) => kind)).toEqual(["EXPIRY", "EARN"]);
  expect(await checkLaws()).toEqual([]);
});

test("of several pending points each unlocks at its own time; an old event's at once", async () => {
  stopTheClock();
  const tenant = await createProgramme({ rules: [{ ...pointPerEuro, pendingDays: 2 }] });
  const memberId = await createMember(tenant);
  await report(tenant, memberId, { payload: { total: 1 } });
  await report(tenant, memberId, { payload: { total: 2 }, occurredAt: daysAgo(1) });
  const old = await report(tenant, memberId, { payload: { total: 4 }, occurredAt: daysAgo(2) });

  moveTo(1);
  await settleWallet(tenant.id, memberId);

  expect(old.balancePoints).toBe(4);
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 6, pendingPoints: 1, lifetimePoints: 6 },
    nextUnlockAt: addSeconds(start, 2 * 86_400),
  });
  expect(await checkLaws()).toEqual([]);
});

test("a statement goes page by page from the newest to the first entry", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  for (const points of [1, 2, 3, 4, 5]) await adjust(tenant, memberId, points);
  const page = (beforeSequence: number | null) =>
    listStatement(tenant.id, memberId, { beforeSequence, limit: 2 });

  const first = await page(null);
  await adjust(tenant, memberId, 6); // comes after the reader began
  const second = await page(first.nextBeforeSequence);
  const third = await page(second.nextBeforeSequence);

  expect([first, second, third].map(({ entries }) => entries.map(({ points }) => points))).toEqual([
    [5, 4],
    [3, 2],
    [1],
  ]);
  expect(first.entries.map(({ balanceAfterPoints }) => balanceAfterPoints)).toEqual([15, 10]);
  expect(third.nextBeforeSequence).toBeNull();
  expect(
    await listStatement((await createProgramme()).id, memberId, { beforeSequence: null, limit: 2 }),
  ).toEqual({
    entries: [],
    nextBeforeSequence: null,
  });
});

test("a page that is exactly full has no next one", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant, 5);

  const { entries, nextBeforeSequence } = await listStatement(tenant.id, memberId, {
    beforeSequence: null,
    limit: 1,
  });

  expect(entries).toHaveLength(1);
  expect(nextBeforeSequence).toBeNull();
});

test("a statement explains where points came from, what is left of them and what they paid", async () => {
  const reward = { externalId: "tea", name: "Tea", type: "GENERIC_OFFER", price: 60 };
  const tenant = await createProgramme({ rewards: [reward], pointsExpiry: { afterDays: 365 } });
  const memberId = await createMember(tenant, 50);
  await report(tenant, memberId, { payload: { total: 80.5 } });
  await buy(tenant, memberId, await rewardIdOf(tenant, "tea"));

  const [spent, earned, adjusted] = await statementOf(tenant, memberId);

  expect(spent).toMatchObject({
    ...{ kind: "SPEND", points: -60, balanceAfterPoints: 70, rewardName: "Tea", ruleName: null, lots: [] },
    event: {
      type: "PURCHASED_REWARD",
      payload: { rewardExternalId: "tea", rewardName: "Tea", pricePoints: 60 },
    },
    paidBy: [
      { points: 50, description: "By a test.", expiresAt: expect.any(Date), earnedAt: expect.any(Date) },
      { points: 10, description: "1 point per euro" },
    ],
    paidByCount: 2,
  });
  expect(earned).toMatchObject({
    ...{
      kind: "EARN",
      points: 80,
      ruleName: "1 point per euro",
      rewardName: null,
      paidBy: [],
      paidByCount: 0,
    },
    event: { type: "PURCHASE", payload: { total: 80.5 } },
    lots: [{ earnedPoints: 80, remainingPoints: 70, expiresAt: expect.any(Date) }],
  });
  expect(adjusted).toMatchObject({
    ...{ kind: "ADJUSTMENT", description: "By a test." },
    lots: [{ earnedPoints: 50, remainingPoints: 0 }],
  });
});

test("of many lots that paid, a statement shows the first six and how many there were", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  for (const points of [1, 2, 3, 4, 5, 6, 7, 8]) await adjust(tenant, memberId, points);
  await adjust(tenant, memberId, -36);

  const [spent] = await statementOf(tenant, memberId);

  expect(spent?.paidBy.map(({ points }) => points)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(spent?.paidByCount).toBe(8);
});

test("a tier counts what was earned in the programme's window, and all of it without one", async () => {
  stopTheClock();
  const windowed = await createProgramme({ tierWindow: { days: 2 } });
  const forEver = await createProgramme();
  const [short, long] = [await createSignedIn(windowed), await createSignedIn(forEver)];
  await report(windowed, short.memberId, { payload: { total: 5 }, occurredAt: daysAgo(1) });
  await report(windowed, short.memberId, { payload: { total: 100 } });
  await report(forEver, long.memberId, { payload: { total: 100 } });
  await adjust(windowed, short.memberId, -105); // spending does not demote

  const atOnce = await short.read();
  moveTo(1);
  const dayAfter = await short.read();
  moveTo(2, -1);
  const last = await short.read();
  moveTo(2);

  expect([atOnce, dayAfter, last].map((wallet) => wallet?.tierPoints)).toEqual([105, 100, 100]);
  expect(await short.read()).toMatchObject({ tierPoints: 0, lifetimePoints: 105 });
  expect(await long.read()).toMatchObject({ tierPoints: 100, lifetimePoints: 100 });
});

test("after random movements of many members in parallel every law holds", async () => {
  goTo("2040-01-01T10:00:00Z");
  const tenant = await createProgramme({
    pointsExpiry: { afterDays: 2 },
    rules: [pointPerEuro, { ...pointPerEuro, name: "Later", pendingDays: 1 }],
  });
  const members = await Promise.all(Array.from({ length: 5 }, () => createMember(tenant)));
  const movement = fc.record({
    member: fc.integer({ min: 0, max: members.length - 1 }),
    points: fc.integer({ min: -200, max: 200 }).filter((points) => points !== 0),
    key: fc.integer({ min: 0, max: 9 }),
    isEvent: fc.boolean(),
  });
  let round = 0;
  const move = ({
    member,
    points,
    key,
    isEvent,
  }: {
    member: number;
    points: number;
    key: number;
    isEvent: boolean;
  }) => {
    const memberId = members[member] as MemberId;
    return isEvent && points > 0
      ? report(tenant, memberId, { payload: { total: points }, externalId: `${round} ${key}` })
      : adjust(tenant, memberId, points, onceKey(memberId, `${round} ${key}`, { points }));
  };

  await fc.assert(
    fc.asyncProperty(fc.array(movement, { minLength: 10, maxLength: 40 }), async (movements) => {
      round += 1;
      goTo(new Date(Date.UTC(2040, 0, 1, 10 + 12 * round)).toISOString());
      await Promise.allSettled([...movements.map(move), sweepWallets()]);
      expect(await checkLaws()).toEqual([]);
    }),
    { numRuns: 12 },
  );

  const entries = await db().ledgerEntry.groupBy({
    by: ["kind"],
    where: { tenantId: tenant.id },
    _count: true,
  });
  const counts = new Map(entries.map(({ kind, _count }) => [kind, _count]));
  // It did happen.
  for (const kind of ["EARN", "ADJUSTMENT", "EXPIRY"]) expect(counts.get(kind) ?? 0).toBeGreaterThan(2);
});

/** A programme in which everything has happened once, and whose it was. */
async function createHistory() {
  const coffee = {
    ...{ externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 100, stock: 5 },
    ...{ codeType: "POOL", codes: ["A-1", "A-2", "A-3", "A-4"] },
  };
  const tenant = await createProgramme({
    pointsExpiry: { afterDays: 365 },
    rewards: [coffee],
    rules: [
      { ...pointPerEuro, limits: { budgetPoints: 1000 } },
      { ...pointPerEuro, name: "Later", pendingDays: 5 },
      { name: "Gift", eventType: "GIFT", effect: { type: "REWARD", reward: "coffee" } },
    ],
    eventTypes: [
      { name: "PURCHASE", private: false },
      { name: "GIFT", private: false },
    ],
  });
  const [memberId, otherId] = [await createMember(tenant, 50), await createMember(tenant, 50)];
  await report(tenant, memberId, { payload: { total: 300 } });
  await report(tenant, otherId, { payload: { total: 100 } });
  const { event } = await report(tenant, memberId, { payload: { total: 7 } });
  await reverseEvent({ tenantId: tenant.id, eventId: event.id, comment: "Returned.", key: null });
  const rewardId = await rewardIdOf(tenant, "coffee");
  const burned = (await buy(tenant, memberId, rewardId)).benefit.id;
  await validateVoucher({ tenantId: tenant.id, code: "A-1", isOnlyLook: false, key: null });
  const cancelled = (await buy(tenant, memberId, rewardId)).benefit.id;
  await cancelBenefit({ tenantId: tenant.id, benefitId: cancelled, comment: "Oh no.", key: null });
  await report(tenant, otherId, { type: "GIFT", payload: {} });
  await db().session.updateMany({
    where: { tenantId: tenant.id },
    data: { endedAt: now(), endReason: "signed_out" },
  });
  return { tenant, memberId, otherId, burned, cancelled };
}

type History = Awaited<ReturnType<typeof createHistory>>;

/** SQL in which :mine are the rows of the member, :theirs of the other one, and :ours of the programme. */
function about({ tenant, memberId, otherId, burned, cancelled }: History, sql: string): string {
  return sql
    .replaceAll(":mine", `"memberId" = '${memberId}'`)
    .replaceAll(":theirs", `"memberId" = '${otherId}'`)
    .replaceAll(":ours", `"tenantId" = '${tenant.id}'`)
    .replaceAll(":burned", `'${burned}'`)
    .replaceAll(":cancelled", `'${cancelled}'`);
}

/** An entry of so many points, as `e`, and what `besides` says goes with it. */
function newEntry(points: number, besides: string, balanceAfter = `"balancePoints" + ${points}`): string {
  return `WITH "e" AS (
    INSERT INTO "ledger_entries" ("tenantId", "id", "memberId", "sequence", "kind", "points",
      "balanceAfterPoints", "occurredAt", "createdAt")
    SELECT "tenantId", gen_random_uuid(), "memberId", "entryCount" + 1, 'ADJUSTMENT', ${points},
      ${balanceAfter}, now(), now()
    FROM "wallets" WHERE :mine RETURNING *) ${besides}`;
}

const walletFollows = `UPDATE "wallets" w
  SET "balancePoints" = e."balanceAfterPoints", "entryCount" = e."sequence"
  FROM "e" WHERE w."tenantId" = e."tenantId" AND w."memberId" = e."memberId"`;
const lotOf = (points: number, remaining: number) => `INSERT INTO "point_lots"
  SELECT "tenantId", gen_random_uuid(), "memberId", "id", ${points}, ${remaining}, now(), NULL FROM "e"`;
const lotsPay = (points: number, whose: ":mine" | ":theirs") => `INSERT INTO "lot_spends"
  SELECT e."tenantId", e."id", l."id", ${points} FROM "e", "point_lots" l
  WHERE l.${whose} AND l."remainingPoints" > 0 LIMIT 1`;
const oldEntry = `WITH "e" AS (SELECT * FROM "ledger_entries" WHERE :mine AND "sequence" = 1)`;
const again = (table: string) => `INSERT INTO "${table}" SELECT * FROM "${table}" WHERE :ours`;

test.each<[string, RegExp, string]>([
  ["changing an entry", /never changed/, `UPDATE "ledger_entries" SET "description" = 'x' WHERE :mine`],
  ["deleting an entry", /never changed/, 'DELETE FROM "ledger_entries" WHERE :mine'],
  ["emptying the ledger", /never changed/, 'TRUNCATE "ledger_entries" CASCADE'],
  ["emptying a lot by hand", /lot gets smaller/, 'UPDATE "point_lots" SET "remainingPoints" = 0 WHERE :mine'],
  ["a lot that is bigger", /lot gets smaller/, 'UPDATE "point_lots" SET "earnedPoints" = 999 WHERE :mine'],
  ["a longer term", /lot gets smaller/, 'UPDATE "point_lots" SET "expiresAt" = NULL WHERE :mine'],
  ["deleting a lot", /never changed/, 'DELETE FROM "point_lots" WHERE :mine'],
  ["emptying the lots", /never changed/, 'TRUNCATE "point_lots" CASCADE'],
  ["changing what a lot paid", /never changed/, 'UPDATE "lot_spends" SET "points" = 1 WHERE :ours'],
  ["deleting what a lot paid", /never changed/, 'DELETE FROM "lot_spends" WHERE :ours'],
  ["emptying what lots paid", /never changed/, 'TRUNCATE "lot_spends"'],
  [
    "a balance without an entry",
    /newest ledger entry/,
    'UPDATE "wallets" SET "balancePoints" = 1 WHERE :mine',
  ],
  ["a balance below zero", /points_check/, 'UPDATE "wallets" SET "balancePoints" = -1 WHERE :mine'],
  ["less than nothing earned", /points_check/, 'UPDATE "wallets" SET "lifetimePoints" = -1 WHERE :mine'],
  ["an entry that brings points and no lot", /not explained/, newEntry(5, walletFollows)],
  ["an entry that takes points and names no lot", /not explained/, newEntry(-5, walletFollows)],
  [
    "an entry whose lots hold more than it brought",
    /not explained/,
    newEntry(5, `, "l" AS (${lotOf(6, 6)}) ${walletFollows}`),
  ],
  [
    "a new lot that has paid already",
    /a new lot holds what was earned/,
    newEntry(5, `, "l" AS (${lotOf(5, 4)}) ${walletFollows}`),
  ],
  ["an entry that leaves the wallet alone", /newest ledger entry/, newEntry(5, lotOf(5, 5))],
  [
    "an entry that does not continue the one before",
    /does not continue/,
    newEntry(5, `, "l" AS (${lotOf(5, 5)}) ${walletFollows}`, "999999"),
  ],
  [
    "a lot that pays for another member",
    /its own member only/,
    newEntry(-1, `, "s" AS (${lotsPay(1, ":theirs")}) ${walletFollows}`),
  ],
  [
    "a lot that pays more than it holds",
    /point_lots_points_check/,
    newEntry(-1, `, "s" AS (${lotsPay(10_000, ":mine")}) ${walletFollows}`),
  ],
  [
    "a lot that pays for an entry of long ago",
    /when the entry is made/,
    `${oldEntry} ${lotsPay(1, ":mine")}`,
  ],
  ["a lot for an entry of long ago", /comes with its entry/, `${oldEntry} ${lotOf(5, 5)}`],
  ["hiding a code again", /benefit stays/, 'UPDATE "benefits" SET "redeemedAt" = now() WHERE "id" = :burned'],
  [
    "a used code that is good",
    /benefit stays/,
    'UPDATE "benefits" SET "burnedAt" = NULL WHERE "id" = :burned',
  ],
  ["using a code up twice", /benefit stays/, 'UPDATE "benefits" SET "burnedAt" = now() WHERE "id" = :burned'],
  [
    "bringing a cancelled benefit back",
    /benefit stays/,
    'UPDATE "benefits" SET "cancelledAt" = NULL WHERE "id" = :cancelled',
  ],
  [
    "using a cancelled benefit up",
    /benefits_burned_check/,
    'UPDATE "benefits" SET "redeemedAt" = now(), "burnedAt" = now() WHERE "id" = :cancelled',
  ],
  [
    "cancelling a used one",
    /benefits_burned_check/,
    'UPDATE "benefits" SET "cancelledAt" = now() WHERE "id" = :burned',
  ],
  [
    "a second owner for a code",
    /handed out once/,
    'UPDATE "reward_codes" SET "benefitId" = :cancelled WHERE "benefitId" = :burned',
  ],
  [
    "a second code for a benefit",
    /nique/,
    'UPDATE "reward_codes" SET "benefitId" = :burned WHERE "benefitId" IS NULL AND :ours',
  ],
  ["a rule beyond its budget", /its budget/, 'UPDATE "rules" SET "budgetUsedPoints" = 1001 WHERE :ours'],
  ["more than the stock", /rewards_stock_check/, 'UPDATE "rewards" SET "issuedCount" = 6 WHERE :ours'],
  ["fewer codes than none", /codesLeft_check/, 'UPDATE "rewards" SET "codesLeft" = -1 WHERE :ours'],
  ["taking an event back twice", /nique/, again("event_reversals")],
  ["a rule that fires twice for an event", /nique/, again("rule_activations")],
  [
    "bringing a session back",
    /stays ended/,
    'UPDATE "sessions" SET "endedAt" = NULL, "endReason" = NULL WHERE :ours',
  ],
])("the database refuses %s", async (_what, reason, sql) => {
  const history = await createHistory();
  const before = await walletRow(history.tenant, history.memberId);

  await expect(db().$executeRawUnsafe(about(history, sql))).rejects.toThrow(reason);

  expect(await walletRow(history.tenant, history.memberId)).toEqual(before);
  expect(await checkLaws()).toEqual([]);
});

const sums = "a wallet's balance and totals are the sums of its entries";
const numbered = "a wallet's entries are numbered from 1 without a gap";
const continues = "an entry continues the one before it";
const kinds = "an entry counts as its kind says";
const balance = "the lots of a wallet hold its balance";
const explained = "an entry is explained by its lots";
const smaller = "a lot gets smaller by what it pays";
const due = "a wallet knows what falls due, and what is on its way";
const given = "what a rule gave is in the ledger, on its way, or a benefit";
const byRule = "what was earned was given by a rule, once";
const reversal = "a reversal takes what it says, once";
const paid = "a benefit is paid once, and paid back once if it is cancelled";
const bought = "spent points bought something";
const code = "a code is handed out once";
const stock = "a reward's stock is what was not handed out";
const budget = "a rule gives no more than its budget";
const onItsWay = "what is on its way was given by a rule";

const oneMore = (table: string, column: string, whose = ":mine") =>
  `UPDATE "${table}" SET "${column}" = "${column}" + 1 WHERE ${whose}`;

// From here on the laws are broken: these tests come last, and look at their own programme only.
test.each<[string, string[], string]>([
  ["a balance that is off", [sums, balance], oneMore("wallets", "balancePoints")],
  ["lifetime points that are off", [sums], oneMore("wallets", "lifetimePoints")],
  ["spent points that are off", [sums], oneMore("wallets", "spentPoints")],
  ["expired points that are off", [sums], oneMore("wallets", "expiredPoints")],
  [
    "a balance below zero",
    ["no balance is below zero", sums, balance],
    `UPDATE "wallets" SET "balancePoints" = -1 WHERE :mine`,
  ],
  ["a member without a wallet", ["every member has a wallet"], 'DELETE FROM "wallets" WHERE :mine'],
  ["a wallet that counts an entry too many", [numbered], oneMore("wallets", "entryCount")],
  [
    "a number that is left out",
    [numbered],
    `WITH "w" AS (${oneMore("wallets", "entryCount")} RETURNING *)
      UPDATE "ledger_entries" e SET "sequence" = e."sequence" + 1 FROM "w"
      WHERE e."memberId" = w."memberId" AND e."sequence" = w."entryCount" - 1`,
  ],
  [
    "an entry that does not continue",
    [continues],
    oneMore("ledger_entries", "balanceAfterPoints", `:mine AND "sequence" = 2`),
  ],
  [
    "earned points as an expiry",
    [kinds, given],
    `UPDATE "ledger_entries" SET "kind" = 'EXPIRY' WHERE :mine AND "kind" = 'EARN'`,
  ],
  [
    "a purchase that does not count as spent",
    [kinds, sums],
    `UPDATE "ledger_entries" SET "spentPoints" = 0 WHERE :mine AND "kind" = 'SPEND'`,
  ],
  [
    "an adjustment that counts as expired",
    [kinds, sums],
    oneMore("ledger_entries", "expiredPoints", `:mine AND "kind" = 'ADJUSTMENT'`),
  ],
  [
    "a lot that lost points",
    [balance, smaller],
    'UPDATE "point_lots" SET "remainingPoints" = "remainingPoints" - 1 WHERE :mine AND "remainingPoints" > 1',
  ],
  ["a payment that is gone", [explained, smaller], 'DELETE FROM "lot_spends" WHERE :ours'],
  [
    "a lot that nothing brought",
    [balance, explained],
    `INSERT INTO "point_lots" SELECT "tenantId", gen_random_uuid(), "memberId", "id", 5, 5, now(), NULL
      FROM "ledger_entries" WHERE :mine AND "sequence" = 1`,
  ],
  ["a wallet that forgot what expires", [due], 'UPDATE "wallets" SET "nextExpiryAt" = NULL WHERE :mine'],
  ["a wallet that forgot what unlocks", [due], 'UPDATE "wallets" SET "nextUnlockAt" = NULL WHERE :mine'],
  ["pending points that nobody sent", [due], oneMore("wallets", "pendingPoints")],
  [
    "pending points that are lost",
    [given, due],
    'DELETE FROM "pending_points" WHERE :mine AND "settledAt" IS NULL',
  ],
  [
    "a rule that says it gave more than it did",
    [given],
    oneMore("rule_activations", "points", `:mine AND "entryId" IS NOT NULL AND "reversedAt" IS NOT NULL`),
  ],
  [
    "a gift that is not there",
    [given],
    'UPDATE "rule_activations" SET "benefitId" = gen_random_uuid() WHERE :ours AND "benefitId" IS NOT NULL',
  ],
  [
    "points that no rule gave",
    [byRule, budget],
    'DELETE FROM "rule_activations" WHERE :mine AND "entryId" IS NOT NULL',
  ],
  [
    "points on their way that no rule gave",
    [onItsWay],
    'DELETE FROM "rule_activations" WHERE :mine AND "pendingId" IS NOT NULL',
  ],
  [
    "points on their way that another rule gave",
    [onItsWay],
    `UPDATE "pending_points" SET "ruleId" = (SELECT "id" FROM "rules" WHERE :ours AND "name" = 'Gift')
      WHERE :mine`,
  ],
  ["a reversal that is not on record", [reversal], 'DELETE FROM "event_reversals" WHERE :ours'],
  ["a reversal that says it took more", [reversal], oneMore("event_reversals", "takenPoints", ":ours")],
  ["a benefit at another price", [paid], 'UPDATE "benefits" SET "pricePoints" = 99 WHERE "id" = :burned'],
  [
    "a benefit that was cancelled and not paid back",
    [paid, stock],
    'UPDATE "benefits" SET "burnedAt" = NULL, "cancelledAt" = now() WHERE "id" = :burned',
  ],
  [
    "a benefit that came back and was paid back",
    [paid, code, stock],
    'UPDATE "benefits" SET "cancelledAt" = NULL WHERE "id" = :cancelled',
  ],
  ["points spent on nothing", [bought, stock], 'DELETE FROM "benefits" WHERE "id" = :burned'],
  ["a code that is another's", [code], `UPDATE "benefits" SET "code" = 'A-4' WHERE "id" = :burned`],
  [
    "a code that is free again",
    [code, stock],
    'UPDATE "reward_codes" SET "benefitId" = NULL WHERE "benefitId" = :burned',
  ],
  ["a stock that is off", [stock], 'UPDATE "rewards" SET "issuedCount" = 0 WHERE :ours'],
  ["codes that were counted wrong", [stock], oneMore("rewards", "codesLeft", ":ours")],
  ["a budget of which too little is gone", [budget], 'UPDATE "rules" SET "budgetUsedPoints" = 0 WHERE :ours'],
  [
    "a budget that lacks what was taken back",
    [budget],
    `UPDATE "rules" SET "budgetUsedPoints" = 407 WHERE :ours AND "limits" ? 'budgetPoints'`,
  ],
  [
    "a budget that more was given of than there is",
    [budget],
    `UPDATE "rules" SET "limits" = '{"budgetPoints": 399}' WHERE :ours AND "budgetUsedPoints" = 400`,
  ],
])("the laws see %s", async (_what, broken, sql) => {
  const history = await createHistory();
  await db().$transaction(async (tx) => {
    await tx.$executeRawUnsafe("SET LOCAL session_replication_role = replica"); // no triggers
    await tx.$executeRawUnsafe('ALTER TABLE "wallets" DROP CONSTRAINT IF EXISTS "wallets_points_check"');
    expect(await tx.$executeRawUnsafe(about(history, sql))).toBeGreaterThan(0);
  });

  const found = (await checkLaws()).filter(({ tenantId }) => tenantId === history.tenant.id);

  expect([...new Set(found.map(({ law }) => law))].sort()).toEqual([...broken].sort());
});
