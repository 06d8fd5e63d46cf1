import type { EntryExplanationRow, LedgerEntryRow } from "#lib/db/ledger.ts";

export type LedgerEntryKind = "OPENING" | "EARN" | "SPEND" | "REFUND" | "EXPIRY" | "ADJUSTMENT" | "REVERSAL";

/** One movement of a wallet. */
export type LedgerEntry = {
  id: string;
  /** 1 is the wallet's first. */
  sequence: number;
  kind: LedgerEntryKind;
  points: number;
  balanceAfterPoints: number;
  /** In words: an admin's comment. */
  description: string | null;
  /** The rule that gave it, or the reward that it was for. */
  ruleName: string | null;
  rewardName: string | null;
  occurredAt: Date;
};

/** A movement back to where it came from, and on to what became of it. */
export type ExplainedEntry = LedgerEntry & {
  event: {
    type: string;
    /** What the programme calls its own type; null where it has no words for it. */
    typeName: string | null;
    payload: Readonly<Record<string, unknown>>;
    occurredAt: Date;
  } | null;
  /** What it brought: how much of that is left, and when it expires. */
  lots: { earnedPoints: number; remainingPoints: number; expiresAt: Date | null }[];
  /** What it took, and from what: the first few lots; how many there are in all. */
  paidBy: { points: number; earnedAt: Date; expiresAt: Date | null; description: string | null }[];
  paidByCount: number;
};

export function ledgerEntryOf(row: LedgerEntryRow): LedgerEntry {
  return {
    id: row.id,
    sequence: row.sequence,
    kind: row.kind as LedgerEntryKind,
    points: Number(row.points),
    balanceAfterPoints: Number(row.balanceAfterPoints),
    description: row.description,
    ruleName: row.ruleName,
    rewardName: row.rewardName,
    occurredAt: new Date(row.occurredAt),
  };
}

export function explainedEntryOf(row: LedgerEntryRow & EntryExplanationRow): ExplainedEntry {
  const moment = (text: string | null) => (text === null ? null : new Date(text));
  return {
    ...ledgerEntryOf(row),
    event: row.event && { ...row.event, occurredAt: new Date(row.event.occurredAt) },
    lots: row.lots.map((lot) => ({ ...lot, expiresAt: moment(lot.expiresAt) })),
    paidBy: row.paidBy.map((lot) => ({
      ...lot,
      earnedAt: new Date(lot.earnedAt),
      expiresAt: moment(lot.expiresAt),
    })),
    paidByCount: row.paidByCount,
  };
}
