import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import type { ExpiryMonths } from "#lib/domain/ledger/expiry-months.ts";

/** How many points expire in which month: a column for each, and the same as a list for who does not see columns. */
export async function ExpiryChart({ months, laterPoints }: ExpiryMonths) {
  const t = await getTranslations();
  const format = await getFormatter();
  const most = Math.max(1, ...months.map(({ points }) => points));

  return (
    <figure className="panel p-4 sm:p-5">
      <figcaption className="text-muted text-sm">{t("wallet.byMonth")}</figcaption>
      <ol className="mt-4 flex justify-start">
        {months.map(({ startsAt, points }, index) => (
          <li key={startsAt.toISOString()} className="min-w-0 max-w-24 flex-1 text-center text-xs">
            <span className="sr-only">
              {format.dateTime(startsAt, { month: "long", year: "numeric" })}
              {" – "}
              {t("points.amount", { points })}
            </span>
            <span aria-hidden="true">
              <span className="flex h-28 flex-col items-stretch justify-end">
                <span className={`mb-1 font-semibold tabular-nums ${points === 0 ? "text-muted" : ""}`}>
                  {format.number(points, { notation: "compact", maximumFractionDigits: 1 })}
                </span>
                <span
                  data-bar
                  className={`mx-auto block w-3/4 max-w-9 rounded-t-md ${points === 0 ? "bg-line" : "bg-accent"}`}
                  style={{ height: points === 0 ? "2px" : `max(4px, ${(points / most) * 75}%)` }}
                />
              </span>
              <span className="block border-line border-t pt-1.5">
                <span className="block truncate">{format.dateTime(startsAt, { month: "short" })}</span>
                <span className="block h-4 text-muted">
                  {(index === 0 || startsAt.getUTCMonth() === 0) &&
                    format.dateTime(startsAt, { year: "numeric" })}
                </span>
              </span>
            </span>
          </li>
        ))}
      </ol>
      {laterPoints !== null && laterPoints > 0 && (
        <p className="mt-3 text-muted text-sm">{t("wallet.later", { points: laterPoints })}</p>
      )}
    </figure>
  );
}
