/**
 * What this browser prefers: the language that a link asked for, until it closes, and light or dark. Nothing personal and
 * nothing secret, so nothing is decided by it but how a page looks; signing out clears it all the same, as it clears every
 * cookie of this site.
 *
 * `Partitioned`, so that it stays in a frame on another site, too: it is that site's then, and a tab of its own has another.
 */
import { type Locale, localeOf } from "#lib/domain/locales.ts";
import { readCookie } from "#lib/http/read-cookie.ts";

export const themes = ["light", "dark"] as const;
export type Theme = (typeof themes)[number];

const localeCookieName = "__Host-locale";
const themeCookieName = "__Host-theme";
const themeSeconds = 400 * 86_400; // browsers keep none longer

/** Null leaves it to the device. */
export function readTheme(headers: Headers): Theme | null {
  const value = readCookie(headers, themeCookieName);
  return themes.find((theme) => theme === value) ?? null;
}

export function themeCookie(theme: Theme | null): string {
  return cookie(themeCookieName, theme ?? "", theme === null ? 0 : themeSeconds);
}

export function readLocaleCookie(headers: Headers): Locale | null {
  return localeOf(readCookie(headers, localeCookieName));
}

export function localeCookie(locale: Locale): string {
  return cookie(localeCookieName, locale, null);
}

export function clearedPreferenceCookies(): string[] {
  return [localeCookieName, themeCookieName].map((name) => cookie(name, "", 0));
}

function cookie(name: string, value: string, maxAgeSeconds: number | null): string {
  const lifetime = maxAgeSeconds === null ? "" : ` Max-Age=${maxAgeSeconds};`;
  return `${name}=${value}; Path=/;${lifetime} HttpOnly; Secure; SameSite=None; Partitioned`;
}
