/** Rewards, and what members bought of them, as Open Loyalty's clients see them. */
import type { Benefit } from "#lib/domain/benefits/benefit.ts";
import { madeAt } from "#lib/domain/ids.ts";
import type { Reward } from "#lib/domain/rewards/reward.ts";
import type { ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { momentText } from "#lib/http/open-loyalty/moment.ts";

const kinds: Record<Reward["type"], string> = { VOUCHER: "static_coupon", GENERIC_OFFER: "material" };
const unlimited = -1;

export function rewardJson(reward: ShelfReward) {
  const { category, tier, availableFrom, availableUntil, stockRemaining, perMemberLimit } = reward;
  const isAlways = availableFrom === null && availableUntil === null;
  return {
    ...{ rewardId: reward.id, reward: kinds[reward.type], name: reward.name, active: true },
    ...{ shortDescription: reward.summary, description: reward.description, terms: reward.terms },
    costInPoints: reward.pricePoints,
    ...{ levels: tier ? [tier.id] : [], segments: [], target: tier && "level" },
    levelNames: tier ? { [tier.id]: tier.name } : {},
    categories: category ? [category.id] : [],
    categoryNames: category ? { [category.id]: category.name } : {},
    activity: isAlways
      ? { allTime: true }
      : { allTime: false, from: textOrNull(availableFrom), to: textOrNull(availableUntil) },
    visibility: { allTime: true },
    ...{ price: reward.value, couponValue: reward.value, labels: [], translations: [] },
    ...{ featured: false, public: true, brandIcon: false },
    photos: reward.pictureUrl === null ? [] : [{ url: reward.pictureUrl }],
    createdAt: momentText(madeAt(reward.id)),
    usageLimit: { general: stockRemaining ?? unlimited, perUser: perMemberLimit ?? unlimited },
    usageLeft: stockRemaining ?? unlimited,
    canBeBoughtByCustomer: reward.gate === null,
  };
}

/** The code is there once it is shown, which is at once for what was bought here. */
export function issuedRewardJson(benefit: Benefit) {
  const { reward, code } = benefit;
  return {
    ...{ rewardId: reward.id, issuedRewardId: benefit.id, name: reward.name, customerId: benefit.memberId },
    status: benefit.burnedAt ? "completed" : "issued",
    redemptionDate: momentText(benefit.createdAt),
    issuedCoupon: {
      ...{ code: code?.value ?? null, value: reward.value, valueType: "money" },
      ...{ activeFrom: momentText(benefit.createdAt), activeTo: textOrNull(benefit.expiresAt) },
      usedAt: textOrNull(benefit.burnedAt),
    },
    ...{ costInPoints: benefit.pricePoints, rewardType: kinds[reward.type], price: reward.value },
  };
}

function textOrNull(moment: Date | null): string | null {
  return moment && momentText(moment);
}
