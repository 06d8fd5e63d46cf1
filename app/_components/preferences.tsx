import { headers } from "next/headers";

import { Choice } from "#app/_components/choice.tsx";
import { SectionHeading } from "#app/_components/section-heading.tsx";
import { languageNames, locales } from "#app/_i18n/locales.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import type { Member } from "#lib/domain/members/member.ts";
import { readTheme } from "#lib/http/preference-cookies.ts";

/** How the pages speak to a member, everywhere, and how they look in this browser. */
export async function Preferences({ member }: { member: Member }) {
  const t = await getTranslations("preferences");
  const profileTexts = await getTranslations("profile");
  const labels = {
    saved: profileTexts("saved"),
    failed: profileTexts("failed"),
    signedOut: profileTexts("signedOut"),
  };
  return (
    <section className="noscript:hidden">
      <SectionHeading title={t("title")} />
      <div className="panel divide-y divide-line">
        <Choice
          {...{ label: t("language"), hint: t("languageHint"), labels }}
          {...{ address: "/api/session/member", method: "PATCH", field: "locale" }}
          value={member.locale}
          options={[
            { value: null, label: t("asBrowser") },
            ...locales.map((locale) => ({ value: locale, label: languageNames[locale], lang: locale })),
          ]}
        />
        <Choice
          {...{ label: t("appearance"), hint: t("appearanceHint"), labels }}
          {...{ address: "/api/session/theme", method: "PUT", field: "theme" }}
          value={readTheme(await headers())}
          options={[
            { value: null, label: t("asDevice") },
            { value: "light", label: t("light") },
            { value: "dark", label: t("dark") },
          ]}
        />
      </div>
    </section>
  );
}
