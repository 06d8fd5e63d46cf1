import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import {
  call,
  cleanUp,
  type LaurelServer,
  newFolder,
  runCommand,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { embeddedTenant, interactiveTenant } from "#tests/support/tenants.ts";

// Goal: a brand reaches what no page of Next's draws: mails, the pages of /api/auth, and a server that runs already.
// Method: the built server in its own process.

const jane = { givenName: "Jane", familyName: "Doe", emailAddress: "jane@example.com" };
const yellow = {
  accentColor: "#ffd400",
  logoUrl: "https://example.com/logo.svg",
  cornerRadius: "none",
};
const club = {
  ...interactiveTenant,
  publicUrl: "http://club.localhost:4321",
  brand: { ...yellow, font: "serif" },
  members: [{ authIdentifier: "jane", profile: jane, password: "a walk along the canal" }],
};

let server: LaurelServer;

beforeAll(async () => {
  const programme = writeProgramme(newFolder(), { ...embeddedTenant, brand: yellow }, club);
  server = await startLaurel({ LAUREL_PROVISION: programme });
});
afterAll(cleanUp);

function styleOf(html: string): string {
  return /<html[^>]*style="([^"]*)"/.exec(html)?.[1] ?? "";
}

test("the page of a broken link has the colours, the corners and the logo", async () => {
  const { status, text } = await call(server.port, "/api/auth?session=nothing-that-opens&redirect_path=/");

  expect(status).toBe(401);
  expect(styleOf(text)).toContain("--accent-fill:light-dark(#ffd400, #ffd400)");
  expect(styleOf(text)).toContain("--radius-button:0");
  expect(text).toContain('<img src="https://example.com/logo.svg" alt="Acme Rewards"');
});

test("Geist is fetched early, and once, where it is used, and not at all where another font is", async () => {
  const [ours, clubs] = await Promise.all(
    ["rewards.localhost", "club.localhost"].map((host) => call(server.port, "/signed-out", { host })),
  );
  const fontsOf = (page: typeof ours) =>
    [...String(page?.headers.link).matchAll(/<([^>]+)>; rel=preload; as="font"/g)].map(([, url]) => url);
  const [fontUrl = ""] = fontsOf(ours);
  const [, styleUrl = ""] = /<link rel="stylesheet" href="([^"]+)"/.exec(ours?.text ?? "") ?? [];

  const [font, style] = await Promise.all([fontUrl, styleUrl].map((url) => call(server.port, url)));

  expect(fontsOf(ours)).toHaveLength(1);
  expect(font?.status).toBe(200);
  expect(style?.text.includes(fontUrl.split("/").at(-1) ?? "none")).toBe(true); // the very file that the style names
  expect(fontsOf(clubs)).toEqual([]);
  expect(styleOf(clubs?.text ?? "")).toContain("--brand-font:ui-serif");
});

test("a mail's button has the colour, with text that is read on it", async () => {
  const { status } = await call(server.port, "/api/auth/account/password-reset-mail", {
    ...{ method: "POST", host: "club.localhost" },
    headers: { "Content-Type": "application/json", Origin: "http://club.localhost" },
    body: JSON.stringify({ emailAddress: jane.emailAddress }),
  });
  expect(status).toBeLessThan(300);

  const outbox = join(server.dataFolder, "outbox");
  const html = await vi.waitFor(
    async () => {
      const [name = ""] = readdirSync(outbox).filter((each) => each.endsWith(".eml"));
      return (await PostalMime.parse(readFileSync(join(outbox, name)))).html ?? "";
    },
    { timeout: 15_000, interval: 100 },
  );
  const [, button] = /<a [^>]*style="([^"]*)"/.exec(html) ?? [];
  expect(button).toContain("background:#ffd400;color:#1c1500");
  expect(button).toContain("border-radius:0");
});

test("a changed brand is on the pages within 5 seconds, and one that is taken away is gone", async () => {
  const provision = async (brand: object | null) => {
    const file = JSON.stringify({ tenants: [{ ...embeddedTenant, brand }] });
    const env = { LAUREL_DATA_DIR: server.dataFolder };
    const { code, output } = await runCommand(["lib/server/commands/run.ts", "provision", "-"], env, file);
    expect(code, output).toBe(0);
  };
  const within5Seconds = { timeout: 5_000, interval: 200 };
  const page = async () => (await call(server.port, "/nothing")).text;
  expect(styleOf(await page())).toContain("--accent-fill:light-dark(#ffd400, #ffd400)");

  await provision({ accentColor: "#102030" });
  await vi.waitFor(async () => {
    expect(styleOf(await page())).toContain("--accent:light-dark(#102030,");
  }, within5Seconds);
  expect(await page()).toContain('content="#102030"'); // theme-color

  await provision(null);
  await vi.waitFor(async () => expect(styleOf(await page())).toBe(""), within5Seconds);
  expect(await page()).not.toContain("example.com/logo.svg");
});
