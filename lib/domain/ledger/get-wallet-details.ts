import { readWalletPageRow } from "#lib/db/wallet-page.ts";
import { type Benefit, benefitOf } from "#lib/domain/benefits/benefit.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { type ExpiryMonths, expiryMonthsOf } from "#lib/domain/ledger/expiry-months.ts";

/** What stands behind a balance: the benefits (newest first), what expires next, by day and by month, and what is on its way. */
export type WalletDetails = {
  benefits: Benefit[];
  expiries: { points: number; expiresAt: Date }[];
  expiryMonths: ExpiryMonths;
  pending: { id: string; points: number; unlocksAt: Date; ruleName: string }[];
};

const benefitsMax = 60;
const expiriesMax = 4;
const monthsMax = 6;
const lotsMax = 1000;
const pendingMax = 6;

export async function getWalletDetails(tenantId: TenantId, memberId: MemberId): Promise<WalletDetails> {
  const row = await readWalletPageRow({
    ...{ tenantId, memberId, benefitsMax, expiriesMax, lotsMax, pendingMax },
  });
  return {
    benefits: row.benefits.map(benefitOf),
    expiries: row.expiries.map((each) => ({ ...each, expiresAt: new Date(each.expiresAt) })),
    expiryMonths: expiryMonthsOf(row.expiringMonths, { monthsMax, lotsMax }),
    pending: row.pending.map((each) => ({ ...each, unlocksAt: new Date(each.unlocksAt) })),
  };
}
