/** How a programme looks beside its name. What is null is as Laurel itself looks. */
import type { BrandRow } from "#lib/db/tenants.ts";
import { type BrandColors, brandColors } from "#lib/domain/tenants/brand-colors.ts";

export type Brand = {
  /** Computed from the accent colour; null: Laurel's green. */
  colors: BrandColors | null;
  logoUrl: string | null;
  /** For dark pages, where the other one would not be seen. */
  logoDarkUrl: string | null;
  cornerRadius: NonNullable<BrandRow["cornerRadius"]>;
  font: NonNullable<BrandRow["font"]>;
  heroPictureUrl: string | null;
  /** By language. */
  texts: NonNullable<BrandRow["texts"]>;
};

export function brandOf(stored: BrandRow | null): Brand {
  const { accentColor, heroPictureUrl = null } = stored ?? {};
  return {
    ...{ logoUrl: null, logoDarkUrl: null, cornerRadius: "medium", font: "geist", texts: {} },
    ...stored,
    heroPictureUrl,
    colors:
      accentColor === undefined ? null : brandColors(accentColor, { isOnPicture: heroPictureUrl !== null }),
  };
}

/** In this language, or else in the programme's own; null where there is none. */
export function taglineIn(
  { brand, locale }: { brand: Brand; locale: string },
  pageLocale: string,
): { text: string; locale: string } | null {
  for (const each of [pageLocale, locale]) {
    const text = brand.texts[each]?.tagline;
    if (text) return { text, locale: each };
  }
  return null;
}
