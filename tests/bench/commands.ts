/**
 * Commands that have no endpoint of their own yet, called in a process of their own: an event with its rules, a purchase,
 * the reading of a wallet; each in a programme whose ledger is nearly empty and in one with a long history, beside the
 * least a database can be asked. Prints a Markdown table.
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";

import { now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { findReward } from "#lib/db/programme.ts";
import { inTransaction } from "#lib/db/transaction.ts";
import { readWalletRow } from "#lib/db/wallets.ts";
import { purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { reportEvent } from "#lib/domain/events/report-event.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { onceKey } from "#lib/domain/once.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import { open } from "#lib/server/open.ts";
import { fillHistory } from "#tests/bench/history.ts";

const callers = 8;
const membersCount = 200;

type Programme = { name: string; tenantId: TenantId; memberIds: MemberId[]; rewardId: string };
type Sample = { callsPerSecond: number; p50Ms: number; p99Ms: number };

const { values } = parseArgs({
  options: { rounds: { type: "string" }, seconds: { type: "string" }, history: { type: "string" } },
});
const [rounds, seconds, history] = [Number(values.rounds), Number(values.seconds), Number(values.history)];

const opened = await open({ isPatient: true });
if (!opened) throw new Error("Another process has the data folder.");
const programmes = [await makeProgramme("empty", 0), await makeProgramme(`${history} entries`, history)];

const commands: Record<string, (programme: Programme) => Promise<unknown>> = {
  "an event with two rules": ({ tenantId, memberIds }) =>
    reportEvent({
      ...{ tenantId, type: "PURCHASE", payload: { total: 12.5 }, externalId: randomUUID() },
      ...{ by: { kind: "admin" }, subject: any(memberIds), occurredAt: null, key: null },
    }),
  "a purchase": ({ tenantId, memberIds, rewardId }) =>
    purchaseReward({
      ...{ tenantId, rewardId, comment: null, buyer: { memberId: any(memberIds) } },
      key: (memberId) => onceKey(memberId, randomUUID(), { rewardId }),
    }),
  "reading a wallet": ({ tenantId, memberIds }) => readWalletRow(tenantId, any(memberIds), null, now()),
};

const floors: Sample[] = [];
const samples = new Map<string, Sample[]>();
for (const run of Object.values(commands)) {
  for (const programme of programmes) await measure(() => run(programme), 1);
}
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(commands)) {
    floors.push(await measure(() => db().$queryRaw`SELECT 1`, seconds));
    for (const programme of round % 2 === 0 ? programmes : [...programmes].reverse()) {
      const key = `${name} | ${programme.name}`;
      samples.set(key, [...(samples.get(key) ?? []), await measure(() => run(programme), seconds)]);
    }
  }
}
const broken = await checkLaws();
if (broken.length > 0) throw new Error(`A law is broken: ${JSON.stringify(broken[0])}`);
printTable();
await opened.close();
process.exit(0); // the schema engine leaves a timer behind

async function makeProgramme(name: string, entries: number): Promise<Programme> {
  const code = `bench-${entries}`;
  const members = Array.from({ length: membersCount }, (_, index) => ({
    authIdentifier: `bench-${index}`,
    profile: { givenName: "Ada", familyName: `Bench ${index}`, emailAddress: `ada-${index}@bench.example` },
    points: 1_000_000_000,
  }));
  const perUnit = { type: "POINTS", pointsPerUnit: 1, unitField: "payload.total" };
  const rules = [
    { name: "1 point per euro", eventType: "PURCHASE", effect: perUnit },
    {
      name: "10 extra",
      eventType: "PURCHASE",
      conditions: { all: [{ field: "payload.total", operator: "gte", value: 10 }] },
      effect: { type: "POINTS", points: 10 },
      limits: { perMember: { times: 1_000_000, period: "DAY" } },
    },
  ];
  const tenant = {
    ...{ code, name: "Bench", hostnames: [`${code}.localhost`], authMode: "embedded", members, rules },
    eventTypes: [{ name: "PURCHASE", schema: { type: "object", required: ["total"] } }],
    pointsExpiry: { afterDays: 365 },
    rewards: [
      { externalId: "reward", name: "Reward", type: "VOUCHER", price: 10, codePattern: "XXXXXXXX-99999999" },
    ],
  };
  await applyProgramme(JSON.stringify({ tenants: [tenant] }));
  const { id: tenantId } = (await findTenantByHost(`${code}.localhost`)) ?? { id: "" as TenantId };
  const rows = await db().member.findMany({ where: { tenantId }, select: { id: true } });
  const memberIds = rows.map(({ id }) => id as MemberId);
  if (entries > 0) await fillHistory(tenantId, memberIds, entries);
  const reward = await inTransaction((tx) => findReward(tx, tenantId, "reward"));
  return { name, tenantId, memberIds, rewardId: reward?.id ?? "" };
}

/** So many callers, each of which calls again when it has its answer. */
async function measure(run: () => Promise<unknown>, forSeconds: number): Promise<Sample> {
  const times: number[] = [];
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + forSeconds * 1_000;
  const caller = async () => {
    while (performance.now() < endsAtMs) {
      const calledAtMs = performance.now();
      await run();
      times.push(performance.now() - calledAtMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsedSeconds = (performance.now() - startedAtMs) / 1_000;
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.ceil(times.length * part) - 1] ?? Number.NaN;
  return { callsPerSecond: times.length / elapsedSeconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function printTable(): void {
  const floor = median(floors.map(({ callsPerSecond }) => callsPerSecond));
  console.log("| command | ledger | calls/s | p50 ms | p99 ms | of `SELECT 1` | time over the empty one's |");
  console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
  console.log(`| \`SELECT 1\` |  | ${Math.round(floor)} |  |  |  |  |`);
  for (const name of Object.keys(commands)) {
    const of = (programme: Programme | undefined) => samples.get(`${name} | ${programme?.name}`) ?? [];
    const perSecond = (programme: Programme | undefined) =>
      of(programme).map(({ callsPerSecond }) => callsPerSecond);
    const [empty, filled] = programmes;
    const slowdowns = perSecond(empty).map((each, round) => each / (perSecond(filled)[round] ?? Number.NaN));
    for (const programme of programmes) {
      const calls = median(perSecond(programme));
      const p50 = median(of(programme).map(({ p50Ms }) => p50Ms)).toFixed(1);
      const p99 = median(of(programme).map(({ p99Ms }) => p99Ms)).toFixed(1);
      const slowdown = programme === filled ? median(slowdowns).toFixed(2) : "";
      const cells = [name, programme.name, Math.round(calls), p50, p99, (calls / floor).toFixed(2), slowdown];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}

function any<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)] as Item;
}

function median(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
