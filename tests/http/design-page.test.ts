import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";

import { call, cleanUp, newFolder, startLaurel, writeProgramme } from "#tests/support/laurel-server.ts";
import { embeddedTenant } from "#tests/support/tenants.ts";

// Goal: the page of the design is there for who works on the sources, and for nobody else.
// Method: the built server, the build's own list of pages, and the server of the sources.

afterAll(cleanUp);

test("a build has no page of the design, and its address is unknown like any other", async () => {
  const { port } = await startLaurel({ LAUREL_PROVISION: writeProgramme(newFolder(), embeddedTenant) });
  const built: Record<string, string> = JSON.parse(
    readFileSync(".next/server/app-paths-manifest.json", "utf8"),
  );

  const answers = await Promise.all(["/design", "/nothing"].map((path) => call(port, path)));

  expect(Object.keys(built)).toContain("/(member)/card/page");
  expect(Object.keys(built).filter((page) => page.includes("design"))).toEqual([]);
  const [design, unknown] = answers.map(({ status, text }) => ({ status, heading: headingOf(text) }));
  expect(design).toEqual(unknown);
  expect(design?.status).toBe(404);
});

test("where the sources are served it shows every part, in a brand's colour and in each direction", async () => {
  const { port } = await startLaurel({}, "--dev");

  const english = await call(port, "/design?color=%23ffd400");
  const arabic = await call(port, "/design?locale=ar");

  expect([english.status, arabic.status]).toEqual([200, 200]);
  expect([english, arabic].map(({ text }) => /<html[^>]* dir="(\w+)"/.exec(text)?.[1])).toEqual([
    "ltr",
    "rtl",
  ]);
  for (const theme of ["light", "dark"]) {
    const isBranded = new RegExp(`data-theme="${theme}"[^>]*--accent-fill:light-dark\\(#ffd400`);
    expect([theme, isBranded.test(english.text)]).toEqual([theme, true]);
  }
  const parts = [english, arabic].map(({ text }) => text.match(/<h2 class="[^"]*font-mono/g)?.length ?? 0);
  expect(Math.min(...parts)).toBeGreaterThan(60); // each of them twice
}, 300_000); // it compiles the page first

function headingOf(page: string): string | undefined {
  return /<h1[^>]*>([^<]*)/.exec(page)?.[1];
}
