import { getLocale } from "next-intl/server";

import { drawScanCode, isBarcodeText } from "#app/_components/scan-code.tsx";
import { ticketStateText } from "#app/_components/ticket-state.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";
import type { OfflineCopy, OfflineTicket } from "#app/_pwa/offline-copy.ts";
import { type Benefit, type BenefitState, stateOf } from "#lib/domain/benefits/benefit.ts";
import { listBenefits } from "#lib/domain/benefits/list-benefits.ts";
import type { SignedIn } from "#lib/domain/sessions/read-session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { secondsRemaining } from "#lib/http/schemas/session.ts";

const readMax = 100; // of the newest, whatever has become of them
const ticketsMax = 20; // each has its codes drawn

/** What a member's device may show without a network: nothing by which anything could be changed, and no used tickets. */
export async function makeOfflineCopy(tenant: Tenant, { session, wallet }: SignedIn): Promise<OfflineCopy> {
  const { member } = session;
  const { givenName, familyName } = member.profile;
  const locale = member.locale ?? (await getLocale());
  const t = await getTranslations({ locale, namespace: "points" });
  const page = { before: null, limit: readMax, isRedeemable: false };
  const { items } = await listBenefits(tenant.id, member.id, page);
  const usable = items
    .map((benefit) => ({ benefit, state: stateOf(benefit) }))
    .filter(({ state }) => state === "ready" || state === "redeemed")
    // Those with a code first: the others can do nothing without a network.
    .sort((a, b) => Number(b.state === "redeemed") - Number(a.state === "redeemed"))
    .slice(0, ticketsMax);
  return {
    memberId: member.id,
    secondsRemaining: secondsRemaining(session),
    points: t("amount", { points: wallet.balancePoints }),
    card: {
      holder: `${givenName} ${familyName}`,
      number: member.accountNumber,
      qrCode: drawScanCode("qrcode", member.accountNumber),
      barcode: drawScanCode("code128", member.accountNumber),
    },
    tickets: await Promise.all(usable.map(({ benefit, state }) => ticketOf(benefit, state, locale))),
  };
}

async function ticketOf(benefit: Benefit, state: BenefitState, locale: string): Promise<OfflineTicket> {
  const { id, reward, expiresAt, code } = benefit;
  return {
    id,
    reward: reward.name,
    state: await ticketStateText(benefit, state, locale),
    expiresAt: expiresAt?.toISOString() ?? null,
    isRedeemed: state === "redeemed",
    code: code && {
      value: code.value,
      qrCode: drawScanCode("qrcode", code.value),
      barcode: isBarcodeText(code.value) ? drawScanCode("code128", code.value) : null,
    },
  };
}
