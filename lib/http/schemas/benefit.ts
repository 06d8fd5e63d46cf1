import { z } from "zod";

import type { Benefit } from "#lib/domain/benefits/benefit.ts";
import { identifier, text } from "#lib/domain/texts.ts";
import { rewardJson, rewardSchema } from "#lib/http/schemas/reward.ts";
import { id, moment } from "#lib/http/schemas/shapes.ts";

const anyId = text(1, 64);

/** POST /api/session/purchases and /v1/commands/purchase_reward. */
export const purchaseInput = z.strictObject({ rewardId: anyId, comment: text(0, 280).optional() });

/** POST /api/session/redemptions and /v1/commands/redeem_benefit. */
export const redemptionInput = z.strictObject({ benefitId: anyId });

/** POST /v1/commands/validate_voucher. */
export const validationInput = z.strictObject({
  code: identifier(256),
  allowFutureValidation: z
    .boolean("Enter true or false.")
    .optional()
    .meta({ description: "True only looks: the code is not used up." }),
});

const why = text(1, 280).meta({ description: "Why, for the member and for whoever asks later." });

/** POST /v1/commands/cancel_benefit. */
export const cancellationInput = z.strictObject({ benefitId: anyId, comment: why });

export const benefitSchema = z
  .strictObject({
    id,
    type: z.enum(["VOUCHER", "GENERIC_OFFER"]),
    createdAt: moment,
    redeemedAt: moment.nullable(),
    expiresAt: moment.nullable(),
    burnedAt: moment.nullable(),
    reward: rewardSchema,
    code: z
      .strictObject({ value: z.string(), validatedAt: moment.nullable() })
      .nullable()
      .meta({ description: "Hidden until the benefit is redeemed." }),
  })
  .meta({ id: "Benefit" });

/** A benefit as every endpoint answers with it; its code is there once it is redeemed. */
export function benefitJson(benefit: Benefit): z.infer<typeof benefitSchema> {
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
