export const locales = ["en", "de", "fr", "es", "ar"] as const;
export type Locale = (typeof locales)[number];

export function directionOf(locale: string): "ltr" | "rtl" {
  return locale === "ar" ? "rtl" : "ltr";
}
