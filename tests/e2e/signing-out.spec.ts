import { expect, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";

// Goal: who signs out, here or at the host, is out at once and everywhere, and nothing of theirs stays on a screen.

test("signing out in the profile leads to the signed-out page, and back leads to no member's page", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.getByRole("link", { name: "Profile" }).click();

  await tab.getByRole("button", { name: "Sign out", exact: true }).click();

  await tab.waitForURL(`${addresses.laurel}/signed-out`);
  await expect(tab.getByRole("link", { name: "Back to shop.localhost" })).toBeVisible();
  const cookies = (await context.cookies(addresses.laurel)) as { partitionKey?: string }[];
  expect(cookies.filter(({ partitionKey }) => partitionKey === undefined)).toEqual([]); // the shop's frame has its own
  const answer = await tab.goto(`${addresses.laurel}/wallet`);
  expect(answer?.status()).toBe(401);
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText(
    "Please open this page from shop.localhost",
  );
});

test("signing out at the shop shows in an open tab and an open frame within five seconds", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ben");
  const shop = await context.newPage();
  const frame = await signInAtShop(shop, "demo-ben");
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Hello, Ben");
  const other = await context.newPage();
  await other.goto(addresses.shop);

  await other.getByRole("button", { name: "Sign out Ben" }).click();

  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("You are signed out", { timeout: 5_000 });
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("You are signed out", { timeout: 5_000 });
});

test("a page that was hidden is concealed, and asks before it shows itself", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.waitForLoadState("load");
  const hide = (isHidden: boolean) =>
    tab.evaluate((hidden) => {
      Object.defineProperty(document, "visibilityState", {
        value: hidden ? "hidden" : "visible",
        configurable: true,
      });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  await expect(tab.locator("html[data-concealed]")).toHaveCount(0);

  // Again and again until the page's scripts are there.
  await expect(async () => {
    await hide(true);
    await expect(tab.locator("body")).toBeHidden({ timeout: 500 });
  }).toPass();
  await hide(false);
  await expect(tab.locator("body")).toBeVisible();

  await hide(true);
  await context.clearCookies();
  await hide(false);
  await tab.waitForURL(`${addresses.laurel}/signed-out`);
});

test("leaving the programme names what is lost, and is for good", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-chloe");
  await tab.goto(`${addresses.laurel}/profile`);
  await tab.getByRole("button", { name: "Leave the programme" }).click();
  const dialog = tab.getByRole("dialog");
  await expect(dialog).toContainText("your 100 points go with it");
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await expect(dialog).toBeHidden();
  await tab.getByRole("button", { name: "Leave the programme" }).click();

  await dialog.getByRole("button", { name: "Yes, delete my membership" }).click();

  await tab.waitForURL(`${addresses.laurel}/signed-out`);
  const again = await openRewardsTab(context, "demo-chloe");
  await expect(again.getByTestId("balance")).toHaveText("100"); // a new member's welcome, and nothing else
});
