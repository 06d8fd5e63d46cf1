import { now } from "#lib/config/clock.ts";
import { findBenefitIdByCode, findBenefitRow, markValidated } from "#lib/db/benefits.ts";
import { type Benefit, benefitOf, benefitPayload } from "#lib/domain/benefits/benefit.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { raiseEvent } from "#lib/domain/events/raise-event.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { holdWallet } from "#lib/domain/ledger/hold-wallet.ts";
import { type OnceKey, runOnce } from "#lib/domain/once.ts";

/**
 * A till looks at a code, and uses it up unless it only wants to look (`isOnlyLook`). A static code is everybody's, so no
 * till can use it up. `memberId`: whose code it has to be, where members use up their own. Refuses `benefit_not_found` (an unknown code, a cancelled benefit, a member who has left),
 * `voucher_already_used`, `benefit_expired`, `member_restricted`.
 */
export async function validateVoucher(command: {
  tenantId: TenantId;
  code: string;
  memberId?: MemberId;
  isOnlyLook: boolean;
  key: OnceKey | null;
}): Promise<{ benefit: Benefit; isReplay: boolean }> {
  const { tenantId, code, isOnlyLook } = command;
  const { result, isReplay } = await runOnce(tenantId, command.key, async (tx) => {
    const benefitId = await findBenefitIdByCode(tx, tenantId, code);
    const found = benefitId && (await findBenefitRow(tx, tenantId, benefitId));
    if (!found) throw new DomainError("benefit_not_found");
    const at = now();
    const memberId = found.memberId as MemberId;
    if (command.memberId && command.memberId !== memberId) throw new DomainError("benefit_not_found");
    await holdWallet(tx, { tenantId, memberId, at, onlyUnrestricted: true }).catch(sayBenefitNotFound);

    const benefit = await findBenefitRow(tx, tenantId, benefitId); // as the lock's last holder left it
    if (!benefit || benefit.cancelledAt !== null) throw new DomainError("benefit_not_found");
    if (benefit.burnedAt !== null) throw new DomainError("voucher_already_used");
    if (benefit.expiresAt !== null && new Date(benefit.expiresAt) <= at)
      throw new DomainError("benefit_expired");

    await markValidated(tx, tenantId, benefitId, !isOnlyLook, at);
    if (!isOnlyLook) {
      const payload = benefitPayload(benefit);
      await raiseEvent(tx, { tenantId, memberId, type: "BURNED_VOUCHER", payload, at });
    }
    const moment = at.toISOString();
    return {
      ...benefit,
      redeemedAt: isOnlyLook ? benefit.redeemedAt : (benefit.redeemedAt ?? moment),
      validatedAt: benefit.validatedAt ?? moment,
      burnedAt: isOnlyLook ? null : moment,
    };
  });
  return { benefit: benefitOf(result), isReplay };
}

function sayBenefitNotFound(error: unknown): never {
  const hasLeft = error instanceof DomainError && error.code === "member_not_found";
  throw hasLeft ? new DomainError("benefit_not_found") : error;
}
