import Negotiator from "negotiator";
import { headers } from "next/headers";
import { getRequestConfig } from "next-intl/server";
import { type Locale, locales } from "#app/_i18n/locales.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import { hostOf } from "#lib/http/request-facts.ts";

const messages = {
  en: () => import("#app/_i18n/messages/en.json"),
  de: () => import("#app/_i18n/messages/de.json"),
  fr: () => import("#app/_i18n/messages/fr.json"),
  es: () => import("#app/_i18n/messages/es.json"),
  ar: () => import("#app/_i18n/messages/ar.json"),
};

/** The language of a page: the browser's, as far as we speak it, or else the programme's own. */
export default getRequestConfig(async () => {
  const requestHeaders = await headers();
  const locale = browserLocale(requestHeaders) ?? (await tenantLocale(requestHeaders));
  return { locale, messages: (await messages[locale]()).default, timeZone: "UTC" };
});

function browserLocale(requestHeaders: Headers): Locale | undefined {
  const accept = requestHeaders.get("accept-language");
  if (!accept) return undefined;
  const negotiator = new Negotiator({ headers: { "accept-language": accept } });
  return negotiator.languages([...locales])[0] as Locale | undefined;
}

async function tenantLocale(requestHeaders: Headers): Promise<Locale> {
  const tenant = await findTenantByHost(hostOf(requestHeaders)).catch(() => null);
  return locales.find((locale) => locale === tenant?.locale) ?? "en";
}
