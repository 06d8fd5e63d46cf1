import { Gift } from "lucide-react";

import { BalanceHero } from "#app/_components/balance-hero.tsx";
import { EmptyState } from "#app/_components/empty-state.tsx";
import { EntryList } from "#app/_components/entry-list.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { NextSteps } from "#app/_components/next-steps.tsx";
import { RewardCard } from "#app/_components/reward-card.tsx";
import { SectionHeading } from "#app/_components/section-heading.tsx";
import { Tagline } from "#app/_components/tagline.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import { getHome } from "#lib/domain/home/get-home.ts";
import { tierProgress } from "#lib/domain/tiers/tier-progress.ts";

export const generateMetadata = memberPageTitle("home");

export default memberPage(async ({ tenant, session, wallet }) => {
  const { expiresSoon, goal, nearRewards, newestEntries } = await getHome(
    tenant.id,
    session.member.id,
    wallet,
  );
  const t = await getTranslations("home");
  const { balancePoints } = wallet;
  const canHave = nearRewards.filter(({ gate }) => gate === null).length;
  const nearTitle = canHave === 0 ? "nearNone" : canHave === nearRewards.length ? "near" : "nearMixed";

  return (
    <div className="space-y-10">
      <div>
        <h1 className="font-semibold text-2xl tracking-tight">
          {t("greeting", { name: session.member.profile.givenName })}
        </h1>
        <Tagline tenant={tenant} />
        <div className="mt-4">
          <BalanceHero
            balancePoints={balancePoints}
            progress={tierProgress(tenant.tiers, wallet.tierPoints)}
            pictureUrl={tenant.brand.heroPictureUrl}
          />
        </div>
        <NextSteps expiresSoon={expiresSoon} goal={goal} balancePoints={balancePoints} />
      </div>

      {(nearRewards.length > 0 || !goal) && (
        <section>
          <SectionHeading title={t(nearTitle)} more={{ href: "/rewards", label: t("allRewards") }} />
          {nearRewards.length === 0 ? (
            <EmptyState Icon={Gift} title={t("noRewards")} hint={t("noRewardsHint")} />
          ) : (
            <ul className="grid grid-cols-1 gap-3 sm:gap-4 min-[23rem]:grid-cols-2 md:grid-cols-4">
              {nearRewards.map((reward) => (
                <li key={reward.id}>
                  <RewardCard reward={reward} balancePoints={balancePoints} />
                </li>
              ))}
            </ul>
          )}
        </section>
      )}

      {newestEntries.length > 0 && (
        <section>
          <SectionHeading title={t("latest")} more={{ href: "/activity", label: t("allActivity") }} />
          <EntryList entries={newestEntries} />
        </section>
      )}
    </div>
  );
});
