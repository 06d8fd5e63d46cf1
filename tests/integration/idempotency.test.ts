import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";

import { addSeconds, now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { deleteOldKeys } from "#lib/db/idempotency-keys.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { type OnceKey, onceKey, runOnce, sweepKeys } from "#lib/domain/once.ts";
import {
  adjust,
  buy,
  codeOf,
  createMember,
  createProgramme,
  daysLater,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";

// Goal: a call with an Idempotency-Key has one effect and one answer, however often it comes; a refusal costs
// nothing.
// Method: every command that takes a key, twice; meanwhile everything changes that the answer tells of.

const coffee = {
  ...{ externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 100 },
  codes: ["A-1", "A-2", "A-3"],
};

afterEach(() => {
  vi.useRealTimers();
  daysLater(0);
});

async function createShop() {
  const tenant = await createProgramme({ rewards: [coffee], pointsExpiry: { afterDays: 30 } });
  const memberId = await createMember(tenant, 500);
  return { tenant, memberId, rewardId: await rewardIdOf(tenant, "coffee") };
}

type Shop = Awaited<ReturnType<typeof createShop>>;

function keysOf(tenant: TestTenant) {
  return db().idempotencyKey.findMany({ where: { tenantId: tenant.id } });
}

async function countEverything(tenant: TestTenant) {
  const where = { tenantId: tenant.id };
  return {
    events: await db().event.count({ where }),
    entries: await db().ledgerEntry.count({ where }),
    benefits: await db().benefit.count({ where }),
    reversals: await db().eventReversal.count({ where }),
    keys: await db().idempotencyKey.count({ where }),
  };
}

/** A command that is ready to be called, again and again, with a key of the caller's. */
const commands: Record<string, (shop: Shop) => Promise<(key: OnceKey) => Promise<{ isReplay: boolean }>>> = {
  purchase:
    async ({ tenant, memberId, rewardId }) =>
    (key) =>
      purchaseReward({ tenantId: tenant.id, buyer: { memberId }, rewardId, comment: "Hi.", key: () => key }),
  redemption: async ({ tenant, memberId, rewardId }) => {
    const { benefit } = await buy(tenant, memberId, rewardId);
    return (key) => redeemBenefit({ tenantId: tenant.id, memberId, benefitId: benefit.id, key });
  },
  validation: async ({ tenant, memberId, rewardId }) => {
    await buy(tenant, memberId, rewardId);
    return (key) => validateVoucher({ tenantId: tenant.id, code: "A-1", isOnlyLook: false, key });
  },
  adjustment:
    async ({ tenant, memberId }) =>
    (key) =>
      adjust(tenant, memberId, 7, key),
  cancellation: async ({ tenant, memberId, rewardId }) => {
    const { benefit } = await buy(tenant, memberId, rewardId);
    return (key) => cancelBenefit({ tenantId: tenant.id, benefitId: benefit.id, comment: "Oh no.", key });
  },
  reversal: async ({ tenant, memberId }) => {
    const { event } = await report(tenant, memberId, { payload: { total: 50 } });
    return (key) => reverseEvent({ tenantId: tenant.id, eventId: event.id, comment: "Returned.", key });
  },
  report:
    async ({ tenant, memberId }) =>
    (key) =>
      report(tenant, memberId, { payload: { total: 12.5 }, key }),
};

test.each(Object.keys(commands))(
  "a %s with the same key and body is answered as it was first, whatever has changed since, and done once",
  async (name) => {
    const shop = await createShop();
    const { tenant, memberId, rewardId } = shop;
    const call = await (commands[name] as (typeof commands)[string])(shop);
    const key = onceKey("caller endpoint", "key-1", { name });
    const first = await call(key);
    await adjust(tenant, memberId, -33);
    await buy(tenant, memberId, rewardId);
    await db().reward.updateMany({
      where: { tenantId: tenant.id },
      data: { name: "Tea", pricePoints: 1n, archivedAt: now() },
    });
    daysLater(40); // what is left has expired, and nobody has looked
    const before = await countEverything(tenant);

    const again = await call(key);

    expect(first).toMatchObject({ isReplay: false });
    expect(again).toEqual({ ...first, isReplay: true });
    expect(await countEverything(tenant)).toEqual(before);
    expect(before.keys).toBe(1);
    expect(await checkLaws()).toEqual([]);
  },
);

test.each(Object.keys(commands))("twenty calls of a %s at once with one key are one", async (name) => {
  const shop = await createShop();
  const call = await (commands[name] as (typeof commands)[string])(shop);
  const key = onceKey("caller endpoint", "key-1", { name });
  const before = await countEverything(shop.tenant);

  const answers = await Promise.all(Array.from({ length: 20 }, () => call(key)));

  const first = answers.find(({ isReplay }) => !isReplay);
  const others = answers.filter((answer) => answer !== first);
  expect(others).toEqual(Array(19).fill({ ...first, isReplay: true }));
  const after = await countEverything(shop.tenant);
  expect(after.keys).toBe(1);
  expect(after.events - before.events).toBeLessThanOrEqual(1);
  expect(after.entries - before.entries).toBeLessThanOrEqual(1);
  expect(await checkLaws()).toEqual([]);
});

test.each(Object.keys(commands))(
  "a %s with the key of another body is refused, and does nothing",
  async (name) => {
    const shop = await createShop();
    const call = await (commands[name] as (typeof commands)[string])(shop);
    await runOnce(shop.tenant.id, onceKey("caller endpoint", "key-1", { other: true }), async () => ({
      done: 1,
    }));
    const before = await countEverything(shop.tenant);

    expect(await codeOf(call(onceKey("caller endpoint", "key-1", { name })))).toBe("idempotency_key_reused");
    expect(await countEverything(shop.tenant)).toEqual(before);
    expect(await codeOf(call(onceKey("caller endpoint", "key-2", { name })))).toBe("done");
  },
);

test("a purchase and whatever runs once say whether they were answered before", async () => {
  const { tenant, memberId, rewardId } = await createShop();
  const key = onceKey("caller endpoint", "key-1", { rewardId });
  const once = () =>
    runOnce(tenant.id, onceKey("other", "key-1", {}), async () => ({ moment: Math.random() }));

  const purchases = [await buy(tenant, memberId, rewardId, key), await buy(tenant, memberId, rewardId, key)];
  const [first, again] = [await once(), await once()];

  expect(purchases.map(({ isReplay }) => isReplay)).toEqual([false, true]);
  expect(purchases[1]?.benefit).toEqual(purchases[0]?.benefit);
  expect(first.isReplay).toBe(false);
  expect(again).toEqual({ ...first, isReplay: true });
});

test("a body is the same whatever the order of its keys, at any depth", async () => {
  const { tenant } = await createShop();
  const call = (body: unknown) =>
    runOnce(tenant.id, onceKey("scope", "key-1", body), async () => ({ done: 1 }));
  await call({ a: 1, b: { c: [1, { d: 2, e: null }], 10: "x", 9: "y" } });

  expect(await call({ b: { 9: "y", 10: "x", c: [1, { e: null, d: 2 }] }, a: 1 })).toMatchObject({
    isReplay: true,
  });
});

test.each<[string, unknown]>([
  ["another value", { a: [1, 2], b: "2" }],
  ["another type", { a: [1, "2"], b: 2 }],
  ["another order of a list", { a: [2, 1], b: 2 }],
  ["a field less", { a: [1, 2] }],
  ["a field more", { a: [1, 2], b: 2, c: null }],
  ["a name in capitals", { A: [1, 2], b: 2 }],
  ["the values swapped", { a: 2, b: [1, 2] }],
  ["nothing", {}],
])("a body with %s is another one", async (_what, body) => {
  const { tenant } = await createShop();
  const call = (sent: unknown) =>
    runOnce(tenant.id, onceKey("scope", "key-1", sent), async () => ({ done: 1 }));
  await call({ a: [1, 2], b: 2 });

  expect(await codeOf(call(body))).toBe("idempotency_key_reused");
});

test("a refusal leaves the key free, for another body, too", async () => {
  const { tenant, memberId, rewardId } = await createShop();
  await adjust(tenant, memberId, -450);
  const key = onceKey("caller endpoint", "key-1", { rewardId });

  const refused = await codeOf(buy(tenant, memberId, rewardId, key));
  const kept = await keysOf(tenant);
  await adjust(tenant, memberId, 50);
  const bought = await buy(tenant, memberId, rewardId, key);

  expect(refused).toBe("points_insufficient");
  expect(kept).toEqual([]);
  expect(bought).toMatchObject({ isReplay: false, balancePoints: 0 });
  expect(await codeOf(adjust(tenant, memberId, -1, onceKey("adjust", "key-1", { points: -1 })))).toBe(
    "points_insufficient",
  );
  expect(await codeOf(adjust(tenant, memberId, 5, onceKey("adjust", "key-1", { points: 5 })))).toBe("done");
  expect(await checkLaws()).toEqual([]);
});

test("what breaks off in the middle leaves neither its key nor its effect", async () => {
  const { tenant } = await createShop();
  const key = onceKey("scope", "key-1", {});
  const before = await countEverything(tenant);

  const broken = runOnce(tenant.id, key, async (tx) => {
    await tx.tier.create({
      data: {
        tenantId: tenant.id,
        id: crypto.randomUUID(),
        name: "Gold",
        pointsRequirement: 1n,
        createdAt: now(),
        updatedAt: now(),
      },
    });
    throw new DomainError("forbidden");
  });

  expect(await codeOf(broken)).toBe("forbidden");
  expect(await countEverything(tenant)).toEqual(before);
  expect(await db().tier.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("one key of two callers, of two endpoints or in two programmes is three keys", async () => {
  const [shop, other] = [await createShop(), await createShop()];
  const { tenant, memberId } = shop;
  const call = (where: Shop, scope: string) =>
    adjust(where.tenant, where.memberId, 10, onceKey(scope, "key-1", { points: 10 }));

  await call(shop, "caller-1 adjust");
  await call(shop, "caller-2 adjust");
  await call(shop, "caller-1 adjust-more");
  await call(other, "caller-1 adjust");
  await call(shop, "caller-1 adjust"); // the first again

  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 530 });
  expect(await walletRow(other.tenant, other.memberId)).toMatchObject({ balancePoints: 510 });
  expect((await keysOf(tenant)).map(({ scope }) => scope).sort()).toEqual([
    "caller-1 adjust",
    "caller-1 adjust-more",
    "caller-2 adjust",
  ]);
});

test("a scope and a key do not run into each other", async () => {
  const { tenant } = await createShop();
  const call = (scope: string, key: string) =>
    runOnce(tenant.id, onceKey(scope, key, {}), async () => ({ scope, key }));
  await call("a b", "c");

  expect(await call("a", "b c")).toEqual({ result: { scope: "a", key: "b c" }, isReplay: false });
});

test("no body is kept, nor anything that could be compared with it without the secret", async () => {
  const { tenant, memberId } = await createShop();
  const body = { points: 10, comment: "Für Zoë, who called about the parcel" };

  await adjust(tenant, memberId, 10, onceKey("adjust", "key-1", body));

  const [row] = await keysOf(tenant);
  expect(row).toMatchObject({ scope: "adjust", key: "key-1", result: { wallet: { balancePoints: 510 } } });
  expect(row?.bodyHmac).toMatch(/^[\w-]{43}$/);
  expect(JSON.stringify(row)).not.toMatch(/parcel|Zo/);
  expect(onceKey("adjust", "key-1", body).bodyHmacs).toEqual([row?.bodyHmac]);
});

test("after a new deployment secret a body is still known, by the old one", async () => {
  const { tenant, memberId } = await createShop();
  const secrets = env().LAUREL_SECRET;
  const before = [...secrets];
  const call = (key: string, points: number) =>
    adjust(tenant, memberId, points, onceKey("adjust", key, { points }));
  const old = onceKey("adjust", "key-1", { points: 10 });
  await call("key-1", 10);

  try {
    secrets.unshift("another-secret-of-this-deployment-9Xk2");
    const again = await call("key-1", 10);
    const reused = await codeOf(call("key-1", 11));
    await call("key-2", 20);
    const rotated = onceKey("adjust", "key-1", { points: 10 });

    expect(again).toMatchObject({ balancePoints: 510, isReplay: true });
    expect(reused).toBe("idempotency_key_reused");
    expect(rotated.bodyHmacs).toEqual([expect.not.stringMatching(old.bodyHmacs[0] ?? ""), old.bodyHmacs[0]]);
    secrets.pop(); // the old one is taken off the list
    expect(await codeOf(call("key-2", 20))).toBe("done");
    expect(await codeOf(call("key-1", 10))).toBe("idempotency_key_reused"); // refused, rather than done twice
    expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 530 });
  } finally {
    secrets.splice(0, secrets.length, ...before);
  }
});

test("a key is known for a day at least, and only older ones are deleted", async () => {
  const { tenant, memberId } = await createShop();
  const call = (key: string) => adjust(tenant, memberId, 10, onceKey("adjust", key, {}));
  const dayAgo = () => addSeconds(now(), -86_400);
  await call("key-1");
  daysLater(0.5);
  await call("key-2");
  daysLater(0.99);
  await deleteOldKeys(dayAgo(), 100);
  const nearly = await call("key-1");
  daysLater(1.01);
  const deleted = await deleteOldKeys(dayAgo(), 100);

  expect(nearly).toMatchObject({ balancePoints: 510, isReplay: true });
  expect(deleted).toBeGreaterThanOrEqual(1);
  expect((await keysOf(tenant)).map(({ key }) => key)).toEqual(["key-2"]);
  expect(await call("key-2")).toMatchObject({ balancePoints: 520, isReplay: true });
  expect(await call("key-1")).toMatchObject({ balancePoints: 530, isReplay: false }); // forgotten: a new call
});

test("the sweep leaves keys of the last day, and deletes those that nobody can need", async () => {
  const { tenant, memberId } = await createShop();
  await adjust(tenant, memberId, 10, onceKey("adjust", "key-1", {}));
  daysLater(1);
  await sweepKeys();
  const dayLater = await keysOf(tenant);
  daysLater(3);

  expect(await sweepKeys()).toBeGreaterThanOrEqual(1);
  expect(dayLater).toHaveLength(1);
  expect(await keysOf(tenant)).toEqual([]);
});

test("old keys are deleted a few at a time", async () => {
  const { tenant } = await createShop();
  for (let number = 0; number < 5; number++) {
    await runOnce(tenant.id, onceKey("scope", `key-${number}`, {}), async () => ({ number }));
  }
  const tomorrow = addSeconds(now(), 86_400);

  expect(await deleteOldKeys(tomorrow, 2)).toBe(2);
});

test("a call that comes while the first still runs waits for its answer", async () => {
  const { tenant } = await createShop();
  const key = onceKey("scope", "key-1", {});
  let runs = 0;
  const call = () =>
    runOnce(tenant.id, key, async () => {
      runs += 1;
      await sleep(300);
      return { runs };
    });

  const answers = await Promise.all([call(), call(), call()]);

  expect(answers.map(({ result }) => result)).toEqual([{ runs: 1 }, { runs: 1 }, { runs: 1 }]);
  expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
});

test("a key that a member's call and an event share belongs to its scope alone", async () => {
  const { tenant, memberId, rewardId } = await createShop();
  const keyFor = (endpoint: string) => (member: MemberId) => onceKey(`${member} ${endpoint}`, "key-1", {});

  const bought = await buy(tenant, memberId, rewardId, keyFor("purchases")(memberId));
  const reported = await report(tenant, memberId, { key: keyFor("events")(memberId) });

  expect([bought.isReplay, reported.isReplay]).toEqual([false, false]);
  expect(await keysOf(tenant)).toHaveLength(2);
});
