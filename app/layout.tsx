import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { getLocale } from "next-intl/server";
import type { ReactNode } from "react";
import { preload } from "react-dom";

import geistUrl from "../node_modules/geist/dist/fonts/geist-sans/Geist-Variable.woff2";
import "#app/globals.css";
import { brandStyle, themeColors } from "#app/_components/brand-style.ts";
import { directionOf } from "#app/_i18n/locales.ts";
import { appMetadata } from "#app/_pwa/app-metadata.ts";
import { findTenantOfPage } from "#lib/http/member-session.ts";
import { readTheme } from "#lib/http/preference-cookies.ts";

/** The browser's own parts look as the page does: as the device is, unless this browser's person chose. */
export async function generateViewport(): Promise<Viewport> {
  const theme = readTheme(await headers());
  const colors = themeColors(await findTenantOfPage());
  return {
    ...{ width: "device-width", initialScale: 1, viewportFit: "cover", colorScheme: theme ?? "light dark" },
    themeColor: theme
      ? colors[theme]
      : [
          { media: "(prefers-color-scheme: light)", color: colors.light },
          { media: "(prefers-color-scheme: dark)", color: colors.dark },
        ],
  };
}

export async function generateMetadata(): Promise<Metadata> {
  const tenant = await findTenantOfPage();
  const name = tenant?.name ?? "Laurel";
  return {
    title: { default: name, template: `%s · ${name}` },
    ...(tenant ? appMetadata(tenant) : { icons: { icon: "/favicon.svg" } }),
    robots: { index: false },
  };
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const locale = await getLocale();
  const theme = readTheme(await headers()) ?? undefined;
  const tenant = await findTenantOfPage();
  // Next's own way with fonts would have every page fetch it at once, also those of programmes that use another.
  if (tenant === null || tenant.brand.font === "geist") {
    preload(geistUrl, { as: "font", type: "font/woff2", crossOrigin: "anonymous" });
  }
  return (
    <html lang={locale} dir={directionOf(locale)} data-theme={theme} style={brandStyle(tenant)}>
      <body className="min-h-dvh font-sans antialiased">{children}</body>
    </html>
  );
}
