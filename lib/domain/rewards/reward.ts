import type { RewardRow } from "#lib/db/rewards.ts";
import type { RewardId } from "#lib/domain/ids.ts";
import type { Tier } from "#lib/domain/tiers/tier-progress.ts";

export type Reward = {
  id: RewardId;
  type: "VOUCHER" | "GENERIC_OFFER";
  name: string;
  summary: string;
  description: string;
  terms: string;
  pictureUrl: string | null;
  /** What it is worth in money, in the programme's currency. */
  value: number | null;
  codeType: "POOL" | "GENERATED" | "STATIC";
  category: { id: string; name: string } | null;
  tier: Tier | null;
  pricePoints: number;
  /** Null where it never runs out. */
  stockRemaining: number | null;
  perMemberLimit: number | null;
  availableFrom: Date | null;
  availableUntil: Date | null;
};

export function rewardOf(row: RewardRow): Reward {
  const { categoryId, categoryName, tierId, tierName, tierPointsRequirement } = row;
  return {
    id: row.id as RewardId,
    type: row.type as Reward["type"],
    name: row.name,
    summary: row.summary,
    description: row.description,
    terms: row.terms,
    pictureUrl: row.pictureUrl,
    value: row.value === null ? null : Number(row.value),
    codeType: row.codeType as Reward["codeType"],
    category: categoryId === null || categoryName === null ? null : { id: categoryId, name: categoryName },
    tier:
      tierId === null || tierName === null
        ? null
        : { id: tierId, name: tierName, pointsRequirement: Number(tierPointsRequirement) },
    pricePoints: Number(row.pricePoints),
    stockRemaining: row.stockRemaining,
    perMemberLimit: row.perMemberLimit,
    availableFrom: row.availableFrom === null ? null : new Date(row.availableFrom),
    availableUntil: row.availableUntil === null ? null : new Date(row.availableUntil),
  };
}
