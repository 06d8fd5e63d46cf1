import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { getLocale } from "next-intl/server";
import type { ReactNode } from "react";

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
  return (
    <html
      lang={locale}
      dir={directionOf(locale)}
      data-theme={theme}
      className={GeistSans.variable}
      style={brandStyle(await findTenantOfPage())}
    >
      <body className="min-h-dvh font-sans antialiased">{children}</body>
    </html>
  );
}
