/** What is on the shelf, and how it stands for one member. */
import { now } from "#lib/config/clock.ts";
import { listShelfRows, visitShelfRow } from "#lib/db/rewards.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { isUuid, type SessionId, type TenantId } from "#lib/domain/ids.ts";
import type { Wallet } from "#lib/domain/ledger/wallet.ts";
import { type Reward, rewardOf } from "#lib/domain/rewards/reward.ts";
import { activityWrittenBefore } from "#lib/domain/sessions/read-session.ts";

/** Why a member cannot have a reward now; the first that applies, what time will not change first. */
export type RewardGate =
  | { gate: "out_of_stock" }
  | { gate: "tier"; tierName: string; pointsToGo: number }
  | { gate: "not_yet"; from: Date }
  | { gate: "points"; pointsShort: number };

export type ShelfReward = Reward & {
  /** Null: nothing stands in the way. */
  gate: RewardGate | null;
};

export async function listShelf(tenantId: TenantId, wallet: Wallet): Promise<ShelfReward[]> {
  const at = now();
  const rows = await listShelfRows(tenantId, at);
  return rows.map((row) => onTheShelf(rewardOf(row), wallet, at));
}

/** Refuses `reward_not_found`. Finding it is an activity of `sessionId`, unless that is null. */
export async function getShelfReward(
  tenantId: TenantId,
  rewardId: string,
  wallet: Wallet,
  sessionId: SessionId | null,
): Promise<ShelfReward> {
  const at = now();
  const touchOlderThan = activityWrittenBefore(at);
  const row = isUuid(rewardId)
    ? await visitShelfRow({ tenantId, rewardId, at, sessionId, touchOlderThan })
    : null;
  if (!row) throw new DomainError("reward_not_found");
  return onTheShelf(rewardOf(row), wallet, at);
}

export function onTheShelf(reward: Reward, wallet: Wallet, at: Date): ShelfReward {
  return { ...reward, gate: gateOf(reward, wallet, at) };
}

function gateOf(reward: Reward, wallet: Wallet, at: Date): RewardGate | null {
  const { stockRemaining, tier, availableFrom, pricePoints } = reward;
  if (stockRemaining === 0) return { gate: "out_of_stock" };
  if (tier && tier.pointsRequirement > wallet.lifetimePoints) {
    return { gate: "tier", tierName: tier.name, pointsToGo: tier.pointsRequirement - wallet.lifetimePoints };
  }
  if (availableFrom && availableFrom > at) return { gate: "not_yet", from: availableFrom };
  if (pricePoints > wallet.balancePoints) {
    return { gate: "points", pointsShort: pricePoints - wallet.balancePoints };
  }
  return null;
}
