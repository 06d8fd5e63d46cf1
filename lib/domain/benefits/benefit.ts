import { now } from "#lib/config/clock.ts";
import type { BenefitRow } from "#lib/db/benefits.ts";
import type { BenefitId, MemberId } from "#lib/domain/ids.ts";
import { type Reward, rewardOf } from "#lib/domain/rewards/reward.ts";

/** A bought reward, or one that a rule gave. There is no status: the times say it. */
export type Benefit = {
  id: BenefitId;
  memberId: MemberId;
  reward: Reward;
  /** What the member paid; 0 where a rule gave it. */
  pricePoints: number;
  /** What a till asks for; hidden until it is redeemed, and null where the reward is one without. */
  code: { value: string; validatedAt: Date | null } | null;
  createdAt: Date;
  redeemedAt: Date | null;
  expiresAt: Date | null;
  burnedAt: Date | null;
  cancelledAt: Date | null;
};

export function benefitOf(row: BenefitRow): Benefit {
  const moment = (text: string | null) => (text === null ? null : new Date(text));
  return {
    id: row.id as BenefitId,
    memberId: row.memberId as MemberId,
    reward: rewardOf(row.reward),
    pricePoints: row.pricePoints,
    code:
      row.redeemedAt === null || row.code === null
        ? null
        : { value: row.code, validatedAt: moment(row.validatedAt) },
    createdAt: new Date(row.createdAt),
    redeemedAt: moment(row.redeemedAt),
    expiresAt: moment(row.expiresAt),
    burnedAt: moment(row.burnedAt),
    cancelledAt: moment(row.cancelledAt),
  };
}

export type BenefitState = "ready" | "redeemed" | "used" | "expired";

/** What the times say at `at`, or now: ready (its code is still hidden), redeemed (its code is shown), used at a till, or expired. */
export function stateOf({ burnedAt, redeemedAt, expiresAt }: Benefit, at = now()): BenefitState {
  if (burnedAt) return "used";
  if (expiresAt && expiresAt <= at) return "expired";
  return redeemedAt ? "redeemed" : "ready";
}

/** What events tell of a benefit. */
export function benefitPayload({ id, rewardId, pricePoints, reward }: BenefitRow) {
  return { benefitId: id, ...rewardPayload(rewardId, reward), pricePoints };
}

/** What events tell of a reward. */
export function rewardPayload(rewardId: string, { externalId, name }: BenefitRow["reward"]) {
  return { rewardId, rewardExternalId: externalId, rewardName: name };
}
