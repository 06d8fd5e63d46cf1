import { createServer, get, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";

import {
  call,
  cleanUp,
  type LaurelServer,
  newFolder,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { embeddedTenant, interactiveTenant, mintSession } from "#tests/support/tenants.ts";

// Goal: a programme can be installed under its own name and face, and what a device keeps of a member is asked for by them alone.
// Method: the built server, and a server of the test's own that has the logo.

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10" fill="#c00000"/></svg>`;
let logosAsked = 0;
const logos = createServer((request, response) => {
  logosAsked++;
  const isPicture = request.url === "/logo.svg";
  response.writeHead(200, { "Content-Type": isPicture ? "image/svg+xml" : "text/html" });
  response.end(isPicture ? logo : "<p>no picture</p>");
});

let server: LaurelServer;
let cookie: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => logos.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(logos.address() as AddressInfo).port}`;
  const brand = { accentColor: "#0057b8", texts: { en: { tagline: "Coffee that counts" } } };
  const branded = { ...embeddedTenant, brand: { ...brand, logoUrl: `${origin}/logo.svg` } };
  const broken = { ...interactiveTenant, brand: { ...brand, logoUrl: `${origin}/nothing` } };
  server = await startLaurel({
    ALLOW_LOOPBACK_URLS: "1",
    LAUREL_PROVISION: writeProgramme(newFolder(), branded, broken),
  });
  cookie = `session=${await mintSession(server.port)}`;
});
afterAll(async () => {
  logos.close();
  await cleanUp();
});

type Manifest = {
  name: string;
  description: string;
  lang: string;
  theme_color: string;
  icons: { src: string; sizes: string; purpose: string }[];
  screenshots: { src: string; sizes: string; form_factor: string }[];
  shortcuts: { name: string; url: string }[];
};

async function readManifest(host = "rewards.localhost", language = "en"): Promise<Manifest> {
  const answer = await call(server.port, "/manifest.webmanifest", {
    host,
    headers: { "Accept-Language": language },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/manifest+json");
  return JSON.parse(answer.text);
}

type Picture = { status: number; headers: IncomingHttpHeaders; bytes: Buffer };

function getPicture(path: string, host = "rewards.localhost"): Promise<Picture> {
  return new Promise((resolve, reject) => {
    const asked = { host: "127.0.0.1", port: server.port, path, headers: { Host: host } };
    get(asked, async (response) => {
      const { statusCode: status = 0, headers } = response;
      resolve({ status, headers, bytes: await buffer(response) });
    }).on("error", reject);
  });
}

/** As a PNG's header has it: width x height. */
function sizeOf({ bytes }: Picture): string {
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  return `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
}

test("a programme's manifest has its name, and its words in the reader's language", async () => {
  const english = await readManifest();
  expect(english).toMatchObject({ name: "Acme Rewards", description: "Coffee that counts", lang: "en" });
  expect(english.theme_color).toBe("#0057b8");
  const german = await readManifest("rewards.localhost", "de-AT,de;q=0.9");
  expect(german).toMatchObject({ lang: "de", name: "Acme Rewards" });
  expect(german.shortcuts.map(({ name }) => name)).toContain("Meine Karte");
  expect((await readManifest("club.localhost")).name).toBe("The Club");
});

test("every picture that a manifest or a page names is there, in the size that it says", async () => {
  const { icons, screenshots } = await readManifest();
  expect(icons.map(({ purpose, sizes }) => `${purpose} ${sizes}`)).toEqual(
    expect.arrayContaining(["any 192x192", "any 512x512", "maskable 192x192", "maskable 512x512"]),
  );
  expect(screenshots.map(({ form_factor }) => form_factor)).toEqual(["narrow", "wide"]);
  for (const { src, sizes } of [...icons, ...screenshots]) {
    const picture = await getPicture(src);
    expect(picture.status, src).toBe(200);
    expect(sizeOf(picture), src).toBe(sizes);
    expect(picture.headers["cache-control"]).toBe("public, max-age=86400");
  }
  const page = await call(server.port, "/offline");
  const linked = [...page.text.matchAll(/<link rel="(?:icon|apple-touch-icon)"[^>]* href="([^"]+)"/g)];
  expect(linked.length).toBe(2);
  for (const [, href = ""] of linked) expect((await getPicture(href)).status, href).toBe(200);
  expect(page.text).toContain('<link rel="manifest" href="/manifest.webmanifest"');
});

test("an icon has the logo on it; one that cannot be had is no reason for none, and is tried again soon", async () => {
  const withLogo = await getPicture("/pwa/icon-192.png");
  const withInitial = await getPicture("/pwa/icon-192.png", "club.localhost");

  expect(sizeOf(withInitial)).toBe("192x192");
  expect(withInitial.headers["cache-control"]).toBe("public, max-age=60");
  expect(withInitial.bytes.equals(withLogo.bytes)).toBe(false);
  expect(server.output()).toContain("The answer is no SVG, PNG or JPEG picture.");
  const asked = logosAsked;
  await Promise.all([getPicture("/pwa/icon-192.png"), getPicture("/pwa/icon-192.png?look=any")]);
  expect(logosAsked).toBe(asked); // drawn once
});

test.each(["/pwa/icon-64.png", "/pwa/constructor", "/serwist/other.js"])(
  "there is nothing at %s",
  async (path) => {
    expect((await call(server.port, path)).status).toBe(404);
  },
);

test("the service worker is asked for each time, may rule the whole site, and is a build's own", async () => {
  const { status, headers, text } = await call(server.port, "/serwist/sw.js");
  expect(status).toBe(200);
  expect(headers["cache-control"]).toBe("no-cache");
  expect(headers["service-worker-allowed"]).toBe("/");
  expect(headers["content-type"]).toContain("javascript");
  expect(text).toMatch(/^\/\* Build [0-9a-f-]{36} \*\//);
});

test("the offline page is a page like any, in frames too, and nobody's own", async () => {
  const signedIn = await call(server.port, "/offline", { headers: { Cookie: cookie } });
  expect(signedIn.status).toBe(200);
  expect(signedIn.headers["cache-control"]).toBe("private, no-store");
  expect(signedIn.headers["content-security-policy"]).toContain("frame-ancestors http://shop.localhost:4000");
  expect(signedIn.text).toMatch(/<h1[^>]*>You are offline/);
  expect(signedIn.text).not.toMatch(/Jane|500/);
});

test("the offline copy is what the member has", async () => {
  const answer = await call(server.port, "/api/session/offline-copy", { headers: { Cookie: cookie } });
  expect(answer.status).toBe(200);
  expect(answer.headers["cache-control"]).toBe("private, no-store");
  expect(JSON.parse(answer.text).data).toMatchObject({
    points: "500 points",
    card: { holder: "Jane Doe" },
    tickets: [],
  });
});

test("nobody else gets a copy, nor another site's page", async () => {
  const at = (headers: Record<string, string>, host?: string) =>
    call(server.port, "/api/session/offline-copy", { headers, ...(host ? { host } : {}) });
  expect((await at({})).status).toBe(401);
  expect((await at({ Cookie: cookie }, "club.localhost")).status).toBe(401);
  expect((await at({ Cookie: cookie, "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
});
