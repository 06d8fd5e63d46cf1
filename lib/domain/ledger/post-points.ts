/**
 * Moving points: the ledger's one way in, besides what events and purchases do in the database itself.
 *
 * Holds under any retry or race:
 *   1. a balance is the sum of its entries and of what its lots hold, and never below zero or above 2^53 − 1;
 *   2. every entry is explained: by the lots it made, or by the lots that paid it;
 *   3. entries are never changed or deleted: docs/decisions/0004-append-only-ledger.md, 0010-lots-explain-every-point.md
 */
import type { Tx } from "#lib/db/client.ts";
import { postEntry } from "#lib/db/ledger.ts";
import { invalidInput } from "#lib/domain/errors.ts";
import type { BenefitId, EventId, MemberId, TenantId } from "#lib/domain/ids.ts";

/** Whether an adjustment counts as earned, as spent, or as neither. */
export type ImpactType = "EARN" | "SPEND" | "NONE";

export type PostPoints = {
  tenantId: TenantId;
  memberId: MemberId;
  at: Date;
  eventId?: EventId;
  description?: string;
} & (
  | { kind: "OPENING"; points: number }
  | { kind: "ADJUSTMENT"; points: number; impact: ImpactType }
  /** What a cancelled benefit had cost, as the lots that paid it. */
  | {
      kind: "REFUND";
      points: number;
      benefitId: BenefitId;
      lots: readonly { points: number; expiresAt: Date | null }[];
    }
  /** `points` (0 or less) are what could be taken; `earnedPoints` what its event had given. */
  | { kind: "REVERSAL"; points: number; earnedPoints: number }
);

/**
 * The caller owns the transaction, holds the wallet, and has seen that the balance is enough. Refuses `invalid_input` for
 * points that are no whole number in range. Answers with the entry's id.
 */
export async function postPoints(tx: Tx, command: PostPoints): Promise<string> {
  const { tenantId, memberId, kind, points, at } = command;
  if (!isPoints(points) && !(kind === "REVERSAL" && points === 0)) throw notPoints();

  const { entryId } = await postEntry(tx, {
    ...{ tenantId, memberId, kind, points, at },
    ...countsAs(command),
    eventId: command.eventId ?? null,
    benefitId: kind === "REFUND" ? command.benefitId : null,
    description: command.description ?? null,
    firstFromEventId: kind === "REVERSAL" ? (command.eventId ?? null) : null,
    ...(kind === "REFUND" ? { lots: command.lots } : {}),
  });
  return entryId;
}

/** Whole, in range, and not zero. */
export function isPoints(points: number): boolean {
  return Number.isSafeInteger(points) && points !== 0;
}

export function notPoints() {
  return invalidInput({ points: "Points are a whole number between −(2^53 − 1) and 2^53 − 1, and not 0." });
}

/** How much of an entry counts as earned, spent and expired: what a wallet's totals are the sums of. */
function countsAs(command: PostPoints): Record<"lifetimePoints" | "spentPoints" | "expiredPoints", number> {
  const nothing = { lifetimePoints: 0, spentPoints: 0, expiredPoints: 0 };
  const { points } = command;
  switch (command.kind) {
    case "OPENING":
      return { ...nothing, lifetimePoints: points };
    case "REFUND":
      return { ...nothing, spentPoints: -points };
    case "REVERSAL":
      return { ...nothing, lifetimePoints: -command.earnedPoints };
    case "ADJUSTMENT":
      if (command.impact === "EARN") return { ...nothing, lifetimePoints: points };
      return command.impact === "SPEND" ? { ...nothing, spentPoints: -points } : nothing;
  }
}
