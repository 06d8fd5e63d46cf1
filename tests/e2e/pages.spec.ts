import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab } from "#tests/e2e/journeys.ts";

// Goal: every page stands at every width, in light and dark, from the left and from the right, for every reader.

const paths = [
  "/",
  "/card",
  "/rewards",
  "/wallet",
  "/activity",
  "/profile",
  "/signed-out",
  "/nothing",
  "/rewards/none",
  "/wallet/none",
];
// Where people sign in with an account.
const strangersPaths = [
  "/login?error=email_unconfirmed",
  "/signup",
  "/forgot-password",
  "/reset-password",
  "/confirm-email?token=none",
];
const widths = [320, 390, 768, 1280];

async function checkPage(tab: Page, path: string, origin = addresses.laurel): Promise<void> {
  await tab.goto(`${origin}${path}`);
  await tab.locator("details").evaluateAll((all) => {
    for (const each of all) each.setAttribute("open", "");
  });
  for (const width of widths) {
    await tab.setViewportSize({ width, height: 800 });
    const overflow = await tab.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, `${path} at ${width} px`).toBe(0);
    expect(await tab.locator("h1:visible").count(), path).toBe(1);
  }
  const { violations } = await new AxeBuilder({ page: tab }).analyze();
  expect(
    violations.map(({ id, nodes }) => ({ id, html: nodes[0]?.html })),
    path,
  ).toEqual([]);
}

for (const { colorScheme, locale } of [
  { colorScheme: "light", locale: "en" },
  { colorScheme: "dark", locale: "en" },
  { colorScheme: "light", locale: "ar" },
] as const) {
  test(`every page is sound in ${colorScheme}, ${locale}`, async ({ browser }) => {
    test.setTimeout(180_000);
    const context = await browser.newContext({ colorScheme, locale });
    const tab = await openRewardsTab(context, "demo-ada");
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    tab.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("404")) errors.push(message.text());
    });

    for (const path of paths) await checkPage(tab, path);
    await tab.goto(`${addresses.laurel}/rewards`);
    await checkPage(
      tab,
      new URL((await tab.locator("article a").first().getAttribute("href")) ?? "", tab.url()).pathname,
    );
    await tab.goto(`${addresses.laurel}/wallet`);
    const tickets = await tab.locator("article a").all();
    for (const ticket of [tickets.at(0), tickets.at(-1)]) {
      await tab.goto(`${addresses.laurel}/wallet`);
      const href = await ticket?.getAttribute("href");
      await checkPage(tab, href ?? "/wallet/missing");
    }
    await context.clearCookies();
    await checkPage(tab, "/");
    for (const path of strangersPaths) await checkPage(tab, path, addresses.bistro);
    for (const path of ["/login?error=provider_unavailable", "/signed-out"]) {
      await checkPage(tab, path, addresses.club);
    }

    expect(errors.filter((text) => !/40[01]/.test(text))).toEqual([]);
    await context.close();
  });
}

test("every page can be read without JavaScript", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en" });
  const tab = await openRewardsTab(context, "demo-ada");

  await expect(tab.getByTestId("balance")).toBeVisible();
  for (const name of ["Rewards", "Card", "Wallet", "Activity", "Profile"]) {
    await tab.getByRole("link", { name, exact: true }).first().click();
    await expect(tab.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(tab.getByRole("main")).toBeVisible();
  }
  await context.close();
});

test("the keyboard reaches the content and every section", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");

  await tab.keyboard.press("Tab");
  await expect(tab.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await tab.keyboard.press("Enter");
  expect(new URL(tab.url()).hash).toBe("#content");
});

test("older activity is a page away, and the newest a page back", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.goto(`${addresses.laurel}/activity`);
  const first = tab.locator("main li").first();
  const newest = (await first.textContent()) ?? "";

  await tab.getByRole("link", { name: "Older" }).click();
  await expect(tab.getByRole("link", { name: "Back to the newest" })).toBeVisible();
  await expect(first).not.toHaveText(newest);
  await tab.getByRole("link", { name: "Back to the newest" }).click();
  await expect(first).toHaveText(newest);
});
