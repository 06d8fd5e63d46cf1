import { z } from "zod";

import type { FullWallet } from "#lib/domain/ledger/get-wallet.ts";
import { text } from "#lib/domain/texts.ts";
import { benefitJson, benefitSchema } from "#lib/http/schemas/benefit.ts";
import { moment, points, tier } from "#lib/http/schemas/shapes.ts";

export const walletSchema = z
  .strictObject({
    points: points.meta({ description: "What can be spent now." }),
    pendingPoints: points.meta({ description: "What unlocks later." }),
    lifetimePoints: points,
    spentPoints: points,
    expiredPoints: points,
    tier: tier.nullable(),
    nextTier: z.strictObject({ ...tier.shape, pointsToGo: points }).nullable(),
    nextExpiry: z.strictObject({ points, expiresAt: moment }).nullable(),
    vouchers: z.array(benefitSchema).meta({ description: "The 20 newest that are not used up." }),
  })
  .meta({ id: "Wallet" });

export function walletJson(wallet: FullWallet): z.infer<typeof walletSchema> {
  const { tier, nextTier, nextExpiry } = wallet;
  return {
    points: wallet.balancePoints,
    pendingPoints: wallet.pendingPoints,
    lifetimePoints: wallet.lifetimePoints,
    spentPoints: wallet.spentPoints,
    expiredPoints: wallet.expiredPoints,
    tier,
    nextTier,
    nextExpiry: nextExpiry && { points: nextExpiry.points, expiresAt: nextExpiry.expiresAt.toISOString() },
    vouchers: wallet.vouchers.map(benefitJson),
  };
}

export const predictionsSchema = z
  .strictObject({
    pointsExpiryPrediction: z.strictObject({
      type: z.literal("EXPIRY"),
      summary: z.array(
        z.strictObject({ pointsDueToExpire: points, timePeriod: z.string().meta({ example: "2026-12" }) }),
      ),
    }),
  })
  .meta({ id: "Predictions" });

export function predictionsJson(
  months: readonly { month: string; points: number }[],
): z.infer<typeof predictionsSchema> {
  const summary = months.map(({ month, points }) => ({ pointsDueToExpire: points, timePeriod: month }));
  return { pointsExpiryPrediction: { type: "EXPIRY", summary } };
}

/** POST /v1/commands/adjust_points. */
export const adjustmentInput = z.strictObject({
  actorId: text(1, 64).meta({ description: "The member's id." }),
  points: z
    .int("Enter whole points.")
    .refine((value) => value !== 0, "Enter points that are not 0.")
    .meta({ description: "Negative takes away." }),
  comment: text(1, 280).meta({ description: "Why, for the member and for whoever asks later." }),
  impactType: z.enum(["EARN", "SPEND", "NONE"], "Choose EARN, SPEND or NONE."),
});
