import { memberPage } from "#app/_components/member-page.tsx";
import { TillCode } from "#app/_components/till-code.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import { tierProgress } from "#lib/domain/tiers/tier-progress.ts";

export const generateMetadata = memberPageTitle("card");

export default memberPage(async ({ tenant, session, wallet }) => {
  const t = await getTranslations("card");
  const tierTexts = await getTranslations("tier");
  const { accountNumber, profile } = session.member;
  const { tier } = tierProgress(tenant.tiers, wallet.tierPoints);

  return (
    <div className="mx-auto max-w-md">
      <h1 className="mb-4 font-semibold text-2xl tracking-tight">{t("title")}</h1>
      <section className="overflow-hidden rounded-3xl shadow-card">
        <div className="hero-surface p-5 sm:p-6">
          <p className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
            <span className="line-clamp-2 font-semibold">{tenant.name}</span>
            {tier && (
              <span className="rounded-full border border-on-hero/60 px-3 py-0.5 font-medium text-sm">
                {tierTexts("current", { tier: tier.name })}
              </span>
            )}
          </p>
          <p className="mt-3 break-words font-medium text-lg sm:mt-6">
            {profile.givenName} {profile.familyName}
          </p>
        </div>
        <TillCode
          code={accountNumber}
          name={tenant.name}
          labels={{ caption: t("number"), qr: t("qr"), barcode: t("barcode") }}
        />
      </section>
    </div>
  );
});
