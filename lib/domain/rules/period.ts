export type Period = "DAY" | "WEEK" | "MONTH" | "YEAR" | "EVER";

/** The calendar period around a moment, in UTC, from its first moment to the next one's; weeks start on Monday. */
export function periodAround(period: Period, moment: Date): { from: Date; to: Date } | null {
  const [year, month, day] = [moment.getUTCFullYear(), moment.getUTCMonth(), moment.getUTCDate()];
  const between = (from: number, to: number) => ({ from: new Date(from), to: new Date(to) });
  switch (period) {
    case "DAY":
      return between(Date.UTC(year, month, day), Date.UTC(year, month, day + 1));
    case "WEEK": {
      const monday = day - ((moment.getUTCDay() + 6) % 7);
      return between(Date.UTC(year, month, monday), Date.UTC(year, month, monday + 7));
    }
    case "MONTH":
      return between(Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1));
    case "YEAR":
      return between(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
    case "EVER":
      return null;
  }
}
