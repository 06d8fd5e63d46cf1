import { ArrowLeft, CircleCheck, Info } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { unstable_rethrow } from "next/navigation";
import { getFormatter, getTranslations } from "next-intl/server";
import { cache } from "react";
import { memberPage } from "#app/_components/member-page.tsx";
import { RewardPicture } from "#app/_components/reward-picture.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getShelfReward, type RewardGate } from "#lib/domain/rewards/shelf.ts";
import { findPageMember } from "#lib/http/member-session.ts";

type Props = { params: Promise<{ rewardId: string }> };

/** The reward of this page, read once for its title and its body. */
const readReward = cache(getShelfReward);

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  try {
    const signedIn = await findPageMember();
    if (!signedIn) return await memberPageTitle("rewards")();
    const { tenant, wallet, visitorSessionId } = signedIn;
    const { name } = await readReward(tenant.id, (await params).rewardId, wallet, visitorSessionId);
    return { title: name };
  } catch (error) {
    unstable_rethrow(error);
    return {}; // the page meets the same failure, and tells
  }
}

export default memberPage<Props>(async ({ tenant, wallet, visitorSessionId }, { params }) => {
  const reward = await readReward(tenant.id, (await params).rewardId, wallet, visitorSessionId);
  const t = await getTranslations();
  const format = await getFormatter();
  const { name, summary, description, terms, pricePoints, gate, tier, perMemberLimit, stockRemaining } =
    reward;

  const facts: [string, string][] = [
    [t("reward.tier"), tier ? t("tier.current", { tier: tier.name }) : t("reward.everyone")],
    [t("reward.availability"), availability(reward, format.dateTime, t)],
  ];
  if (stockRemaining !== null) facts.push([t("reward.stock"), format.number(stockRemaining)]);
  if (perMemberLimit !== null) {
    facts.push([t("reward.perMember"), t("reward.times", { count: perMemberLimit })]);
  }

  return (
    <div>
      <Link
        href="/rewards"
        prefetch={false}
        className="mb-4 inline-flex min-h-11 items-center gap-2 font-medium text-accent text-sm hover:underline"
      >
        <ArrowLeft className="size-4 rtl:rotate-180" aria-hidden="true" />
        {t("reward.back")}
      </Link>

      <div className="grid gap-6 md:grid-cols-[3fr_2fr] md:items-start">
        <div className="panel overflow-hidden">
          <RewardPicture pictureUrl={reward.pictureUrl} isLarge />
          <div className="p-5 sm:p-6">
            <h1 dir="auto" className="text-balance font-semibold text-2xl tracking-tight">
              {name}
            </h1>
            {summary && (
              <p dir="auto" className="mt-2 text-muted">
                {summary}
              </p>
            )}
            {description && (
              <>
                <h2 className="mt-6 font-semibold">{t("reward.about")}</h2>
                <p dir="auto" className="mt-1 whitespace-pre-line">
                  {description}
                </p>
              </>
            )}
            {terms && (
              <>
                <h2 className="mt-6 font-semibold">{t("reward.terms")}</h2>
                <p dir="auto" className="mt-1 whitespace-pre-line text-muted text-sm">
                  {terms}
                </p>
              </>
            )}
          </div>
        </div>

        <aside className="panel p-5 sm:p-6">
          <p className="text-muted text-sm">{t("reward.price")}</p>
          <p className="font-semibold text-3xl tabular-nums tracking-tight">
            {pricePoints === 0 ? t("points.free") : t("points.amount", { points: pricePoints })}
          </p>
          <p
            className={`mt-3 flex items-start gap-2 rounded-2xl p-3 text-sm ${gate ? "bg-page text-muted" : "bg-accent-soft text-accent"}`}
          >
            {gate ? (
              <Info className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
            ) : (
              <CircleCheck className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
            )}
            <span>{explain(gate, format.dateTime, t)}</span>
          </p>
          {!gate && (
            <p className="mt-3 flex justify-between gap-4 text-sm">
              <span className="text-muted">{t("reward.after")}</span>
              <span className="font-medium tabular-nums">
                {t("points.amount", { points: wallet.balancePoints - pricePoints })}
              </span>
            </p>
          )}
          <h2 className="sr-only">{t("reward.facts")}</h2>
          <dl className="mt-5 space-y-2 border-line border-t pt-4 text-sm">
            {facts.map(([term, value]) => (
              <div key={term} className="flex justify-between gap-4">
                <dt className="text-muted">{term}</dt>
                <dd className="text-end font-medium">{value}</dd>
              </div>
            ))}
          </dl>
        </aside>
      </div>
    </div>
  );
});

type Translate = Awaited<ReturnType<typeof getTranslations<never>>>;
type FormatDate = Awaited<ReturnType<typeof getFormatter>>["dateTime"];

function explain(gate: RewardGate | null, formatDate: FormatDate, t: Translate): string {
  switch (gate?.gate) {
    case undefined:
      return t("reward.gateNone");
    case "points":
      return t("reward.gatePoints", { points: gate.pointsShort });
    case "tier":
      return t("reward.gateTier", { points: gate.pointsToGo, tier: gate.tierName });
    case "out_of_stock":
      return t("reward.gateStock");
    case "not_yet":
      return t("reward.gateFrom", { date: formatDate(gate.from, { dateStyle: "long" }) });
  }
}

function availability(
  { availableFrom, availableUntil }: { availableFrom: Date | null; availableUntil: Date | null },
  formatDate: FormatDate,
  t: Translate,
): string {
  const parts = [
    availableFrom && t("rewards.from", { date: formatDate(availableFrom, { dateStyle: "medium" }) }),
    availableUntil && t("rewards.until", { date: formatDate(availableUntil, { dateStyle: "medium" }) }),
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(" · ") : t("reward.always");
}
