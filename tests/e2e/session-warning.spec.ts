import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import AxeBuilder from "@axe-core/playwright";
import {
  type BrowserContext,
  type Frame,
  type Page,
  expect as playwrightExpect,
  test,
} from "@playwright/test";

import { call, cleanUp, newFolder, startLaurel, writeProgramme } from "#tests/support/laurel-server.ts";
import { clientId, embeddedTenant, interactiveTenant } from "#tests/support/tenants.ts";

// Goal: nobody is signed out unawares, and nothing of theirs is seen once they are.
// Method: a Laurel of the test's own, whose clock is moved instead of waiting; each test opens a session of its own. Where the
// browser's time matters, too, Playwright holds it.

const expect = playwrightExpect.configure({ timeout: 15_000 }); // a page asks every four seconds, however slow the machine is
const password = "a walk along the canal";
const adminKey = "a-key-of-an-admin-that-is-long-enough";
let host: Server;
let shop: string;
let port: number;
let clockFile: string;
let aheadMs = 0;

test.beforeAll(async () => {
  host = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://shop.localhost");
    const frame = searchParams.get("frame") ?? "";
    response.setHeader("Content-Type", "text/html");
    response.end(`<h1>The shop</h1>${frame && `<iframe src="${frame}" width="400" height="700"></iframe>`}`);
  });
  await new Promise<void>((resolve) => host.listen(0, resolve));
  shop = `http://shop.localhost:${(host.address() as AddressInfo).port}`;
  const folder = newFolder();
  clockFile = join(folder, "clock");
  const programme = writeProgramme(folder, ...tenants());
  ({ port } = await startLaurel({ LAUREL_PROVISION: programme, LAUREL_TEST_CLOCK: clockFile }));
});

test.afterAll(async () => {
  host.closeAllConnections();
  host.close();
  await cleanUp();
});

test("who has done nothing is asked, and stays in every tab by one key", async ({ context }) => {
  const tab = await openMicrosite(context, "idle");
  const other = await openMicrosite(context, "idle", { path: "/wallet", withToken: false, isTimeHeld: true });
  const link = tab.getByRole("link", { name: "All rewards" });
  await link.focus();

  await moveClock(70);
  const question = tab.getByRole("alertdialog", { name: "Are you still there?" });
  await expect(question).toBeVisible();
  await expect(question).toContainText(/You will be signed out in [1-5]?\d seconds?\./);
  await expect(other.getByRole("alertdialog")).toBeVisible();
  await context.clock.pauseAt(Date.now() + 3_600_000); // from now on a page asks only when it is told to
  for (const page of [tab, other]) await expect(page.locator("body")).toBeVisible();
  await expect(question.getByRole("button", { name: "Stay signed in" })).toBeFocused();
  await tab.keyboard.press("Enter");

  await expect(question).toBeHidden();
  await expect(link).toBeFocused();
  expect(await secondsRemaining(tab)).toBeGreaterThan(100);
  await expect(other.getByRole("alertdialog")).toBeHidden();
});

test("a page that renews itself keeps nobody signed in, and going on to another does", async ({
  context,
}) => {
  const tab = await openMicrosite(context, "idle");
  await moveClock(30);

  await givePoints("idle", 7);
  await expect(tab.getByTestId("balance")).toHaveText("507");
  expect(await secondsRemaining(tab)).toBeLessThanOrEqual(90);

  await tab.getByRole("link", { name: "Wallet", exact: true }).first().click();
  await expect(headingOf(tab)).toHaveText("Wallet");
  expect(await secondsRemaining(tab)).toBeGreaterThan(100);
});

test("signing out in the warning is signing out, in every tab", async ({ context }) => {
  const tab = await openMicrosite(context, "idle");
  const other = await openMicrosite(context, "idle", { path: "/wallet", withToken: false });
  await leaveSeconds(tab, 50);
  await expect(warningIn(tab)).toBeVisible();

  await tab.keyboard.press("Shift+Tab");
  await expect(tab.getByRole("button", { name: "Sign out" })).toBeFocused();
  await tab.keyboard.press("Enter");

  await expect(headingOf(tab)).toHaveText("You are signed out");
  await expect(headingOf(other)).toHaveText("You are signed out");
});

test("closed without a choice it changes nothing, and comes once more", async ({ context }) => {
  const tab = await openMicrosite(context, "idle");
  await leaveSeconds(tab, 50);
  await expect(warningIn(tab)).toBeVisible();

  await tab.keyboard.press("Escape");
  await expect(warningIn(tab)).toBeHidden();
  await expect(headingOf(tab)).toHaveText("Hello, Jane");
  expect(await secondsRemaining(tab)).toBeLessThan(60);
  await leaveSeconds(tab, 18);
  await expect(warningIn(tab)).toBeVisible();
  await moveClock(30);

  await expect(headingOf(tab)).toHaveText("You are signed out");
  await expect(tab.getByText("Jane")).toHaveCount(0);
});

test("it lies above a question that is open, which is there afterwards", async ({ context }) => {
  const tab = await openMicrosite(context, "idle", { path: "/rewards" });
  await tab.getByRole("link", { name: "Free coffee" }).click();
  await tab.getByRole("button", { name: "Redeem" }).click();
  await leaveSeconds(tab, 50);
  await expect(warningIn(tab)).toBeVisible();

  await tab.getByRole("button", { name: "Stay signed in" }).click();
  await expect(warningIn(tab)).toBeHidden();
  await tab.getByRole("dialog").getByRole("button", { name: "Pay 150 points" }).click();

  await tab.waitForURL(/\/wallet\/./);
});

test("a screen reader hears it when it comes, and twice before the end", async ({ context }) => {
  const tab = await openMicrosite(context, "idle");
  const said = warningIn(tab).getByRole("status").first();

  await leaveSeconds(tab, 50);
  await expect(warningIn(tab)).toHaveAccessibleDescription("Nothing has happened here for a while.");
  await expect(said).toHaveText(/^You will be signed out in [345]\d seconds\.$/);
  await leaveSeconds(tab, 29);
  await expect(said).toHaveText(/^You will be signed out in [12]\d seconds\.$/);
  const second = await said.textContent();
  await expect(warningIn(tab).getByRole("timer")).not.toHaveText(second ?? ""); // what is seen goes on
  await expect(said).toHaveText(second ?? "");
  await leaveSeconds(tab, 9);
  await expect(said).toHaveText(/^You will be signed out in \d seconds?\.$/);
});

test("at the end of a sign-in one signs in again, and comes back to the same page", async ({ context }) => {
  const tab = await context.newPage();
  await tab.goto(`http://club.localhost:${port}/activity?from=mail`);
  const signIn = async () => {
    await tab.getByLabel("E-mail").fill("jane.doe@example.com");
    await tab.getByLabel("Password", { exact: true }).fill(password);
    await tab.getByRole("button", { name: "Sign in" }).click();
    await expect(headingOf(tab)).toHaveText("Activity");
  };
  await signIn();
  await leaveSeconds(tab, 50);
  await expect(warningIn(tab)).toHaveAccessibleName("Time to sign in again");
  await expect(tab.getByRole("button", { name: "Stay signed in" })).toHaveCount(0);
  await expect(tab.getByRole("button", { name: "Not now" })).toBeFocused();

  await tab.getByRole("button", { name: "Sign in again" }).click();
  await tab.waitForURL(/\/login\?callbackUrl=%2Factivity%3Ffrom%3Dmail$/);
  await signIn();

  expect(tab.url()).toBe(`http://club.localhost:${port}/activity?from=mail`);
  expect(await secondsRemaining(tab)).toBeGreaterThan(200);
});

test("at the end of a visit the way leads to the host, out of a frame", async ({ page }) => {
  const frame = await openFrame(page, "visit");
  await leaveSeconds(frame, 50);
  await expect(warningIn(frame)).toContainText("Open the page from shop.localhost again");

  await frame.getByRole("link", { name: "Sign in again" }).click();

  await page.waitForURL(`${shop}/`);
});

test("where no host is known, the warning says where to look for one", async ({ context }) => {
  const tab = await openMicrosite(context, "homeless");
  await leaveSeconds(tab, 50);

  await expect(warningIn(tab)).toContainText("from the site or app where you are a customer");
  await expect(warningIn(tab).getByText("Sign in again", { exact: true })).toHaveCount(0);
  await warningIn(tab).getByRole("button", { name: "Close" }).click();
  await expect(warningIn(tab)).toBeHidden();
});

test("where staying would gain less than the warning's own time, the end is what is told", async ({
  context,
}) => {
  const tab = await openMicrosite(context, "both");
  for (let visits = 0; visits < 2; visits++) {
    await leaveSeconds(tab, 40);
    await tab.reload(); // an activity; after the second one the two limits are 20 seconds apart
  }
  await leaveSeconds(tab, 50);

  await expect(warningIn(tab)).toHaveAccessibleName("Time to sign in again");
});

test("a frame asks, stays, and shows the end", async ({ page }) => {
  const frame = await openFrame(page, "idle");
  await leaveSeconds(frame, 50);
  await expect(warningIn(frame)).toBeVisible();
  await frame.getByRole("button", { name: "Stay signed in" }).click();
  await expect(warningIn(frame)).toBeHidden();

  await moveClock(121);

  await expect(headingOf(frame)).toHaveText("You are signed out");
});

test("a browser whose clock is years off counts by the server's", async ({ context }) => {
  const page = await context.newPage();
  await page.clock.install({ time: "2020-02-02T02:02:02Z" });
  const tab = await openMicrosite(context, "idle", { page });
  await leaveSeconds(tab, 50);

  await expect(warningIn(tab)).toContainText(/in [345]\d seconds/);
});

test("a page that cannot ask at the end is concealed until it can", async ({ context }) => {
  const tab = await openMicrosite(context, "idle", { isTimeHeld: true });
  await leaveSeconds(tab, 50);
  await expect(warningIn(tab)).toBeVisible();
  await context.setOffline(true);

  await tab.clock.runFor(60_000);
  await expect(tab.locator("body")).toBeHidden();
  await context.setOffline(false); // for the server hardly a moment has passed
  await expect(headingOf(tab)).toHaveText("Hello, Jane");
  await expect(tab.locator("body")).toBeVisible();
  await moveClock(60);

  await expect(headingOf(tab)).toHaveText("You are signed out");
});

test("a computer that slept shows nothing before it has asked", async ({ context }) => {
  const tab = await openMicrosite(context, "idle", { isTimeHeld: true });
  const goOn = await holdAnswers(tab);
  await moveClock(121);

  await tab.clock.fastForward(60_000); // for all that the browser knows, the session still lives

  await expect(tab.locator("body")).toBeHidden();
  goOn();
  await expect(headingOf(tab)).toHaveText("You are signed out");
});

test("a page that was hidden past the end shows nothing any more, and one that was not, the warning", async ({
  context,
}) => {
  const tab = await openMicrosite(context, "idle");
  await expect(async () => {
    await hide(tab, true); // again and again until the page's scripts are there
    await expect(tab.locator("body")).toBeHidden({ timeout: 500 });
  }).toPass();
  await leaveSeconds(tab, 50);
  const goOn = await holdAnswers(tab, { afterCount: 1 });
  await hide(tab, false);
  await expect(tab.locator("body")).toBeVisible();
  await expect(warningIn(tab)).toBeVisible();

  await hide(tab, true);
  await moveClock(60);
  await hide(tab, false);
  await expect(tab.locator("body")).toBeHidden();
  goOn();

  await expect(headingOf(tab)).toHaveText("You are signed out");
});

for (const { colorScheme, locale } of [
  { colorScheme: "light", locale: "en" },
  { colorScheme: "dark", locale: "ar" },
] as const) {
  test(`the warning is sound in ${colorScheme}, ${locale}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme, locale });
    for (const tenant of ["idle", "visit"] as const) {
      const tab = await openMicrosite(context, tenant);
      await leaveSeconds(tab, 59);
      await expect(warningIn(tab)).toBeVisible();

      for (const width of [320, 390, 768, 1280]) {
        await tab.setViewportSize({ width, height: 800 });
        const box = await warningIn(tab).boundingBox();
        expect(box?.x).toBeGreaterThanOrEqual(8);
        expect((box?.x ?? 0) + (box?.width ?? width)).toBeLessThanOrEqual(width - 8);
      }
      const { violations } = await new AxeBuilder({ page: tab }).include("dialog[open]").analyze();
      expect(violations.map(({ id, nodes }) => ({ id, html: nodes[0]?.html }))).toEqual([]);
      await tab.close();
    }
    await context.close();
  });
}

type TenantCode = "idle" | "visit" | "both" | "homeless";

function tenants(): object[] {
  const ofHost = (code: TenantCode, sessions: object) => ({
    ...embeddedTenant,
    ...{ code, hostnames: [`${code}.localhost`], sessions, hostUrl: `${shop}/`, hostOrigins: [shop] },
    clientSecrets: [{ name: "shop", secret: `${clientId}-${code}` }],
    adminApiKeys: [{ name: "shop", key: `${adminKey}-${code}` }],
  });
  return [
    ofHost("idle", { idleSeconds: 120 }),
    ofHost("visit", { embeddedSeconds: 300 }),
    ofHost("both", { idleSeconds: 120, embeddedSeconds: 300 }),
    { ...ofHost("homeless", { embeddedSeconds: 300 }), hostUrl: null, hostOrigins: [] },
    {
      ...interactiveTenant,
      sessions: { interactiveSeconds: 300 },
      members: [{ ...embeddedTenant.members[0], password }],
    },
  ];
}

/** Moves the server's clock until so much of the session is left, and lets the page ask. */
async function leaveSeconds(page: Page | Frame, seconds: number): Promise<void> {
  await moveClock((await secondsRemaining(page)) - seconds);
  await page.evaluate(() => new BroadcastChannel("laurel-session").postMessage("ask"));
}

/** Moves the server's clock ahead; it looks at the file five times a second. */
async function moveClock(seconds: number): Promise<void> {
  aheadMs += seconds * 1_000;
  writeFileSync(clockFile, String(aheadMs));
  await sleep(300);
}

/** An address that signs the member in once. */
async function mintLink(tenant: TenantCode, path = "/"): Promise<string> {
  const [member] = embeddedTenant.members;
  const answer = await call(port, "/api/auth", {
    method: "POST",
    host: `${tenant}.localhost`,
    headers: { "X-Client-ID": `${clientId}-${tenant}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      selector: { authIdentifier: member?.authIdentifier },
      profile: member?.profile,
    }),
  });
  const query = new URLSearchParams({ session: JSON.parse(answer.text).data.session, redirect_path: path });
  return `http://${tenant}.localhost:${port}/api/auth?${query}`;
}

/** `isTimeHeld`: the time of the browser can be moved, too. */
async function openMicrosite(
  context: BrowserContext,
  tenant: TenantCode,
  {
    path = "/",
    withToken = true,
    isTimeHeld = false,
    page,
  }: { path?: string; withToken?: boolean; isTimeHeld?: boolean; page?: Page } = {},
): Promise<Page> {
  const tab = page ?? (await context.newPage());
  if (isTimeHeld) await tab.clock.install();
  await tab.goto(withToken ? await mintLink(tenant, path) : `http://${tenant}.localhost:${port}${path}`);
  return tab;
}

async function givePoints(tenant: TenantCode, points: number): Promise<void> {
  const member = `email=${embeddedTenant.members[0]?.profile.emailAddress}`;
  const asAdmin = { "X-AUTH-TOKEN": `${adminKey}-${tenant}` };
  const found = await call(port, `/api/${tenant}/member/${member}`, { headers: asAdmin });
  const { status } = await call(port, `/api/${tenant}/points/add`, {
    method: "POST",
    headers: { ...asAdmin, "Content-Type": "application/json" },
    body: JSON.stringify({ transfer: { customer: JSON.parse(found.text).customerId, points } }),
  });
  expect(status).toBe(200);
}

/** In the shop, which is another site. */
async function openFrame(page: Page, tenant: TenantCode): Promise<Frame> {
  await page.goto(`${shop}/?${new URLSearchParams({ frame: await mintLink(tenant) })}`);
  const frame = page.frames()[1] as Frame;
  await expect(headingOf(frame)).toHaveText("Hello, Jane");
  return frame;
}

function warningIn(page: Page | Frame) {
  return page.getByRole("alertdialog");
}

function headingOf(page: Page | Frame) {
  return page.getByRole("heading", { level: 1 });
}

function secondsRemaining(tab: Page | Frame): Promise<number> {
  return tab.evaluate(async () => (await (await fetch("/api/session")).json()).data.secondsRemaining);
}

function hide(tab: Page, isHidden: boolean): Promise<void> {
  return tab.evaluate((hidden) => {
    Object.defineProperty(document, "visibilityState", {
      value: hidden ? "hidden" : "visible",
      configurable: true,
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

/** From now on, or after so many more, answers about the session are on their way until the returned function is called. */
async function holdAnswers(tab: Page, { afterCount = 0 } = {}): Promise<() => void> {
  const gate = Promise.withResolvers<void>();
  let count = 0;
  await tab.route("**/api/session", async (route) => {
    if (count++ >= afterCount) await gate.promise;
    await route.continue();
  });
  return gate.resolve;
}
