import Link from "next/link";
import { getFormatter, getTranslations } from "next-intl/server";

import { EmptyState } from "#app/_components/empty-state.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";

export const generateMetadata = memberPageTitle("wallet");

export default memberPage(async ({ wallet }) => {
  const t = await getTranslations("wallet");
  const format = await getFormatter();
  const others = [
    ["pending", wallet.pendingPoints],
    ["lifetime", wallet.lifetimePoints],
    ["spent", wallet.spentPoints],
    ["expired", wallet.expiredPoints],
  ] as const;

  return (
    <div className="space-y-10">
      <div>
        <h1 className="mb-4 font-semibold text-2xl tracking-tight">{t("title")}</h1>
        <div className="panel overflow-hidden">
          <div className="p-5 sm:p-6">
            <p className="text-muted text-sm">{t("balance")}</p>
            <p className="font-semibold text-4xl tabular-nums tracking-tight">
              {format.number(wallet.balancePoints)}
            </p>
          </div>
          <dl className="grid grid-cols-2 border-line border-t sm:grid-cols-4">
            {others.map(([label, points]) => (
              <div key={label} className="p-4 sm:p-5">
                <dt className="text-muted text-sm">{t(label)}</dt>
                <dd className="font-semibold text-lg tabular-nums">{format.number(points)}</dd>
              </div>
            ))}
          </dl>
        </div>
      </div>

      <section>
        <h2 className="mb-3 font-semibold text-lg tracking-tight">{t("tickets")}</h2>
        <EmptyState title={t("noTickets")} hint={t("noTicketsHint")}>
          <Link href="/rewards" prefetch={false} className="button-primary">
            {t("seeRewards")}
          </Link>
        </EmptyState>
      </section>
    </div>
  );
});
