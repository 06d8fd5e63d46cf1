/** The endpoints of Open Loyalty's clients, described once (contract 6). */
import { z } from "zod";

import {
  campaignSchema,
  historySchema,
  storeTierSchema,
  transactionSchema,
  transferSchema,
} from "#lib/http/open-loyalty/activity.ts";
import * as examples from "#lib/http/open-loyalty/examples.ts";
import { storeMemberSchema, storeStatusSchema, storeWalletSchema } from "#lib/http/open-loyalty/member.ts";
import * as paging from "#lib/http/open-loyalty/paging.ts";
import { issuedRewardSchema, storeRewardSchema } from "#lib/http/open-loyalty/reward.ts";
import * as inputs from "#lib/http/open-loyalty/schemas.ts";
import { type Operation, operation } from "#lib/http/openapi/operation.ts";
import { id } from "#lib/http/schemas/shapes.ts";

const store = "/api/{storeCode}";
const tokens = z.strictObject({ token: z.string(), refresh_token: z.string() }).meta({ id: "StoreTokens" });
const customerId = z.strictObject({ customerId: id });
const registered = z.strictObject({ customerId: id, email: z.string() });
const login = {
  method: "POST",
  tag: "Tokens",
  body: inputs.loginInput,
  data: tokens,
  description: "The names _username and _password are taken, too.",
  refusals: ["credentials_invalid", "rate_limited"],
  example: { body: examples.credentials, data: examples.tokens },
} as const;
const refresh = {
  method: "POST",
  tag: "Tokens",
  body: inputs.refreshInput,
  data: tokens,
  refusals: ["rate_limited", "refresh_token_expired", "refresh_token_missing", "refresh_token_unknown"],
  example: { body: examples.refreshToken, data: examples.tokens },
} as const;
const movement = {
  method: "POST",
  tag: "Store admin",
  level: "storeAdmin",
  body: inputs.transferInput,
  data: z.strictObject({ transferId: id }),
  example: {
    body: { transfer: { customer: examples.member.customerId, points: 50, comment: "Sorry." } },
    data: examples.transferId,
  },
} as const;

/** In the order in which they are shown. */
export const openLoyaltyOperations: readonly Operation[] = [
  operation({
    ...login,
    ...{ id: "loginAdmin", path: "/api/admin/login_check", level: "deployment" },
    summary: "Get an admin's tokens",
  }),
  operation({
    ...refresh,
    ...{ id: "refreshAdminTokens", path: "/api/token/refresh", level: "deployment" },
    summary: "Get an admin's next tokens",
  }),
  operation({
    ...login,
    ...{ id: "loginMember", path: `${store}/member/login_check`, level: "store" },
    summary: "Get a member's tokens",
  }),
  operation({
    ...refresh,
    ...{ id: "refreshMemberTokens", path: `${store}/token/refresh`, level: "store" },
    summary: "Get a member's next tokens",
  }),
  operation({
    ...{ id: "revokeTokens", method: "GET", path: "/api/token/revoke", tag: "Tokens" },
    summary: "End every refresh token of who calls",
    level: "tokenHolder",
    refusals: [],
    example: {},
  }),

  operation({
    ...{ id: "registerMember", method: "POST", path: `${store}/member/register`, tag: "Accounts" },
    summary: "Sign up",
    description:
      "Whoever has the address already is told by a mail; the answer is the same, with an id that is nobody's.",
    level: "store",
    ...{ body: inputs.registrationInput, data: registered },
    refusals: ["rate_limited", "registration_closed"],
    example: {
      body: {
        customer: { ...examples.customer, plainPassword: examples.credentials.password, agreement1: true },
      },
      data: { ...examples.customerId, email: examples.customer.email },
    },
  }),
  operation({
    ...{ id: "changeMemberPassword", method: "PUT", path: `${store}/member/password`, tag: "Accounts" },
    summary: "Set another password",
    description: "Every token of the member's is over with it.",
    ...{ level: "storeMember", body: inputs.passwordInput },
    refusals: ["rate_limited"],
    example: {
      body: { currentPassword: examples.credentials.password, plainPassword: "a boat on the river" },
    },
  }),
  operation({
    ...{ id: "requestPasswordReset", method: "POST", tag: "Accounts" },
    path: `${store}/member/password/reset/request`,
    summary: "Have a link for a new password mailed",
    description: "To whoever has an account; the answer does not say whether there is one.",
    ...{ level: "store", body: inputs.resetRequestInput },
    refusals: ["rate_limited"],
    example: { body: { username: examples.credentials.username } },
  }),
  operation({
    ...{ id: "resetPassword", method: "POST", path: `${store}/member/password/reset`, tag: "Accounts" },
    summary: "Set a new password by that link",
    ...{ level: "store", body: inputs.resetInput },
    refusals: ["rate_limited"],
    example: { body: { token: "Zk3…", reset: { plainPassword: "a boat on the river" } } },
  }),

  operation({
    ...{ id: "getStoreMember", method: "GET", path: `${store}/member/{member}`, tag: "Store members" },
    summary: "Get a member",
    ...{ level: "storeCaller", data: storeMemberSchema },
    refusals: ["member_not_found"],
    example: { data: examples.member },
  }),
  operation({
    ...{ id: "changeStoreMember", method: "PUT", path: `${store}/member/{member}`, tag: "Store members" },
    summary: "Change a member's profile",
    description: "What is left out stays as it is; an empty text or null clears.",
    ...{ level: "storeCaller", body: inputs.memberChangeInput, data: customerId },
    refusals: ["member_not_found", "member_restricted"],
    example: { body: { customer: examples.customer }, data: examples.customerId },
  }),
  operation({
    ...{ id: "getStoreStatus", method: "GET", path: `${store}/member/{member}/status`, tag: "Store members" },
    summary: "Get a member's balances, and the way to the next level",
    ...{ level: "storeCaller", data: storeStatusSchema },
    refusals: ["member_not_found"],
    example: { data: examples.status },
  }),
  operation({
    ...{ id: "listStoreWallets", method: "GET", path: `${store}/member/{member}/wallet` },
    ...{ tag: "Store members", summary: "List a member's wallets, of which there is one" },
    ...{ level: "storeCaller", query: paging.plainPages.query, data: storeWalletSchema, isList: true },
    refusals: ["member_not_found"],
    example: { data: examples.wallet },
  }),
  operation({
    ...{ id: "listStoreTiers", method: "GET", path: `${store}/member/tier`, tag: "Store members" },
    summary: "List levels",
    ...{ level: "storeCaller", query: paging.tierPages.query, data: storeTierSchema, isList: true },
    refusals: [],
    example: { data: examples.tier },
  }),

  operation({
    ...{ id: "listStoreRewards", method: "GET", path: `${store}/member/reward`, tag: "Store rewards" },
    summary: "List what the member can have",
    ...{ level: "storeMember", query: paging.rewardPages.query, data: storeRewardSchema, isList: true },
    refusals: [],
    example: { data: examples.reward },
  }),
  operation({
    ...{ id: "buyReward", method: "POST", path: `${store}/reward/{reward}/buy`, tag: "Store rewards" },
    summary: "Buy a reward",
    ...{ level: "storeMember", body: inputs.purchaseInput, isIdempotent: true },
    data: z.array(z.strictObject({ issuedRewardId: id })).length(1),
    refusals: [
      ...(["member_restricted", "points_insufficient", "reward_limit_reached"] as const),
      ...(["reward_not_available", "reward_not_found", "reward_out_of_stock"] as const),
    ],
    example: {
      body: { quantity: 1 },
      data: [{ issuedRewardId: examples.issuedReward.issuedRewardId }],
    },
  }),
  operation({
    ...{ id: "listBoughtRewards", method: "GET", path: `${store}/member/reward/bought` },
    ...{ tag: "Store rewards", summary: "List what the member has" },
    ...{ level: "storeMember", query: paging.boughtPages.query, data: issuedRewardSchema, isList: true },
    refusals: [],
    example: { data: examples.issuedReward },
  }),
  operation({
    ...{ id: "redeemCoupon", method: "POST", path: `${store}/member/{member}/reward/redeem` },
    ...{ tag: "Store rewards", summary: "Use a coupon up" },
    ...{ level: "storeCaller", body: inputs.couponInput, isIdempotent: true },
    data: z.strictObject({ code: z.string(), used: z.literal(true), customerId: id }),
    refusals: [
      ...(["benefit_expired", "benefit_not_found", "member_not_found"] as const),
      ...(["member_restricted", "voucher_already_used"] as const),
    ],
    example: { body: { couponCode: examples.usedCoupon.code }, data: examples.usedCoupon },
  }),

  operation({
    ...{ id: "listTransfers", method: "GET", path: `${store}/member/points`, tag: "Store activity" },
    summary: "List how the member's points moved",
    ...{ level: "storeMember", query: paging.transferPages.query, data: transferSchema, isList: true },
    refusals: [],
    example: { data: examples.transfer },
  }),
  operation({
    ...{ id: "listHistory", method: "GET", path: `${store}/member/{member}/history`, tag: "Store activity" },
    summary: "List what happened to a member",
    ...{ level: "storeCaller", query: paging.historyPages.query, data: historySchema, isList: true },
    refusals: ["member_not_found"],
    example: { data: examples.history },
  }),
  operation({
    ...{ id: "listCampaigns", method: "GET", path: `${store}/member/{member}/campaign` },
    ...{ tag: "Store activity", summary: "List what earns points now" },
    ...{ level: "storeCaller", query: paging.plainPages.query, data: campaignSchema, isList: true },
    refusals: ["member_not_found"],
    example: { data: examples.campaign },
  }),
  operation({
    ...{ id: "listTransactions", method: "GET", path: `${store}/transaction`, tag: "Store activity" },
    summary: "List purchases in the shop",
    description: "With a member's token that member's, with an admin's all.",
    ...{ level: "storeCaller", query: paging.transactionPages.query, data: transactionSchema, isList: true },
    refusals: [],
    example: { data: examples.transaction },
  }),
  operation({
    ...{ id: "getTransaction", method: "GET", path: `${store}/transaction/{transaction}` },
    ...{ tag: "Store activity", summary: "Get a purchase in the shop" },
    ...{ level: "storeCaller", data: transactionSchema },
    refusals: [],
    example: { data: examples.transaction },
  }),

  operation({
    ...{ id: "listStoreMembers", method: "GET", path: `${store}/member`, tag: "Store admin" },
    summary: "List members",
    ...{ level: "storeAdmin", query: paging.memberPages.query, data: storeMemberSchema, isList: true },
    refusals: [],
    example: { data: examples.member },
  }),
  operation({
    ...{ id: "createStoreMember", method: "POST", path: `${store}/member`, tag: "Store admin" },
    summary: "Make a member",
    description: "One without a password.",
    ...{ level: "storeAdmin", body: inputs.memberInput, data: registered },
    refusals: [],
    example: {
      body: { customer: examples.customer },
      data: { ...examples.customerId, email: examples.customer.email },
    },
  }),
  operation({
    ...{ id: "activateMember", method: "POST", path: `${store}/member/{member}/activate` },
    ...{ tag: "Store admin", summary: "Let a member in", level: "storeAdmin" },
    description: "In place of the mail's link, and after a restriction.",
    refusals: ["member_not_found"],
    example: {},
  }),
  operation({
    ...{ id: "deactivateMember", method: "POST", path: `${store}/member/{member}/deactivate` },
    ...{ tag: "Store admin", summary: "Keep a member out", level: "storeAdmin" },
    refusals: ["member_not_found"],
    example: {},
  }),
  operation({
    ...movement,
    ...{ id: "addPoints", path: `${store}/points/add` },
    summary: "Give a member points",
    refusals: [],
  }),
  operation({
    ...movement,
    ...{ id: "spendPoints", path: `${store}/points/spend` },
    summary: "Take points from a member",
    refusals: ["points_insufficient"],
  }),
  operation({
    ...{ id: "reportTransaction", method: "POST", path: `${store}/transaction`, tag: "Store admin" },
    summary: "Report a purchase",
    description:
      "An event PURCHASE whose payload.total is the exact sum of grossValue; a documentNumber that is known is refused.",
    ...{ level: "storeAdmin", body: inputs.transactionInput },
    data: z.strictObject({ transactionId: id }),
    refusals: ["event_type_not_found", "member_restricted"],
    example: { body: { transaction: examples.newTransaction }, data: examples.transactionId },
  }),
  operation({
    ...{ id: "reportCustomEvent", method: "POST", path: `${store}/customEvent`, tag: "Store admin" },
    summary: "Report something else that a member did",
    description: "An eventId that is known is refused.",
    ...{ level: "storeAdmin", body: inputs.customEventInput },
    data: z.strictObject({ customEventId: id }),
    refusals: ["event_type_intrinsic", "event_type_not_found", "member_restricted"],
    example: {
      body: { event: examples.customEvent },
      data: { customEventId: examples.transactionId.transactionId },
    },
  }),
];
