import { listEntries } from "#lib/db/ledger.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { type LedgerEntry, ledgerEntryOf } from "#lib/domain/ledger/ledger-entry.ts";

export type Statement = { entries: LedgerEntry[]; nextBeforeSequence: number | null };

/** A page of a member's movements, newest first; pass `nextBeforeSequence` on for the page after it. */
export async function listStatement(
  tenantId: TenantId,
  memberId: MemberId,
  page: { beforeSequence: number | null; limit: number },
): Promise<Statement> {
  const rows = await listEntries(tenantId, memberId, { ...page, limit: page.limit + 1 });
  const entries = rows.slice(0, page.limit).map(ledgerEntryOf);
  const hasMore = rows.length > page.limit;
  return { entries, nextBeforeSequence: hasMore ? (entries.at(-1)?.sequence ?? null) : null };
}
