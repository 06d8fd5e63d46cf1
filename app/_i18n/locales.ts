import { type Locale, locales } from "#lib/domain/locales.ts";

export { type Locale, locales };

export function directionOf(locale: string): "ltr" | "rtl" {
  return locale === "ar" ? "rtl" : "ltr";
}

/** Each language by its own name, as those look for it who speak it. */
export const languageNames: Readonly<Record<Locale, string>> = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  ar: "العربية",
};
