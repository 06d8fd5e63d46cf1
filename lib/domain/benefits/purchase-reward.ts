/**
 * Buying a reward for points.
 *
 * Holds under any retry or race:
 *   1. the points, the code, the stock and the PURCHASED_REWARD go together, or nothing happens;
 *   2. nobody pays twice for one key; no balance and no stock falls below zero; every code is handed out once;
 *   3. the price is the one the rules were asked about: if it changes in between, all is looked at anew.
 *
 * Two round trips, also where the buyer comes with a session: who it is and what is bought, then everything at once
 * (docs/decisions/0009-one-round-trip-functions.md).
 */
import { now } from "#lib/config/clock.ts";
import {
  type BuyerKey,
  type PurchaseContext,
  purchaseRewardRow,
  readPurchaseContext,
} from "#lib/db/benefits.ts";
import { type Benefit, benefitOf, rewardPayload } from "#lib/domain/benefits/benefit.ts";
import { DomainError } from "#lib/domain/errors.ts";
import {
  type BenefitId,
  type EventId,
  isUuid,
  type MemberId,
  newId,
  type TenantId,
} from "#lib/domain/ids.ts";
import { settleWallet } from "#lib/domain/ledger/settle-wallet.ts";
import { memberOf } from "#lib/domain/members/member.ts";
import { type OnceKey, onceOf, sayingWhy } from "#lib/domain/once.ts";
import { drawCodes } from "#lib/domain/rewards/draw-codes.ts";
import { candidatesOf, evaluateRules, refuseOverflow } from "#lib/domain/rules/evaluate-rules.ts";
import { activityWrittenBefore } from "#lib/domain/sessions/read-session.ts";
import { type RankedCredential, sharedCookieRank } from "#lib/domain/sessions/session.ts";

/** Who buys: a member who is known, or whoever is signed in by these credentials. */
export type Buyer =
  | { memberId: MemberId }
  | { authIdentifier: string }
  | { credentials: readonly RankedCredential[] };

export type PurchaseReward = {
  tenantId: TenantId;
  buyer: Buyer;
  rewardId: string;
  comment: string | null;
  key: ((memberId: MemberId) => OnceKey | null) | null;
};

export type Purchase = { benefit: Benefit; balancePoints: number; isReplay: boolean };

const asksForAnotherTry = ["due", "changed", "codes_taken"];
const triesMax = 6;
const noReward = "00000000-0000-0000-0000-000000000000";

/**
 * Refuses `session_invalid` or `member_not_found` where there is no such buyer, `member_restricted`, `reward_not_found`,
 * `reward_not_available` (dates, tier), `reward_limit_reached`, `reward_out_of_stock`, `points_insufficient`, and what
 * belongs to a key.
 */
export async function purchaseReward(command: PurchaseReward): Promise<Purchase> {
  const { tenantId } = command;
  const rewardId = isUuid(command.rewardId) ? command.rewardId : noReward; // who asks is looked at first

  for (let tries = 1; ; tries++) {
    const context = await readPurchaseContext(tenantId, buyerKeyOf(command.buyer), rewardId, now());
    if (!context) {
      throw new DomainError("credentials" in command.buyer ? "session_invalid" : "member_not_found");
    }
    const memberId = context.member.id as MemberId;
    if (context.member.isRestricted) throw new DomainError("member_restricted");
    const answer = await sayingWhy(() => purchaseRewardRow(judged({ ...command, rewardId }, context, tries)));

    const code = answer.outcome === "refused" ? answer.code : null;
    if (code === null || !asksForAnotherTry.includes(code)) {
      const { result, isReplay } = onceOf(answer);
      return { benefit: benefitOf(result.benefit), balancePoints: result.balancePoints, isReplay };
    }
    if (tries === triesMax && code === "codes_taken") throw new DomainError("reward_out_of_stock");
    if (tries === triesMax) throw new Error(`A purchase came to nothing, each time because of: ${code}.`);
    if (code === "due") await settleWallet(tenantId, memberId);
  }
}

function buyerKeyOf(buyer: Buyer): BuyerKey {
  return "credentials" in buyer ? { presented: buyer.credentials, sharedRank: sharedCookieRank } : buyer;
}

/** The purchase with what rules would give for it. Whether it may be, the database decides under its locks. */
function judged(
  { tenantId, rewardId, comment, key }: PurchaseReward,
  context: PurchaseContext,
  tries: number,
) {
  const at = now();
  const { reward, rules, sessionId } = context;
  const memberId = context.member.id as MemberId;
  const pricePoints = Number(reward?.pricePoints ?? 0);
  const benefitId = newId<BenefitId>();
  const eventPayload = reward ? { benefitId, ...rewardPayload(rewardId, reward), pricePoints } : {};
  const evaluated = evaluateRules(rules, { payload: eventPayload, occurredAt: at }, memberOf(context.member));
  refuseOverflow(evaluated);
  // A pattern that is nearly used up takes more draws to find what is left of it.
  const codes = reward?.codeType === "GENERATED" ? drawCodes(reward.codePattern, 8 * 4 ** (tries - 1)) : [];
  return {
    ...{ tenantId, memberId, sessionId, rewardId, pricePoints, codes, comment, benefitId, eventPayload, at },
    touchOlderThan: activityWrittenBefore(at),
    eventId: newId<EventId>(),
    candidates: candidatesOf(evaluated),
    key: key?.(memberId) ?? null,
  };
}
