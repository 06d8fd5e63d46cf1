import { getLocale } from "next-intl/server";

import { pageTitle } from "#app/_i18n/page-title.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import { OfflineContent } from "#app/_pwa/offline-content.tsx";
import { appPictureUrl } from "#app/_pwa/pictures.ts";
import { requireTenantPage } from "#lib/http/member-session.ts";

export const generateMetadata = pageTitle("offlinePage");

/**
 * What the service worker shows in place of any page that cannot be had. It is kept as it is made, so nothing in it is
 * anybody's; what this device knows of its member is put in there.
 */
export default async function OfflinePage() {
  const tenant = await requireTenantPage();
  const t = await getTranslations();
  return (
    <div className="mx-auto flex min-h-dvh w-full max-w-md flex-col px-4 py-6 sm:px-6 sm:py-8">
      <header className="flex min-h-11 items-center gap-3 font-semibold">
        <img src={appPictureUrl(tenant, "icon-192.png")} alt="" width={36} height={36} />
        <span className="min-w-0 truncate">{tenant.name}</span>
      </header>
      <main className="mt-6 flex-1">
        <h1 className="text-balance font-semibold text-2xl tracking-tight">{t("offlinePage.title")}</h1>
        <OfflineContent
          locale={await getLocale()}
          labels={{
            text: t("offlinePage.text"),
            textNothing: t("offlinePage.textNothing"),
            again: t("error.again"),
            back: t("offlinePage.back"),
            latest: t("offlinePage.latest"),
            balance: t("home.balance"),
            asOf: t("offlinePage.asOf", { when: "{when}" }),
            card: t("card.title"),
            cardNumber: t("card.number"),
            cardQrCode: t("card.qr"),
            cardBarcode: t("card.barcode"),
            tickets: t("wallet.tickets"),
            code: t("ticket.code"),
            qrCode: t("ticket.qr"),
            barcode: t("ticket.barcode"),
            noCode: t("ticket.noCode"),
            codeLater: t("offlinePage.codeLater"),
            over: t("ticket.expired"),
            hint: t("till.hint"),
          }}
        />
      </main>
    </div>
  );
}
