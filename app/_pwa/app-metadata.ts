import type { Metadata } from "next";

import { appPictureUrl } from "#app/_pwa/pictures.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** By which a browser knows that the site is an app, and how that looks on a device. */
export function appMetadata(tenant: Tenant): Metadata {
  const { colors, logoUrl } = tenant.brand;
  const isBranded = colors !== null || logoUrl !== null;
  return {
    manifest: "/manifest.webmanifest",
    applicationName: tenant.name,
    appleWebApp: { title: tenant.name },
    icons: {
      icon: isBranded ? appPictureUrl(tenant, "icon-48.png") : "/favicon.svg",
      apple: appPictureUrl(tenant, "apple-touch-icon.png"),
    },
  };
}
