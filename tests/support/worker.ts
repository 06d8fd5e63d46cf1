/** A process of its own on a test's database: runs the calls that its parent sends, all at once. */
import { setTimeout as sleep } from "node:timers/promises";

import { moveClock } from "#lib/config/clock.ts";
import { closeDatabase, openServerDatabase } from "#lib/db/client.ts";
import { purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { reportEvent } from "#lib/domain/events/report-event.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { settleWallet, sweepWallets } from "#lib/domain/ledger/settle-wallet.ts";
import { onceKey } from "#lib/domain/once.ts";

export type WorkerCall = { tenantId: TenantId } & (
  | { name: "buy"; memberId: MemberId; rewardId: string; key: string | null }
  | { name: "report"; memberId: MemberId; externalId: string | null; key: string | null }
  | { name: "settle"; memberId: MemberId }
  | { name: "sweep" }
);

/** `startsAtMs` is the same for all processes, so that they begin together; `clockMs` moves the clock. */
export type WorkerTask = { calls: WorkerCall[]; startsAtMs: number; clockMs: number };

/** For each call `done`, its refusal's code, or what was wrong; for a sweep, how many it settled. */
export type WorkerOutcomes = (string | number)[];

function run(call: WorkerCall): Promise<unknown> {
  const { tenantId, name } = call;
  if (name === "sweep") return sweepWallets();
  const { memberId } = call;
  if (name === "settle") return settleWallet(tenantId, memberId);
  const keyOf = (key: string | null) => (key === null ? null : () => onceKey(name, key, { memberId }));
  if (name === "buy") {
    const { rewardId, key } = call;
    return purchaseReward({ tenantId, buyer: { memberId }, rewardId, comment: null, key: keyOf(key) });
  }
  return reportEvent({
    ...{ tenantId, by: { kind: "member", member: { memberId } }, type: "PURCHASE", payload: { total: 10 } },
    ...{ subject: null, externalId: call.externalId, occurredAt: null, key: keyOf(call.key) },
  });
}

async function outcomeOf(call: WorkerCall): Promise<string | number> {
  try {
    const result = await run(call);
    return typeof result === "number" ? result : "done";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

openServerDatabase(process.argv[2] ?? "", { isPatient: false });
process.on("message", async ({ calls, startsAtMs, clockMs }: WorkerTask) => {
  moveClock(clockMs);
  await sleep(Math.max(0, startsAtMs - Date.now()));
  const outcomes: WorkerOutcomes = await Promise.all(calls.map(outcomeOf));
  process.send?.(outcomes);
});
process.on("disconnect", closeDatabase);
process.send?.("ready");
