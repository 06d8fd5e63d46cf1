import { getTranslations } from "next-intl/server";
import { memberPage } from "#app/_components/member-page.tsx";
import { ScanCode } from "#app/_components/scan-code.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";

export const generateMetadata = memberPageTitle("card");

export default memberPage(async ({ tenant, session }) => {
  const t = await getTranslations("card");
  const { accountNumber, profile } = session.member;

  return (
    <div className="mx-auto max-w-md">
      <h1 className="mb-4 font-semibold text-2xl tracking-tight">{t("title")}</h1>
      <section className="overflow-hidden rounded-3xl shadow-card">
        <div className="hero-surface p-6">
          <p className="font-semibold">{tenant.name}</p>
          <p className="mt-6 truncate font-medium text-lg">
            {profile.givenName} {profile.familyName}
          </p>
          <p className="text-on-hero/90 text-sm">
            {t("number")} <bdi className="font-medium text-on-hero tabular-nums">{accountNumber}</bdi>
          </p>
        </div>
        {/* White in the dark too: a scanner needs the contrast. */}
        <div className="flex flex-col items-center gap-6 bg-white p-6">
          <ScanCode kind="qrcode" text={accountNumber} label={t("qr")} className="w-full max-w-60" />
          <ScanCode
            kind="code128"
            text={accountNumber}
            label={t("barcode")}
            className="h-20 w-full max-w-72"
          />
        </div>
      </section>
      <p className="mt-4 text-balance text-center text-muted text-sm">{t("hint")}</p>
    </div>
  );
});
