import { afterAll, beforeAll, expect, test } from "vitest";

import { directionOf, locales } from "#app/_i18n/locales.ts";
import {
  call,
  cleanUp,
  type LaurelServer,
  newFolder,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { embeddedTenant, interactiveTenant, mintSession } from "#tests/support/tenants.ts";

// Goal: each page comes in its reader's language and look from the server on, whoever said which.

const club = { ...interactiveTenant, locale: "fr" };
const german = { "Accept-Language": "de-AT, en;q=0.5" };
let server: LaurelServer;

beforeAll(async () => {
  const programme = writeProgramme(newFolder(), { ...embeddedTenant, locale: "es" }, club);
  server = await startLaurel({ LAUREL_PROVISION: programme });
});
afterAll(cleanUp);

/** What a page says of itself, and the cookies that came with it. */
async function open(path: string, headers: Record<string, string> = {}, host = "rewards.localhost") {
  const { status, headers: received, text } = await call(server.port, path, { host, headers });
  const [, attributes = ""] = /<html([^>]*)>/.exec(text) ?? [];
  const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? null;
  return {
    ...{ status, text, cookies: received["set-cookie"] ?? [] },
    ...{ lang: attribute("lang"), dir: attribute("dir"), theme: attribute("data-theme") },
  };
}

async function choose(address: string, method: string, cookie: string, body: object) {
  const headers = { Cookie: cookie, Origin: "http://rewards.localhost", "Content-Type": "application/json" };
  return call(server.port, address, { method, headers, body: JSON.stringify(body) });
}

test.each(locales)("%s stands on the page that a link asks it for, and holds by a cookie", async (locale) => {
  const cookie = `session=${await mintSession(server.port, "user-1")}`;

  const asked = await open(`/wallet?locale=${locale}`, { Cookie: cookie });
  expect(asked).toMatchObject({ status: 200, lang: locale, dir: directionOf(locale) });
  expect(asked.cookies).toEqual([
    `__Host-locale=${locale}; Path=/; HttpOnly; Secure; SameSite=None; Partitioned`,
  ]);

  const after = await open("/rewards", { Cookie: `${cookie}; __Host-locale=${locale}` });
  expect(after).toMatchObject({ status: 200, lang: locale, dir: directionOf(locale), cookies: [] });
});

test("the member's choice comes before the link, the link before the browser, the browser before the programme", async () => {
  const cookie = `session=${await mintSession(server.port, "user-2")}`;
  const languageAt = async (path: string, headers: Record<string, string> = {}) =>
    (await open(path, { Cookie: cookie, ...headers })).lang;

  expect(await languageAt("/")).toBe("es");
  expect(await languageAt("/", german)).toBe("de");
  expect(await languageAt("/?locale=xx", german)).toBe("de");
  expect(await languageAt("/?locale=ar", german)).toBe("ar");
  const { status } = await choose("/api/session/member", "PATCH", cookie, { locale: "fr" });
  expect(status).toBe(200);
  for (const path of ["/", "/profile", "/?locale=ar", "/signed-out", "/nothing", "/rewards/none"]) {
    expect(await languageAt(path, german), path).toBe("fr");
  }
});

test("a prefetch, an address of an API and one that is nobody's ask for nothing", async () => {
  const cookies = await Promise.all([
    open("/wallet?locale=ar", { "Sec-Purpose": "prefetch" }),
    open("/api/session?locale=ar"),
    open("/nothing?locale=ar"),
    open("/?locale=xx"),
    open("/?locale=ar&locale=de"),
  ]);

  expect(cookies.map((answer) => answer.cookies)).toEqual([[], [], [], [], []]);
});

test("an activation leads on to the page in its language, and one that fails says so in it", async () => {
  const link = `/api/auth?session=${await mintSession(server.port, "user-3")}&redirect_path=/wallet?locale=ar`;

  const answer = await call(server.port, link);
  expect([answer.status, answer.headers.location]).toEqual([303, "/wallet?locale=ar"]);
  const again = await open(link, { Accept: "text/html", ...german });
  expect(again).toMatchObject({ status: 401, lang: "ar", dir: "rtl", cookies: [] });
});

test("a stranger's sign-in page leads to itself in each language, with all that its address said", async () => {
  const { text, lang } = await open("/login?callbackUrl=%2Fwallet&locale=de", {}, "club.localhost");

  expect(lang).toBe("de");
  const links = [...text.matchAll(/href="([^"]*locale=[^"]*)"/g)].map(([, href]) => href);
  expect(links).toEqual(locales.map((locale) => `/login?callbackUrl=%2Fwallet&amp;locale=${locale}`));
});

test("a look that was chosen stands on the page as it comes, and else the device decides", async () => {
  const session = `session=${await mintSession(server.port, "user-4")}`;
  const headOf = ({ text }: { text: string }) =>
    [...text.matchAll(/<meta name="(?:theme-color|color-scheme)"[^>]*>/g)].map(([tag]) => tag);

  const dark = await open("/profile", { Cookie: `${session}; __Host-theme=dark` });
  expect(dark.theme).toBe("dark");
  expect(headOf(dark)).toEqual([
    '<meta name="theme-color" content="#101311"/>',
    '<meta name="color-scheme" content="dark"/>',
  ]);
  const asDevice = await open("/profile", { Cookie: `${session}; __Host-theme=blue` });
  expect(asDevice.theme).toBeNull();
  expect(headOf(asDevice)).toHaveLength(3);
  const broken = await open("/api/auth?session=x", { Accept: "text/html", Cookie: "__Host-theme=dark" });
  expect(broken.theme).toBe("dark");
});
