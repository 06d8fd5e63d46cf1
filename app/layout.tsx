import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { getLocale } from "next-intl/server";
import type { ReactNode } from "react";

import "#app/globals.css";
import { brandStyle, themeColors } from "#app/_components/brand-style.ts";
import { directionOf } from "#app/_i18n/locales.ts";
import { findTenantOfPage } from "#lib/http/member-session.ts";

export async function generateViewport(): Promise<Viewport> {
  const { light, dark } = themeColors(await findTenantOfPage());
  return {
    width: "device-width",
    initialScale: 1,
    viewportFit: "cover",
    themeColor: [
      { media: "(prefers-color-scheme: light)", color: light },
      { media: "(prefers-color-scheme: dark)", color: dark },
    ],
  };
}

export async function generateMetadata(): Promise<Metadata> {
  const tenant = await findTenantOfPage();
  const name = tenant?.name ?? "Laurel";
  return {
    title: { default: name, template: `%s · ${name}` },
    icons: { icon: "/favicon.svg" },
    robots: { index: false },
  };
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const locale = await getLocale();
  return (
    <html
      lang={locale}
      dir={directionOf(locale)}
      className={GeistSans.variable}
      style={brandStyle(await findTenantOfPage())}
    >
      <body className="min-h-dvh font-sans antialiased">{children}</body>
    </html>
  );
}
