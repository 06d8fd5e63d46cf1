import { Gift, SearchX } from "lucide-react";

import { EmptyState } from "#app/_components/empty-state.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { PageLink } from "#app/_components/page-link.tsx";
import { RewardCard } from "#app/_components/reward-card.tsx";
import { ShelfSearchForm } from "#app/_components/shelf-search-form.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import { categoriesOf, searchShelf, shelfSorts } from "#lib/domain/rewards/search-shelf.ts";
import { listShelf, type ShelfReward } from "#lib/domain/rewards/shelf.ts";
import type { PageQuery } from "#lib/http/schemas/page-query.ts";
import { isSearched, shelfSearchOf } from "#lib/http/schemas/shelf-search.ts";

export const generateMetadata = memberPageTitle("rewards");

type Props = { searchParams: Promise<PageQuery> };

export default memberPage<Props>(async ({ tenant, session, wallet }, { searchParams }) => {
  const shelf = await listShelf({ tenantId: tenant.id, memberId: session.member.id, wallet });
  const t = await getTranslations("rewards");
  const { balancePoints } = wallet;
  const categories = categoriesOf(shelf);
  const search = shelfSearchOf(await searchParams, categories);
  const isWhole = !isSearched(search);
  const rewards = searchShelf(shelf, search);
  const groups = isWhole ? groupByCategory(shelf) : [{ name: search.category, rewards }];

  return (
    <div>
      <h1 className="font-semibold text-2xl tracking-tight">{t("title")}</h1>
      <p className="mt-1 mb-5 text-muted">{t("intro", { points: balancePoints })}</p>

      {shelf.length === 0 ? (
        <EmptyState Icon={Gift} title={t("empty")} hint={t("emptyHint")} />
      ) : (
        <>
          <ShelfSearchForm search={search} categories={categories} sorts={shelfSorts} />
          <div className="mt-3 flex min-h-11 flex-wrap items-center justify-between gap-x-4">
            <p role="status" className="text-muted text-sm">
              {t("found", { count: rewards.length })}
            </p>
            {!isWhole && rewards.length > 0 && (
              <PageLink
                href="/rewards"
                scroll={false}
                className="inline-flex min-h-11 items-center font-medium text-accent text-sm hover:underline"
              >
                {t("clear")}
              </PageLink>
            )}
          </div>
        </>
      )}
      {shelf.length > 0 && rewards.length === 0 && (
        <div className="mt-2">
          <EmptyState Icon={SearchX} title={t("noneFound")} hint={t("noneFoundHint")}>
            <PageLink href="/rewards" scroll={false} className="button-primary">
              {t("clear")}
            </PageLink>
          </EmptyState>
        </div>
      )}
      {rewards.length > 0 &&
        groups.map(({ name, rewards: inGroup }) => (
          <section key={name ?? ""} className="mb-8">
            <h2
              dir="auto"
              className={
                isWhole || name ? "mb-3 text-in-line font-semibold text-lg tracking-tight" : "sr-only"
              }
            >
              {name ?? (isWhole ? (groups.length > 1 ? t("other") : t("all")) : t("results"))}
            </h2>
            <ul className="grid grid-cols-1 gap-3 sm:gap-4 min-[23rem]:grid-cols-2 md:grid-cols-4">
              {inGroup.map((reward) => (
                <li key={reward.id}>
                  <RewardCard reward={reward} balancePoints={balancePoints} />
                </li>
              ))}
            </ul>
          </section>
        ))}
    </div>
  );
});

/** In the order of the shelf; what has no category comes last. */
function groupByCategory(rewards: readonly ShelfReward[]) {
  const groups = Map.groupBy(rewards, ({ category }) => category?.name ?? null);
  return [...groups]
    .map(([name, inGroup]) => ({ name, rewards: inGroup }))
    .sort((a, b) => Number(a.name === null) - Number(b.name === null));
}
