import { CircleCheck, Clock, QrCode, Ticket } from "lucide-react";
import { getLocale } from "next-intl/server";

import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import type { Benefit, BenefitState } from "#lib/domain/benefits/benefit.ts";

const icons = { ready: Ticket, redeemed: QrCode, used: CircleCheck, expired: Clock } as const;

/** What a ticket can still do, in one line, with the day on which that ends or ended. */
export async function TicketState({ benefit, state }: { benefit: Benefit; state: BenefitState }) {
  const Icon = icons[state];
  const isUsable = state === "ready" || state === "redeemed";

  return (
    <p
      className={`mt-1 flex items-start gap-1.5 text-sm ${isUsable ? "font-medium text-accent" : "text-muted"}`}
    >
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      <span>{await ticketStateText(benefit, state, await getLocale())}</span>
    </p>
  );
}

export async function ticketStateText(
  benefit: Benefit,
  state: BenefitState,
  locale: string,
): Promise<string> {
  const t = await getTranslations({ locale, namespace: "ticket" });
  const format = await getFormatter({ locale });
  const moment = state === "used" ? benefit.burnedAt : benefit.expiresAt;
  const date = moment && format.dateTime(moment, { dateStyle: "medium" });
  return date ? t(`${state}On`, { date }) : t(state);
}
