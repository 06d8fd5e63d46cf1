import { History, SearchX } from "lucide-react";

import { ChipRow, LinkChip } from "#app/_components/choice-chip.tsx";
import { EmptyState } from "#app/_components/empty-state.tsx";
import { ExplainedEntryDays } from "#app/_components/entry-list.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { PageLink } from "#app/_components/page-link.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import { groupByDay } from "#lib/domain/ledger/group-by-day.ts";
import { listStatement, statementFilters } from "#lib/domain/ledger/list-statement.ts";
import type { PageQuery } from "#lib/http/schemas/page-query.ts";

export const generateMetadata = memberPageTitle("activity");

const entriesPerPage = 20;

type Props = { searchParams: Promise<PageQuery> };

export default memberPage<Props>(async ({ tenant, session }, { searchParams }) => {
  const { before, kind } = await searchParams;
  const beforeSequence = typeof before === "string" && /^[1-9]\d{0,8}$/.test(before) ? Number(before) : null;
  const filter = statementFilters.find((each) => each === kind) ?? "all";
  const page = { beforeSequence, limit: entriesPerPage, filter };
  const { entries, nextBeforeSequence } = await listStatement(tenant.id, session.member.id, page);
  const t = await getTranslations("activity");
  const start = addressOf(filter, null);

  return (
    <div>
      <h1 className="font-semibold text-2xl tracking-tight">{t("title")}</h1>
      <p className="mt-1 mb-5 text-muted">{t("intro")}</p>
      <nav aria-label={t("filter")}>
        <ChipRow>
          {statementFilters.map((each) => (
            <LinkChip key={each} href={addressOf(each, null)} isChosen={each === filter}>
              {t(`filters.${each}`)}
            </LinkChip>
          ))}
        </ChipRow>
      </nav>
      {entries.length > 0 ? (
        <ExplainedEntryDays days={groupByDay(entries)} />
      ) : (
        <div className="mt-6">
          {filter === "all" && beforeSequence === null ? (
            <EmptyState Icon={History} title={t("empty")} hint={t("emptyHint")}>
              <PageLink href="/rewards" className="button-primary">
                {t("seeRewards")}
              </PageLink>
            </EmptyState>
          ) : (
            <EmptyState Icon={SearchX} title={t("noneFound")} hint={t("noneFoundHint")}>
              <PageLink href="/activity" className="button-primary">
                {t("showAll")}
              </PageLink>
            </EmptyState>
          )}
        </div>
      )}
      <div className="mt-6 flex flex-wrap justify-center gap-3">
        {beforeSequence !== null && (
          <PageLink href={start} className="button-quiet">
            {t("newest")}
          </PageLink>
        )}
        {nextBeforeSequence !== null && (
          <PageLink href={addressOf(filter, nextBeforeSequence)} className="button-quiet">
            {t("older")}
          </PageLink>
        )}
      </div>
    </div>
  );
});

function addressOf(filter: (typeof statementFilters)[number], beforeSequence: number | null): string {
  const query = new URLSearchParams({
    ...(filter === "all" ? {} : { kind: filter }),
    ...(beforeSequence === null ? {} : { before: String(beforeSequence) }),
  }).toString();
  return query ? `/activity?${query}` : "/activity";
}
