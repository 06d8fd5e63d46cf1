/** A programme's brand as the CSS variables of app/globals.css, for the style of <html>. */
import type { CSSProperties } from "react";

import type { Brand } from "#lib/domain/tenants/brand.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

const fonts: Record<Brand["font"], string | null> = {
  geist: null,
  system: "system-ui, sans-serif",
  serif: "ui-serif, Charter, 'Iowan Old Style', Georgia, Cambria, 'Times New Roman', serif",
  rounded:
    "ui-rounded, 'SF Pro Rounded', 'Hiragino Maru Gothic ProN', Quicksand, Nunito, 'Arial Rounded MT Bold', system-ui, sans-serif",
};

/** By the name of the variable behind `--radius-`. */
const radii: Record<Brand["cornerRadius"], Record<string, string>> = {
  none: { field: "0", panel: "0", button: "0", "2xl": "0", "3xl": "0" },
  small: { field: "0.25rem", panel: "0.5rem", button: "0.375rem", "2xl": "0.375rem", "3xl": "0.5rem" },
  medium: {},
  large: { field: "1.375rem", panel: "1.75rem", "2xl": "1.25rem", "3xl": "2rem" },
};

/** Without a tenant: as Laurel itself looks. */
export function brandStyle(tenant: Pick<Tenant, "brand"> | null): CSSProperties | undefined {
  if (tenant === null) return undefined;
  const { colors, cornerRadius, font: fontName } = tenant.brand;
  const variables: [name: string, value: string][] = Object.entries(radii[cornerRadius]).map(
    ([corner, radius]) => [`--radius-${corner}`, radius],
  );
  const font = fonts[fontName];
  if (font !== null) variables.push(["--brand-font", font]);
  if (colors) {
    const lightDark = ({ light, dark }: { light: string; dark: string }) => `light-dark(${light}, ${dark})`;
    variables.push(
      ["--accent", lightDark(colors.accent)],
      ["--accent-fill", lightDark(colors.accentFill)],
      ["--on-accent", lightDark(colors.onAccent)],
      ["--accent-soft", lightDark(colors.accentSoft)],
      ["--hero-from", colors.heroFrom],
      ["--hero-to", colors.heroTo],
      ["--on-hero", colors.onHero],
      ["--hero-scrim", colors.heroScrim],
    );
  }
  return Object.fromEntries(variables) as CSSProperties;
}

/** What a phone's browser puts around the page: the brand's colour by day, a quiet shade of it by night. */
export function themeColors(tenant: Tenant | null): { light: string; dark: string } {
  const colors = tenant?.brand.colors;
  return colors
    ? { light: colors.accentFill.light, dark: colors.accentSoft.dark }
    : { light: "#f6f6f3", dark: "#101311" };
}
