import Link from "next/link";
import { getTranslations } from "next-intl/server";

import { EmptyState } from "#app/_components/empty-state.tsx";
import { ExplainedEntryList } from "#app/_components/entry-list.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { listStatement } from "#lib/domain/ledger/list-statement.ts";

export const generateMetadata = memberPageTitle("activity");

const entriesPerPage = 20;

type Props = { searchParams: Promise<{ before?: string | string[] }> };

export default memberPage<Props>(async ({ tenant, session }, { searchParams }) => {
  const { before } = await searchParams;
  const beforeSequence = typeof before === "string" && /^[1-9]\d{0,8}$/.test(before) ? Number(before) : null;
  const page = { beforeSequence, limit: entriesPerPage };
  const { entries, nextBeforeSequence } = await listStatement(tenant.id, session.member.id, page);
  const t = await getTranslations("activity");

  return (
    <div>
      <h1 className="font-semibold text-2xl tracking-tight">{t("title")}</h1>
      <p className="mt-1 mb-6 text-muted">{t("intro")}</p>
      {entries.length === 0 ? (
        <EmptyState title={t("empty")} hint={t("emptyHint")} />
      ) : (
        <ExplainedEntryList entries={entries} />
      )}
      <div className="mt-6 flex flex-wrap justify-center gap-3">
        {beforeSequence !== null && (
          <Link href="/activity" prefetch={false} className="button-quiet">
            {t("newest")}
          </Link>
        )}
        {nextBeforeSequence !== null && (
          <Link href={`/activity?before=${nextBeforeSequence}`} prefetch={false} className="button-quiet">
            {t("older")}
          </Link>
        )}
      </div>
    </div>
  );
});
