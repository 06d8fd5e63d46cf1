/** A member as a client for the whole programme looks at it: who it is, whether it may come in, and what it has. */
import { now } from "#lib/config/clock.ts";
import {
  findMemberFileRow,
  type MemberFileRow,
  type MemberOrder,
  pageMemberFileRows,
} from "#lib/db/member-files.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { readSettled } from "#lib/domain/ledger/get-wallet.ts";
import { type Wallet, walletOf } from "#lib/domain/ledger/wallet.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import type { NumberedPage, NumberedPageQuery } from "#lib/domain/numbered-page.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { type TierProgress, tierProgress } from "#lib/domain/tiers/tier-progress.ts";

export type MemberFile = Pick<TierProgress, "tier" | "nextTier"> & {
  member: Member;
  /** Neither restricted nor waiting for its address to be confirmed. */
  isActive: boolean;
  wallet: Wallet;
};

/** One round trip, unless points fell due since the last one. Refuses `member_not_found`. */
export async function getMemberFile(tenant: Tenant, memberId: MemberId): Promise<MemberFile> {
  const { file } = await readSettled(tenant.id, async () => {
    const file = await findMemberFileRow(programmeOf(tenant), memberId);
    if (!file) throw new DomainError("member_not_found");
    return { ...file.wallet, memberId, file };
  });
  return fileOf(tenant, file);
}

/** Points of others that fell due are settled in the background, within a minute; a list does not wait for them. */
export async function pageMemberFiles(
  tenant: Tenant,
  query: NumberedPageQuery<MemberOrder>,
): Promise<NumberedPage<MemberFile>> {
  const { rows, total } = await pageMemberFileRows(programmeOf(tenant), query);
  return { items: rows.map((row) => fileOf(tenant, row)), total };
}

function programmeOf({ id: tenantId, tierWindowDays }: Tenant) {
  return { tenantId, tierWindowDays, at: now() };
}

function fileOf({ tiers, emailConfirmation }: Tenant, row: MemberFileRow): MemberFile {
  const wallet = walletOf(row.wallet);
  const { tier, nextTier } = tierProgress(tiers, wallet.tierPoints);
  const isWaiting = row.isUnconfirmed && emailConfirmation === "required";
  return { ...{ tier, nextTier, wallet }, member: memberOf(row), isActive: !row.isRestricted && !isWaiting };
}
