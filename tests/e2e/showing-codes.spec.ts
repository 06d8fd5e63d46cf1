import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { getCode, openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";
import { readCodes } from "#tests/support/read-codes.ts";

// Goal: at a till one tap makes the code as large as the screen, a scanner reads it, and every way out leads back.
// Method: what is on the screen is read as a scanner does it.

const narrow = { width: 320, height: 640 };

async function openCard(context: BrowserContext): Promise<Page> {
  const tab = await openRewardsTab(context, "demo-ben");
  await tab.setViewportSize(narrow);
  await tab.goto(`${addresses.laurel}/card`);
  return tab;
}

const sheetOf = (tab: Page) => tab.getByRole("dialog");
const openerOf = (tab: Page) => tab.getByRole("button", { name: "Full screen" });

test("a tap on the card's code fills the screen, in the dark too, and a scanner reads both codes", async ({
  browser,
}) => {
  const context = await browser.newContext({ colorScheme: "dark", locale: "en" });
  const tab = await openCard(context);
  const inPage = await readCodes(await tab.getByAltText("QR code of your card number").screenshot());
  const cardNumber = inPage.QRCode ?? "";

  const code = await tab.getByAltText("QR code of your card number").boundingBox();
  await tab.mouse.click((code?.x ?? 0) + 100, (code?.y ?? 0) + 100);

  await expect(sheetOf(tab)).toBeVisible();
  expect(cardNumber).toMatch(/^\d{6,}$/);
  expect(await readCodes(await tab.screenshot())).toEqual({ QRCode: cardNumber, Code128: cardNumber });
  const picture = sheetOf(tab).getByAltText("QR code of your card number");
  const { width = 0 } = (await picture.boundingBox()) ?? {};
  expect(width).toBeGreaterThanOrEqual(240);
  expect(await sheetOf(tab).evaluate((sheet) => sheet.scrollWidth - sheet.clientWidth)).toBe(0);
  await expect(sheetOf(tab)).toHaveCSS("background-color", "rgb(255, 255, 255)");
  const { violations } = await new AxeBuilder({ page: tab }).include("dialog").analyze();
  expect(violations.map(({ id, nodes }) => ({ id, html: nodes[0]?.html }))).toEqual([]);
  await context.close();
});

test("where the browser lets it, the whole screen is filled, and leaving that leaves the code", async ({
  context,
}) => {
  const tab = await openCard(context);
  await openerOf(tab).click();
  await expect.poll(() => tab.evaluate(() => document.fullscreenElement !== null)).toBe(true);

  await tab.evaluate(() => document.exitFullscreen()); // as Escape does it, which the page does not hear of

  await expect(sheetOf(tab)).toBeHidden();
  await expect(openerOf(tab)).toBeFocused();
  expect(new URL(tab.url()).pathname).toBe("/card");
});

test("by keyboard alone: Enter opens it, Escape and the button close it, and the focus comes back", async ({
  context,
}) => {
  const tab = await openCard(context);
  const opener = openerOf(tab);

  for (const key of ["Escape", "Enter"]) {
    await opener.focus();
    await tab.keyboard.press("Enter");
    await expect(sheetOf(tab).getByRole("button", { name: "Close" })).toBeFocused();
    await tab.keyboard.press(key);
    await expect(sheetOf(tab)).toBeHidden();
    await expect(opener).toBeFocused();
  }
  expect(new URL(tab.url()).pathname).toBe("/card");
});

test("the browser's way back closes the code and stays on the page; the next one leaves it", async ({
  context,
}) => {
  const tab = await openCard(context);
  await tab.getByRole("link", { name: "Wallet", exact: true }).first().click();
  await tab.getByRole("link", { name: "Card", exact: true }).first().click();
  await openerOf(tab).click();
  await expect(sheetOf(tab)).toBeVisible();

  await tab.goBack();
  await expect(sheetOf(tab)).toBeHidden();
  expect(new URL(tab.url()).pathname).toBe("/card");

  await tab.goBack();
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Wallet");
});

test("the screen stays lit for as long as the code fills it", async ({ context }) => {
  await context.addInitScript(() => {
    const request = navigator.wakeLock.request.bind(navigator.wakeLock);
    navigator.wakeLock.request = async (type) => {
      const lock = await request(type);
      Object.assign(window, { lastLock: lock });
      return lock;
    };
  });
  const tab = await openCard(context);
  const isReleased = () =>
    tab.evaluate(() => (window as unknown as { lastLock?: WakeLockSentinel }).lastLock?.released);

  await openerOf(tab).click();
  await expect.poll(isReleased).toBe(false);
  await sheetOf(tab).getByRole("button", { name: "Close" }).click();

  await expect.poll(isReleased).toBe(true);
});

test("in the shop's frame a voucher's code fills the frame, and is copied as it is", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: addresses.shop });
  const frame = await signInAtShop(page, "demo-ada");
  const code = await getCode(frame, "Butter croissant");

  await frame.getByRole("button", { name: "Full screen" }).click();
  const sheet = frame.getByRole("dialog", { name: "Butter croissant" });
  await expect(sheet.getByAltText("Barcode of the voucher")).toBeVisible();
  await sheet.getByRole("button", { name: "Copy" }).click();

  await expect(sheet.getByRole("status")).toHaveText("Copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
});
