import { now } from "#lib/config/clock.ts";
import { findBenefitRow, markRedeemed } from "#lib/db/benefits.ts";
import { type Benefit, benefitOf, benefitPayload } from "#lib/domain/benefits/benefit.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { raiseEvent } from "#lib/domain/events/raise-event.ts";
import { isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import { holdWallet } from "#lib/domain/ledger/hold-wallet.ts";
import { type OnceKey, runOnce } from "#lib/domain/once.ts";

/**
 * A member uses a benefit: from now on its code is shown. Refuses `benefit_not_found` (another member's, too),
 * `benefit_expired`, `benefit_already_redeemed`.
 */
export async function redeemBenefit(command: {
  tenantId: TenantId;
  memberId: MemberId;
  benefitId: string;
  key: OnceKey | null;
}): Promise<{ benefit: Benefit; isReplay: boolean }> {
  const { tenantId, memberId, benefitId } = command;
  if (!isUuid(benefitId)) throw new DomainError("benefit_not_found");

  const { result, isReplay } = await runOnce(tenantId, command.key, async (tx) => {
    const at = now();
    await holdWallet(tx, { tenantId, memberId, at, onlyUnrestricted: true });
    const benefit = await findBenefitRow(tx, tenantId, benefitId);
    if (!benefit || benefit.memberId !== memberId || benefit.cancelledAt !== null) {
      throw new DomainError("benefit_not_found");
    }
    if (benefit.redeemedAt !== null) throw new DomainError("benefit_already_redeemed");
    if (benefit.expiresAt !== null && new Date(benefit.expiresAt) <= at)
      throw new DomainError("benefit_expired");

    await markRedeemed(tx, tenantId, benefitId, at);
    const payload = benefitPayload(benefit);
    await raiseEvent(tx, { tenantId, memberId, type: "REDEEMED_VOUCHER", payload, at });
    return { ...benefit, redeemedAt: at.toISOString() };
  });
  return { benefit: benefitOf(result), isReplay };
}
