/** Plain sample data for the page of the design; its people and rewards are made up, and say so. */
import type { Benefit, BenefitState } from "#lib/domain/benefits/benefit.ts";
import type { BenefitId, MemberId, RewardId, TenantId } from "#lib/domain/ids.ts";
import type { ExpiryMonths } from "#lib/domain/ledger/expiry-months.ts";
import type { ExplainedEntry, LedgerEntryKind } from "#lib/domain/ledger/ledger-entry.ts";
import type { Locale } from "#lib/domain/locales.ts";
import type { Member } from "#lib/domain/members/member.ts";
import type { Reward } from "#lib/domain/rewards/reward.ts";
import type { ShelfReward } from "#lib/domain/rewards/shelf.ts";
import type { Brand } from "#lib/domain/tenants/brand.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import type { TierProgress } from "#lib/domain/tiers/tier-progress.ts";

const day = (iso: string) => new Date(`${iso}T09:30:00.000Z`);

const picture = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400"><rect width="640" height="400" fill="#c9d8ee"/><circle cx="470" cy="130" r="70" fill="#f4c95d"/><path d="M0 400 190 170l130 140 90-80 230 170Z" fill="#3d5a80"/></svg>',
)}`;
const logo = (fill: string) =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 180 40"><circle cx="20" cy="20" r="18" fill="none" stroke="${fill}" stroke-width="4"/><path d="M50 12h120M50 28h80" stroke="${fill}" stroke-width="6"/></svg>`,
  )}`;

export const samplePicture = picture;

export function sampleTenant(brand: Brand): Tenant {
  return {
    ...{ id: "demo" as TenantId, code: "demo", name: "Demo programme", authMode: "embedded", brand },
    ...{ publicUrl: "http://demo.localhost", hostUrl: "http://shop.demo.localhost", hostOrigins: [] },
    ...{ allowedOrigins: [], cookieDomain: null, locale: "en", embeddedSeconds: 3_600 },
    ...{ interactiveSeconds: 3_600, idleSeconds: null, urlActivation: "once", clientSecrets: [] },
    ...{ createMembersFromTokens: false, eventTypeSecrets: [], selfRegistration: false },
    ...{ emailConfirmation: "off", oauth2: null, userAuth: null, tierWindowDays: null },
    ...{ hasProfileRules: false, tiers: [] },
  };
}

export const withLogo = (tenant: Tenant): Tenant => ({
  ...tenant,
  brand: { ...tenant.brand, logoUrl: logo("#2b3a55"), logoDarkUrl: logo("#e6ecf7") },
});

export const withBrokenLogo = (tenant: Tenant): Tenant => ({
  ...tenant,
  brand: { ...tenant.brand, logoUrl: "/design/there-is-no-such-picture.svg", logoDarkUrl: null },
});

export const sampleMember: Member = {
  ...{ id: "demo" as MemberId, authIdentifier: "demo-ada", externalIdentifier: "demo-ada" },
  ...{ accountNumber: "4202611274", isRestricted: false, flags: {}, locale: null },
  profile: {
    ...{ givenName: "Ada", familyName: "Demo", emailAddress: "ada@demo.example", gender: null },
    ...{ birthdate: null, country: null, city: null, postcode: null, streetAddress: null, region: null },
    ...{ telephoneNumber: null, pictureUrl: null },
  },
  ...{ attributes: {}, createdAt: day("2026-01-04"), updatedAt: day("2026-01-04") },
};

const reward: Reward = {
  ...{ id: "none" as RewardId, type: "VOUCHER", name: "Demo coffee", value: null, codeType: "GENERATED" },
  ...{ summary: "One cup of any size.", description: "", terms: "", pictureUrl: picture },
  ...{ category: { id: "drinks", name: "Drinks" }, tier: null, pricePoints: 150, stockRemaining: null },
  ...{ perMemberLimit: null, availableFrom: null, availableUntil: null },
};

const longName =
  "Demo afternoon for two with a tour of the roastery, cake and a Donaudampfschifffahrtskapitän";

export const sampleBalancePoints = 480;

/** By the state they stand for. */
export const shelfRewards: Readonly<Record<string, ShelfReward>> = {
  affordable: { ...reward, gate: null },
  free: { ...reward, name: "Demo postcard", pricePoints: 0, pictureUrl: null, gate: null },
  "points to go": {
    ...{ ...reward, name: "Demo lunch", pricePoints: 600, gate: { gate: "points", pointsShort: 120 } },
  },
  "out of stock": { ...reward, name: "Demo mug", stockRemaining: 0, gate: { gate: "out_of_stock" } },
  "of a tier": {
    ...{ ...reward, name: "Demo tasting" },
    gate: { gate: "tier", tierName: "Gold", pointsToGo: 320 },
  },
  "limit reached": { ...reward, name: "Demo tote bag", gate: { gate: "limit", times: 2 } },
  "not yet": {
    ...{ ...reward, name: "Demo candle" },
    gate: { gate: "not_yet", from: day("2026-12-24") },
  },
  "long name, no summary": { ...reward, name: longName, summary: "", pictureUrl: null, gate: null },
  "right to left": { ...reward, name: "قهوة تجريبية", summary: "كوب واحد من أي حجم.", gate: null },
};

const benefit: Benefit = {
  ...{ id: "none" as BenefitId, memberId: sampleMember.id, reward, pricePoints: 150, code: null },
  ...{ createdAt: day("2026-11-02"), redeemedAt: null, expiresAt: day("2027-02-02"), burnedAt: null },
  cancelledAt: null,
};

export const tickets: readonly { benefit: Benefit; state: BenefitState }[] = [
  { benefit, state: "ready" },
  { benefit: { ...benefit, expiresAt: null, reward: { ...reward, name: longName } }, state: "ready" },
  { benefit: { ...benefit, redeemedAt: day("2026-11-20") }, state: "redeemed" },
  { benefit: { ...benefit, burnedAt: day("2026-11-21") }, state: "used" },
  { benefit: { ...benefit, expiresAt: day("2026-10-01") }, state: "expired" },
];

export const sampleCode = "DEMO-2048";

export const tierStates: Readonly<Record<string, TierProgress>> = {
  "without tiers": { tier: null, nextTier: null, share: 1 },
  "before the first": {
    ...{ tier: null, share: 0.2 },
    nextTier: { id: "silver", name: "Silver", pointsRequirement: 500, pointsToGo: 400 },
  },
  between: {
    tier: { id: "silver", name: "Silver", pointsRequirement: 500 },
    ...{ nextTier: { id: "gold", name: "Gold", pointsRequirement: 1_000, pointsToGo: 320 }, share: 0.36 },
  },
  top: { tier: { id: "gold", name: "Gold", pointsRequirement: 1_000 }, nextTier: null, share: 1 },
};

export const expiryMonths: ExpiryMonths = {
  months: [120, 0, 1_450, 80, 0, 640].map((points, index) => ({
    startsAt: new Date(Date.UTC(2026, 10 + index, 1)),
    points,
  })),
  laterPoints: 210,
};

const kinds: readonly [LedgerEntryKind, number, string | null][] = [
  ["EARN", 42, "1 point per demo euro"],
  ["SPEND", -150, "Demo coffee"],
  ["REFUND", 150, "Demo coffee"],
  ["ADJUSTMENT", 20, longName],
  ["EXPIRY", -12, null],
  ["REVERSAL", -42, null],
  ["OPENING", 500, null],
];

/** One of each kind, newest first. */
export const entries: readonly ExplainedEntry[] = kinds.map(([kind, points, ruleName], index) => ({
  ...{ id: kind, sequence: kinds.length - index, kind, points, balanceAfterPoints: 480 - index },
  ...{ description: null, ruleName, rewardName: null, occurredAt: day(`2026-11-${28 - 3 * index}`) },
  event: {
    ...{ type: "DEMO_PURCHASE", typeName: "A purchase in the demo shop", payload: { total: 42 } },
    occurredAt: day(`2026-11-${28 - 3 * index}`),
  },
  lots: [{ earnedPoints: 42, remainingPoints: 30, expiresAt: day("2027-11-27") }],
  ...{ paidBy: [], paidByCount: 0 },
}));

export const sampleLocales: readonly Locale[] = ["en", "de", "fr", "es", "ar"];

/** What the page says to its own reader, who writes the code. */
export const words = {
  title: "Laurel: every part in every state",
  color: "Brand colour",
  corners: "Corners",
  font: "Font",
  language: "Language",
  show: "Show",
  toast: "Saved. This is what a result looks like.",
  field: {
    label: "First name",
    hint: "As it stands on the card.",
    problem: "Enter a name of at most 64 characters.",
  },
};
