/** The endpoints of the user API, described once (contract 5.2). */
import { z } from "zod";

import { text } from "#lib/domain/texts.ts";
import { type Operation, operation } from "#lib/http/openapi/operation.ts";
import {
  benefitSchema,
  cancellationInput,
  purchaseInput,
  redemptionInput,
  validationInput,
} from "#lib/http/schemas/benefit.ts";
import {
  eventBatchInput,
  eventBatchSchema,
  eventInput,
  eventReportSchema,
  eventSchema,
  reversalInput,
  reversalSchema,
} from "#lib/http/schemas/event.ts";
import { memberChangeInput, memberSchema, newMemberInput, ownChangeInput } from "#lib/http/schemas/member.ts";
import { flag, listQuery } from "#lib/http/schemas/query.ts";
import { rewardCategory, shelfReward } from "#lib/http/schemas/reward.ts";
import { balance, points, tier } from "#lib/http/schemas/shapes.ts";
import { adjustmentInput, predictionsSchema, walletSchema } from "#lib/http/schemas/wallet.ts";
import * as examples from "#lib/http/user-api/examples.ts";

export const listRewards = operation({
  ...{ id: "listRewards", method: "GET", path: "/v1/rewards", tag: "Rewards" },
  summary: "List rewards",
  description: "With a user's token each says how it stands for that member.",
  level: "optionalUser",
  query: listQuery,
  ...{ data: shelfReward, isList: true },
  refusals: [],
  example: { query: { limit: "20" }, data: examples.shelfReward },
});

export const getReward = operation({
  ...{ id: "getReward", method: "GET", path: "/v1/rewards/{id}", tag: "Rewards" },
  summary: "Get a reward",
  level: "optionalUser",
  data: shelfReward,
  refusals: ["reward_not_found"],
  example: { data: examples.shelfReward },
});

export const listRewardCategories = operation({
  ...{ id: "listRewardCategories", method: "GET", path: "/v1/reward_categories", tag: "Rewards" },
  summary: "List reward categories",
  level: "optionalUser",
  query: listQuery,
  ...{ data: rewardCategory, isList: true },
  refusals: [],
  example: { data: examples.rewardCategory },
});

export const listRewardsOfCategory = operation({
  ...{ id: "listRewardsOfCategory", method: "GET", tag: "Rewards" },
  path: "/v1/reward_categories/{id}/rewards",
  summary: "List a category's rewards",
  level: "optionalUser",
  query: listQuery,
  ...{ data: shelfReward, isList: true },
  refusals: ["not_found"],
  example: { data: examples.shelfReward },
});

export const listTiers = operation({
  ...{ id: "listTiers", method: "GET", path: "/v1/tiers", tag: "Rewards" },
  summary: "List tiers",
  level: "anonymous",
  query: listQuery,
  ...{ data: tier, isList: true },
  refusals: [],
  example: { data: examples.tier },
});

export const getMe = operation({
  ...{ id: "getMe", method: "GET", path: "/v1/users/me", tag: "Me" },
  summary: "Get me",
  level: "user",
  data: memberSchema,
  refusals: [],
  example: { data: examples.member },
});

export const changeMe = operation({
  ...{ id: "changeMe", method: "PATCH", path: "/v1/users/me", tag: "Me" },
  summary: "Change my profile",
  description: "What is left out stays as it is; null clears an optional field and removes an attribute.",
  level: "user",
  body: ownChangeInput,
  data: memberSchema,
  refusals: [],
  example: { body: { profile: { city: "Leeds", favouriteColour: "green" } }, data: examples.member },
});

export const getMyWallet = operation({
  ...{ id: "getMyWallet", method: "GET", path: "/v1/users/me/wallet", tag: "Me" },
  summary: "Get my wallet",
  description: "The balances, the tier, and the 20 newest vouchers that are not used up.",
  level: "user",
  data: walletSchema,
  refusals: [],
  example: { data: examples.wallet },
});

export const predictMyExpiry = operation({
  ...{ id: "predictMyExpiry", method: "GET", path: "/v1/users/me/wallet/predictions", tag: "Me" },
  summary: "Predict what expires",
  description: "How many points expire in which month, if none are spent before.",
  level: "user",
  data: predictionsSchema,
  refusals: [],
  example: {
    data: {
      pointsExpiryPrediction: {
        type: "EXPIRY",
        summary: [{ pointsDueToExpire: 120, timePeriod: "2026-12" }],
      },
    },
  },
});

export const reportEvent = operation({
  ...{ id: "reportEvent", method: "POST", path: "/v1/events", tag: "Events" },
  summary: "Report an event",
  description:
    "What rules give for it is there with the answer. With a user's token a member reports an event of a public type. A server sends the event type's secret as the bearer, and a subject.",
  level: "reporter",
  ...{ body: eventInput, data: eventReportSchema, isIdempotent: true },
  refusals: [
    ...(["event_type_intrinsic", "event_type_not_found", "event_type_private"] as const),
    ...(["external_id_taken", "member_not_found", "member_restricted", "member_unknown"] as const),
  ],
  example: {
    body: {
      ...{ type: "PURCHASE", subject: "user-42", externalId: "order-2026-0042" },
      payload: { total: 12.5, currency: "EUR" },
    },
    data: { event: examples.event, reactions: [examples.reaction], wallet: { points: 362 } },
  },
});

export const reportEvents = operation({
  ...{ id: "reportEvents", method: "POST", path: "/v1/events/batch", tag: "Events" },
  summary: "Report up to 500 events",
  description: "Each stands for itself: one that is refused is told by its index, and the others count.",
  level: "batchReporter",
  ...{ body: eventBatchInput, bodyBytesMax: 1024 * 1024, data: eventBatchSchema },
  refusals: [],
  example: {
    body: {
      events: [
        { type: "PURCHASE", subject: "user-42", payload: { total: 12.5 } },
        { type: "PURCHASE", subject: "user-0", payload: { total: 3 } },
      ],
    },
    data: {
      results: [
        { index: 0, eventId: examples.event.id },
        { index: 1, code: "member_not_found", message: "There is no such member." },
      ],
    },
  },
});

export const listMyEvents = operation({
  ...{ id: "listMyEvents", method: "GET", path: "/v1/events", tag: "Events" },
  summary: "List my events",
  description:
    "The member's own activity, the latest first; also what Laurel itself noted, such as a purchase of a reward.",
  level: "user",
  query: listQuery,
  ...{ data: eventSchema, isList: true },
  refusals: [],
  example: { data: examples.event },
});

export const getMyEvent = operation({
  ...{ id: "getMyEvent", method: "GET", path: "/v1/events/{id}", tag: "Events" },
  summary: "Get an event",
  level: "user",
  data: eventSchema,
  refusals: ["not_found"],
  example: { data: examples.event },
});

export const purchaseReward = operation({
  ...{ id: "purchaseReward", method: "POST", path: "/v1/commands/purchase_reward", tag: "Benefits" },
  summary: "Buy a reward",
  level: "user",
  body: purchaseInput,
  ...{ data: z.strictObject({ benefit: benefitSchema, wallet: balance }), isIdempotent: true },
  refusals: [
    ...(["points_insufficient", "reward_limit_reached", "reward_not_available"] as const),
    ...(["reward_not_found", "reward_out_of_stock"] as const),
  ],
  example: {
    body: { rewardId: examples.reward.id },
    data: { benefit: examples.benefit, wallet: { points: 200 } },
  },
});

export const redeemBenefit = operation({
  ...{ id: "redeemBenefit", method: "POST", path: "/v1/commands/redeem_benefit", tag: "Benefits" },
  summary: "Redeem a benefit",
  description: "From now on its code is shown.",
  level: "user",
  ...{ body: redemptionInput, data: benefitSchema, isIdempotent: true },
  refusals: ["benefit_already_redeemed", "benefit_expired", "benefit_not_found"],
  example: { body: { benefitId: examples.benefit.id }, data: examples.redeemedBenefit },
});

export const listMyBenefits = operation({
  ...{ id: "listMyBenefits", method: "GET", path: "/v1/benefits", tag: "Benefits" },
  summary: "List my benefits",
  level: "user",
  query: listQuery.extend({
    redeemable: flag.optional().meta({ description: "true: only those that wait to be redeemed." }),
  }),
  ...{ data: benefitSchema, isList: true },
  refusals: [],
  example: { query: { redeemable: "true" }, data: examples.benefit },
});

export const getMyBenefit = operation({
  ...{ id: "getMyBenefit", method: "GET", path: "/v1/benefits/{id}", tag: "Benefits" },
  summary: "Get a benefit",
  level: "user",
  data: benefitSchema,
  refusals: ["benefit_not_found"],
  example: { data: examples.benefit },
});

export const validateVoucher = operation({
  ...{ id: "validateVoucher", method: "POST", path: "/v1/commands/validate_voucher", tag: "Till" },
  summary: "Check or use up a code",
  description: "For an API key with the scope till, or an admin.",
  level: "till",
  ...{ body: validationInput, data: benefitSchema, isIdempotent: true },
  refusals: ["benefit_expired", "benefit_not_found", "member_restricted", "voucher_already_used"],
  example: {
    body: { code: "KXQP-4711", allowFutureValidation: true },
    data: examples.benefit,
  },
});

export const listUsers = operation({
  ...{ id: "listUsers", method: "GET", path: "/v1/users", tag: "Users" },
  summary: "Find members",
  level: "admin",
  // Strict: a filter that is misspelt would find everybody.
  query: z.strictObject({
    ...listQuery.shape,
    authIdentifier: text(1, 512).optional(),
    emailAddress: text(1, 254).optional(),
    accountNumber: text(1, 16).optional(),
  }),
  ...{ data: memberSchema, isList: true },
  refusals: [],
  example: { query: { authIdentifier: "user-42" }, data: examples.member },
});

export const createUser = operation({
  ...{ id: "createUser", method: "POST", path: "/v1/users", tag: "Users" },
  summary: "Make a member",
  level: "admin",
  body: newMemberInput,
  data: memberSchema,
  refusals: ["auth_identifier_taken"],
  example: {
    body: {
      authIdentifier: "user-42",
      profile: { givenName: "Jane", familyName: "Doe", emailAddress: "jane.doe@example.com" },
    },
    data: examples.member,
  },
});

export const getUser = operation({
  ...{ id: "getUser", method: "GET", path: "/v1/users/{id}", tag: "Users" },
  summary: "Get a member",
  level: "admin",
  data: memberSchema,
  refusals: ["member_not_found"],
  example: { data: examples.member },
});

export const changeUser = operation({
  ...{ id: "changeUser", method: "PATCH", path: "/v1/users/{id}", tag: "Users" },
  summary: "Change a member",
  level: "admin",
  body: memberChangeInput,
  data: memberSchema,
  refusals: ["auth_identifier_taken", "member_not_found"],
  example: { body: { flags: { isStaff: true }, isRestricted: false }, data: examples.member },
});

export const deleteUser = operation({
  ...{ id: "deleteUser", method: "DELETE", path: "/v1/users/{id}", tag: "Users" },
  summary: "Erase a member",
  description: "Everything personal goes and all sessions end; ledger and events stay.",
  level: "admin",
  data: z.strictObject({ id: z.uuid() }),
  refusals: ["member_not_found"],
  example: { data: { id: examples.member.id } },
});

export const getUserWallet = operation({
  ...{ id: "getUserWallet", method: "GET", path: "/v1/users/{id}/wallet", tag: "Users" },
  summary: "A member's balances, tier and vouchers",
  level: "admin",
  data: walletSchema,
  refusals: ["member_not_found"],
  example: { data: examples.wallet },
});

export const adjustPoints = operation({
  ...{ id: "adjustPoints", method: "POST", path: "/v1/commands/adjust_points", tag: "Users" },
  summary: "Correct a balance",
  level: "admin",
  ...{ body: adjustmentInput, data: walletSchema, isIdempotent: true },
  refusals: ["member_not_found", "points_insufficient"],
  example: {
    body: { actorId: examples.member.id, points: 50, comment: "A late delivery.", impactType: "EARN" },
    data: examples.wallet,
  },
});

export const reverseEvent = operation({
  ...{ id: "reverseEvent", method: "POST", path: "/v1/commands/reverse_event", tag: "Users" },
  summary: "Take an event back",
  description: "A purchase was returned: what it gave is taken, as far as it is not spent.",
  level: "admin",
  ...{ body: reversalInput, data: reversalSchema, isIdempotent: true },
  refusals: ["already_reversed", "not_found"],
  example: {
    body: { eventId: examples.event.id, comment: "Returned." },
    data: { eventId: examples.event.id, takenPoints: 12, shortfallPoints: 0, wallet: { points: 350 } },
  },
});

export const cancelBenefit = operation({
  ...{ id: "cancelBenefit", method: "POST", path: "/v1/commands/cancel_benefit", tag: "Users" },
  summary: "Cancel a benefit",
  description: "Gives back what it cost, and its place in the stock.",
  level: "admin",
  body: cancellationInput,
  data: z.strictObject({ benefit: benefitSchema, refundedPoints: points, shortfallPoints: points }),
  isIdempotent: true,
  refusals: ["already_reversed", "benefit_not_found", "voucher_already_used"],
  example: {
    body: { benefitId: examples.benefit.id, comment: "Bought by mistake." },
    data: { benefit: examples.benefit, refundedPoints: 150, shortfallPoints: 0 },
  },
});

/** In the order in which they are shown. */
export const userApiOperations: readonly Operation[] = [
  listRewards,
  getReward,
  listRewardCategories,
  listRewardsOfCategory,
  listTiers,
  getMe,
  changeMe,
  getMyWallet,
  predictMyExpiry,
  reportEvent,
  reportEvents,
  listMyEvents,
  getMyEvent,
  purchaseReward,
  redeemBenefit,
  listMyBenefits,
  getMyBenefit,
  validateVoucher,
  listUsers,
  createUser,
  getUser,
  changeUser,
  deleteUser,
  getUserWallet,
  adjustPoints,
  reverseEvent,
  cancelBenefit,
];
