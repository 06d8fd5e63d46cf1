import type { Locale } from "#lib/domain/locales.ts";

const files = {
  en: () => import("#app/_i18n/messages/en.json"),
  de: () => import("#app/_i18n/messages/de.json"),
  fr: () => import("#app/_i18n/messages/fr.json"),
  es: () => import("#app/_i18n/messages/es.json"),
  ar: () => import("#app/_i18n/messages/ar.json"),
};

/** All texts in one language. */
export async function messagesIn(locale: Locale) {
  return (await files[locale]()).default;
}

/** Days and months are UTC's, for whoever reads them. */
export const timeZone = "UTC";
