/**
 * Taking back what an event gave: a purchase was returned.
 *
 * Holds under any retry or race:
 *   1. an event is taken back once;
 *   2. no balance goes below zero: what is spent already cannot be taken, and is told as a shortfall;
 *   3. what it gave counts as not earned any more, towards tiers, limits and budgets.
 */
import { now } from "#lib/config/clock.ts";
import { cancelBenefitRow } from "#lib/db/benefits.ts";
import type { Tx } from "#lib/db/client.ts";
import { findEventMember, readReversible, reverseEventRows } from "#lib/db/events.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { type EventId, isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import { holdWallet } from "#lib/domain/ledger/hold-wallet.ts";
import { postPoints } from "#lib/domain/ledger/post-points.ts";
import { type OnceKey, runOnce } from "#lib/domain/once.ts";

export type EventReversal = {
  eventId: EventId;
  memberId: MemberId;
  takenPoints: number;
  shortfallPoints: number;
  balancePoints: number;
};

/** Refuses `not_found` for an event that is not there, and `already_reversed`. */
export async function reverseEvent(command: {
  tenantId: TenantId;
  eventId: string;
  comment: string;
  key: OnceKey | null;
}): Promise<EventReversal & { isReplay: boolean }> {
  const { tenantId, comment } = command;
  const eventId = command.eventId as EventId;
  const { result, isReplay } = await runOnce(tenantId, command.key, async (tx) => {
    const memberId = isUuid(eventId)
      ? ((await findEventMember(tx, tenantId, eventId)) as MemberId | null)
      : null;
    if (!memberId) throw new DomainError("not_found");
    const at = now();
    await holdWallet(tx, { tenantId, memberId, at, onlyUnrestricted: false });
    const reversal = await takeBack(tx, { tenantId, memberId, eventId, comment, at });
    if (!reversal) throw new DomainError("already_reversed");
    return { eventId, memberId, ...reversal };
  });
  return { ...result, isReplay };
}

/**
 * Takes back what rules gave for an event: points as far as there are any, pending ones, benefits that were not used. Null
 * where that was done before. The caller holds the wallet.
 */
export async function takeBack(
  tx: Tx,
  event: { tenantId: TenantId; memberId: MemberId; eventId: EventId; comment: string; at: Date },
): Promise<Pick<EventReversal, "takenPoints" | "shortfallPoints" | "balancePoints"> | null> {
  const { tenantId, memberId, eventId, comment, at } = event;
  const given = await readReversible(tx, tenantId, eventId);
  if (given.isReversed) return null;

  const { givenPoints, expiredPoints, balancePoints, benefitIds } = given;
  const stillGivenPoints = givenPoints - expiredPoints; // what has expired is gone already
  const takenPoints = Math.min(stillGivenPoints, balancePoints);
  const shortfallPoints = stillGivenPoints - takenPoints;
  if (givenPoints > 0) {
    await postPoints(tx, {
      ...{ tenantId, memberId, at, eventId, description: comment },
      ...{ kind: "REVERSAL", points: -takenPoints, earnedPoints: givenPoints },
    });
  }
  await reverseEventRows(tx, { tenantId, memberId, eventId, comment, takenPoints, shortfallPoints, at });
  for (const benefitId of benefitIds) await cancelBenefitRow(tx, tenantId, benefitId, at);
  return { takenPoints, shortfallPoints, balancePoints: balancePoints - takenPoints };
}
