import { type Locale, localeOf } from "#lib/domain/locales.ts";
import { readLocaleCookie } from "#lib/http/preference-cookies.ts";
import { safeRedirectPath } from "#lib/http/redirect-path.ts";
import { pathOf } from "#lib/http/request-facts.ts";

const anyOrigin = "http://localhost";

/**
 * The language that an address asks for by `?locale=`, or the page that an activation leads to. Of one with a region (`de-AT`) the
 * language counts; what is none of ours, or there twice, asks for nothing.
 */
export function localeIn(path: string): Locale | null {
  if (!URL.canParse(path, anyOrigin)) return null;
  const { pathname, searchParams } = new URL(path, anyOrigin);
  if (pathname === "/api/auth") {
    const page = safeRedirectPath(searchParams.get("redirect_path"), anyOrigin);
    return onlyLocale(new URL(page, anyOrigin).searchParams);
  }
  return onlyLocale(searchParams);
}

/** The language that this request's address asks for, or one before it in this browser. */
export function askedLocale(headers: Headers): Locale | null {
  return localeIn(pathOf(headers)) ?? readLocaleCookie(headers);
}

function onlyLocale(parameters: URLSearchParams): Locale | null {
  const [value, ...others] = parameters.getAll("locale");
  return others.length > 0 ? null : localeOf(value?.toLowerCase().split("-")[0]);
}
