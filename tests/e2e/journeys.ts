/** What people do at the demo's shop. */
import type { BrowserContext, FrameLocator, Page } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";

export type PersonId = "demo-ada" | "demo-ben" | "demo-chloe";

/** Signs in at a shop; its rewards page opens. */
export async function signInAtShop(
  page: Page,
  person: PersonId,
  shop = addresses.shop,
): Promise<FrameLocator> {
  await page.goto(`${shop}/sign-in`);
  await page.locator(`button[value=${person}]`).click();
  await page.waitForURL(`${shop}/rewards`);
  return page.frameLocator("iframe");
}

/** Opens the rewards in a tab of their own, by the shop's link. */
export async function openRewardsTab(context: BrowserContext, person: PersonId): Promise<Page> {
  const page = await context.newPage();
  await signInAtShop(page, person);
  const [tab] = await Promise.all([
    context.waitForEvent("page"),
    page.getByText("Open in a new tab").click(),
  ]);
  await tab.waitForURL(`${addresses.laurel}/`);
  await page.close();
  return tab;
}

export async function balanceOf(page: Page | FrameLocator): Promise<number> {
  const text = (await page.getByTestId("balance").textContent()) ?? "";
  return Number(text.replaceAll(",", ""));
}

/** Buys with one click, on whichever of the shop's pages is open. */
export async function buyAtShop(page: Page, product: string): Promise<void> {
  await page.getByRole("button", { name: `Buy ${product}` }).click();
}

/** From the home page: pays for a reward, shows its code, and says it. */
export async function getCode(page: Page | FrameLocator, reward: string): Promise<string> {
  await page.getByRole("link", { name: "Rewards", exact: true }).first().click();
  await page.getByRole("link", { name: reward }).click();
  await page.getByRole("button", { name: "Redeem" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Pay/ }).click();
  await page.getByRole("button", { name: "Show the code" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Show the code" }).click();
  return (await page.getByText(/^[A-Z]{4}-\d{4}$/).textContent()) ?? "";
}
