import {
  ArrowDownLeft,
  ArrowUpRight,
  ChevronDown,
  Clock,
  RotateCcw,
  Scale,
  Sparkles,
  Undo2,
} from "lucide-react";
import { getFormatter, getTranslations } from "next-intl/server";

import { EntryExplanation } from "#app/_components/entry-explanation.tsx";
import type { ExplainedEntry, LedgerEntry, LedgerEntryKind } from "#lib/domain/ledger/ledger-entry.ts";

const icons = {
  OPENING: Sparkles,
  EARN: ArrowDownLeft,
  SPEND: ArrowUpRight,
  REFUND: Undo2,
  EXPIRY: Clock,
  ADJUSTMENT: Scale,
  REVERSAL: RotateCcw,
} satisfies Record<LedgerEntryKind, unknown>;

const row = "flex items-center gap-3 px-4 py-3";

/** A member's movements, newest first. */
export function EntryList({ entries }: { entries: readonly LedgerEntry[] }) {
  return (
    <ul className="panel divide-y divide-line">
      {entries.map((entry) => (
        <li key={entry.id} className={row}>
          <Movement entry={entry} />
        </li>
      ))}
    </ul>
  );
}

/** The same, each with the balance after it, and on asking with where it came from and what became of it. */
export async function ExplainedEntryList({ entries }: { entries: readonly ExplainedEntry[] }) {
  const t = await getTranslations("activity");
  return (
    <ul className="panel divide-y divide-line">
      {entries.map((entry) => (
        <li key={entry.id}>
          <details className="group">
            <summary className={`${row} cursor-pointer list-none [&::-webkit-details-marker]:hidden`}>
              <Movement entry={entry} hasBalance />
              <ChevronDown
                className="size-5 shrink-0 text-muted group-open:rotate-180 motion-safe:transition-transform"
                aria-label={t("explain")}
              />
            </summary>
            <EntryExplanation entry={entry} />
          </details>
        </li>
      ))}
    </ul>
  );
}

async function Movement({ entry, hasBalance = false }: { entry: LedgerEntry; hasBalance?: boolean }) {
  const t = await getTranslations("activity");
  const format = await getFormatter();
  const { kind, points, balanceAfterPoints, occurredAt } = entry;
  const Icon = icons[kind];
  const title = titleOf(entry);

  return (
    <>
      <span
        className={`${hasBalance ? "hidden min-[23rem]:grid" : "grid"} size-10 shrink-0 place-items-center rounded-full ${points > 0 ? "bg-accent-soft text-accent" : "bg-line text-muted"}`}
      >
        <Icon className="size-5" aria-hidden="true" />
      </span>
      <div className="min-w-0 flex-1">
        <p dir="auto" className="line-clamp-2 text-start font-medium leading-snug">
          {title ?? t(kind)}
        </p>
        <p className="text-muted text-sm">
          <time dateTime={occurredAt.toISOString()}>
            {format.dateTime(occurredAt, { dateStyle: "medium" })}
          </time>
          {title && (kind === "REFUND" || kind === "REVERSAL") && <span> · {t(kind)}</span>}
        </p>
      </div>
      <div className="text-end">
        <p className={`font-semibold tabular-nums ${points > 0 ? "text-accent" : ""}`}>
          <bdi>{format.number(points, { signDisplay: "exceptZero" })}</bdi>
        </p>
        {hasBalance && (
          <p className="text-muted text-sm tabular-nums">
            {t("balanceAfter", { points: format.number(balanceAfterPoints) })}
          </p>
        )}
      </div>
    </>
  );
}

/** What a movement is called: the rule or the reward it belongs to, or an admin's words; null where only its kind says it. */
function titleOf({ kind, ruleName, rewardName, description }: LedgerEntry): string | null {
  return kind === "REVERSAL" ? null : (rewardName ?? ruleName ?? description);
}
