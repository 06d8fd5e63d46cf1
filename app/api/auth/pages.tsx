/**
 * The two pages that /api/auth itself answers with. A route handler has no page of Next's to render, so they are plain
 * HTML: one small style, and one script under this answer's nonce.
 */
import { getLocale } from "next-intl/server";
import type { ReactNode } from "react";

import { BrandMark } from "#app/_components/brand-mark.tsx";
import { brandStyle } from "#app/_components/brand-style.ts";
import { hostNameOf } from "#app/_components/host-name.ts";
import { directionOf } from "#app/_i18n/locales.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import type { Member } from "#lib/domain/members/member.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { readTheme, type Theme } from "#lib/http/preference-cookies.ts";
import { privateHeaders } from "#lib/http/private-answers.ts";
import { nonceOf } from "#lib/http/request-facts.ts";
import { isInForeignPage } from "#lib/http/session-cookie.ts";

type Context = { request: Request; tenant: Tenant; path: string };

/** 401: the link was used, has ended, or never was. If this browser is signed in after all, it goes on to the path. */
export async function brokenLinkPage({ request, tenant, path }: Context): Promise<Response> {
  const t = await getTranslations("brokenLink");
  const host = hostNameOf(tenant.hostUrl);
  // A double click: the second request was too late, but the first one signed this browser in.
  const goOn = `fetch("/api/session").then((r) => r.json()).then(({ data }) => {
    if (data.authenticated) location.replace(${JSON.stringify(path).replaceAll("<", "\\u003c")});
  }).catch(() => {});`;
  return htmlAnswer({
    tenant,
    request,
    status: 401,
    referrerPolicy: "no-referrer",
    title: t("title"),
    body: (
      <>
        <h1>{t("title")}</h1>
        <p>{t("text")}</p>
        {tenant.hostUrl && host && (
          <a className="button" href={tenant.hostUrl} target="_top">
            {t("back", { host })}
          </a>
        )}
        {/* Our own text, and a path as JSON with < escaped. */}
        <script nonce={nonceOf(request.headers)} dangerouslySetInnerHTML={{ __html: goOn }} />
      </>
    ),
  });
}

/** 200: somebody else is signed in here; only a click, by this form, switches. */
export async function activationPage({
  request,
  tenant,
  path,
  member,
  confirmation,
}: Context & { member: Member; confirmation: string }): Promise<Response> {
  const t = await getTranslations("confirm");
  const { givenName, familyName } = member.profile;
  const name = `${givenName} ${[...familyName][0] ?? ""}.`;
  return htmlAnswer({
    tenant,
    request,
    status: 200,
    referrerPolicy: "same-origin",
    title: t("title", { name }),
    body: (
      <>
        <h1>{t("title", { name })}</h1>
        <p>{t("text", { name })}</p>
        <form method="post" action="/api/auth/activate">
          <input type="hidden" name="confirmation" value={confirmation} />
          <input type="hidden" name="redirect_path" value={path} />
          {isInForeignPage(request.headers) && <input type="hidden" name="framed" value="true" />}
          <button className="button" type="submit">
            {t("yes", { name })}
          </button>
        </form>
        <a href="/">{t("no")}</a>
      </>
    ),
  });
}

const style = `
:root { color-scheme: light dark; --accent: light-dark(#17603f, #8fd6b0); --accent-fill: var(--accent);
  --on-accent: light-dark(#fff, #0a2418); --ink: light-dark(#171a18, #f1f3f1); --muted: light-dark(#5a605c, #a5ada7);
  font: 1rem/1.5 var(--brand-font, system-ui, sans-serif) }
:root[data-theme="light"] { color-scheme: light }
:root[data-theme="dark"] { color-scheme: dark }
body { display: grid; place-content: center; justify-items: center; min-height: 100vh; margin: 0; padding: 1rem;
  box-sizing: border-box; text-align: center; color: var(--ink); background: light-dark(#f6f6f3, #101311) }
main { max-width: 28rem }
svg { width: 3rem; height: 3.5rem; color: var(--accent) }
img { height: 3.5rem; max-width: 16rem; object-fit: contain }
h1 { font-size: 1.5rem; line-height: 1.25; text-wrap: balance }
p { color: var(--muted); text-wrap: balance }
a { color: var(--accent); display: inline-block; padding: .75rem }
.button { display: inline-block; margin: 1rem 0 .5rem; padding: .75rem 1.5rem; border: 0; border-radius: var(--radius-button, 2rem);
  font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
  color: var(--on-accent); background: var(--accent-fill) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }`;

async function htmlAnswer({
  tenant,
  request,
  status,
  referrerPolicy,
  title,
  body,
}: {
  tenant: Tenant;
  request: Request;
  status: number;
  referrerPolicy: string;
  title: string;
  body: ReactNode;
}): Promise<Response> {
  const { renderToStaticMarkup } = await import("react-dom/server"); // Next refuses it as a static import
  const locale = await getLocale();
  const theme = readTheme(request.headers);
  const html = renderToStaticMarkup(
    <html lang={locale} dir={directionOf(locale)} data-theme={theme ?? undefined} style={brandStyle(tenant)}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <style>{style}</style>
      </head>
      <body>
        <main>
          {tenant.brand.logoUrl === null ? <BrandMark /> : <Logo tenant={tenant} theme={theme} />}
          {body}
        </main>
      </body>
    </html>,
  );
  return new Response(`<!doctype html>${html}`, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      ...privateHeaders,
      "Referrer-Policy": referrerPolicy,
    },
  });
}

/** `theme`: what this browser's person chose; null for as the device is. */
function Logo({ tenant: { name, brand }, theme }: { tenant: Tenant; theme: Theme | null }) {
  return (
    <picture>
      {brand.logoDarkUrl !== null && theme !== "light" && (
        <source
          media={theme === "dark" ? "all" : "(prefers-color-scheme: dark)"}
          srcSet={brand.logoDarkUrl}
        />
      )}
      <img src={brand.logoUrl ?? undefined} alt={name} referrerPolicy="no-referrer" />
    </picture>
  );
}
