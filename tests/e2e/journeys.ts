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
