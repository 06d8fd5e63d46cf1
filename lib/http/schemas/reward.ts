import { z } from "zod";

import type { Reward } from "#lib/domain/rewards/reward.ts";
import type { ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { id, moment, points, tier } from "#lib/http/schemas/shapes.ts";

export const rewardCategory = z.strictObject({ id, name: z.string() }).meta({ id: "RewardCategory" });

const rewardFields = {
  id,
  type: z.enum(["VOUCHER", "GENERIC_OFFER"]),
  name: z.string(),
  summary: z.string(),
  description: z.string(),
  terms: z.string(),
  pictureUrl: z.string().nullable(),
  category: rewardCategory.nullable(),
  price: points.meta({ description: "In points." }),
  value: z.number().nullable().meta({ description: "What it is worth, in the programme's currency." }),
  purchasable: z.boolean(),
  availability: z.strictObject({ start: moment.nullable(), end: moment.nullable() }),
  tier: tier.nullable().meta({ description: "Who has not reached it cannot have the reward." }),
  stockRemaining: z.int().nullable().meta({ description: "Null where it never runs out." }),
  perMemberLimit: z.int().nullable(),
  redemptionChannels: z.array(z.enum(["IN_STORE", "ONLINE"])),
  codeType: z.enum(["POOL", "GENERATED", "STATIC"]),
};

export const rewardSchema = z.strictObject(rewardFields).meta({ id: "Reward" });

const unavailableReasons = ["reward_limit_reached", "reward_out_of_stock", "reward_not_available"] as const;

/** A reward, and with a user's token how it stands for that member. */
export const shelfReward = z
  .strictObject({
    ...rewardFields,
    affordable: z.boolean().optional().meta({ description: "With a user's token: the balance pays for it." }),
    pointsShort: points.optional().meta({ description: "With a user's token: how many points are missing." }),
    available: z
      .boolean()
      .optional()
      .meta({ description: "With a user's token: but for points, it can be had." }),
    unavailableReason: z
      .enum(unavailableReasons)
      .nullable()
      .optional()
      .meta({ description: "With a user's token: what a purchase would be refused with, but for points." }),
  })
  .meta({ id: "ShelfReward" });

/** A reward as every endpoint answers with it. */
export function rewardJson(reward: Reward): z.infer<typeof rewardSchema> {
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

const reasonByGate = {
  limit: "reward_limit_reached",
  out_of_stock: "reward_out_of_stock",
  tier: "reward_not_available",
  not_yet: "reward_not_available",
} as const;

/** The same as it stands for one member. */
export function shelfRewardJson(reward: ShelfReward, balancePoints: number): z.infer<typeof shelfReward> {
  const { gate, pricePoints } = reward;
  const unavailableReason = gate === null || gate.gate === "points" ? null : reasonByGate[gate.gate];
  return {
    ...rewardJson(reward),
    affordable: pricePoints <= balancePoints,
    pointsShort: Math.max(0, pricePoints - balancePoints),
    available: unavailableReason === null,
    unavailableReason,
  };
}
