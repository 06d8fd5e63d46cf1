/** The languages that Laurel speaks. */
export const locales = ["en", "de", "fr", "es", "ar"] as const;
export type Locale = (typeof locales)[number];

/** Null for what is none of them. */
export function localeOf(value: string | null | undefined): Locale | null {
  return locales.find((locale) => locale === value) ?? null;
}
