import { z } from "zod";

import type { Benefit } from "#lib/domain/benefits/benefit.ts";
import { text } from "#lib/domain/texts.ts";
import { rewardJson } from "#lib/http/schemas/reward.ts";

const id = z.string("Enter an id.").max(64, "Enter an id.");

/** POST /api/session/purchases. */
export const purchaseInput = z.strictObject({ rewardId: id, comment: text(0, 280).optional() });

/** POST /api/session/redemptions. */
export const redemptionInput = z.strictObject({ benefitId: id });

/** A benefit as every endpoint answers with it; its code is there once it is redeemed. */
export function benefitJson(benefit: Benefit) {
  const { code, redeemedAt, expiresAt, burnedAt } = benefit;
  return {
    id: benefit.id,
    type: benefit.reward.type,
    createdAt: benefit.createdAt.toISOString(),
    redeemedAt: redeemedAt?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    burnedAt: burnedAt?.toISOString() ?? null,
    reward: rewardJson(benefit.reward),
    code: code && { value: code.value, validatedAt: code.validatedAt?.toISOString() ?? null },
  };
}
