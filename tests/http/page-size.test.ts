import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
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

// Goal: a page on a phone is there soon: its scripts weigh little more than those of an empty page of the same build.
// Method: the built server; the scripts that a page's HTML names, compressed, without those that every page of Next's has.

const overEmptyKibMax = 60;
const memberPages = ["/", "/card", "/rewards", "/wallet", "/activity", "/profile"];
const strangerPages = ["/login", "/signup", "/forgot-password", "/signed-out"];

let server: LaurelServer;
let cookie: string;
let ofEveryPage: ReadonlySet<string>;

beforeAll(async () => {
  server = await startLaurel({
    LAUREL_PROVISION: writeProgramme(newFolder(), embeddedTenant, interactiveTenant),
  });
  cookie = `session=${await mintSession(server.port)}`;
  const manifest = JSON.parse(readFileSync(".next/build-manifest.json", "utf8"));
  const files: string[] = [...manifest.rootMainFiles, ...manifest.polyfillFiles];
  ofEveryPage = new Set(files.map((file) => `/_next/${file}`));
});
afterAll(cleanUp);

test.each([
  ...memberPages.map((path) => [path, "rewards.localhost"]),
  ...strangerPages.map((path) => [path, "club.localhost"]),
] as [string, string][])(
  "the scripts of %s at %s weigh at most 60 KiB over an empty page's",
  async (path, host) => {
    const page = await call(server.port, path, { host, headers: { Cookie: cookie } });
    const scripts = new Set(
      [...page.text.matchAll(/<script[^>]* src="([^"?]+)/g)].map(([, url = ""]) => url),
    );
    const own = [...scripts].filter((url) => !ofEveryPage.has(url));

    const sizes = await Promise.all(own.map(async (url) => gzipSync(await scriptAt(url)).length));
    const kib = sizes.reduce((sum, size) => sum + size, 0) / 1024;

    expect(page.status).toBe(200);
    expect(scripts.size).toBeGreaterThan(own.length); // the build's own list names what the page loads
    expect(own.length).toBeGreaterThan(0);
    expect(kib).toBeLessThanOrEqual(overEmptyKibMax);
  },
);

async function scriptAt(url: string): Promise<string> {
  const { status, text } = await call(server.port, url);
  expect([url, status]).toEqual([url, 200]);
  return text;
}
