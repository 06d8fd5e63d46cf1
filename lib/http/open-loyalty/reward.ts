/** Rewards, and what members bought of them, as Open Loyalty's clients see them. */
import { z } from "zod";

import type { Benefit } from "#lib/domain/benefits/benefit.ts";
import { madeAt } from "#lib/domain/ids.ts";
import type { Reward } from "#lib/domain/rewards/reward.ts";
import type { ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { momentText, nothing, storeMoment } from "#lib/http/open-loyalty/shapes.ts";
import { id, points } from "#lib/http/schemas/shapes.ts";

const kinds = {
  VOUCHER: "static_coupon",
  GENERIC_OFFER: "material",
} as const satisfies Record<Reward["type"], string>;
const kind = z.enum(["static_coupon", "material"]);

const unlimited = -1;
const count = z.int().min(unlimited).meta({ description: "-1: without a limit." });
const value = z.number().nullable().meta({ description: "What it is worth, in the programme's currency." });
const namesById = z.record(z.string(), z.string());
const always = z.strictObject({ allTime: z.literal(true) });

export const storeRewardSchema = z
  .strictObject({
    ...{ rewardId: id, reward: kind, name: z.string(), active: z.literal(true) },
    ...{ shortDescription: z.string(), description: z.string(), terms: z.string(), costInPoints: points },
    ...{ levels: z.array(id), segments: nothing, target: z.literal("level").nullable() },
    ...{ levelNames: namesById, categories: z.array(id), categoryNames: namesById },
    activity: z.union([
      always,
      z.strictObject({
        ...{ allTime: z.literal(false), from: storeMoment.nullable(), to: storeMoment.nullable() },
      }),
    ]),
    ...{ visibility: always, price: value, couponValue: value, labels: nothing, translations: nothing },
    ...{ featured: z.literal(false), public: z.literal(true), brandIcon: z.literal(false) },
    photos: z.array(z.strictObject({ url: z.string() })),
    createdAt: storeMoment,
    ...{ usageLimit: z.strictObject({ general: count, perUser: count }), usageLeft: count },
    canBeBoughtByCustomer: z.boolean(),
  })
  .meta({ id: "StoreReward" });

export const issuedRewardSchema = z
  .strictObject({
    ...{ rewardId: id, issuedRewardId: id, name: z.string(), customerId: id },
    status: z.enum(["issued", "completed"]),
    redemptionDate: storeMoment,
    issuedCoupon: z.strictObject({
      ...{ code: z.string().nullable(), value, valueType: z.literal("money") },
      ...{ activeFrom: storeMoment, activeTo: storeMoment.nullable(), usedAt: storeMoment.nullable() },
    }),
    ...{ costInPoints: points, rewardType: kind, price: value },
  })
  .meta({ id: "StoreIssuedReward" });

export function rewardJson(reward: ShelfReward): z.infer<typeof storeRewardSchema> {
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
      : { allTime: false, from: momentTextOrNull(availableFrom), to: momentTextOrNull(availableUntil) },
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
export function issuedRewardJson(benefit: Benefit): z.infer<typeof issuedRewardSchema> {
  const { reward, code } = benefit;
  return {
    ...{ rewardId: reward.id, issuedRewardId: benefit.id, name: reward.name, customerId: benefit.memberId },
    status: benefit.burnedAt ? "completed" : "issued",
    redemptionDate: momentText(benefit.createdAt),
    issuedCoupon: {
      ...{ code: code?.value ?? null, value: reward.value, valueType: "money" },
      ...{ activeFrom: momentText(benefit.createdAt), activeTo: momentTextOrNull(benefit.expiresAt) },
      usedAt: momentTextOrNull(benefit.burnedAt),
    },
    ...{ costInPoints: benefit.pricePoints, rewardType: kinds[reward.type], price: reward.value },
  };
}

function momentTextOrNull(moment: Date | null): string | null {
  return moment && momentText(moment);
}
