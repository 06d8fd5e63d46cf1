import AxeBuilder from "@axe-core/playwright";
import { type Browser, expect, type FrameLocator, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { balanceOf, buyAtShop, openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";

// Goal: what is bought in the shop shows in the frame in front of one's eyes, and only then, and disturbs nobody.
// Method: a mark on the window of the frame's page shows that this page was never loaded anew.

type Marked = { isSamePage?: boolean };

function insideFrame(page: Page) {
  const frame = page.frames().find((each) => each.url().startsWith("http://rewards."));
  if (!frame) throw new Error("The frame is not there.");
  return frame;
}

const mark = (page: Page) =>
  insideFrame(page).evaluate(() => {
    (window as Marked).isSamePage = true;
  });
const isMarked = (page: Page) => insideFrame(page).evaluate(() => (window as Marked).isSamePage === true);

function inPoints(points: number): string {
  return points.toLocaleString("en");
}

for (const [where, shop] of [
  ["on another site", addresses.shop],
  ["on the same site", addresses.sameSiteShop],
] as const) {
  test(`a purchase shows in the frame without a reload, ${where}`, async ({ page }) => {
    const frame = await signInAtShop(page, "demo-ben", shop);
    const before = await balanceOf(frame);
    await mark(page);
    await answersOf(page, 1); // by itself the page asks again only after four seconds

    await buyAtShop(page, "Stoneware mug");

    await expect(page.getByRole("status")).toHaveText("Stoneware mug: thank you! + 18 points");
    await expect(frame.getByTestId("balance")).toHaveText(inPoints(before + 18), { timeout: 3_000 });
    await expect(frame.getByRole("status").filter({ hasText: "You now have" })).toHaveText(
      `You now have ${inPoints(before + 18)} points.`,
    );
    await expect(frame.locator("main li").filter({ hasText: "1 point per euro" }).first()).toContainText(
      "+18",
    );
    expect(await isMarked(page)).toBe(true);
    expect(page.url()).toBe(`${shop}/rewards`);
  });
}

test("points that come without a word to the page show within five seconds", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  const before = await balanceOf(tab);
  const shop = await context.newPage();
  await shop.goto(addresses.shop);

  await buyAtShop(shop, "Coffee beans");

  await expect(shop.getByRole("status")).toContainText("+ 12 points"); // 12.50 euros, rounded down
  await expect(tab.getByTestId("balance")).toHaveText(inPoints(before + 12), { timeout: 6_000 });
});

test("an open question and where one was on the page stay as they are", async ({ page }) => {
  const frame = await signInAtShop(page, "demo-ada");
  await frame.getByRole("link", { name: "Rewards", exact: true }).first().click();
  await frame.getByRole("link", { name: "Butter croissant" }).click();
  const redeem = frame.getByRole("button", { name: "Redeem" });
  await redeem.click();
  const question = frame.getByRole("dialog");
  const balanceAfter = frame.locator("dialog dd").last();
  const asked = await balanceAfter.textContent();

  await buyAtShop(page, "Stoneware mug");
  await expect(page.getByRole("status")).toContainText("+ 18 points");
  await answersOf(page, 2);
  await expect(balanceAfter).toHaveText(asked ?? "");
  await expect(question).toBeVisible();

  await question.getByRole("button", { name: "Not now" }).click();
  await insideFrame(page).evaluate(() => scrollTo(0, 120));
  await redeem.focus();
  const pointsAsked = Number(asked?.replaceAll(/\D/g, ""));
  await expect(balanceAfter).toHaveText(`${inPoints(pointsAsked + 18)} points`, { timeout: 6_000 });
  await expect(redeem).toBeFocused();
  expect(await insideFrame(page).evaluate(() => scrollY)).toBe(120);
});

test("only the page around the frame makes it ask, and only if it is a host's", async ({ page }) => {
  await signInAtShop(page, "demo-ben");
  const hear = async (message: Message) => {
    await answersOf(page, 1); // by itself the page asks again only after four seconds
    const asked = page.waitForRequest((request) => request.url().endsWith("/api/session"), {
      timeout: 2_000,
    });
    await tell(page, message);
    return asked.then(
      () => "asks",
      () => "ignores it",
    );
  };
  expect(await hear(good)).toBe("asks");
  expect(await hear({ ...good, origin: "http://stranger.localhost" })).toBe("ignores it");
  expect(await hear({ ...good, isFromParent: false })).toBe("ignores it");
  expect(await hear({ ...good, data: { type: "refreshed" } })).toBe("ignores it");
  expect(await hear({ ...good, data: null })).toBe("ignores it");
});

test("a page that comes out old all the same is not made anew in a circle", async ({ page }) => {
  const remakes: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("_rsc=")) remakes.push(request.url());
  });
  const frame = await signInAtShop(page, "demo-ben");
  await expect(frame.getByTestId("balance")).toBeVisible();
  await insideFrame(page).evaluate(() => {
    const { fetch } = window;
    window.fetch = async (...call) => {
      const answer = await fetch(...call);
      if (call[0] !== "/api/session") return answer;
      return new Response(answer.body, { headers: { "X-Wallet-Revision": "another" } });
    };
  });
  const remade = page.waitForRequest((request) => request.url().includes("_rsc="));
  await tell(page, good);
  await remade;

  for (let time = 0; time < 3; time++) {
    const answered = answersOf(page, 1);
    await tell(page, good);
    await answered;
  }
  await answersOf(page, 1); // the next by itself, long after the last that was asked for

  expect(remakes).toHaveLength(1);
});

test("a first purchase counts for somebody who has never opened the rewards", async ({ page }) => {
  const frame = await signInAtShop(page, "demo-chloe");
  await leave(frame); // Laurel knows her no more; the shop does
  await page.goto(addresses.shop);

  await buyAtShop(page, "Stoneware mug");

  await expect(page.getByRole("status")).toContainText("+ 18 points");
  await page.getByRole("link", { name: "Rewards", exact: true }).click();
  await expect(frame.getByTestId("balance")).toHaveText("118"); // with the welcome
  await leave(frame); // and so she begins again, as the demo has her
});

test("without JavaScript the shop's page comes back and says what was earned", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en" });
  const page = await context.newPage();
  const frame = await signInAtShop(page, "demo-ben");
  const before = await balanceOf(frame);

  await buyAtShop(page, "Canvas tote bag");

  await expect(page.getByRole("status")).toContainText("+ 14 points");
  await expect(frame.getByTestId("balance")).toHaveText(inPoints(before + 14));
  await context.close();
});

test("the balance glides to its new value, and is there at once where motion is not wanted", async ({
  browser,
}) => {
  const glided = await balancesSeen(browser, "no-preference");
  const still = await balancesSeen(browser, "reduce");

  expect(glided.seen.length).toBeGreaterThan(3);
  expect(glided.seen.at(-1)).toBe(glided.after);
  expect(still.seen).toEqual([still.after]);
});

/** What the balance showed, one after the other, while a purchase came in. */
async function balancesSeen(browser: Browser, reducedMotion: "reduce" | "no-preference") {
  const context = await browser.newContext({ reducedMotion, locale: "en" });
  const page = await context.newPage();
  const frame = await signInAtShop(page, "demo-ada");
  const after = inPoints((await balanceOf(frame)) + 18);
  await insideFrame(page).evaluate(() => {
    const seen: string[] = [];
    const balance = document.querySelector("[data-testid=balance]") as Node;
    new MutationObserver(() => seen.push(balance.textContent ?? "")).observe(balance, {
      characterData: true,
      childList: true,
      subtree: true,
    });
    Object.assign(window, { seen });
  });

  await buyAtShop(page, "Stoneware mug");
  await expect(frame.getByTestId("balance")).toHaveText(after);

  const seen = await insideFrame(page).evaluate(() => (window as unknown as { seen: string[] }).seen);
  await context.close();
  return { seen, after };
}

for (const path of ["/", "/rewards"]) {
  test(`the shop's ${path} is sound at every width`, async ({ page }) => {
    await signInAtShop(page, "demo-ben");
    await page.goto(addresses.shop + path);
    await buyAtShop(page, "Stoneware mug");
    await expect(page.getByRole("status")).toContainText("+ 18 points");

    for (const width of [320, 390, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${width} px`).toBe(0);
    }
    const { violations } = await new AxeBuilder({ page }).exclude("iframe").analyze();
    expect(violations.map(({ id, nodes }) => ({ id, html: nodes[0]?.html }))).toEqual([]);
  });
}

type Message = { origin: string; isFromParent: boolean; data: unknown };

const good: Message = { origin: addresses.shop, isFromParent: true, data: { type: "refresh" } };

/** A message as the frame's page gets it, from the page around it or from another window. */
async function tell(page: Page, message: Message): Promise<void> {
  await insideFrame(page).evaluate(({ origin, isFromParent, data }) => {
    const source = isFromParent ? window.parent : window;
    dispatchEvent(new MessageEvent("message", { origin, data, source }));
  }, message);
}

async function leave(frame: FrameLocator): Promise<void> {
  await frame.getByRole("link", { name: "Profile" }).click();
  await frame.getByRole("button", { name: "Leave the programme" }).click();
  await frame.getByRole("dialog").getByRole("button", { name: "Yes, delete my membership" }).click();
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("You are signed out");
}

/** Waits until the frame's page has heard so many answers. */
async function answersOf(page: Page, count: number): Promise<void> {
  for (let heard = 0; heard < count; heard++) {
    await page.waitForResponse((response) => response.url().endsWith("/api/session"), { timeout: 10_000 });
  }
}
