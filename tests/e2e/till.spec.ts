import AxeBuilder from "@axe-core/playwright";
import { type Browser, expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { getCode, openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";

// Goal: a person at a till, with hands full and a scanner, learns what a code is good for and uses it up once.

const till = `${addresses.shop}/till`;

test("from points to the counter: paid in the frame, its code shown, and used up at the till", async ({
  page,
  context,
}) => {
  const frame = await signInAtShop(page, "demo-ada");
  const code = await getCode(frame, "Any coffee");
  const counter = await context.newPage();
  await counter.goto(till);
  await expect(counter.getByLabel("Code")).toBeFocused();

  await scan(counter, `  ${code.toLowerCase()} `);

  const result = counter.getByRole("region", { name: "Result" });
  await expect(result.getByRole("heading")).toHaveText("Good for Any coffee");
  await expect(result).toContainText(/Until\s*\d{1,2} \w+ \d{4}/);
  await expect(result).toContainText("€3.50");
  expect(await selectionIn(counter)).toBe(code);
  await counter.getByRole("button", { name: "Use it up" }).click();
  await expect(result.getByRole("heading")).toHaveText("Used up. Hand over Any coffee");

  await counter.reload(); // sends it once more, with the same key
  await expect(result.getByRole("heading")).toHaveText("Used up. Hand over Any coffee");
  await scan(counter, code); // the field is ready for the next one
  await expect(result.getByRole("heading")).toHaveText("It has been used already");
  await page.bringToFront();
  await page.reload();
  await frame.getByRole("link", { name: "Wallet", exact: true }).first().click();
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Wallet");
  const over = frame.locator("section").filter({ hasText: "Used and expired" });
  await expect(over.getByText(/^Used on/).first()).toBeVisible();
  await expect(over).toContainText("Any coffee");
});

test("what is no voucher's code is refused in plain words, and stands ready to be typed over", async ({
  page,
}) => {
  await page.goto(till);

  await scan(page, "NOBO-0000");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText("Nobody has this code");
  expect(await selectionIn(page)).toBe("NOBO-0000");

  await scan(page, "a\u0085b");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText("This cannot be a code");
});

test("two tills use one voucher up once", async ({ browser, context }) => {
  const code = await freshCode(browser);
  const counters = [await context.newPage(), await context.newPage()];
  for (const counter of counters) {
    await counter.goto(till);
    await scan(counter, code);
  }

  await Promise.all(counters.map((counter) => counter.getByRole("button", { name: "Use it up" }).click()));

  const verdicts = counters.map((counter) => counter.getByRole("heading", { level: 2 }).textContent());
  expect((await Promise.all(verdicts)).toSorted()).toEqual([
    "It has been used already",
    "Used up. Hand over Butter croissant",
  ]);
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`the till is sound at every width and works by keyboard alone, ${how} JavaScript`, async ({
    browser,
  }) => {
    const code = await freshCode(browser);
    const context = await browser.newContext({ javaScriptEnabled, locale: "en" });
    const page = await context.newPage();
    const verdict = page.getByRole("heading", { level: 2 });
    await page.goto(till);
    await checkPage(page, javaScriptEnabled);

    await scan(page, code);
    await expect(verdict).toHaveText("Good for Butter croissant");
    await checkPage(page, javaScriptEnabled);
    await page.getByLabel("Code").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name: "Use it up" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(verdict).toHaveText("Used up. Hand over Butter croissant");
    await checkPage(page, javaScriptEnabled);

    await scan(page, code);
    await expect(verdict).toHaveText("It has been used already");
    await checkPage(page, javaScriptEnabled);
    await context.close();
  });
}

/** A scanner types over what is selected in the field, and ends with Enter. */
async function scan(page: Page, code: string): Promise<void> {
  await expect(page.getByLabel("Code")).toBeFocused();
  await page.keyboard.press("ControlOrMeta+A"); // without JavaScript nothing is selected
  await page.keyboard.insertText(code);
  const checked = page.waitForResponse((response) => response.url().endsWith("/till/check"));
  await page.keyboard.press("Enter");
  await checked;
  await page.waitForLoadState();
}

function selectionIn(page: Page): Promise<string> {
  return page
    .getByLabel("Code")
    .evaluate((field: HTMLInputElement) =>
      field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0),
    );
}

async function freshCode(browser: Browser): Promise<string> {
  const context = await browser.newContext({ locale: "en" });
  const code = await getCode(await openRewardsTab(context, "demo-ada"), "Butter croissant");
  await context.close();
  return code;
}

/** axe runs in the page, and so only where scripts do. */
async function checkPage(page: Page, hasScripts: boolean): Promise<void> {
  for (const width of [320, 390, 768, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${width} px`).toBe(0);
  }
  if (!hasScripts) return;
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, html: nodes[0]?.html }))).toEqual([]);
}
