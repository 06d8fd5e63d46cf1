import { getTranslations } from "next-intl/server";

import { EmptyState } from "#app/_components/empty-state.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { RewardCard } from "#app/_components/reward-card.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { listShelf, type ShelfReward } from "#lib/domain/rewards/shelf.ts";

export const generateMetadata = memberPageTitle("rewards");

export default memberPage(async ({ tenant, session, wallet }) => {
  const rewards = await listShelf({ tenantId: tenant.id, memberId: session.member.id, wallet });
  const t = await getTranslations("rewards");
  const { balancePoints } = wallet;
  const groups = groupByCategory(rewards);

  return (
    <div>
      <h1 className="font-semibold text-2xl tracking-tight">{t("title")}</h1>
      <p className="mt-1 text-muted">{t("intro", { points: balancePoints })}</p>

      {rewards.length === 0 && (
        <div className="mt-6">
          <EmptyState title={t("empty")} hint={t("emptyHint")} />
        </div>
      )}
      {groups.map(({ name, rewards: inGroup }) => (
        <section key={name ?? ""} className="mt-8">
          <h2 className="mb-3 font-semibold text-lg tracking-tight">
            {name ?? (groups.length > 1 ? t("other") : t("all"))}
          </h2>
          <ul className="grid grid-cols-1 gap-3 sm:gap-4 min-[23rem]:grid-cols-2 md:grid-cols-3 lg:grid-cols-4">
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
