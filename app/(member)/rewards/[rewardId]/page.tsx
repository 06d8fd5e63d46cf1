import { CircleCheck, Info } from "lucide-react";
import type { Metadata } from "next";
import { unstable_rethrow } from "next/navigation";
import { cache } from "react";
import { BackLink } from "#app/_components/back-link.tsx";
import { ConfirmOnce } from "#app/_components/confirm-once.tsx";
import { Facts } from "#app/_components/facts.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { RewardPicture } from "#app/_components/reward-picture.tsx";
import { ShareBar } from "#app/_components/share-bar.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import { getShelfReward, type RewardGate, type ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { findPageMember } from "#lib/http/member-session.ts";

type Props = { params: Promise<{ rewardId: string }> };

/** The reward of this page, read once for its title and its body. */
const readReward = cache(async (rewardId: string) => {
  const signedIn = await findPageMember();
  if (!signedIn) return null;
  const { tenant, session, wallet, visitorSessionId } = signedIn;
  const owner = { tenantId: tenant.id, memberId: session.member.id, wallet };
  return getShelfReward(owner, rewardId, visitorSessionId);
});

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  try {
    const reward = await readReward((await params).rewardId);
    return reward ? { title: reward.name } : await memberPageTitle("rewards")();
  } catch (error) {
    unstable_rethrow(error);
    return {}; // the page meets the same failure, and tells
  }
}

export default memberPage<Props>(async ({ wallet }, { params }) => {
  const reward = (await readReward((await params).rewardId)) as ShelfReward;
  const t = await getTranslations();
  const format = await getFormatter();
  const { name, summary, description, terms, pricePoints, gate, tier, perMemberLimit, stockRemaining } =
    reward;

  const price = pricePoints === 0 ? t("points.free") : t("points.amount", { points: pricePoints });
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
      <BackLink href="/rewards">{t("reward.back")}</BackLink>

      {/* On a narrow screen price and way come before what is long to read. */}
      <div className="grid gap-4 md:grid-cols-[3fr_2fr] md:grid-rows-[auto_1fr] md:items-start md:gap-x-6">
        <div className="panel overflow-hidden">
          <RewardPicture pictureUrl={reward.pictureUrl} isLarge />
          <div className="p-5 sm:p-6">
            {reward.category && (
              <p dir="auto" className="mb-1 text-in-line font-medium text-accent text-sm">
                {reward.category.name}
              </p>
            )}
            <h1 dir="auto" className="text-balance text-in-line font-semibold text-2xl tracking-tight">
              {name}
            </h1>
            {summary && (
              <p dir="auto" className="mt-2 text-in-line text-muted">
                {summary}
              </p>
            )}
          </div>
        </div>

        <aside className="panel p-5 sm:p-6 md:col-start-2 md:row-span-2 md:row-start-1">
          <p className="text-muted text-sm">{t("reward.price")}</p>
          <p className="font-semibold text-3xl tabular-nums tracking-tight">{price}</p>
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
          {gate?.gate === "points" && (
            <div className="mt-4">
              <ShareBar share={wallet.balancePoints / pricePoints} />
              <p className="mt-2 text-muted text-sm tabular-nums">
                {t("reward.progress", { points: wallet.balancePoints, price: format.number(pricePoints) })}
              </p>
            </div>
          )}
          {!gate && (
            <div className="mt-4">
              <ConfirmOnce
                path="/api/session/purchases"
                body={{ rewardId: reward.id }}
                opensTicket
                labels={{
                  open: t("buy.buy"),
                  title: t("buy.title", { name }),
                  confirm:
                    pricePoints === 0 ? t("buy.confirmFree") : t("buy.confirm", { points: pricePoints }),
                  busy: t("buy.buying"),
                  cancel: t("buy.cancel"),
                  lost: t("buy.lost"),
                  refusals: {
                    points_insufficient: t("buy.tooFewPoints"),
                    reward_out_of_stock: t("reward.gateStock"),
                    reward_limit_reached: t("buy.limit"),
                    reward_not_available: t("buy.notAvailable"),
                    reward_not_found: t("buy.notAvailable"),
                    session_invalid: t("buy.signedOut"),
                  },
                }}
              >
                <Facts
                  className="mt-4 rounded-2xl bg-page p-4"
                  facts={[
                    [t("reward.price"), price],
                    [t("buy.after"), t("points.amount", { points: wallet.balancePoints - pricePoints })],
                  ]}
                />
                <p className="mt-3 text-muted text-sm">{t("buy.hint")}</p>
              </ConfirmOnce>
            </div>
          )}
          <h2 className="sr-only">{t("reward.facts")}</h2>
          <Facts facts={facts} className="mt-5 border-line border-t pt-4 text-sm" />
        </aside>

        {(description || terms) && (
          <div className="panel space-y-6 p-5 sm:p-6">
            {description && (
              <section>
                <h2 className="font-semibold">{t("reward.about")}</h2>
                <p dir="auto" className="mt-1 max-w-prose whitespace-pre-line text-start">
                  {description}
                </p>
              </section>
            )}
            {terms && (
              <section>
                <h2 className="font-semibold">{t("reward.terms")}</h2>
                <p dir="auto" className="mt-1 max-w-prose whitespace-pre-line text-start text-muted text-sm">
                  {terms}
                </p>
              </section>
            )}
          </div>
        )}
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
    case "limit":
      return t("reward.gateLimit", { count: gate.times });
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
