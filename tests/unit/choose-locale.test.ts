import { expect, test } from "vitest";

import { chooseLocale } from "#app/_i18n/choose-locale.ts";
import { askedLocale, localeIn } from "#lib/http/asked-locale.ts";
import { localeCookie, readTheme, themeCookie } from "#lib/http/preference-cookies.ts";
import { ownedHeaders } from "#lib/http/request-facts.ts";

// Goal: of all who can say which language a page speaks, the first that says one of ours is heard.

const all = { member: "de", asked: "fr", acceptLanguage: "es", tenant: "ar" } as const;

test("the member's choice comes first, then the link's, the browser's and the programme's", () => {
  expect(chooseLocale(all)).toBe("de");
  expect(chooseLocale({ ...all, member: null })).toBe("fr");
  expect(chooseLocale({ ...all, member: null, asked: null })).toBe("es");
  expect(chooseLocale({ member: null, asked: null, acceptLanguage: null, tenant: "ar" })).toBe("ar");
  expect(chooseLocale({ member: null, asked: null, acceptLanguage: null, tenant: null })).toBe("en");
});

test.each([
  ["pt-BR, es-MX;q=0.8, en;q=0.5", "es"],
  ["nl", "ar"],
  ["de;q=0", "ar"],
  ["*", "en"],
  ["", "ar"],
  ["\u0000;;;q=9", "ar"],
])("a browser that accepts %j in a programme that speaks Arabic gets %s", (acceptLanguage, locale) => {
  expect(chooseLocale({ member: null, asked: null, acceptLanguage, tenant: "ar" })).toBe(locale);
});

test.each([
  ["/?locale=de", "de"],
  ["/rewards?tier=1&locale=ar", "ar"],
  ["/?locale=de-AT", "de"],
  ["/?locale=DE", "de"],
  ["/api/auth?session=x&redirect_path=/rewards?locale=fr", "fr"],
  ["/api/auth?session=x&redirect_path=%2Frewards%3Flocale%3Dfr", "fr"],
  ["/api/auth?session=x&redirect_path=https://evil.example/?locale=fr", null],
  ["/api/auth?session=x", null],
  ["/", null],
  ["/?locale=", null],
  ["/?locale=xx", null],
  ["/?locale=constructor", null],
  ["/?locale=../de", null],
  ["/?locale=de&locale=fr", null],
  ["//", null],
])("the address %s asks for %s", (path, locale) => {
  expect(localeIn(path)).toBe(locale);
});

test("what a link asked for holds until another one asks", () => {
  const headersOf = (path: string, cookie: string) => new Headers({ [ownedHeaders.path]: path, cookie });
  const kept = localeCookie("ar").split(";")[0] ?? "";

  expect(askedLocale(headersOf("/wallet", kept))).toBe("ar");
  expect(askedLocale(headersOf("/wallet?locale=de", kept))).toBe("de");
  expect(askedLocale(headersOf("/wallet?locale=xx", kept))).toBe("ar");
  expect(askedLocale(headersOf("/api/auth?redirect_path=/wallet?locale=de", kept))).toBe("de");
  expect(askedLocale(headersOf("/wallet", "__Host-locale=xx"))).toBeNull();
});

test("the cookies stay in a frame on another site; only that of light and dark outlives the browser", () => {
  expect(localeCookie("ar")).toBe("__Host-locale=ar; Path=/; HttpOnly; Secure; SameSite=None; Partitioned");
  expect(themeCookie("dark")).toBe(
    "__Host-theme=dark; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=None; Partitioned",
  );
  expect(themeCookie(null)).toBe(
    "__Host-theme=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
  );
  const themeOf = (cookie: string) => readTheme(new Headers({ cookie }));
  expect(["__Host-theme=dark", "__Host-theme=x", "theme=dark", ""].map(themeOf)).toEqual([
    ...["dark", null, null, null],
  ]);
});
