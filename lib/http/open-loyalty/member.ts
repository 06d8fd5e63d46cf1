/** Members as Open Loyalty's clients see them: a member is a customer there, a tier a level, and the wallet has two names. */
import { z } from "zod";

import { now } from "#lib/config/clock.ts";
import type { Wallet } from "#lib/domain/ledger/wallet.ts";
import type { MemberFile } from "#lib/domain/members/member-file.ts";
import type { Gender } from "#lib/domain/members/profile.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import type { Tier } from "#lib/domain/tiers/tier-progress.ts";
import { placedAttributes } from "#lib/http/open-loyalty/profile.ts";
import { momentText, nothing, storeMoment, textOrNull } from "#lib/http/open-loyalty/shapes.ts";
import { id, points } from "#lib/http/schemas/shapes.ts";

const attribute = z.unknown().meta({ description: "As it was sent; null where it was not." });

const balances = {
  ...{ activePoints: points, transferredPoints: points, lockedPoints: points, expiredPoints: points },
  ...{ spentPoints: points, earnedPoints: points, blockedPoints: points },
};

export const levelFields = { levelId: id, name: z.string(), description: z.string() };

export const walletTypeSchema = z
  .strictObject({
    ...{ walletTypeId: id, code: z.string(), name: z.string(), active: z.boolean(), isDefault: z.boolean() },
    ...{ unitSingularName: z.string(), unitPluralName: z.string() },
  })
  .meta({ id: "StoreWalletType" });

export const storeMemberSchema = z
  .strictObject({
    ...{ customerId: id, active: z.boolean(), storeCode: z.string() },
    ...{ firstName: z.string(), lastName: z.string(), email: z.string() },
    gender: z.enum(["female", "male", "not_disclosed"]).nullable(),
    phone: textOrNull,
    birthDate: storeMoment.nullable(),
    address: z.strictObject({
      ...{ street: textOrNull, address1: attribute, address2: attribute, province: textOrNull },
      ...{ city: textOrNull, postal: textOrNull, country: textOrNull },
    }),
    loyaltyCardNumber: z.string(),
    ...{ agreement1: z.boolean(), agreement2: z.boolean(), agreement3: z.boolean(), company: attribute },
    ...{ registeredAt: storeMoment, createdAt: storeMoment, updatedAt: storeMoment },
    anonymized: z.boolean(),
    ...{ labels: nothing, segments: nothing, customFieldsData: nothing },
    customFields: z.record(z.string(), z.unknown()),
    defaultAccount: z.strictObject({ accountId: id, ...balances }),
    currentLevel: z.strictObject({ ...levelFields, translations: nothing }).nullable(),
  })
  .meta({ id: "StoreMember" });

export const storeStatusSchema = z
  .strictObject({
    ...{ firstName: z.string(), lastName: z.string(), customerId: id },
    ...balances,
    ...{ levelName: textOrNull, levelConditionValue: points.nullable() },
    ...{ nextLevelName: textOrNull, nextLevelConditionValue: points.nullable() },
    ...{ pointsToNextLevel: points.nullable(), pointsExpiringNextMonth: points, storeCode: z.string() },
  })
  .meta({ id: "StoreStatus" });

export const storeWalletSchema = z
  .strictObject({
    walletType: walletTypeSchema,
    createdAt: storeMoment,
    account: z.strictObject({
      ...{ earnedUnits: points, transferredUnits: points, spentUnits: points, activeUnits: points },
      ...{ lockedUnits: points, blockedUnits: points, expiredUnits: points },
    }),
  })
  .meta({ id: "StoreWallet" });

const genders = {
  FEMALE: "female",
  MALE: "male",
  OTHER: "not_disclosed",
  UNKNOWN: "not_disclosed",
} as const satisfies Record<Gender, string>;

/** The whole of GET /member/{member}, and an item of GET /member. */
export function memberJson(
  { code }: Tenant,
  { member, isActive, wallet, tier }: MemberFile,
): z.infer<typeof storeMemberSchema> {
  const { profile, attributes } = member;
  const { agreements, addressLines, company, customFields } = placedAttributes(attributes);
  return {
    ...{ customerId: member.id, active: isActive, storeCode: code },
    ...{ firstName: profile.givenName, lastName: profile.familyName, email: profile.emailAddress },
    gender: profile.gender && genders[profile.gender],
    phone: profile.telephoneNumber,
    birthDate: profile.birthdate && `${profile.birthdate}T00:00:00+00:00`,
    address: {
      ...{ street: profile.streetAddress, ...addressLines, province: profile.region },
      ...{ city: profile.city, postal: profile.postcode, country: profile.country },
    },
    loyaltyCardNumber: member.accountNumber,
    ...agreements,
    company,
    registeredAt: momentText(member.createdAt),
    createdAt: momentText(member.createdAt),
    updatedAt: momentText(member.updatedAt),
    anonymized: false,
    ...{ labels: [], segments: [], customFieldsData: [], customFields },
    defaultAccount: { accountId: member.id, ...pointsJson(wallet) },
    currentLevel: tier && levelJson(tier),
  };
}

/** GET /member/{member}/status. */
export function statusJson(
  { code }: Tenant,
  { member, wallet, tier, nextTier }: MemberFile,
  expiring: readonly { month: string; points: number }[],
): z.infer<typeof storeStatusSchema> {
  const { givenName: firstName, familyName: lastName } = member.profile;
  return {
    ...{ firstName, lastName, customerId: member.id },
    ...pointsJson(wallet),
    ...{ levelName: tier?.name ?? null, levelConditionValue: tier?.pointsRequirement ?? null },
    ...{
      nextLevelName: nextTier?.name ?? null,
      nextLevelConditionValue: nextTier?.pointsRequirement ?? null,
    },
    pointsToNextLevel: nextTier?.pointsToGo ?? null,
    pointsExpiringNextMonth: expiring.find(({ month }) => month === nextMonth())?.points ?? 0,
    storeCode: code,
  };
}

/** GET /member/{member}/wallet, of which there is one. */
export function walletJson(
  { id }: Tenant,
  { member, wallet }: MemberFile,
): z.infer<typeof storeWalletSchema> {
  return {
    walletType: walletTypeJson(id),
    createdAt: momentText(member.createdAt),
    account: {
      ...{ earnedUnits: wallet.lifetimePoints, transferredUnits: 0, spentUnits: wallet.spentPoints },
      ...{ activeUnits: wallet.balancePoints, lockedUnits: wallet.pendingPoints, blockedUnits: 0 },
      expiredUnits: wallet.expiredPoints,
    },
  };
}

/** The one kind of points that a programme has. */
export function walletTypeJson(id: string): z.infer<typeof walletTypeSchema> {
  return {
    ...{ walletTypeId: id, code: "default", name: "Points", active: true, isDefault: true },
    ...{ unitSingularName: "Point", unitPluralName: "Points" },
  };
}

export function levelJson({ id, name }: Tier) {
  return { levelId: id, name, description: "", translations: [] };
}

function pointsJson(wallet: Wallet) {
  return {
    ...{ activePoints: wallet.balancePoints, transferredPoints: 0, lockedPoints: wallet.pendingPoints },
    ...{ expiredPoints: wallet.expiredPoints, spentPoints: wallet.spentPoints },
    ...{ earnedPoints: wallet.lifetimePoints, blockedPoints: 0 },
  };
}

/** YYYY-MM */
function nextMonth(): string {
  const at = now();
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1)).toISOString().slice(0, 7);
}
