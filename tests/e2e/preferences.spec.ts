import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";

// Goal: the pages speak and look as their reader wants, at once, and go on so.

async function openProfile(context: BrowserContext): Promise<Page> {
  const tab = await openRewardsTab(context, "demo-chloe");
  await tab.goto(`${addresses.laurel}/profile`);
  return tab;
}

const backgroundOf = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const light = "rgb(246, 246, 243)";
const dark = "rgb(16, 19, 17)";

test("a language is chosen by the keyboard, holds at once, and on the member's other devices", async ({
  browser,
}) => {
  const [here, elsewhere] = [await browser.newContext(), await browser.newContext()];
  const tab = await openProfile(here);
  await expect(tab.getByRole("button", { name: "As my browser" })).toHaveAttribute("aria-pressed", "true");

  await expect(tab.getByRole("button", { name: "Deutsch" })).toBeEnabled(); // the page's scripts are there
  await tab.getByRole("button", { name: "Deutsch" }).focus();
  await tab.keyboard.press("Enter");

  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Profil");
  await expect(tab.locator("html")).toHaveAttribute("lang", "de");
  await expect(tab).toHaveTitle(/^Profil /);
  await expect(tab.getByRole("status").filter({ hasText: "Gespeichert." })).toBeVisible();
  await expect(tab.getByRole("button", { name: "Deutsch" })).toBeFocused();
  await expect(tab.getByRole("button", { name: "Deutsch" })).toHaveAttribute("aria-pressed", "true");
  await tab.getByRole("link", { name: "Prämien" }).first().click();
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Prämien");
  const other = await openProfile(elsewhere);
  await expect(other.locator("html")).toHaveAttribute("lang", "de");

  await other.getByRole("button", { name: "العربية" }).click();
  await expect(other.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(other.getByRole("navigation").first()).toContainText("الرئيسية");
  await other.getByRole("button", { name: "كما في متصفحي" }).click();
  await expect(other.locator("html")).toHaveAttribute("dir", "ltr");
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Profile");
  await Promise.all([here.close(), elsewhere.close()]);
});

test("the language that a host's link asks for holds in its frame from page to page", async ({ page }) => {
  const frame = await signInAtShop(page, "demo-ada");
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Hello, Ada");
  await page.locator("iframe").evaluate((each: HTMLIFrameElement, address) => {
    each.src = address;
  }, `${addresses.laurel}/?locale=ar`);

  const html = frame.locator("html");
  await expect(html).toHaveAttribute("lang", "ar");
  await expect(html).toHaveAttribute("dir", "rtl");
  await frame.getByRole("link", { name: "المكافآت", exact: true }).first().click();
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("المكافآت");
  await frame.locator("article a").first().click();
  await expect(frame.getByRole("link", { name: "كل المكافآت" })).toBeVisible();
  const inside = page.frames().find((each) => each.url().startsWith(addresses.laurel));
  await inside?.goto(`${addresses.laurel}/wallet`); // a whole page, which only the cookie can tell
  await expect(html).toHaveAttribute("lang", "ar");

  const tab = await page.context().newPage(); // the cookie is the frame's, and no tab's
  await tab.goto(`${addresses.laurel}/signed-out`);
  await expect(tab.locator("html")).toHaveAttribute("lang", "en");
});

test("a stranger changes the language of the sign-in pages by a link, and keeps it", async ({ page }) => {
  await page.goto(`${addresses.bistro}/login?callbackUrl=/wallet`);

  await page.getByRole("navigation", { name: "Language" }).getByRole("link", { name: "Deutsch" }).click();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Anmelden");
  expect(new URL(page.url()).searchParams.get("callbackUrl")).toBe("/wallet");
  await page.goto(`${addresses.bistro}/forgot-password`);
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page.getByRole("link", { name: "Deutsch" })).toHaveAttribute("aria-current", "true");
});

for (const { system, chosen, name } of [
  { system: "light", chosen: "dark", name: "Dark" },
  { system: "dark", chosen: "light", name: "Light" },
] as const) {
  test(`a device that is ${system} shows the pages ${chosen} where that was chosen, from the first moment`, async ({
    browser,
  }) => {
    const [own, other] = chosen === "dark" ? [dark, light] : [light, dark];
    const context = await browser.newContext({ colorScheme: system });
    const tab = await openProfile(context);
    expect(await backgroundOf(tab)).toBe(other);

    await tab.getByRole("button", { name, exact: true }).click();

    await expect(tab.locator("html")).toHaveAttribute("data-theme", chosen);
    expect(await backgroundOf(tab)).toBe(own);
    await expect(tab.locator("meta[name=theme-color]")).toHaveCount(1);
    const { violations } = await new AxeBuilder({ page: tab }).analyze();
    expect(violations).toEqual([]);

    const unscripted = await browser.newContext({
      ...{ colorScheme: system, javaScriptEnabled: false },
      storageState: await context.storageState(),
    });
    const bare = await unscripted.newPage(); // what the server sends is all there is
    await bare.goto(`${addresses.laurel}/profile`);
    expect(await bare.locator("html").getAttribute("data-theme")).toBe(chosen);
    await unscripted.close();
    await tab.reload();
    expect(await backgroundOf(tab)).toBe(own);

    await tab.getByRole("button", { name: "As this device" }).click();
    await expect(tab.locator("html")).not.toHaveAttribute("data-theme");
    expect(await backgroundOf(tab)).toBe(other);
    await context.close();
  });
}

test("in a shop's frame a look holds, too, and signing out takes it away", async ({ page, context }) => {
  const frame = await signInAtShop(page, "demo-ben");
  await frame.getByRole("link", { name: "Profile" }).click();

  await frame.getByRole("button", { name: "Dark", exact: true }).click();

  await expect(frame.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(frame.locator("html")).toHaveAttribute("data-theme", "dark");
  await frame.getByRole("link", { name: "Profile" }).click();
  await frame.getByRole("button", { name: "Sign out", exact: true }).last().click();
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("You are signed out");
  expect((await context.cookies(addresses.laurel)).map(({ name }) => name)).not.toContain("__Host-theme");
});
