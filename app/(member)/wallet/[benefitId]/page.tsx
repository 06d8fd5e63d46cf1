import { QrCode } from "lucide-react";
import type { Metadata } from "next";
import { unstable_rethrow } from "next/navigation";
import { cache } from "react";

import { BackLink } from "#app/_components/back-link.tsx";
import { ConfirmOnce } from "#app/_components/confirm-once.tsx";
import { Facts } from "#app/_components/facts.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { RewardPicture } from "#app/_components/reward-picture.tsx";
import { TicketState } from "#app/_components/ticket-state.tsx";
import { TillCode } from "#app/_components/till-code.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import { type Benefit, stateOf } from "#lib/domain/benefits/benefit.ts";
import { getBenefit } from "#lib/domain/benefits/get-benefit.ts";
import { findPageMember } from "#lib/http/member-session.ts";

type Props = { params: Promise<{ benefitId: string }> };

/** The benefit of this page, read once for its title and its body. */
const readBenefit = cache(async (benefitId: string) => {
  const signedIn = await findPageMember();
  if (!signedIn) return null;
  const { tenant, session, visitorSessionId } = signedIn;
  return getBenefit(tenant.id, session.member.id, benefitId, visitorSessionId);
});

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  try {
    const benefit = await readBenefit((await params).benefitId);
    return benefit ? { title: benefit.reward.name } : await memberPageTitle("wallet")();
  } catch (error) {
    unstable_rethrow(error);
    return {}; // the page meets the same failure, and tells
  }
}

export default memberPage<Props>(async (_signedIn, { params }) => {
  const benefit = (await readBenefit((await params).benefitId)) as Benefit;
  const t = await getTranslations();
  const format = await getFormatter();
  const { reward, createdAt, pricePoints } = benefit;
  const state = stateOf(benefit);
  const isOver = state === "used" || state === "expired";
  const facts: [string, string][] = [
    [t("ticket.bought"), format.dateTime(createdAt, { dateStyle: "long" })],
    [t("reward.price"), pricePoints === 0 ? t("points.free") : t("points.amount", { points: pricePoints })],
  ];

  return (
    <div className="mx-auto max-w-md">
      <BackLink href="/wallet">{t("ticket.back")}</BackLink>

      <article className="overflow-hidden rounded-3xl border border-line bg-surface shadow-card">
        {/* At the till the code is what counts, and is to be seen whole. */}
        {state !== "redeemed" && (
          <div className={isOver ? "opacity-50 grayscale" : undefined}>
            <RewardPicture pictureUrl={reward.pictureUrl} isLarge />
          </div>
        )}
        <div className="p-5 sm:p-6">
          <h1 dir="auto" className="text-balance text-in-line font-semibold text-2xl tracking-tight">
            {reward.name}
          </h1>
          <TicketState benefit={benefit} state={state} />
        </div>

        <div className="relative border-line border-t-2 border-dashed">
          <span className="-start-3 -top-3 absolute size-6 rounded-full bg-page" aria-hidden="true" />
          <span className="-end-3 -top-3 absolute size-6 rounded-full bg-page" aria-hidden="true" />
          {state === "ready" && (
            <div className="p-5 sm:p-6">
              <ConfirmOnce
                path="/api/session/redemptions"
                body={{ benefitId: benefit.id }}
                icon={<QrCode className="size-5" aria-hidden="true" />}
                labels={{
                  open: t("ticket.show"),
                  title: t("ticket.showTitle"),
                  confirm: t("ticket.showConfirm"),
                  busy: t("ticket.showing"),
                  cancel: t("ticket.later"),
                  lost: t("ticket.lost"),
                  refusals: {
                    benefit_expired: t("ticket.expired"),
                    benefit_already_redeemed: t("ticket.shownAlready"),
                    session_invalid: t("buy.signedOut"),
                  },
                }}
              >
                <p className="mt-3 text-muted">{t("ticket.showHint")}</p>
              </ConfirmOnce>
            </div>
          )}
          {state === "redeemed" &&
            (benefit.code ? (
              <TillCode
                code={benefit.code.value}
                name={reward.name}
                labels={{ caption: t("ticket.code"), qr: t("ticket.qr"), barcode: t("ticket.barcode") }}
              />
            ) : (
              <p className="p-5 text-center text-muted sm:p-6">{t("ticket.noCode")}</p>
            ))}
        </div>

        <div className={`p-5 sm:p-6 ${isOver ? "" : "border-line border-t"}`}>
          <h2 className="sr-only">{t("reward.facts")}</h2>
          <Facts facts={facts} className="text-sm" />
          {reward.terms && (
            <>
              <h2 className="mt-5 font-semibold text-sm">{t("reward.terms")}</h2>
              <p dir="auto" className="mt-1 whitespace-pre-line text-muted text-sm">
                {reward.terms}
              </p>
            </>
          )}
        </div>
      </article>
    </div>
  );
});
