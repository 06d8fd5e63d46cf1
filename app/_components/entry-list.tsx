import { ArrowDownLeft, ArrowUpRight, Clock, Scale, Sparkles } from "lucide-react";
import { getFormatter, getTranslations } from "next-intl/server";

import type { LedgerEntry, LedgerEntryKind } from "#lib/domain/ledger/ledger-entry.ts";

const icons = {
  OPENING: Sparkles,
  EARN: ArrowDownLeft,
  SPEND: ArrowUpRight,
  EXPIRY: Clock,
  ADJUSTMENT: Scale,
} satisfies Record<LedgerEntryKind, unknown>;

/** A member's movements, newest first. `isDetailed` adds the balance after each. */
export async function EntryList({
  entries,
  isDetailed = false,
}: {
  entries: readonly LedgerEntry[];
  isDetailed?: boolean;
}) {
  const t = await getTranslations("activity");
  const format = await getFormatter();

  return (
    <ul className="panel divide-y divide-line">
      {entries.map(({ id, kind, points, balanceAfterPoints, description, occurredAt }) => {
        const Icon = icons[kind];
        return (
          <li key={id} className="flex items-center gap-3 px-4 py-3">
            <span
              className={`grid size-10 shrink-0 place-items-center rounded-full ${points > 0 ? "bg-accent-soft text-accent" : "bg-line text-muted"}`}
            >
              <Icon className="size-5" aria-hidden="true" />
            </span>
            <div className="min-w-0 flex-1">
              <p dir="auto" className="line-clamp-2 font-medium leading-snug">
                {description ?? t(kind)}
              </p>
              <p className="text-muted text-sm">
                <time dateTime={occurredAt.toISOString()}>
                  {format.dateTime(occurredAt, { dateStyle: "medium" })}
                </time>
              </p>
            </div>
            <div className="text-end">
              <p className={`font-semibold tabular-nums ${points > 0 ? "text-accent" : ""}`}>
                <bdi>{format.number(points, { signDisplay: "always" })}</bdi>
              </p>
              {isDetailed && (
                <p className="text-muted text-sm tabular-nums">
                  {t("balanceAfter", { points: format.number(balanceAfterPoints) })}
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
