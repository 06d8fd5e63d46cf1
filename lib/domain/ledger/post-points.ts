/**
 * Moving points: the ledger's one way in.
 *
 * Holds under any retry or race:
 *   1. a balance is the sum of its entries, and never below zero or above 2^53 − 1;
 *   2. one reference is posted once; a retry with it changes nothing;
 *   3. entries are never changed or deleted: docs/decisions/0004-append-only-ledger.md
 */
import { now } from "#lib/config/clock.ts";
import type { Tx } from "#lib/db/client.ts";
import { isPosted, postEntry } from "#lib/db/ledger.ts";
import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { type MemberId, newId, type TenantId } from "#lib/domain/ids.ts";
import { type LedgerEntry, type LedgerEntryKind, ledgerEntryOf } from "#lib/domain/ledger/ledger-entry.ts";

export type PostPoints = {
  tenantId: TenantId;
  memberId: MemberId;
  kind: LedgerEntryKind;
  /** Positive gives, negative takes; whole, never zero. */
  points: number;
  /** What it is posted for, unique in the programme. */
  reference: string;
  /** In words, for the member. */
  description?: string;
  /** When it happened, where that is not now. */
  occurredAt?: Date;
};

// These count as earned, and so towards a tier.
const earningKinds: readonly LedgerEntryKind[] = ["OPENING", "EARN"];

/** Which way each kind moves points; 0 where it may go either way. */
const signOf: Record<LedgerEntryKind, -1 | 0 | 1> = {
  OPENING: 1,
  EARN: 1,
  SPEND: -1,
  EXPIRY: -1,
  ADJUSTMENT: 0,
};

/**
 * Null where the reference was posted before. Refuses `points_insufficient` where the balance would fall below zero,
 * `invalid_input` for points that are no whole number in range. The caller owns the transaction.
 */
export async function postPoints(tx: Tx, command: PostPoints): Promise<LedgerEntry | null> {
  const { tenantId, memberId, kind, points, reference } = command;
  if (!Number.isSafeInteger(points) || points === 0) {
    throw invalidInput({ points: "Points are a whole number between −(2^53 − 1) and 2^53 − 1, and not 0." });
  }
  if (signOf[kind] !== 0 && Math.sign(points) !== signOf[kind]) {
    throw invalidInput({ points: `Points of the kind ${kind} have the other sign.` });
  }

  const at = now();
  const row = await postEntry(tx, {
    tenantId,
    id: newId(),
    memberId,
    kind,
    points,
    earnedPoints: earningKinds.includes(kind) ? points : 0,
    spentPoints: kind === "SPEND" ? -points : 0,
    expiredPoints: kind === "EXPIRY" ? -points : 0,
    reference,
    description: command.description ?? null,
    occurredAt: command.occurredAt ?? at,
    createdAt: at,
  });
  if (row) return ledgerEntryOf(row);
  if (await isPosted(tx, tenantId, reference)) return null;
  if (points < 0) throw new DomainError("points_insufficient");
  throw invalidInput({ points: "The balance would go beyond 2^53 − 1 points." });
}
