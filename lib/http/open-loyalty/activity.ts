/** What happened to members, as Open Loyalty's clients see it: transfers of points, transactions, history, campaigns. */
import { z } from "zod";

import { isIntrinsic } from "#lib/domain/events/intrinsic-event-types.ts";
import { purchaseType, type ToldEvent } from "#lib/domain/events/page-events.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import type { Movement } from "#lib/domain/ledger/page-movements.ts";
import type { Offer } from "#lib/domain/rules/list-offers.ts";
import type { Period } from "#lib/domain/rules/period.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import type { Tier } from "#lib/domain/tiers/tier-progress.ts";
import { levelFields, levelJson, walletTypeJson, walletTypeSchema } from "#lib/http/open-loyalty/member.ts";
import { momentText, nothing, storeMoment, textOrNull } from "#lib/http/open-loyalty/shapes.ts";
import { id, points } from "#lib/http/schemas/shapes.ts";

const idOrNull = id.nullable();

const causeFields = {
  ...{ transactionId: idOrNull, customEventId: idOrNull },
  internalEventName: textOrNull.meta({ description: "What Laurel itself noted, such as PURCHASED_REWARD." }),
};

export const transferSchema = z
  .strictObject({
    ...{ transferId: id, type: z.enum(["adding", "spending", "expired"]), accountId: id },
    ...{ value: points, comment: textOrNull, cancelled: z.literal(false), pending: z.literal(false) },
    ...{ lockedUntil: z.null(), expiresAt: storeMoment.nullable(), createdAt: storeMoment },
    actionCause: z.strictObject({
      ...{ customerId: id, campaignId: idOrNull, performedAt: storeMoment },
      ...causeFields,
      ...{ rewardId: idOrNull, issuedRewardId: idOrNull },
    }),
    walletType: walletTypeSchema,
  })
  .meta({ id: "StoreTransfer" });

export const transactionSchema = z
  .strictObject({
    ...{ transactionId: id, customerId: id },
    customerData: z.strictObject({
      ...{ customerId: id, email: textOrNull, phone: textOrNull, loyaltyCardNumber: z.string() },
    }),
    items: z.array(z.unknown()).meta({ description: "As they were reported." }),
    header: z.strictObject({
      ...{ documentNumber: textOrNull, documentType: z.literal("sell"), purchasedAt: storeMoment },
    }),
    ...{ grossValue: z.number().nullable(), currency: textOrNull },
    ...{ matched: z.literal(true), assignedToCustomerAt: storeMoment },
    ...{ pointsEarned: points, unitsDeducted: points },
  })
  .meta({ id: "StoreTransaction" });

export const historySchema = z
  .strictObject({
    ...{ customerId: id, accountId: id, createdAt: storeMoment, type: z.string() },
    flatVariables: z
      .looseObject({ ...causeFields, eventType: z.string(), pointsEarned: points })
      .meta({ description: "Besides these, the event's payload." }),
  })
  .meta({ id: "StoreHistory" });

export const storeTierSchema = z
  .strictObject({
    ...levelFields,
    ...{ hasPhoto: z.literal(false), storeCode: z.string(), conditionValue: points },
  })
  .meta({ id: "StoreTier" });

export const campaignSchema = z
  .strictObject({
    ...{ campaignId: id, name: z.string(), description: z.string(), translations: nothing },
    limitReached: z.boolean(),
    limitUsages: z.strictObject({
      pointsPerMember: z.null(),
      executionsPerMember: z
        .strictObject({
          ...{ currentValue: z.int(), limitValue: z.int(), remaining: z.int() },
          interval: z.strictObject({ type: z.string(), value: z.literal(1) }),
        })
        .nullable(),
    }),
  })
  .meta({ id: "StoreCampaign" });

/** An item of GET /member/points. */
export function transferJson(
  { id: tenantId }: Tenant,
  memberId: MemberId,
  movement: Movement,
): z.infer<typeof transferSchema> {
  const { kind, points, expiresAt, createdAt } = movement;
  return {
    ...{ transferId: movement.id, type: transferType(kind, points), accountId: memberId },
    ...{ value: Math.abs(points), comment: movement.description, cancelled: false, pending: false },
    ...{ lockedUntil: null, expiresAt: expiresAt && momentText(expiresAt) },
    createdAt: momentText(createdAt),
    actionCause: {
      ...{ customerId: memberId, campaignId: movement.ruleId, performedAt: momentText(movement.occurredAt) },
      ...causeOf(movement.eventType, movement.eventId),
      ...{ rewardId: movement.rewardId, issuedRewardId: movement.benefitId },
    },
    walletType: walletTypeJson(tenantId),
  };
}

function transferType(kind: Movement["kind"], points: number) {
  if (kind === "EXPIRY") return "expired";
  return points < 0 ? "spending" : "adding";
}

function causeOf(type: string | null, eventId: string | null) {
  const isCustom = type !== null && type !== purchaseType && !isIntrinsic(type);
  return {
    transactionId: type === purchaseType ? eventId : null,
    customEventId: isCustom ? eventId : null,
    internalEventName: type !== null && isIntrinsic(type) ? type : null,
  };
}

/** An item of GET /transaction, and the whole of one. What the payload says is a shop's: it is shown as far as it fits. */
export function transactionJson(event: ToldEvent): z.infer<typeof transactionSchema> {
  const { payload, member } = event;
  const { total, currency, documentNumber, items } = payload;
  return {
    ...{ transactionId: event.id, customerId: event.memberId },
    customerData: {
      ...{ customerId: event.memberId, email: member.emailAddress, phone: member.telephoneNumber },
      loyaltyCardNumber: member.accountNumber,
    },
    items: Array.isArray(items) ? items : [],
    header: {
      documentNumber: typeof documentNumber === "string" ? documentNumber : event.externalId,
      ...{ documentType: "sell", purchasedAt: momentText(event.occurredAt) },
    },
    grossValue: typeof total === "number" ? total : null,
    currency: typeof currency === "string" ? currency : null,
    ...{ matched: true, assignedToCustomerAt: momentText(event.createdAt) },
    ...{ pointsEarned: event.earnedPoints, unitsDeducted: event.takenPoints },
  };
}

const historyTypes: Readonly<Record<string, string>> = {
  [purchaseType]: "AssignedTransactionToCustomer",
  REGISTERED_ACCOUNT: "CustomerWasRegistered",
  PROFILE_UPDATED: "CustomerWasUpdated",
  PURCHASED_REWARD: "RewardWasBought",
  REDEEMED_VOUCHER: "RewardWasRedeemed",
  BURNED_VOUCHER: "RewardWasUsed",
  POINTS_EXPIRED: "PointsWereExpired",
};

/** An item of GET /member/{member}/history. */
export function historyJson(event: ToldEvent): z.infer<typeof historySchema> {
  const { type, payload, memberId } = event;
  const { points } = payload;
  const adjusted = Number(points) < 0 ? "PointsWereSpent" : "PointsWereAdded";
  return {
    ...{ customerId: memberId, accountId: memberId, createdAt: momentText(event.occurredAt) },
    type: type === "POINTS_ADJUSTED" ? adjusted : (historyTypes[type] ?? "AssignedCustomEventToCustomer"),
    flatVariables: {
      ...payload,
      ...causeOf(type, event.id),
      eventType: type,
      pointsEarned: event.earnedPoints,
    },
  };
}

/** An item of GET /member/tier. */
export function tierJson({ code }: Tenant, tier: Tier): z.infer<typeof storeTierSchema> {
  const { translations: _none, ...level } = levelJson(tier);
  return { ...level, hasPhoto: false, storeCode: code, conditionValue: tier.pointsRequirement };
}

const intervals: Record<Period, string> = {
  ...{ DAY: "calendarDays", WEEK: "calendarWeeks", MONTH: "calendarMonths", YEAR: "calendarYears" },
  EVER: "forever",
};

/** An item of GET /member/{member}/campaign. */
export function campaignJson({ id, name, usage }: Offer): z.infer<typeof campaignSchema> {
  return {
    ...{ campaignId: id, name, description: "", translations: [] },
    limitReached: usage !== null && usage.times >= usage.timesMax,
    limitUsages: {
      pointsPerMember: null,
      executionsPerMember: usage && {
        ...{ currentValue: usage.times, limitValue: usage.timesMax },
        remaining: Math.max(0, usage.timesMax - usage.times),
        interval: { type: intervals[usage.period], value: 1 },
      },
    },
  };
}
