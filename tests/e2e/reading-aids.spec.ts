import { expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { memberPages, overflowOf, strangersPages, unfold } from "#tests/e2e/every-page.ts";
import { openRewardsTab } from "#tests/e2e/journeys.ts";

// Goal: what people set in their browsers and systems to read better takes nothing of a page away.

test("enlarged four times, all stands in one column, and nothing lies over what has the focus", async ({
  browser,
}) => {
  test.setTimeout(180_000);
  // What is left of 1280 × 1024 pixels (WCAG 1.4.10), at which the bar at the foot takes a quarter.
  const context = await browser.newContext({ viewport: { width: 320, height: 256 }, locale: "de" });
  const tab = await openRewardsTab(context, "demo-ada");
  const pages = await memberPages(tab);
  for (const address of pages) await checkFocus(tab, address);
  await context.clearCookies();
  for (const address of strangersPages) await checkFocus(tab, address);
  await context.close();
});

/** Goes through a page by Tab, and looks whether each stop is seen. */
async function checkFocus(tab: Page, address: string): Promise<void> {
  await tab.goto(address);
  expect(await overflowOf(tab), address).toBe(0);
  const stops: string[] = [];
  for (;;) {
    await tab.keyboard.press("Tab");
    const stop = await tab.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return null;
      const number = focused.getAttribute("data-stop");
      focused.setAttribute("data-stop", "");
      const { left, top, width, height } = focused.getBoundingClientRect();
      const points = [0.1, 0.5, 0.9].map((share) => [left + width * share, top + height / 2] as const);
      const isSeen = points.some(([x, y]) => {
        const there = document.elementFromPoint(x, y);
        return there !== null && (focused.contains(there) || there.contains(focused));
      });
      return { isKnown: number !== null, isSeen, html: focused.outerHTML.slice(0, 120) };
    });
    if (stop === null || stop.isKnown) break;
    expect(stop.isSeen, `${address}: ${stop.html}`).toBe(true);
    stops.push(stop.html);
  }
  expect(stops.length, address).toBeGreaterThan(0);
}

test("with more room between letters, words and lines, no text is cut off", async ({ browser }) => {
  test.setTimeout(180_000);
  const context = await browser.newContext({ locale: "fr" });
  const tab = await openRewardsTab(context, "demo-ada");
  const pages = await memberPages(tab);
  for (const address of pages) await checkSpacing(tab, address);
  await context.clearCookies();
  for (const address of strangersPages) await checkSpacing(tab, address);
  await context.close();
});

async function checkSpacing(tab: Page, address: string): Promise<void> {
  await tab.goto(address);
  await unfold(tab);
  await tab.addStyleTag({
    content: `
      * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
      p { margin-bottom: 2em !important; }`, // WCAG 1.4.12
  });
  for (const width of [320, 1280]) {
    await tab.setViewportSize({ width, height: 800 });
    expect(await overflowOf(tab), `${address} at ${width} px`).toBe(0);
    expect(await tab.evaluate(cutTexts), `${address} at ${width} px`).toEqual([]);
  }
}

/** Texts that reach out of what hides all that reaches out of it. */
function cutTexts(): string[] {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const cut: string[] = [];
  while (texts.nextNode()) {
    const { textContent, parentElement } = texts.currentNode;
    if (
      !textContent?.trim() ||
      !parentElement?.checkVisibility() ||
      parentElement.closest(".sr-only, select")
    )
      continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const text = range.getBoundingClientRect();
    for (let around: Element | null = parentElement; around; around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around);
      if (overflowX === "auto" || overflowY === "auto") break; // there it is pushed into view
      if (overflowX === "visible") continue;
      const box = around.getBoundingClientRect();
      const isInside =
        text.left >= box.left - 1 &&
        text.right <= box.right + 1 &&
        text.top >= box.top - 1 &&
        text.bottom <= box.bottom + 1;
      if (!isInside) cut.push(`${textContent} in ${around.outerHTML.slice(0, 120)}`);
    }
  }
  return cut;
}

test("in forced colours, what is chosen, how far it is and where to press is drawn all the same", async ({
  browser,
}) => {
  const context = await browser.newContext({ forcedColors: "active", locale: "en" });
  const tab = await openRewardsTab(context, "demo-ada");

  for (const { path, chosen, other } of [
    { path: "/", chosen: "nav:visible [aria-current=page]", other: "nav:visible a:not([aria-current])" },
    { path: "/activity", chosen: "main nav [aria-current]", other: "main nav a:not([aria-current])" },
    { path: "/rewards", chosen: "label:has(:checked)", other: "label:has(input:not(:checked))" },
    { path: "/profile", chosen: "[aria-pressed=true]", other: "[aria-pressed=false]" },
    { path: "/profile", chosen: "a[aria-current=page][href='/profile']", other: "nav:visible a" },
  ]) {
    await tab.goto(`${addresses.laurel}${path}`);
    expect(await looksOf(tab, chosen), `${path} ${chosen}`).not.toEqual(await looksOf(tab, other));
  }

  // Bars are nothing but a ground of their own.
  for (const { path, bar } of [
    { path: "/", bar: "[data-bar]" },
    { path: "/wallet", bar: "[data-bar]" },
  ]) {
    await tab.goto(`${addresses.laurel}${path}`);
    const [ground, around] = await tab
      .locator(bar)
      .first()
      .evaluate((each) => [
        getComputedStyle(each).backgroundColor,
        getComputedStyle(each.parentElement ?? each).backgroundColor,
      ]);
    expect(ground, path).not.toBe(around);
  }

  // A button that is a link has no ground either; its edge says that it is one.
  await tab.goto(`${addresses.laurel}/`);
  const card = tab.getByRole("link", { name: "Show my card" });
  expect(await card.evaluate((each) => getComputedStyle(each).borderTopStyle)).toBe("solid");
  await context.clearCookies();
  await tab.goto(`${addresses.laurel}/`);
  const back = tab
    .getByRole("link", { name: /^Back to/ })
    .or(tab.locator("a.button-primary"))
    .first();
  expect(await back.evaluate((each) => getComputedStyle(each).borderTopStyle)).toBe("solid");
  await context.close();
});

/** What forced colours leave to tell one from another: edges, lines below, a ground that is a system's colour, a sign. */
function looksOf(tab: Page, selector: string): Promise<object> {
  return tab
    .locator(selector)
    .first()
    .evaluate((each) => {
      const { backgroundColor, borderTopWidth, textDecorationLine, outlineStyle } = getComputedStyle(each);
      const signs = each.querySelectorAll("svg").length;
      return { backgroundColor, borderTopWidth, textDecorationLine, outlineStyle, signs };
    });
}

test("where motion is not welcome, nothing moves", async ({ browser }) => {
  const context = await browser.newContext({ reducedMotion: "reduce", locale: "en" });
  const tab = await openRewardsTab(context, "demo-ada");
  const moving = () =>
    tab.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length);

  for (const address of await memberPages(tab)) {
    await tab.goto(address);
    expect(await moving(), address).toBe(0);
    for (const each of (await tab.locator("article:visible, main a:visible").all()).slice(0, 3)) {
      await each.hover();
      expect(await moving(), address).toBe(0);
      expect(await each.evaluate((element) => getComputedStyle(element).translate)).toBe("none");
    }
  }
  await context.close();
});
