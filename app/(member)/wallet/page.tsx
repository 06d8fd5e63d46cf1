import { Clock, Hourglass, Ticket } from "lucide-react";

import { EmptyState } from "#app/_components/empty-state.tsx";
import { ExpiryChart } from "#app/_components/expiry-chart.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { PageLink } from "#app/_components/page-link.tsx";
import { TicketCard } from "#app/_components/ticket-card.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import { stateOf } from "#lib/domain/benefits/benefit.ts";
import { getWalletDetails } from "#lib/domain/ledger/get-wallet-details.ts";

export const generateMetadata = memberPageTitle("wallet");

export default memberPage(async ({ tenant, session, wallet }) => {
  const { benefits, expiries, expiryMonths, pending } = await getWalletDetails(tenant.id, session.member.id);
  const t = await getTranslations();
  const format = await getFormatter();
  const tickets = benefits.map((benefit) => ({ benefit, state: stateOf(benefit) }));
  const usable = tickets.filter(({ state }) => state === "ready" || state === "redeemed");
  const over = tickets.filter(({ state }) => state === "used" || state === "expired");
  const day = (moment: Date) => format.dateTime(moment, { dateStyle: "long" });
  const others = [
    ["pending", wallet.pendingPoints],
    ["lifetime", wallet.lifetimePoints],
    ["spent", wallet.spentPoints],
    ["expired", wallet.expiredPoints],
  ] as const;

  return (
    <div className="space-y-10">
      <div>
        <h1 className="mb-4 font-semibold text-2xl tracking-tight">{t("wallet.title")}</h1>
        <div className="panel divide-y divide-line overflow-hidden lg:flex lg:items-center lg:divide-x lg:divide-y-0">
          <div className="p-5 sm:p-6">
            <p className="text-muted text-sm">{t("wallet.balance")}</p>
            <p className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-semibold text-5xl tabular-nums tracking-tight">
                {format.number(wallet.balancePoints)}
              </span>
              <span className="text-lg text-muted">{t("points.unit", { points: wallet.balancePoints })}</span>
            </p>
          </div>
          <dl className="grid flex-1 grid-cols-2 gap-x-4 gap-y-5 p-5 sm:grid-cols-4 sm:p-6">
            {others.map(([label, points]) => (
              <div key={label}>
                <dt className="text-muted text-sm">{t(`wallet.${label}`)}</dt>
                <dd className="font-semibold text-lg tabular-nums">{format.number(points)}</dd>
              </div>
            ))}
          </dl>
        </div>
      </div>

      <section>
        <h2 className="mb-3 font-semibold text-lg tracking-tight">{t("wallet.tickets")}</h2>
        {usable.length === 0 ? (
          <EmptyState Icon={Ticket} title={t("wallet.noTickets")} hint={t("wallet.noTicketsHint")}>
            <PageLink href="/rewards" className="button-primary">
              {t("wallet.seeRewards")}
            </PageLink>
          </EmptyState>
        ) : (
          <Tickets tickets={usable} />
        )}
      </section>

      {pending.length > 0 && (
        <section>
          <h2 className="mb-3 font-semibold text-lg tracking-tight">{t("wallet.unlocksNext")}</h2>
          <ul className="panel divide-y divide-line">
            {pending.map(({ id, points, unlocksAt, ruleName }) => (
              <Due key={id} Icon={Hourglass} text={day(unlocksAt)} hint={ruleName}>
                {t("points.amount", { points })}
              </Due>
            ))}
          </ul>
        </section>
      )}

      {expiries.length > 0 && (
        <section>
          <h2 className="mb-3 font-semibold text-lg tracking-tight">{t("wallet.expiresNext")}</h2>
          <div className="grid items-start gap-3 sm:gap-4 md:grid-cols-2">
            <ExpiryChart {...expiryMonths} />
            <ul className="panel divide-y divide-line">
              {expiries.map(({ points, expiresAt }) => (
                <Due key={expiresAt.toISOString()} Icon={Clock} text={day(expiresAt)}>
                  {t("points.amount", { points })}
                </Due>
              ))}
            </ul>
          </div>
        </section>
      )}

      {over.length > 0 && (
        <section>
          <h2 className="mb-3 font-semibold text-lg tracking-tight">{t("wallet.past")}</h2>
          <Tickets tickets={over} />
        </section>
      )}
    </div>
  );
});

function Tickets({ tickets }: { tickets: Parameters<typeof TicketCard>[0][] }) {
  return (
    <ul className="grid grid-cols-1 gap-3 sm:gap-4 md:grid-cols-2">
      {tickets.map((ticket) => (
        <li key={ticket.benefit.id}>
          <TicketCard {...ticket} />
        </li>
      ))}
    </ul>
  );
}

/** A day on which something of a balance changes by itself. */
function Due({
  Icon,
  text,
  hint,
  children,
}: {
  Icon: typeof Clock;
  text: string;
  hint?: string;
  children: string;
}) {
  return (
    <li className="flex items-center gap-3 px-4 py-3 sm:px-5">
      <Icon className="size-5 shrink-0 text-muted" aria-hidden="true" />
      <span className="min-w-0 flex-1">
        {text}
        {hint && (
          <span dir="auto" className="block break-words text-in-line text-muted text-sm">
            {hint}
          </span>
        )}
      </span>
      <span className="text-end font-semibold tabular-nums">{children}</span>
    </li>
  );
}
