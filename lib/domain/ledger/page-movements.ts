import { now } from "#lib/config/clock.ts";
import { type CausedEntryRow, listCausedEntries } from "#lib/db/ledger.ts";
import { readCountedWalletRow } from "#lib/db/wallets.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { readSettled, type WalletTenant } from "#lib/domain/ledger/get-wallet.ts";
import type { LedgerEntryKind } from "#lib/domain/ledger/ledger-entry.ts";
import type { NumberedPage, NumberedPageQuery } from "#lib/domain/numbered-page.ts";

/** An entry with what it was posted for. */
export type Movement = {
  id: string;
  kind: LedgerEntryKind;
  points: number;
  description: string | null;
  createdAt: Date;
  occurredAt: Date;
  expiresAt: Date | null;
  eventId: string | null;
  eventType: string | null;
  ruleId: string | null;
  benefitId: string | null;
  rewardId: string | null;
};

/**
 * A page of a member's movements. A wallet knows how many entries it has, and each has its place among them: no page costs
 * more than the first, however long the history. Refuses `member_not_found`.
 */
export async function pageMovements(
  tenant: WalletTenant,
  memberId: MemberId,
  { offset, limit, orderBy }: NumberedPageQuery<"createdAt">,
): Promise<NumberedPage<Movement>> {
  const { id: tenantId, tierWindowDays } = tenant;
  const { entryCount } = await readSettled(tenantId, async () => {
    const owner = { memberId };
    const row = await readCountedWalletRow({ tenantId, owner, tierWindowDays, at: now() });
    if (!row) throw new DomainError("member_not_found");
    return row;
  });
  const total = { count: entryCount, isEstimated: false };
  if (offset >= entryCount) return { items: [], total };

  const isAscending = orderBy[0]?.isAscending ?? false;
  const first = isAscending ? offset + 1 : Math.max(1, entryCount - offset - limit + 1);
  const last = isAscending ? Math.min(entryCount, offset + limit) : entryCount - offset;
  const rows = await listCausedEntries(tenantId, memberId, { fromSequence: first, toSequence: last });
  return { items: (isAscending ? rows.reverse() : rows).map(movementOf), total };
}

function movementOf({ kind, createdAt, occurredAt, expiresAt, ...rest }: CausedEntryRow): Movement {
  return {
    ...{ ...rest, kind: kind as LedgerEntryKind },
    ...{ createdAt: new Date(createdAt), occurredAt: new Date(occurredAt) },
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
  };
}
