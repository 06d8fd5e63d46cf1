import { ChevronRight, Clock } from "lucide-react";
import type { ReactNode } from "react";

import { PageLink } from "#app/_components/page-link.tsx";
import { RewardPicture } from "#app/_components/reward-picture.tsx";
import { ShareBar } from "#app/_components/share-bar.tsx";
import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import type { Home } from "#lib/domain/home/get-home.ts";

/** What a balance is about to lose, and what it is about to be enough for. */
export async function NextSteps({
  expiresSoon,
  goal,
  balancePoints,
}: Pick<Home, "expiresSoon" | "goal"> & { balancePoints: number }) {
  const t = await getTranslations("home");
  const format = await getFormatter();
  if (!expiresSoon && !goal) return null;

  return (
    <div className="mt-3 grid gap-3 sm:mt-4 sm:grid-cols-2 sm:gap-4">
      {goal && (
        <Step
          href={`/rewards/${goal.id}`}
          sign={
            <div className="w-20 shrink-0 overflow-hidden rounded-xl">
              <RewardPicture pictureUrl={goal.pictureUrl} />
            </div>
          }
        >
          <p className="text-muted text-sm">{t("goal")}</p>
          <p className="mt-0.5 mb-2 font-semibold leading-snug">
            {t("toGoal", { points: goal.pricePoints - balancePoints, reward: goal.name })}
          </p>
          <ShareBar share={balancePoints / goal.pricePoints} />
        </Step>
      )}
      {expiresSoon && (
        <Step
          href="/wallet"
          sign={
            <span className="grid size-11 shrink-0 place-items-center rounded-full bg-accent-soft text-accent">
              <Clock className="size-5" aria-hidden="true" />
            </span>
          }
        >
          <p className="text-muted text-sm">{t("expiry")}</p>
          <p className="mt-0.5 font-semibold leading-snug">
            {t("expires", {
              points: expiresSoon.points,
              date: format.dateTime(expiresSoon.expiresAt, {
                ...{ day: "numeric", month: "long" },
                ...(expiresSoon.isThisYear ? {} : { year: "numeric" }),
              }),
            })}
          </p>
        </Step>
      )}
    </div>
  );
}

function Step({ href, sign, children }: { href: string; sign: ReactNode; children: ReactNode }) {
  return (
    <PageLink
      href={href}
      className="panel flex min-h-20 items-center gap-4 p-4 only:col-span-full motion-safe:transition-transform motion-safe:hover:-translate-y-0.5"
    >
      {sign}
      <div className="min-w-0 flex-1">{children}</div>
      <ChevronRight className="size-5 shrink-0 text-muted rtl:rotate-180" aria-hidden="true" />
    </PageLink>
  );
}
