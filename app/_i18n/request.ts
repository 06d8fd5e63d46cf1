import { headers } from "next/headers";
import { getRequestConfig } from "next-intl/server";

import { chooseLocale } from "#app/_i18n/choose-locale.ts";
import { messagesIn, timeZone } from "#app/_i18n/messages.ts";
import { type Locale, localeOf } from "#lib/domain/locales.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import { askedLocale } from "#lib/http/asked-locale.ts";
import { findReaderLocale } from "#lib/http/member-session.ts";
import { hostOf } from "#lib/http/request-facts.ts";

/** In the language that is asked for in the code, as for a mail; else in the reader's. */
export default getRequestConfig(async ({ locale: given }) => {
  const locale = localeOf(given) ?? (await readersLocale());
  return { locale, messages: await messagesIn(locale), timeZone };
});

async function readersLocale(): Promise<Locale> {
  const requestHeaders = await headers();
  const tenant = await findTenantByHost(hostOf(requestHeaders)).catch(() => null);
  return chooseLocale({
    member: await findReaderLocale(),
    asked: askedLocale(requestHeaders),
    acceptLanguage: requestHeaders.get("accept-language"),
    tenant: tenant?.locale ?? null,
  });
}
