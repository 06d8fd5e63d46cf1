import { now } from "#lib/config/clock.ts";
import type { LedgerEntry } from "#lib/domain/ledger/ledger-entry.ts";

export type EntryDay<Entry> = {
  startsAt: Date;
  /** 0 is today, 1 yesterday. */
  daysAgo: number;
  isThisYear: boolean;
  entries: Entry[];
};

const msPerDay = 86_400_000;

/**
 * Entries under their days, in the order they have. Days are UTC's, as points expire by them and a server does not know
 * where its reader is. A day comes twice where something of another day was reported in between: what moved the balance first
 * stays first.
 */
export function groupByDay<Entry extends Pick<LedgerEntry, "occurredAt">>(
  entries: readonly Entry[],
  at: Date = now(),
): EntryDay<Entry>[] {
  const days: EntryDay<Entry>[] = [];
  const today = startOfDay(at);
  for (const entry of entries) {
    const day = startOfDay(entry.occurredAt);
    const open = days.at(-1);
    if (open?.startsAt.getTime() === day) {
      open.entries.push(entry);
      continue;
    }
    const startsAt = new Date(day);
    const isThisYear = startsAt.getUTCFullYear() === at.getUTCFullYear();
    days.push({ startsAt, daysAgo: (today - day) / msPerDay, isThisYear, entries: [entry] });
  }
  return days;
}

function startOfDay(moment: Date): number {
  return Math.floor(moment.getTime() / msPerDay) * msPerDay;
}
