import { describeError, log } from "#lib/config/log.ts";
import { type Purchase, type PurchaseReward, purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { DomainError } from "#lib/domain/errors.ts";

/**
 * Buying a reward for clients that know no code which is hidden: a voucher's is shown as soon as it is bought. Whatever dies
 * in between, the same call with its key shows it; without one it waits, hidden, among what the member has. Refuses what
 * `purchaseReward` does.
 */
export async function purchaseShownReward(command: PurchaseReward): Promise<Purchase> {
  const purchase = await purchaseReward(command);
  const { id: benefitId, memberId, reward } = purchase.benefit;
  if (reward.type !== "VOUCHER") return purchase; // there is no code, and redeeming would use it
  try {
    const shown = await redeemBenefit({ tenantId: command.tenantId, memberId, benefitId, key: null });
    return { ...purchase, benefit: shown.benefit };
  } catch (error) {
    // That it was bought stays true, and who is told otherwise buys it again. A retry finds it shown, or used, by now.
    if (!(error instanceof DomainError)) {
      log().warn({ error: describeError(error) }, "a reward was bought, and its code could not be shown");
    }
    return purchase;
  }
}
