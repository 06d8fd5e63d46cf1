import { now } from "#lib/config/clock.ts";
import { readHomeRow } from "#lib/db/home.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { type LedgerEntry, ledgerEntryOf } from "#lib/domain/ledger/ledger-entry.ts";
import type { Wallet } from "#lib/domain/ledger/wallet.ts";
import { onTheShelf, type ShelfReward } from "#lib/domain/rewards/shelf.ts";

export type Home = {
  /** What the next day takes on which points expire, if it is near. */
  expiresSoon: { points: number; expiresAt: Date; isThisYear: boolean } | null;
  /** The nearest reward that only points are missing for. */
  goal: ShelfReward | null;
  /** The best that can be had now, and what is nearest after the goal; cheapest first. */
  nearRewards: ShelfReward[];
  newestEntries: LedgerEntry[];
};

const rewardsMax = 4;
const goalsMax = 1;
const entriesMax = 4;
const soonDays = 60;
const msPerDay = 86_400_000;

export async function getHome(tenantId: TenantId, memberId: MemberId, wallet: Wallet): Promise<Home> {
  const at = now();
  const { balancePoints, tierPoints } = wallet;
  const expiresAt = soonExpiry(wallet, at);
  const row = await readHomeRow({
    tenantId,
    memberId,
    balancePoints,
    tierPoints,
    rewardsPerSide: rewardsMax + 1,
    entriesMax,
    expiresBefore: expiresAt && dayAfter(expiresAt),
    at,
  });
  const rewards = row.rewards.map((reward) => onTheShelf(reward, wallet, at));
  const goal = rewards.find(({ pricePoints }) => pricePoints > balancePoints) ?? null;
  return {
    expiresSoon: expiresAt && {
      points: Number(row.expiringPoints),
      expiresAt,
      isThisYear: expiresAt.getUTCFullYear() === at.getUTCFullYear(),
    },
    goal,
    nearRewards: nearest(
      rewards.filter((reward) => reward !== goal),
      balancePoints,
    ),
    newestEntries: row.entries.map(ledgerEntryOf),
  };
}

function soonExpiry({ nextExpiry }: Wallet, at: Date): Date | null {
  if (!nextExpiry) return null;
  const { expiresAt } = nextExpiry;
  return expiresAt.getTime() - at.getTime() <= soonDays * msPerDay ? expiresAt : null;
}

/** When the day of a moment is over; days are UTC's. */
function dayAfter(moment: Date): Date {
  return new Date((Math.floor(moment.getTime() / msPerDay) + 1) * msPerDay);
}

/** The best that can be had now, and at least one further reward to save for, if there is one. */
function nearest(cheapestFirst: readonly ShelfReward[], balancePoints: number): ShelfReward[] {
  const affordable = cheapestFirst.filter(({ pricePoints }) => pricePoints <= balancePoints);
  const goals = cheapestFirst.slice(affordable.length);
  const goalsShown = Math.max(goalsMax, rewardsMax - affordable.length);
  const nearestGoals = goals.slice(0, goalsShown);
  return [...affordable.slice(-(rewardsMax - nearestGoals.length)), ...nearestGoals];
}
