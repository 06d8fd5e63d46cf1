import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { getLocale } from "next-intl/server";
import type { ReactNode } from "react";

import "#app/globals.css";
import { directionOf } from "#app/_i18n/locales.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import { hostOf } from "#lib/http/request-facts.ts";

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f6f3" },
    { media: "(prefers-color-scheme: dark)", color: "#101311" },
  ],
};

export async function generateMetadata(): Promise<Metadata> {
  const tenant = await findTenantByHost(hostOf(await headers())).catch(() => null);
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
    <html lang={locale} dir={directionOf(locale)} className={GeistSans.variable}>
      <body className="min-h-dvh font-sans antialiased">{children}</body>
    </html>
  );
}
