import { listExplainedEntries, type StatementFilter } from "#lib/db/ledger.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { type ExplainedEntry, explainedEntryOf } from "#lib/domain/ledger/ledger-entry.ts";

export type Statement = { entries: ExplainedEntry[]; nextBeforeSequence: number | null };

const lotsShownMax = 6;

/** What came from the programme, what was paid for rewards, and what else there was. */
export const statementFilters = ["all", "earned", "spent", "other"] as const satisfies StatementFilter[];

/** A page of a member's movements, newest first, each explained; pass `nextBeforeSequence` on for the page after it. */
export async function listStatement(
  tenantId: TenantId,
  memberId: MemberId,
  page: { beforeSequence: number | null; limit: number; filter?: StatementFilter },
): Promise<Statement> {
  const query = { filter: "all" as const, ...page, limit: page.limit + 1, lotsMax: lotsShownMax };
  const rows = await listExplainedEntries(tenantId, memberId, query);
  const entries = rows.slice(0, page.limit).map(explainedEntryOf);
  const hasMore = rows.length > page.limit;
  return { entries, nextBeforeSequence: hasMore ? (entries.at(-1)?.sequence ?? null) : null };
}
