/** What is on the shelf, and how it stands for one member. */
import { now } from "#lib/config/clock.ts";
import { listShelfRows, type ShelfRow, visitShelfRow } from "#lib/db/rewards.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { isUuid, type MemberId, type SessionId, type TenantId } from "#lib/domain/ids.ts";
import type { Wallet } from "#lib/domain/ledger/wallet.ts";
import { type Reward, rewardOf } from "#lib/domain/rewards/reward.ts";
import { activityWrittenBefore } from "#lib/domain/sessions/read-session.ts";

/** Why a member cannot have a reward now; the first that applies, what time will not change first. */
export type RewardGate =
  | { gate: "out_of_stock" }
  | { gate: "limit"; times: number }
  | { gate: "tier"; tierName: string; pointsToGo: number }
  | { gate: "not_yet"; from: Date }
  | { gate: "points"; pointsShort: number };

export type ShelfReward = Reward & {
  /** Null: nothing stands in the way. */
  gate: RewardGate | null;
};

/** Whose shelf it is. */
export type ShelfOwner = { tenantId: TenantId; memberId: MemberId; wallet: Wallet };

export async function listShelf({ tenantId, memberId, wallet }: ShelfOwner): Promise<ShelfReward[]> {
  const at = now();
  const rows = await listShelfRows({ tenantId, memberId, at });
  return rows.map((row) => onTheShelf(row, wallet, at));
}

/** Refuses `reward_not_found`. Finding it is an activity of `sessionId`, unless that is null. */
export async function getShelfReward(
  { tenantId, memberId, wallet }: ShelfOwner,
  rewardId: string,
  sessionId: SessionId | null,
): Promise<ShelfReward> {
  const at = now();
  const touchOlderThan = activityWrittenBefore(at);
  const row = isUuid(rewardId)
    ? await visitShelfRow({ tenantId, memberId, rewardId, at, sessionId, touchOlderThan })
    : null;
  if (!row) throw new DomainError("reward_not_found");
  return onTheShelf(row, wallet, at);
}

/** What of a wallet decides which rewards it can have. */
export type Means = Pick<Wallet, "balancePoints" | "tierPoints">;

export function onTheShelf(row: ShelfRow, wallet: Means, at: Date): ShelfReward {
  const reward = rewardOf(row);
  return { ...reward, gate: gateOf(reward, row.hadCount, wallet, at) };
}

function gateOf(reward: Reward, hadCount: number, wallet: Means, at: Date): RewardGate | null {
  const { stockRemaining, perMemberLimit, tier, availableFrom, pricePoints } = reward;
  if (perMemberLimit !== null && hadCount >= perMemberLimit) return { gate: "limit", times: perMemberLimit };
  if (stockRemaining !== null && stockRemaining <= 0) return { gate: "out_of_stock" };
  if (tier && tier.pointsRequirement > wallet.tierPoints) {
    return { gate: "tier", tierName: tier.name, pointsToGo: tier.pointsRequirement - wallet.tierPoints };
  }
  if (availableFrom && availableFrom > at) return { gate: "not_yet", from: availableFrom };
  if (pricePoints > wallet.balancePoints) {
    return { gate: "points", pointsShort: pricePoints - wallet.balancePoints };
  }
  return null;
}
