import { ChevronRight } from "lucide-react";

import { PageLink } from "#app/_components/page-link.tsx";
import { RewardPicture } from "#app/_components/reward-picture.tsx";
import { TicketState } from "#app/_components/ticket-state.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";
import type { Benefit, BenefitState } from "#lib/domain/benefits/benefit.ts";

/** A bought reward in a list: a ticket with its stub, and the way to its code. */
export async function TicketCard({ benefit, state }: { benefit: Benefit; state: BenefitState }) {
  const t = await getTranslations("ticket");
  const { id, reward } = benefit;
  const isOver = state === "used" || state === "expired";

  return (
    <article className="panel relative flex min-h-24 overflow-hidden motion-safe:transition-transform motion-safe:hover:-translate-y-0.5">
      <div
        className={`w-20 shrink-0 min-[23rem]:w-28 overflow-hidden sm:w-36 [&>*]:size-full [&>*]:object-cover ${isOver ? "opacity-50 grayscale" : ""}`}
      >
        <RewardPicture pictureUrl={reward.pictureUrl} />
      </div>
      <div className="flex min-w-0 flex-1 items-center gap-2 border-line border-s border-dashed p-3 sm:p-4">
        <div className="min-w-0 flex-1">
          <h3
            dir="auto"
            className={`line-clamp-3 text-in-line font-semibold leading-snug ${isOver ? "text-muted" : ""}`}
          >
            <PageLink href={`/wallet/${id}`} className="after:absolute after:inset-0">
              {reward.name}
            </PageLink>
          </h3>
          <TicketState benefit={benefit} state={state} />
        </div>
        <ChevronRight className="size-5 shrink-0 text-muted rtl:rotate-180" aria-label={t("open")} />
      </div>
    </article>
  );
}
