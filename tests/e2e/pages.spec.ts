import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { memberPages, overflowOf, strangersPages, unfold } from "#tests/e2e/every-page.ts";
import { openRewardsTab } from "#tests/e2e/journeys.ts";

// Goal: every page stands at every width, in light and dark, from the left and from the right, for every reader.
// Method: width and look are changed under a page that is open. All of axe's rules look at the narrowest screen; what only has
// to do with looks and with what is shown is asked again in the dark and at a wide screen, which has another navigation, in
// one language of each direction. Other languages have longer words, and so another narrow screen.

const notFound = ["/nothing", "/rewards/none", "/wallet/none"].map((path) => `${addresses.laurel}${path}`);
const widths = [320, 390, 768, 1280];
const locales = ["en", "de", "fr", "es", "ar"] as const;
const inAllLooks = ["en", "ar"];
const rulesOfLooks = ["color-contrast", "link-in-text-block", "link-name", "landmark-unique", "target-size"];

async function checkPage(tab: Page, address: string, locale: string): Promise<void> {
  const expectSound = async (where: string, axe: AxeBuilder) =>
    expect(await violationsOf(axe), `${address} ${where}`).toEqual([]);
  const ofLooks = () => new AxeBuilder({ page: tab }).withRules(rulesOfLooks);

  await tab.emulateMedia({ colorScheme: "light" });
  await tab.goto(address);
  await unfold(tab);
  for (const width of widths) {
    await tab.setViewportSize({ width, height: 800 });
    expect(await overflowOf(tab), `${address} at ${width} px`).toBe(0);
    expect(await tab.locator("h1:visible").count(), address).toBe(1);
    if (width === 320) {
      const all = new AxeBuilder({ page: tab }).options({ rules: { "target-size": { enabled: true } } });
      await expectSound("at 320 px", all);
    }
    if (width === 1280 && inAllLooks.includes(locale)) {
      await expectSound("at 1280 px", ofLooks());
      await tab.emulateMedia({ colorScheme: "dark" });
      await expectSound("at 1280 px in the dark", ofLooks());
      await tab.setViewportSize({ width: 320, height: 800 });
      await expectSound("at 320 px in the dark", ofLooks());
    }
  }
}

async function violationsOf(axe: AxeBuilder): Promise<object[]> {
  // The pages have no frames, and what looks into frames opens a page of its own each time.
  const { violations } = await axe.setLegacyMode().analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => ({ id, html })));
}

for (const locale of locales) {
  test(`every page is sound in light and dark, in ${locale}`, async ({ browser }) => {
    test.setTimeout(300_000);
    const context = await browser.newContext({ locale });
    const tab = await openRewardsTab(context, "demo-ada");
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    tab.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("404")) errors.push(message.text());
    });

    for (const address of [...(await memberPages(tab)), ...notFound]) await checkPage(tab, address, locale);
    await context.clearCookies();
    for (const address of strangersPages) await checkPage(tab, address, locale);

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
