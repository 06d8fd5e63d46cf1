import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";

import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { createMember, createProgramme, daysLater, rewardIdOf, walletRow } from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import { urlOfDatabase } from "#tests/support/on-server.ts";
import type { WorkerCall, WorkerOutcomes, WorkerTask } from "#tests/support/worker.ts";

// Goal: what one process may not do twice, two processes may not do twice either: no lock lives in a
// process's memory.
// Method: two Node processes on this file's database, each with connections of its own, that begin their
// calls at the same moment. Only a PostgreSQL server has room for two, so without one there is nothing to
// run.

const serverUrl = inject("databaseServerUrl") ?? "";
const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 100 };
const msPerDay = 86_400_000;
const sweepLockId = 7_215_003;

let databaseUrl = "";
const workers: ChildProcess[] = [];

beforeAll(async () => {
  if (!serverUrl) return;
  const [row] = await db().$queryRaw<{ name: string }[]>`SELECT current_database() AS "name"`;
  databaseUrl = urlOfDatabase(serverUrl, row?.name ?? "");
  for (let number = 1; number <= 2; number++) {
    workers.push(fork("tests/support/worker.ts", [databaseUrl], { execArgv: [] }));
  }
  await Promise.all(workers.map(messageOf)); // "ready"
  await warmUp();
});

/** What a process says next; rejects where it stops instead. */
async function messageOf(worker: ChildProcess): Promise<unknown> {
  const isOver = new AbortController();
  const { signal } = isOver;
  try {
    return await Promise.race([
      once(worker, "message", { signal }).then(([message]) => message),
      once(worker, "exit", { signal }).then(([code]) =>
        Promise.reject(new Error(`It stopped with ${code}.`)),
      ),
    ]);
  } finally {
    isOver.abort();
  }
}

/** The first call of a process takes as long as many later ones; the other one would be done by then. */
async function warmUp(): Promise<void> {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant, 1_000);
  const member = { tenantId: tenant.id, memberId, key: null };
  const rewardId = await rewardIdOf(tenant, "coffee");
  const calls = Array.from({ length: 5 }, (): WorkerCall[] => [
    { name: "buy", rewardId, ...member },
    { name: "report", externalId: null, ...member },
  ]).flat();
  await runTogether([calls, calls]);
}

afterEach(() => daysLater(0));

afterAll(async () => {
  await Promise.all(
    workers.map(async (worker) => {
      if (worker.exitCode !== null) return;
      const gone = once(worker, "exit");
      worker.kill();
      await gone;
    }),
  );
});

/** Both processes run their calls at the same moment; what each was answered with. */
function runTogether(calls: [WorkerCall[], WorkerCall[]], clockMs = 0): Promise<WorkerOutcomes[]> {
  const startsAtMs = Date.now() + 100;
  return Promise.all(
    workers.map(async (worker, place) => {
      const answer = messageOf(worker) as Promise<WorkerOutcomes>;
      worker.send({ calls: calls[place] ?? [], startsAtMs, clockMs } satisfies WorkerTask);
      return answer;
    }),
  );
}

function tally(outcomes: WorkerOutcomes): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function createMembers(tenant: TestTenant, count: number, points = 0): Promise<MemberId[]> {
  return Promise.all(Array.from({ length: count }, () => createMember(tenant, points)));
}

test.runIf(serverUrl)("two processes that sell the same stock sell no more than there is", async () => {
  const tenant = await createProgramme({ rewards: [{ ...coffee, stock: 90 }] });
  const members = await createMembers(tenant, 100, 100);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const buy = (memberId: MemberId): WorkerCall => ({
    ...{ name: "buy", tenantId: tenant.id, memberId, rewardId, key: null },
  });

  const outcomes = await runTogether([members.map(buy), members.map(buy).reverse()]);

  const counts = tally(outcomes.flat());
  expect(counts).toMatchObject({ done: 90, reward_out_of_stock: expect.any(Number) });
  expect((counts.reward_out_of_stock ?? 0) + (counts.points_insufficient ?? 0)).toBe(110);
  for (const each of outcomes) expect(tally(each).done).toBeGreaterThan(0); // both did sell
  expect(await db().benefit.count({ where: { tenantId: tenant.id } })).toBe(90);
  expect(await checkLaws()).toEqual([]);
});

test.runIf(serverUrl)("one member's points are spent once, whichever process is asked", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant, 700);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const calls = Array.from(
    { length: 30 },
    (): WorkerCall => ({ name: "buy", tenantId: tenant.id, memberId, rewardId, key: null }),
  );

  const outcomes = await runTogether([calls, calls]);

  expect(tally(outcomes.flat())).toEqual({ done: 7, points_insufficient: 53 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, spentPoints: 700 });
  expect(await checkLaws()).toEqual([]);
});

test.runIf(serverUrl)("a key that reaches both processes counts once in all", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const members = await createMembers(tenant, 20, 500);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const calls = members.flatMap((memberId): WorkerCall[] => [
    { name: "buy", tenantId: tenant.id, memberId, rewardId, key: `buy ${memberId}` },
    { name: "report", tenantId: tenant.id, memberId, externalId: null, key: `report ${memberId}` },
    { name: "buy", tenantId: tenant.id, memberId, rewardId, key: `buy ${memberId}` },
  ]);

  const outcomes = await runTogether([calls, [...calls].reverse()]);

  expect(tally(outcomes.flat())).toEqual({ done: 120 });
  for (const memberId of members) {
    expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 410, spentPoints: 100 });
  }
  expect(await db().benefit.count({ where: { tenantId: tenant.id } })).toBe(20);
  expect(await db().event.count({ where: { tenantId: tenant.id, type: "PURCHASE" } })).toBe(20);
  expect(await checkLaws()).toEqual([]);
});

test.runIf(serverUrl)("orders that are reported to both processes earn once, within the budget", async () => {
  const effect = { type: "POINTS", points: 7 };
  const budget = { name: "budget", eventType: "PURCHASE", effect, limits: { budgetPoints: 150 } };
  const tenant = await createProgramme({ rules: [budget] });
  const members = await createMembers(tenant, 15);
  const calls = Array.from({ length: 60 }, (_, number): WorkerCall => {
    const memberId = members[number % 15] as MemberId;
    return { name: "report", tenantId: tenant.id, memberId, externalId: `order-${number}`, key: null };
  });

  const outcomes = await runTogether([calls, [...calls].reverse()]);

  expect(tally(outcomes.flat())).toEqual({ done: 120 });
  expect(await db().event.count({ where: { tenantId: tenant.id, type: "PURCHASE" } })).toBe(60);
  const wallets = await Promise.all(members.map((memberId) => walletRow(tenant, memberId)));
  expect(wallets.reduce((sum, { balancePoints }) => sum + Number(balancePoints), 0)).toBe(147);
  expect(await checkLaws()).toEqual([]);
});

test.runIf(serverUrl)("while one process sweeps, another leaves it alone", async () => {
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 30 } });
  const [memberId] = (await createMembers(tenant, 1, 100)) as [MemberId];
  const sweeper = new Client({ connectionString: databaseUrl });
  await sweeper.connect();
  await sweeper.query("SELECT pg_advisory_lock($1)", [sweepLockId]);
  const sweep: WorkerCall[] = [{ name: "sweep", tenantId: tenant.id }];

  const meanwhile = await runTogether([sweep, sweep], 31 * msPerDay);
  const untouched = await walletRow(tenant, memberId);
  await sweeper.end();
  const [swept] = await runTogether([sweep, []], 31 * msPerDay);

  expect(meanwhile).toEqual([[0], [0]]);
  expect(untouched).toMatchObject({ balancePoints: 100, expiredPoints: 0 });
  expect(swept).toEqual([1]);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, expiredPoints: 100 });
});

test.runIf(serverUrl)("two processes that sweep and settle at once expire every point once", async () => {
  const tenant = await createProgramme({ rewards: [coffee], pointsExpiry: { afterDays: 30 } });
  const members = await createMembers(tenant, 60, 100);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const sweep: WorkerCall = { name: "sweep", tenantId: tenant.id };
  const calls = members.flatMap((memberId, place): WorkerCall[] => [
    ...(place % 20 === 0 ? [sweep] : []),
    { name: "settle", tenantId: tenant.id, memberId },
    { name: "buy", tenantId: tenant.id, memberId, rewardId, key: null },
  ]);

  const outcomes = await runTogether([calls, [...calls].reverse()], 31 * msPerDay);

  const codes = outcomes.flat().filter((outcome) => typeof outcome === "string");
  expect(tally(codes)).toEqual({ done: 120, points_insufficient: 120 });
  for (const memberId of members) {
    const settled = { balancePoints: 0, spentPoints: 0, expiredPoints: 100, entryCount: 2 };
    expect(await walletRow(tenant, memberId)).toMatchObject(settled);
  }
  expect(await db().event.count({ where: { tenantId: tenant.id, type: "POINTS_EXPIRED" } })).toBe(60);
  expect(await checkLaws()).toEqual([]);
});
