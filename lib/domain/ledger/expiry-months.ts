/** Points that expire in one month, UTC's, and of how many lots. */
export type ExpiringMonth = { startsOn: string; points: number; lotCount: number };

export type ExpiryMonths = {
  /** One after the other from the first in which something expires, also those in which nothing does. */
  months: { startsAt: Date; points: number }[];
  /** What expires after them; null: nobody has counted. */
  laterPoints: number | null;
};

/** `lotsMax` were looked at: where it is reached, the last month may have more, and what comes later is not known. */
export function expiryMonthsOf(
  expiring: readonly ExpiringMonth[],
  { monthsMax, lotsMax }: { monthsMax: number; lotsMax: number },
): ExpiryMonths {
  const isCut = expiring.reduce((sum, { lotCount }) => sum + lotCount, 0) >= lotsMax;
  const known = isCut && expiring.length > 1 ? expiring.slice(0, -1) : expiring;
  const first = known[0];
  const last = known.at(-1);
  if (!first || !last) return { months: [], laterPoints: 0 };

  const points = new Map(known.map((month) => [month.startsOn, month.points]));
  const count = Math.min(monthsMax, monthNumber(last.startsOn) - monthNumber(first.startsOn) + 1);
  const months = Array.from({ length: count }, (_, index) => {
    const startsAt = startOf(monthNumber(first.startsOn) + index);
    return { startsAt, points: points.get(startsAt.toISOString().slice(0, 10)) ?? 0 };
  });
  const shown = months.reduce((sum, month) => sum + month.points, 0);
  const all = known.reduce((sum, month) => sum + month.points, 0);
  return { months, laterPoints: isCut ? null : all - shown };
}

function monthNumber(startsOn: string): number {
  const day = new Date(startsOn);
  return day.getUTCFullYear() * 12 + day.getUTCMonth();
}

function startOf(month: number): Date {
  return new Date(Date.UTC(Math.floor(month / 12), month % 12, 1));
}
