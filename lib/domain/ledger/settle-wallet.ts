/**
 * Bringing a wallet up to now: pending points unlock, old ones expire. What falls due is settled before a wallet is shown or
 * moved, so expiry is exact, and in the background for those whom nobody looks at.
 *
 * Holds under any retry or race: each lot expires once, each pending amount unlocks once, and a POINTS_EXPIRED is there
 * with its entry and with what rules gave for it.
 */
import { now } from "#lib/config/clock.ts";
import type { Tx } from "#lib/db/client.ts";
import { findMemberRow } from "#lib/db/members.ts";
import { holdSharedRows, listRulesFor, reactTo } from "#lib/db/rules.ts";
import { inTransaction, isPointsOutOfRange } from "#lib/db/transaction.ts";
import { listDueWallets, settleWalletRow, tryLockSweep } from "#lib/db/wallets.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { memberOf } from "#lib/domain/members/member.ts";
import { candidatesOf, evaluateRules } from "#lib/domain/rules/evaluate-rules.ts";

const walletsPerRound = 500;

export function settleWallet(tenantId: TenantId, memberId: MemberId): Promise<void> {
  return settleAtLeast((givesForExpiry) =>
    inTransaction((tx) => settleInTransaction(tx, tenantId, memberId, now(), givesForExpiry)),
  );
}

async function settleInTransaction(
  tx: Tx,
  tenantId: TenantId,
  memberId: MemberId,
  at: Date,
  givesForExpiry: boolean,
): Promise<void> {
  const events = await settleWalletRow(tx, tenantId, memberId, at);
  if (events.length === 0 || !givesForExpiry) return;
  const rules = await listRulesFor(tx, tenantId, "POINTS_EXPIRED");
  const member = rules.length > 0 ? await findMemberRow(tenantId, memberId, tx) : null;
  if (!member) return; // no rules, or a member who has left

  const reactions = events.map(({ id: eventId, payload, occurredAt: moment }) => {
    const occurredAt = new Date(moment);
    const candidates = candidatesOf(evaluateRules(rules, { payload, occurredAt }, memberOf(member)));
    return { tenantId, memberId, eventId, occurredAt, candidates, at };
  });
  const allCandidates = reactions.flatMap(({ candidates }) => candidates);
  await holdSharedRows(tx, tenantId, allCandidates); // of all days at once, so that they are taken in their order
  for (const reaction of reactions) {
    if (reaction.candidates.length > 0) await reactTo(tx, reaction);
  }
}

/** Settles every wallet in which something is due; how many it settled. Only one process does so at a time. */
export async function sweepWallets(): Promise<number> {
  let settled = 0;
  for (;;) {
    const at = now();
    const due = await listDueWallets(at, walletsPerRound);
    for (const { tenantId, memberId } of due) {
      const isOurs = await settleAtLeast((givesForExpiry) =>
        inTransaction(async (tx) => {
          if (!(await tryLockSweep(tx))) return false;
          await settleInTransaction(tx, tenantId as TenantId, memberId as MemberId, at, givesForExpiry);
          return true;
        }),
      );
      if (!isOurs) return settled;
      settled += 1;
    }
    if (due.length < walletsPerRound) return settled;
  }
}

/** A rule whose points would not fit must not keep points from expiring: then it gives nothing. */
async function settleAtLeast<Value>(run: (givesForExpiry: boolean) => Promise<Value>): Promise<Value> {
  try {
    return await run(true);
  } catch (error) {
    if (!isPointsOutOfRange(error)) throw error;
    return run(false);
  }
}
