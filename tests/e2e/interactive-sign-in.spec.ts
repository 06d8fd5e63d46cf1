import { type BrowserContext, expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { balanceOf } from "#tests/e2e/journeys.ts";

// Goal: members of the club sign in at its identity server and out again, here and there, as they see it.

const { club, identity } = addresses;

async function chooseAtDemoId(page: Page, person: string): Promise<void> {
  await page.getByRole("button", { name: "Continue with Demo ID" }).click();
  await page.getByRole("button", { name: person }).click();
}

async function signIn(page: Page, person: string, path = "/"): Promise<void> {
  await page.goto(`${club}${path}`);
  await chooseAtDemoId(page, person);
  await page.waitForURL(`${club}${path}`);
}

async function hasSession(context: BrowserContext): Promise<boolean> {
  return (await context.cookies(club)).some(({ name }) => name === "__Host-session");
}

test("the first sign-in comes back to the page one wanted, with a welcome", async ({ page, context }) => {
  const answer = await page.goto(`${club}/rewards?from=mail`);
  expect(new URL(answer?.url() ?? "").pathname).toBe("/login");

  await chooseAtDemoId(page, "Emil Demo");

  await page.waitForURL(`${club}/rewards?from=mail`);
  await page.goto(club);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Hello, Emil");
  expect(await balanceOf(page)).toBe(250);
  const cookies = await context.cookies(club);
  expect(cookies.map(({ name }) => name)).toEqual(["__Host-session"]);
  expect(cookies[0]).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax", path: "/" });
});

test("who is still signed in there comes back without a question, and opens /login in vain", async ({
  page,
  context,
}) => {
  await signIn(page, "Fay Demo");
  await context.clearCookies({ name: "__Host-session" });
  await page.goto(`${club}/wallet`);

  await page.getByRole("button", { name: "Continue with Demo ID" }).click();

  await page.waitForURL(`${club}/wallet`);
  await page.goto(`${club}/login?callbackUrl=/activity`);
  await page.waitForURL(`${club}/activity`);
});

test("who says no at the identity server is told so, and may try again", async ({ page, context }) => {
  await page.goto(`${club}/wallet`);
  await page.getByRole("button", { name: "Continue with Demo ID" }).click();

  await page.getByRole("button", { name: "Cancel" }).click();

  await page.waitForURL(/\/login\?error=access_denied/);
  await expect(page.getByRole("main").getByRole("alert")).toContainText("You stopped signing in at Demo ID");
  expect(await hasSession(context)).toBe(false);
  await page.getByRole("button", { name: "Try again with Demo ID" }).click();
  await page.getByRole("button", { name: "Dora Demo" }).click();
  await page.waitForURL(`${club}/wallet`);
});

test("an answer that comes again, elsewhere or altered signs nobody in", async ({ page, browser }) => {
  const callback = page.waitForRequest((request) => request.url().includes("/api/auth/callback/idp"));
  await signIn(page, "Dora Demo");
  const answer = (await callback).url();

  const stranger = await browser.newContext({ locale: "en" });
  const elsewhere = await stranger.newPage();
  await elsewhere.goto(answer);
  await expect(elsewhere.getByRole("main").getByRole("alert")).toContainText("begun in another window");
  expect(await hasSession(stranger)).toBe(false);

  await stranger.newPage().then(async (tab) => {
    await tab.goto(`${club}/login`);
    await tab.getByRole("button", { name: "Continue with Demo ID" }).click();
    await tab.waitForURL(new RegExp(identity));
    await tab.goto(answer.replace(/state=[^&]+/, "state=another-one")); // with the cookies of a sign-in under way
    await tab.waitForURL(/\/login\?error=state_invalid/);
  });
  expect(await hasSession(stranger)).toBe(false);
  await stranger.close();

  await page.goto(answer); // reload or back: the good session stays
  await page.goto(`${club}/wallet`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Wallet");
});

test("signing out here signs out there, and leaves nothing to go back to", async ({ page, context }) => {
  await signIn(page, "Dora Demo", "/profile");

  await page.getByRole("button", { name: "Sign out", exact: true }).last().click();
  await page.waitForURL(new RegExp(identity));
  await page.getByRole("button", { name: "Sign out" }).click();

  await page.waitForURL(`${club}/signed-out`);
  await expect(page.getByRole("link", { name: "Sign in again" })).toBeVisible();
  expect(await context.cookies(club)).toEqual([]);
  await page.goto(`${club}/wallet`);
  await expect(page).toHaveURL(/\/login\?callbackUrl=%2Fwallet/);
  await page.getByRole("button", { name: "Continue with Demo ID" }).click();
  await expect(page.getByRole("button", { name: "Dora Demo" })).toBeVisible(); // it asks anew
});

test("signing out there shows in every open page within five seconds", async ({ page, context }) => {
  await signIn(page, "Fay Demo");
  const there = await context.newPage();
  await there.goto(identity);

  await there.getByRole("button", { name: "Sign out everywhere" }).click();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are signed out", { timeout: 5_000 });
});

test("the whole of it works without JavaScript", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en" });
  const page = await context.newPage();

  await signIn(page, "Emil Demo", "/wallet");

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Wallet");
  await context.close();
});

test("the sign-in page shows in nobody's frame", async ({ page }) => {
  await page.goto(addresses.shop);
  await page.evaluate((url) => {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
  }, `${club}/login`);

  const refused = await page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
  expect(refused.type()).toBe("error");
});
