import { DomainError } from "#lib/domain/errors.ts";
import { hostOf } from "#lib/http/request-facts.ts";

/**
 * For every change that a cookie authorises. Its cookies are SameSite=None, so this check is what stands between a
 * stranger's page and the member: the Origin must be this very host, and the browser must not say otherwise. A missing
 * Origin is refused too. Refuses `cross_site_request`.
 */
export function requireSameOrigin(request: Request): void {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  const isOwnOrigin =
    origin !== null &&
    URL.canParse(origin) &&
    new URL(origin).origin === origin &&
    new URL(origin).host === hostWithoutUsualPort(request, origin);
  if (!isOwnOrigin || (site !== null && site !== "same-origin")) throw new DomainError("cross_site_request");
}

/**
 * For a personal answer that costs something: a cookie is sent along also where another site's page asks, which could not
 * read the answer, but make it be made. The browser says who asks (a person who typed the address: "none"); one that is too
 * old to say may go on. Refuses `cross_site_request`.
 */
export function requireOwnSite(request: Request): void {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") throw new DomainError("cross_site_request");
}

/** `Host: example.com:443` and `https://example.com` are one place. */
function hostWithoutUsualPort(request: Request, origin: string): string | null {
  const address = `${new URL(origin).protocol}//${hostOf(request.headers)}`;
  return URL.canParse(address) ? new URL(address).host : null;
}
