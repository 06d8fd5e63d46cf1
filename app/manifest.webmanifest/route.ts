import { themeColors } from "#app/_components/brand-style.ts";
import { chooseLocale } from "#app/_i18n/choose-locale.ts";
import { directionOf } from "#app/_i18n/locales.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import { type AppPictureName, appPictures, appPictureUrl } from "#app/_pwa/pictures.ts";
import { taglineIn } from "#lib/domain/tenants/brand.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { hostRoute } from "#lib/http/api-route.ts";

/** GET /manifest.webmanifest: what a device shows of the installed app (W3C Web App Manifest). It is nobody's own. */
export const GET = hostRoute(async (request, tenant) => {
  const acceptLanguage = request.headers.get("accept-language");
  const locale = chooseLocale({ member: null, asked: null, acceptLanguage, tenant: tenant.locale });
  const t = await getTranslations({ locale });
  const { light } = themeColors(tenant);
  const manifest = {
    id: "/",
    name: tenant.name,
    short_name: tenant.name,
    description: taglineIn(tenant, locale)?.text ?? t("app.description", { programme: tenant.name }),
    ...{ lang: locale, dir: directionOf(locale) },
    ...{ start_url: "/", scope: "/", display: "standalone" },
    ...{ background_color: "#f6f6f3", theme_color: light },
    categories: ["shopping", "lifestyle"],
    icons: [
      icon(tenant, "icon-192.png", "any"),
      icon(tenant, "icon-512.png", "any"),
      icon(tenant, "icon-maskable-192.png", "maskable"),
      icon(tenant, "icon-maskable-512.png", "maskable"),
    ],
    screenshots: [
      { ...picture(tenant, "screen-narrow.png"), form_factor: "narrow", label: t("home.title") },
      { ...picture(tenant, "screen-wide.png"), form_factor: "wide", label: t("home.title") },
    ],
    // What one is in a hurry for.
    shortcuts: [
      { name: t("card.title"), url: "/card" },
      { name: t("wallet.title"), url: "/wallet" },
      { name: t("rewards.title"), url: "/rewards" },
    ],
  };
  return Response.json(manifest, {
    headers: {
      "Content-Type": "application/manifest+json",
      "Cache-Control": "public, max-age=300",
      Vary: "Accept-Language",
    },
  });
});

function icon(tenant: Tenant, name: AppPictureName, purpose: "any" | "maskable") {
  return { ...picture(tenant, name), purpose };
}

function picture(tenant: Tenant, name: AppPictureName) {
  const { widthPx, heightPx } = appPictures[name];
  return { src: appPictureUrl(tenant, name), sizes: `${widthPx}x${heightPx}`, type: "image/png" };
}
