import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { getCode, openRewardsTab, type PersonId, signInAtShop } from "#tests/e2e/journeys.ts";

// Goal: who has the app in hand has the card in hand, also without a network, and nobody else's; who leaves leaves nothing.
// Method: a real service worker. The network goes by the browser's own switch, and an old clock by what the device kept.

const memberCache = "laurel-member";

test.describe.configure({ timeout: 120_000 });

/** A tab of the app, once its device has kept what it needs. */
async function openApp(context: BrowserContext, person: PersonId): Promise<Page> {
  const tab = await openRewardsTab(context, person);
  await expect.poll(() => keptAddresses(tab), { timeout: 20_000 }).toContain("/offline");
  await expect.poll(() => keptCopy(tab), { timeout: 20_000 }).not.toBe("");
  return tab;
}

/** Everything that this device keeps for the site, but for the HTTP cache, as one text. */
function everythingKept(tab: Page): Promise<string> {
  return tab.evaluate(async () => {
    const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const key of await cache.keys())
        texts.push(key.url, (await (await cache.match(key))?.text()) ?? "");
    }
    for (const { name } of await indexedDB.databases()) texts.push(`database ${name}`);
    return texts.join("\n");
  });
}

function keptAddresses(tab: Page): Promise<string[]> {
  return tab.evaluate(async () => {
    const found: string[] = [];
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
    }
    return found;
  });
}

/** The offline page, as it is kept. */
function keptShell(tab: Page): Promise<string> {
  return tab.evaluate(async () => (await (await caches.match("/offline"))?.text()) ?? "");
}

/** What is kept of a member; empty where nothing is. */
function keptCopy(tab: Page): Promise<string> {
  return tab.evaluate(async (name) => {
    if (!(await caches.has(name))) return "";
    const [key] = await (await caches.open(name)).keys();
    return key ? ((await (await caches.match(key))?.text()) ?? "") : "";
  }, memberCache);
}

test("without a network any page shows the last balance, the card and a bought ticket's code", async ({
  browser,
}) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const tab = await openApp(context, "demo-ada");
  const code = await getCode(tab, "Butter croissant");
  await expect.poll(() => keptCopy(tab), { timeout: 20_000 }).toContain(code);
  await tab.goto(`${addresses.laurel}/card`);
  const number = (await tab.locator("main bdi").textContent()) ?? "none";

  await context.setOffline(true);
  await tab.goto(`${addresses.laurel}/rewards`);

  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("You are offline");
  await expect(tab.getByText(/^[\d,]+ points$/)).toBeVisible();
  await expect(tab.getByText(/^As of .*20\d\d/)).toBeVisible();
  await expect(tab.getByText(`Card number ${number}`)).toBeVisible();
  await expect(tab.getByAltText("QR code of your card number")).toBeVisible();
  await tab.getByText("Butter croissant").first().click();
  await expect(tab.getByText(code)).toBeVisible();
  await expect(tab.getByAltText("QR code of the voucher").first()).toBeVisible();
  await expect(tab.getByRole("button", { name: /Redeem|Pay/ })).toHaveCount(0); // buying is not offered
  expect((await new AxeBuilder({ page: tab }).analyze()).violations.map(({ id }) => id)).toEqual([]);

  await context.setOffline(false);
  await expect(tab.getByRole("status")).toHaveText("You are online again.");
  await tab.getByRole("button", { name: "Show the latest" }).click();
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Rewards");
  await context.close();
});

test("a new language and theme are those of the offline page, too", async ({ browser }) => {
  const context = await browser.newContext();
  const tab = await openApp(context, "demo-ben");
  await tab.goto(`${addresses.laurel}/profile?locale=de`);
  await expect.poll(() => keptShell(tab), { timeout: 20_000 }).toContain("Du bist offline");
  await tab.getByRole("button", { name: "Dunkel" }).click();
  await expect.poll(() => keptShell(tab), { timeout: 20_000 }).toContain('data-theme="dark"');

  await context.setOffline(true);
  await tab.goto(addresses.laurel);

  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Du bist offline");
  await expect(tab.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(tab.getByText(/Punkte$/).first()).toBeVisible();
  await context.close();
});

test("only the offline page, what it is made of, and the member's copy are ever kept", async ({
  context,
}) => {
  const tab = await openApp(context, "demo-ben");
  for (const path of ["/rewards", "/wallet", "/activity", "/profile", "/card", "/"]) {
    await tab.goto(`${addresses.laurel}${path}`, { waitUntil: "networkidle" });
  }

  const kept = await keptAddresses(tab);

  const allowed = /^\/(?:offline$|api\/session\/offline-copy$|_next\/static\/|pwa\/|favicon\.svg$)/;
  expect(kept.filter((path) => !allowed.test(path))).toEqual([]);
  const shell = await keptShell(tab);
  expect(shell).toContain("You are offline");
  expect(shell).not.toMatch(/Ben|Demo/); // what is in it is nobody's
});

test("signing out leaves nothing of the member on the device, and nothing to open without a network", async ({
  context,
}) => {
  const tab = await openApp(context, "demo-ben");
  await tab.goto(`${addresses.laurel}/profile`);
  expect(await everythingKept(tab)).toMatch(/Ben Demo/);

  await tab.getByRole("button", { name: "Sign out", exact: true }).click();
  await tab.waitForURL(`${addresses.laurel}/signed-out`);
  await tab.waitForLoadState("networkidle");

  const left = await everythingKept(tab);
  expect(left).not.toMatch(/Ben|offline-copy|database/);
  await context.setOffline(true);
  await tab.goto(`${addresses.laurel}/wallet`).catch(() => undefined); // the browser's own page, or the offline one
  await expect(async () => expect(await tab.content()).not.toMatch(/Ben|points/)).toPass();
});

test("what goes through a door of signing in drops the copy, and the next member's takes its place", async ({
  context,
}) => {
  const tab = await openApp(context, "demo-ben");
  expect(await keptCopy(tab)).toContain("Ben Demo");
  const other = await context.newPage();

  await other.goto(`${addresses.laurel}/api/auth/session`); // which leads nowhere
  await expect.poll(() => keptCopy(other)).toBe("");

  await tab.goto(addresses.laurel);
  await expect.poll(() => keptCopy(tab), { timeout: 20_000 }).toContain("Ben Demo");
  await Promise.all([other, tab].map((page) => page.close()));
  await context.clearCookies(); // nobody signed out
  const adas = await openApp(context, "demo-ada");
  await expect.poll(() => keptCopy(adas), { timeout: 20_000 }).toContain("Ada Demo");
  expect(await everythingKept(adas)).not.toContain("Ben Demo");
});

test("a page that finds its session gone drops the copy", async ({ context }) => {
  const tab = await openApp(context, "demo-ben");
  await context.clearCookies();

  const answer = await tab.goto(`${addresses.laurel}/wallet`);

  expect(answer?.status()).toBe(401);
  await expect.poll(() => keptCopy(tab)).toBe("");
});

for (const [what, shiftMs] of [
  ["that is over by now", -4 * 86_400_000],
  ["of a clock that was set back", 3_600_000],
] as const) {
  test(`without a network nothing is shown of a session ${what}`, async ({ context }) => {
    const tab = await openApp(context, "demo-ben");
    await context.setOffline(true);
    await tab.goto(addresses.laurel);
    await expect(tab.getByText(/^[\d,]+ points$/)).toBeVisible();

    await tab.evaluate(
      async ({ name, shift }) => {
        const cache = await caches.open(name);
        const [key] = await cache.keys();
        const kept = await (await cache.match(key as Request))?.json();
        await cache.put(key as Request, Response.json({ ...kept, keptAtMs: kept.keptAtMs + shift }));
      },
      { name: memberCache, shift: shiftMs },
    );

    await expect(tab.getByText(/^[\d,]+ points$/)).toHaveCount(0, { timeout: 10_000 });
    await expect(tab.getByText("Your points and vouchers are safe.")).toBeVisible();
    expect(await keptCopy(tab)).toBe("");
  });
}

test("a page in a host's frame registers no service worker", async ({ page }) => {
  const frame = await signInAtShop(page, "demo-ben", addresses.sameSiteShop); // others' frames may not even ask
  await expect(frame.getByTestId("balance")).toBeVisible();
  await page.waitForLoadState("networkidle");

  const registered = await frame
    .locator("body")
    .evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);

  expect(registered).toBe(0);
});

test("a new version asks before it takes the page's place", async ({ context }) => {
  const { origin, publish, close } = await startProxy();
  await (await openRewardsTab(context, "demo-ben")).close();
  const tab = await context.newPage();
  await tab.goto(`${origin}/`);
  await tab.evaluate(() => navigator.serviceWorker.ready);
  await expect(tab.getByText("There is a new version of this page.")).toHaveCount(0);
  await tab.evaluate(() => {
    document.title = "still the same page";
  });

  publish();
  await tab.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());

  await expect(tab.getByRole("status").getByText("There is a new version of this page.")).toBeVisible();
  expect(await tab.title()).toBe("still the same page");
  await tab.getByRole("button", { name: "Reload" }).click();
  await expect(tab).toHaveTitle(/^Home/);
  await expect(tab.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(tab.getByText("There is a new version of this page.")).toHaveCount(0);
  const [active, waiting] = await tab.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return [registration?.active?.state, registration?.waiting];
  });
  expect([active, waiting]).toEqual(["activated", null]);
  close();
});

/** Laurel behind a proxy, which after `publish` has the service worker of a next build. */
async function startProxy(): Promise<{ origin: string; publish(): void; close(): void }> {
  let build = 1;
  const server: Server = createServer((incoming, answer) => {
    const { method, url: path, headers } = incoming;
    const isWorker = path === "/serwist/sw.js";
    const onward = request(
      {
        host: "127.0.0.1",
        port: addresses.laurelPort,
        method,
        path,
        headers: { ...headers, "accept-encoding": "identity" },
      },
      (response) => {
        const { "content-length": _length, ...others } = response.headers;
        answer.writeHead(response.statusCode ?? 502, others);
        if (isWorker) answer.write(`/* Build ${build} */\n`);
        response.pipe(answer);
      },
    );
    onward.on("error", () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://rewards.localhost:${(server.address() as AddressInfo).port}`,
    publish: () => {
      build++;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
