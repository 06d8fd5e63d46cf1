import { Award, QrCode } from "lucide-react";
import { getLocale } from "next-intl/server";

import { GlidingPoints } from "#app/_components/gliding-points.tsx";
import { PageLink } from "#app/_components/page-link.tsx";
import { TierRing } from "#app/_components/tier-ring.tsx";
import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import type { TierProgress } from "#lib/domain/tiers/tier-progress.ts";

/** The balance, as large as it deserves, with the tier and the way to the card. */
export async function BalanceHero({
  balancePoints,
  progress,
  pictureUrl,
}: {
  balancePoints: number;
  progress: TierProgress;
  /** Behind it all, darkened. */
  pictureUrl: string | null;
}) {
  const t = await getTranslations();
  const format = await getFormatter();
  const { tier, nextTier, share } = progress;
  const percent = format.number(share, { style: "percent", maximumFractionDigits: 0 });
  const hasTiers = tier !== null || nextTier !== null;

  return (
    <section className="hero-surface relative isolate overflow-hidden rounded-3xl p-6 shadow-card sm:p-8">
      {pictureUrl && <HeroPicture pictureUrl={pictureUrl} />}
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <p className="font-medium text-sm text-on-hero/90">{t("home.balance")}</p>
          <p className="mt-1 flex flex-wrap items-baseline gap-x-2.5">
            <span
              className="font-semibold text-5xl tabular-nums tracking-tight sm:text-6xl"
              data-testid="balance"
            >
              <GlidingPoints
                points={balancePoints}
                text={format.number(balancePoints)}
                locale={await getLocale()}
              />
            </span>
            <span className="text-lg text-on-hero/90">{t("points.unit", { points: balancePoints })}</span>
          </p>
        </div>
        {hasTiers && (
          <TierRing
            share={share}
            label={nextTier ? t("tier.progress", { percent, tier: nextTier.name }) : t("tier.top")}
          >
            <Award className="size-6" aria-hidden="true" />
          </TierRing>
        )}
      </div>

      {/* No wrapping: which side of it a text falls on would change when its font arrives. */}
      <div className="mt-6 flex flex-col items-start gap-x-6 gap-y-4 sm:flex-row sm:items-center sm:justify-between">
        {hasTiers && (
          <p className="text-sm">
            <span className="block font-semibold">
              {tier ? t("tier.current", { tier: tier.name }) : t("tier.none")}
            </span>
            <span className="text-on-hero/90">
              {nextTier
                ? t("tier.toGo", { points: nextTier.pointsToGo, tier: nextTier.name })
                : t("tier.top")}
            </span>
          </p>
        )}
        <PageLink
          href="/card"
          className="inline-flex min-h-11 items-center gap-2 rounded-button border border-transparent bg-on-hero px-5 font-semibold text-hero-ink focus-visible:outline-on-hero"
        >
          <QrCode className="size-5" aria-hidden="true" />
          {t("home.showCard")}
        </PageLink>
      </div>
    </section>
  );
}

function HeroPicture({ pictureUrl }: { pictureUrl: string }) {
  return (
    <>
      <img
        src={pictureUrl}
        alt=""
        decoding="async"
        referrerPolicy="no-referrer"
        className="absolute inset-0 -z-10 size-full object-cover"
      />
      <div className="absolute inset-0 -z-10 bg-hero-scrim" />
    </>
  );
}
