/**
 * The past of the demo's three people, made as it would have happened: with the clock moved back they join, buy in the
 * shop, choose rewards and use them, and points expire, all by the commands that do so today. Run before the server
 * starts; who has a past already gets no second one.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

import { people } from "#demo/shop/people.ts";
import { moveClock } from "#lib/config/clock.ts";
import { findMember, findReward } from "#lib/db/programme.ts";
import { inTransaction } from "#lib/db/transaction.ts";
import { purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { reportEvent } from "#lib/domain/events/report-event.ts";
import { type MemberId, newId, type SessionId, type TenantId } from "#lib/domain/ids.ts";
import { settleWallet } from "#lib/domain/ledger/settle-wallet.ts";
import type { NewProfile } from "#lib/domain/members/profile.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import { upsertEmbeddedSession } from "#lib/domain/sessions/upsert-embedded-session.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { loadEnvFile, open } from "#lib/server/open.ts";

type Step = { daysAgo: number } & (
  | { buys: number /** in euros */ }
  | { reviews: string }
  /** A reward by its externalId, and how far it got. */
  | { chooses: string; until?: "shown" | "used" }
);

const eventSecrets = {
  PURCHASE: "demo-purchase-event-secret-for-this-computer",
  PRODUCT_REVIEWED: "demo-review-event-secret-for-this-computer",
};

const shopping = (days: readonly number[], leastEuros: number): Step[] =>
  days.map((daysAgo, index) => ({ daysAgo, buys: leastEuros + ((index * 67) % 90) + (index % 4) * 0.25 }));

const pasts: Record<string, { joinedDaysAgo: number; profile: object; steps: Step[] }> = {
  "demo-ada": {
    joinedDaysAgo: 408,
    profile: { city: "Leeds", country: "GB", birthdate: "1986-12-10", gender: "FEMALE" },
    steps: [
      ...shopping([401, 383, 362, 358, 351, 344, 331, 318, 304, 290, 277, 263, 248, 236, 221], 62),
      { daysAgo: 372, chooses: "croissant", until: "used" },
      { daysAgo: 300, chooses: "mug", until: "used" },
      ...shopping([214, 203, 188, 175, 166, 154, 147, 139, 128, 117, 105, 96, 88, 79, 70, 61], 58),
      { daysAgo: 150, chooses: "tote", until: "used" },
      { daysAgo: 73, chooses: "cinema", until: "used" },
      ...shopping([52, 44, 35, 27, 20, 12, 6, 2], 41),
      { daysAgo: 16, chooses: "coffee", until: "used" },
      { daysAgo: 9, reviews: "Cedar candle" },
      { daysAgo: 4, chooses: "coffee" },
    ],
  },
  "demo-ben": {
    joinedDaysAgo: 342,
    profile: { city: "Bremen", country: "DE" },
    steps: [
      { daysAgo: 331, buys: 60 },
      ...shopping([118, 97, 83, 66, 48, 31, 17, 4], 38),
      { daysAgo: 40, chooses: "croissant" },
    ],
  },
  "demo-chloe": { joinedDaysAgo: 1, profile: { city: "Lyon", country: "FR" }, steps: [] },
};

loadEnvFile();
const opened = await open();
if (!opened) {
  console.error("The demo is running already, or has not stopped yet.");
  process.exit(1);
}
const programmeFile = process.argv[2];
if (programmeFile) await applyProgramme(readFileSync(programmeFile, "utf8"));
const tenant = await findTenantByHost("rewards.localhost");
if (tenant?.code === "acme") {
  for (const authIdentifier of Object.keys(pasts)) await makePast(tenant, authIdentifier);
}
await opened.close();
process.exit(0); // the schema engine leaves a timer behind

async function makePast(programme: Tenant, authIdentifier: string): Promise<void> {
  const past = pasts[authIdentifier];
  const person = people.find(({ id }) => id === authIdentifier);
  const isThere = await inTransaction((tx) => findMember(tx, programme.id, authIdentifier));
  if (!past || !person || isThere) return;

  const { givenName, familyName, emailAddress } = person;
  const core = { givenName, familyName, emailAddress, ...past.profile } as NewProfile["core"];
  travelTo(past.joinedDaysAgo);
  const member = await upsertEmbeddedSession({
    tenant: programme,
    clientSecretId: programme.clientSecrets[0]?.id ?? newId(),
    authIdentifier,
    profile: { core, attributes: { favouriteColour: "green" } },
    credential: { id: newId<SessionId>(), tokenHash: hashSecret(randomUUID()) }, // nobody has the token
  });
  for (const step of [...past.steps].sort((a, b) => b.daysAgo - a.daysAgo)) {
    travelTo(step.daysAgo);
    await take(programme.id, member.id, step);
  }
  travelTo(0);
  await settleWallet(programme.id, member.id);
}

async function take(tenantId: TenantId, memberId: MemberId, step: Step): Promise<void> {
  await settleWallet(tenantId, memberId);
  if ("buys" in step) {
    return report(tenantId, memberId, "PURCHASE", { total: step.buys, currency: "EUR" });
  }
  if ("reviews" in step) return report(tenantId, memberId, "PRODUCT_REVIEWED", { product: step.reviews });

  const reward = await inTransaction((tx) => findReward(tx, tenantId, step.chooses));
  const rewardId = reward?.id ?? "";
  const { benefit } = await purchaseReward({
    ...{ tenantId, rewardId, comment: null, key: null },
    buyer: { memberId },
  });
  if (!step.until) return;
  const shown = await redeemBenefit({ tenantId, memberId, benefitId: benefit.id, key: null });
  const code = shown.benefit.code?.value;
  if (step.until === "used" && code) await validateVoucher({ tenantId, code, isOnlyLook: false, key: null });
}

async function report(
  tenantId: TenantId,
  memberId: MemberId,
  type: keyof typeof eventSecrets,
  payload: Record<string, unknown>,
): Promise<void> {
  await reportEvent({
    ...{ tenantId, type, payload, subject: memberId, externalId: null, occurredAt: null, key: null },
    by: { kind: "server", eventTypeSecret: eventSecrets[type] },
  });
}

function travelTo(daysAgo: number): void {
  moveClock(-daysAgo * 86_400_000);
}
