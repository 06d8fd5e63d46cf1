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

import { EntryExplanation } from "#app/_components/entry-explanation.tsx";
import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import type { EntryDay } from "#lib/domain/ledger/group-by-day.ts";
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

/** The same under their days, each with the balance after it, and on asking with where it came from and what became of it. */
export async function ExplainedEntryDays({ days }: { days: readonly EntryDay<ExplainedEntry>[] }) {
  const t = await getTranslations("activity");
  const format = await getFormatter();
  return days.map(({ startsAt, daysAgo, isThisYear, entries }) => (
    <section key={entries[0]?.id} className="mt-6">
      <h2 className="mb-2 flex flex-wrap items-baseline gap-x-2 font-semibold">
        {daysAgo === 0 && t("today")}
        {daysAgo === 1 && t("yesterday")}
        <time
          dateTime={startsAt.toISOString().slice(0, 10)}
          className={daysAgo < 2 ? "font-normal text-muted text-sm" : undefined}
        >
          {format.dateTime(startsAt, {
            ...(daysAgo < 2 ? {} : { weekday: "long" }),
            ...{ day: "numeric", month: "long" },
            ...(isThisYear ? {} : { year: "numeric" }),
          })}
        </time>
      </h2>
      <ul className="panel divide-y divide-line overflow-hidden">
        {entries.map((entry) => (
          <li key={entry.id}>
            <details className="group">
              <summary
                className={`${row} cursor-pointer list-none focus-visible:-outline-offset-3 [&::-webkit-details-marker]:hidden`}
              >
                <Movement entry={entry} isOfDay />
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
    </section>
  ));
}

/** `isOfDay`: it stands under its day, and has the room to say the balance after it. */
async function Movement({ entry, isOfDay = false }: { entry: LedgerEntry; isOfDay?: boolean }) {
  const t = await getTranslations("activity");
  const format = await getFormatter();
  const { kind, points, balanceAfterPoints, occurredAt } = entry;
  const Icon = icons[kind];
  const title = titleOf(entry);

  return (
    <>
      <span
        className={`${isOfDay ? "hidden min-[23rem]:grid" : "grid"} size-10 shrink-0 place-items-center rounded-full ${points > 0 ? "bg-accent-soft text-accent" : "bg-line text-muted"}`}
      >
        <Icon className="size-5" aria-hidden="true" />
      </span>
      <div className="min-w-0 flex-1">
        <p dir="auto" className="break-words text-in-line font-medium leading-snug">
          {title ?? t(kind)}
        </p>
        <p className="text-muted text-sm">
          {isOfDay ? (
            title && t(kind)
          ) : (
            <time dateTime={occurredAt.toISOString()}>
              {format.dateTime(occurredAt, { dateStyle: "medium" })}
            </time>
          )}
          {!isOfDay && title && kind === "REFUND" && <span> · {t(kind)}</span>}
        </p>
      </div>
      <div className="text-end">
        <p className={`font-semibold tabular-nums ${points > 0 ? "text-accent" : ""}`}>
          <bdi>{format.number(points, { signDisplay: "exceptZero" })}</bdi>
        </p>
        {isOfDay && (
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
