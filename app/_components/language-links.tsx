import { headers } from "next/headers";
import { getLocale } from "next-intl/server";

import { languageNames, locales } from "#app/_i18n/locales.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import { pathOf } from "#lib/http/request-facts.ts";

/** The same page in each language, for who has not signed in yet. */
export async function LanguageLinks() {
  const t = await getTranslations("preferences");
  const current = await getLocale();
  const path = pathOf(await headers());
  return (
    <nav aria-label={t("language")} className="mt-4">
      <ul className="flex flex-wrap justify-center">
        {locales.map((locale) => (
          <li key={locale}>
            {/* A whole new page: the language stands around it, too. */}
            <a
              href={withLocale(path, locale)}
              lang={locale}
              hrefLang={locale}
              aria-current={locale === current ? "true" : undefined}
              className="inline-flex min-h-11 items-center rounded-full px-2 text-muted text-sm hover:text-ink hover:underline aria-[current]:font-semibold aria-[current]:text-ink"
            >
              {languageNames[locale]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function withLocale(path: string, locale: string): string {
  const [page = "/", ...query] = path.split("?");
  const parameters = new URLSearchParams(query.join("?"));
  parameters.set("locale", locale);
  return `${page}?${parameters}`;
}
