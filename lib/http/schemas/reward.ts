import type { Reward } from "#lib/domain/rewards/reward.ts";

/** A reward as every endpoint answers with it. */
export function rewardJson(reward: Reward) {
  const { tier, availableFrom, availableUntil } = reward;
  return {
    id: reward.id,
    type: reward.type,
    name: reward.name,
    summary: reward.summary,
    description: reward.description,
    terms: reward.terms,
    pictureUrl: reward.pictureUrl,
    category: reward.category,
    price: reward.pricePoints,
    value: reward.value,
    purchasable: true,
    availability: { start: availableFrom?.toISOString() ?? null, end: availableUntil?.toISOString() ?? null },
    tier,
    stockRemaining: reward.stockRemaining,
    perMemberLimit: reward.perMemberLimit,
    redemptionChannels: ["IN_STORE", "ONLINE"],
    codeType: reward.codeType,
  };
}
