import { expect, type Page, test } from "@playwright/test";

import { memberPages, strangersPages } from "#tests/e2e/every-page.ts";
import { openRewardsTab } from "#tests/e2e/journeys.ts";

// Goal: nothing that is on a page moves away from under a reader's eyes and fingers.
// Method: on a slow phone, which paints a page while it arrives.

const shiftMax = 0.01; // a share of the screen, times how far it moved; a font that arrives moves letters by a hair
const watchedMs = 1_000; // what comes late moves things, too, and nothing tells that it will not come
const slowness = 4;
declare global {
  var shifts: { value: number; what: string[] }[];
}

for (const width of [390, 1280]) {
  test(`no page shifts while it loads, at ${width} px`, async ({ browser }) => {
    test.setTimeout(180_000);
    const context = await browser.newContext({ viewport: { width, height: 800 }, locale: "en" });
    await context.addInitScript(() => {
      globalThis.shifts = [];
      new PerformanceObserver((list) => {
        type Shift = PerformanceEntry & { value: number; sources: { node: Node | null }[] };
        for (const { value, sources } of list.getEntries() as Shift[]) {
          const what = sources.map(({ node }) =>
            node instanceof Element ? node.outerHTML.slice(0, 100) : "",
          );
          globalThis.shifts.push({ value, what });
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    const tab = await openRewardsTab(context, "demo-ada");
    const session = await context.newCDPSession(tab);
    await session.send("Emulation.setCPUThrottlingRate", { rate: slowness });

    for (const address of await memberPages(tab)) await checkShifts(tab, address);
    await context.clearCookies();
    for (const address of strangersPages) await checkShifts(tab, address);
    await context.close();
  });
}

async function checkShifts(tab: Page, address: string): Promise<void> {
  await tab.goto(address, { waitUntil: "networkidle" });
  await tab.waitForTimeout(watchedMs);
  const shifts = await tab.evaluate(() => globalThis.shifts);
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  expect(sum, `${address}: ${JSON.stringify(shifts)}`).toBeLessThan(shiftMax);
}

test("what looks for shifts sees one", async ({ page }) => {
  await page.goto("about:blank");
  await page.evaluate(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        globalThis.shifts.push({ value: (entry as PerformanceEntry & { value: number }).value, what: [] });
      }
    }).observe({ type: "layout-shift", buffered: true });
    document.body.innerHTML = "<div></div><p>Stays, or does it?</p>";
  });
  await page.waitForTimeout(100); // it has to be painted where it was before it can have moved
  await page.evaluate(() => {
    const [first] = document.body.children;
    if (first instanceof HTMLElement) first.style.height = "200px";
  });

  await expect.poll(() => page.evaluate(() => globalThis.shifts.length)).toBeGreaterThan(0);
});
