import { now } from "#lib/config/clock.ts";
import { readHomeRow } from "#lib/db/home.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { type LedgerEntry, ledgerEntryOf } from "#lib/domain/ledger/ledger-entry.ts";
import type { Wallet } from "#lib/domain/ledger/wallet.ts";
import { onTheShelf, type ShelfReward } from "#lib/domain/rewards/shelf.ts";

export type Home = {
  /** The best that can be had now, and what is nearest after that; cheapest first. */
  nearRewards: ShelfReward[];
  newestEntries: LedgerEntry[];
};

const rewardsMax = 4;
const goalsMax = 2;
const entriesMax = 4;

export async function getHome(tenantId: TenantId, memberId: MemberId, wallet: Wallet): Promise<Home> {
  const at = now();
  const { balancePoints, tierPoints } = wallet;
  const row = await readHomeRow({
    tenantId,
    memberId,
    balancePoints,
    tierPoints,
    rewardsPerSide: rewardsMax,
    entriesMax,
    at,
  });
  const rewards = row.rewards.map((reward) => onTheShelf(reward, wallet, at));
  return {
    nearRewards: nearest(rewards, balancePoints),
    newestEntries: row.entries.map(ledgerEntryOf),
  };
}

/** Two goals to save for, if there are as many, and else the best that can be had now. */
function nearest(cheapestFirst: readonly ShelfReward[], balancePoints: number): ShelfReward[] {
  const affordable = cheapestFirst.filter(({ pricePoints }) => pricePoints <= balancePoints);
  const goals = cheapestFirst.slice(affordable.length);
  const goalsShown = Math.max(goalsMax, rewardsMax - affordable.length);
  const nearestGoals = goals.slice(0, goalsShown);
  return [...affordable.slice(-(rewardsMax - nearestGoals.length)), ...nearestGoals];
}
