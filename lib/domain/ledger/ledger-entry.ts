import type { LedgerEntryRow } from "#lib/db/ledger.ts";

export type LedgerEntryKind = "OPENING" | "EARN" | "SPEND" | "EXPIRY" | "ADJUSTMENT";

/** One movement of a wallet. */
export type LedgerEntry = {
  id: string;
  /** 1 is the wallet's first. */
  sequence: number;
  kind: LedgerEntryKind;
  points: number;
  balanceAfterPoints: number;
  description: string | null;
  occurredAt: Date;
};

export function ledgerEntryOf(row: LedgerEntryRow): LedgerEntry {
  return {
    id: row.id,
    sequence: row.sequence,
    kind: row.kind as LedgerEntryKind,
    points: Number(row.points),
    balanceAfterPoints: Number(row.balanceAfterPoints),
    description: row.description,
    occurredAt: new Date(row.occurredAt),
  };
}
