import { CircleCheck, Clock, Lock, PackageX, Ticket } from "lucide-react";

import { PageLink } from "#app/_components/page-link.tsx";
import { RewardPicture } from "#app/_components/reward-picture.tsx";
import { ShareBar } from "#app/_components/share-bar.tsx";
import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import type { RewardGate, ShelfReward } from "#lib/domain/rewards/shelf.ts";

/** A reward on the shelf: what it is, what it costs, and how far it is. Where one column is all there is, it lies on its side. */
export async function RewardCard({ reward, balancePoints }: { reward: ShelfReward; balancePoints: number }) {
  const t = await getTranslations();
  const { id, name, summary, pricePoints, pictureUrl, gate } = reward;
  const isOut = gate?.gate === "out_of_stock";

  return (
    <article className="panel group relative flex h-full overflow-hidden motion-safe:transition-transform motion-safe:hover:-translate-y-0.5 min-[23rem]:flex-col">
      <div
        className={`w-26 shrink-0 max-[23rem]:*:h-full min-[23rem]:w-auto ${isOut ? "opacity-50 grayscale" : ""}`}
      >
        <RewardPicture pictureUrl={pictureUrl} />
      </div>
      <div className="flex min-w-0 flex-1 flex-col p-3 sm:p-4">
        <h3 dir="auto" className="text-in-line font-semibold leading-snug">
          <PageLink href={`/rewards/${id}`} className="after:absolute after:inset-0">
            {name}
          </PageLink>
        </h3>
        {summary && (
          <p dir="auto" className="mt-1 line-clamp-3 text-in-line text-muted text-sm">
            {summary}
          </p>
        )}
        <div className="mt-auto pt-3 min-[23rem]:pt-4">
          <p className="font-semibold tabular-nums">
            {pricePoints === 0 ? t("points.free") : t("points.amount", { points: pricePoints })}
          </p>
          <GateLine gate={gate} />
          {gate?.gate === "points" && (
            <div className="mt-2">
              <ShareBar share={balancePoints / pricePoints} />
            </div>
          )}
        </div>
      </div>
    </article>
  );
}

async function GateLine({ gate }: { gate: RewardGate | null }) {
  const t = await getTranslations("rewards");
  const format = await getFormatter();
  const line = "mt-1 flex items-center gap-1.5 text-sm";
  switch (gate?.gate) {
    case undefined:
      return (
        <p className={`${line} font-medium text-accent`}>
          <CircleCheck className="size-4 shrink-0" aria-hidden="true" />
          {t("enough")}
        </p>
      );
    case "points":
      return <p className={`${line} text-muted`}>{t("toGo", { points: gate.pointsShort })}</p>;
    case "out_of_stock":
      return (
        <p className={`${line} text-muted`}>
          <PackageX className="size-4 shrink-0" aria-hidden="true" />
          {t("outOfStock")}
        </p>
      );
    case "limit":
      return (
        <p className={`${line} text-muted`}>
          <Ticket className="size-4 shrink-0" aria-hidden="true" />
          {t("limitReached", { count: gate.times })}
        </p>
      );
    case "tier":
      return (
        <p className={`${line} text-muted`}>
          <Lock className="size-4 shrink-0" aria-hidden="true" />
          {t("tierNeeded", { tier: gate.tierName })}
        </p>
      );
    case "not_yet":
      return (
        <p className={`${line} text-muted`}>
          <Clock className="size-4 shrink-0" aria-hidden="true" />
          {t("from", { date: format.dateTime(gate.from, { dateStyle: "medium" }) })}
        </p>
      );
  }
}
