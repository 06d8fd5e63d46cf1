import { now } from "#lib/config/clock.ts";
import type { Tx } from "#lib/db/client.ts";
import {
  type FullWalletRow,
  listExpiryMonths,
  readFullWalletRow,
  type WalletColumns,
  type WalletOwner,
} from "#lib/db/wallets.ts";
import { type Benefit, benefitOf } from "#lib/domain/benefits/benefit.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { settleWallet } from "#lib/domain/ledger/settle-wallet.ts";
import { isDue, type Wallet, walletOf } from "#lib/domain/ledger/wallet.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { type TierProgress, tierProgress } from "#lib/domain/tiers/tier-progress.ts";

/** A wallet as a client shows it: the balances, where the member stands, and what it can use. */
export type FullWallet = Wallet &
  Pick<TierProgress, "tier" | "nextTier"> & {
    memberId: MemberId;
    isRestricted: boolean;
    /** The newest that are not used up. */
    vouchers: Benefit[];
  };

export type WalletTenant = Pick<Tenant, "id" | "tierWindowDays" | "tiers">;

const vouchersMax = 20;

/** One round trip, unless points fell due since the last one: then the wallet is settled first. Refuses `member_not_found`. */
export async function getWallet(tenant: WalletTenant, owner: WalletOwner): Promise<FullWallet> {
  return fullWalletOf(tenant, await readSettled(tenant.id, () => readRow(tenant, owner)));
}

/** What reads a wallet, after the wallet was settled where something in it fell due. */
export async function readSettled<Row extends WalletColumns & { memberId: string }>(
  tenantId: TenantId,
  read: () => Promise<Row>,
): Promise<Row> {
  const row = await read();
  if (!isDue(row, now())) return row;
  await settleWallet(tenantId, row.memberId as MemberId);
  return read();
}

/** The same of a wallet that the caller's transaction holds, and that is settled; plain JSON, for `fullWalletOf`. */
export function readHeldWallet(tx: Tx, tenant: WalletTenant, memberId: MemberId): Promise<FullWalletRow> {
  return readRow(tenant, { memberId }, tx);
}

async function readRow(tenant: WalletTenant, owner: WalletOwner, tx?: Tx): Promise<FullWalletRow> {
  const { id: tenantId, tierWindowDays } = tenant;
  const row = await readFullWalletRow({ tenantId, owner, tierWindowDays, vouchersMax, at: now() }, tx);
  if (!row) throw new DomainError("member_not_found");
  return row;
}

export function fullWalletOf({ tiers }: WalletTenant, row: FullWalletRow): FullWallet {
  const wallet = walletOf(row);
  const { tier, nextTier } = tierProgress(tiers, wallet.tierPoints);
  const vouchers = row.vouchers.map(benefitOf);
  return {
    ...{ ...wallet, tier, nextTier, vouchers },
    ...{ memberId: row.memberId as MemberId, isRestricted: row.isRestricted },
  };
}

/** How many points expire in which month (YYYY-MM, UTC) if none are spent before. */
export function predictExpiry(
  tenantId: TenantId,
  memberId: MemberId,
): Promise<{ month: string; points: number }[]> {
  return listExpiryMonths(tenantId, memberId);
}
