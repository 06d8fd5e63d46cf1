/**
 * Cancelling a benefit: the member gets back what it cost, the shelf its place in the stock.
 *
 * Holds under any retry or race:
 *   1. once; and not after a till has used it up;
 *   2. the points come back as they were: those that would still be good keep their expiry, the others get a new term;
 *   3. its code opens nothing any more; one that nobody has seen goes back to its pool;
 *   4. what rules gave for the purchase is taken back with it, so that buying and cancelling earns nothing.
 */
import { addSeconds, now } from "#lib/config/clock.ts";
import { cancelBenefitRow, findBenefitRow, listPayingLots } from "#lib/db/benefits.ts";
import { holdReversible, isPurchaseOf } from "#lib/db/events.ts";
import { findPointsExpiryDays } from "#lib/db/tenants.ts";
import { type Benefit, benefitOf } from "#lib/domain/benefits/benefit.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { takeBack } from "#lib/domain/events/reverse-event.ts";
import { type BenefitId, type EventId, isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import { holdWallet } from "#lib/domain/ledger/hold-wallet.ts";
import { postPoints } from "#lib/domain/ledger/post-points.ts";
import { type OnceKey, runOnce } from "#lib/domain/once.ts";

export type CancelledBenefit = {
  benefit: Benefit;
  refundedPoints: number;
  /** What rules had given for the purchase and the member has spent since. */
  shortfallPoints: number;
};

/** Refuses `benefit_not_found`, `already_reversed`, and `voucher_already_used` after a till has used it up. */
export async function cancelBenefit(command: {
  tenantId: TenantId;
  benefitId: string;
  comment: string;
  key: OnceKey | null;
}): Promise<CancelledBenefit & { isReplay: boolean }> {
  const { tenantId, benefitId, comment } = command;
  if (!isUuid(benefitId)) throw new DomainError("benefit_not_found");

  const { result, isReplay } = await runOnce(tenantId, command.key, async (tx) => {
    const found = await findBenefitRow(tx, tenantId, benefitId);
    if (!found) throw new DomainError("benefit_not_found");
    const at = now();
    const memberId = found.memberId as MemberId;
    await holdWallet(tx, { tenantId, memberId, at, onlyUnrestricted: false });
    const benefit = await findBenefitRow(tx, tenantId, benefitId); // as the lock's last holder left it
    if (!benefit || benefit.cancelledAt !== null) throw new DomainError("already_reversed");
    if (benefit.burnedAt !== null) throw new DomainError("voucher_already_used");

    const eventId = benefit.eventId as EventId;
    const wasBought = await isPurchaseOf(tx, tenantId, eventId, benefitId);
    if (wasBought) await holdReversible(tx, { tenantId, eventId, rewardId: benefit.rewardId });
    await cancelBenefitRow(tx, tenantId, benefitId, at);
    const points = benefit.pricePoints;
    if (benefit.entryId !== null) {
      const expiryDays = await findPointsExpiryDays(tx, tenantId);
      const newExpiry = expiryDays === null ? null : addSeconds(at, expiryDays * 86_400);
      const paying = await listPayingLots(tx, tenantId, benefit.entryId);
      const lots = paying.map((lot) => {
        const expiresAt = lot.expiresAt === null ? null : new Date(lot.expiresAt);
        return { points: lot.points, expiresAt: expiresAt && expiresAt <= at ? newExpiry : expiresAt };
      });
      await postPoints(tx, {
        ...{ tenantId, memberId, at, eventId, benefitId: benefitId as BenefitId },
        ...{ kind: "REFUND", points, lots, description: comment },
      });
    }
    const reversal = wasBought ? await takeBack(tx, { tenantId, memberId, eventId, comment, at }) : null;
    return {
      benefit: { ...benefit, cancelledAt: at.toISOString() },
      refundedPoints: points,
      shortfallPoints: reversal?.shortfallPoints ?? 0,
    };
  });
  return { ...result, benefit: benefitOf(result.benefit), isReplay };
}
