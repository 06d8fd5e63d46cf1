import { expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { balanceOf, openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";

// Goal: a member turns points into something at the till, pays once whatever the network does, and can explain each step.

async function openReward(tab: Page, name: string): Promise<void> {
  await tab.goto(`${addresses.laurel}/rewards`);
  await tab.getByRole("link", { name }).click();
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText(name);
}

test("in the shop's frame: price and new balance are named, then the ticket shows its codes", async ({
  page,
}) => {
  const frame = await signInAtShop(page, "demo-ada");
  const before = await balanceOf(frame);
  const after = `${(before - 120).toLocaleString("en")} points`;
  await frame.getByRole("link", { name: "Rewards", exact: true }).first().click();
  await frame.getByRole("link", { name: "Butter croissant" }).click();

  await frame.getByRole("button", { name: "Redeem" }).click();
  const question = frame.getByRole("dialog", { name: "Get “Butter croissant”?" });
  await expect(question).toContainText("120 points");
  await expect(question).toContainText(after);
  await question.getByRole("button", { name: "Pay 120 points" }).click();

  await expect(frame.getByText(/^Ready to use until/)).toBeVisible();
  await frame.getByRole("button", { name: "Show the code" }).click();
  await frame.getByRole("dialog").getByRole("button", { name: "Show the code" }).click();
  await expect(frame.getByAltText("QR code of the voucher")).toBeVisible();
  await expect(frame.getByAltText("Barcode of the voucher")).toBeVisible();
  await expect(frame.getByText(/^[A-Z]{4}-\d{4}$/)).toBeVisible();
  await frame.getByRole("link", { name: "Home", exact: true }).first().click();
  await expect(frame.getByTestId("balance")).toHaveText((before - 120).toLocaleString("en"));
});

test("an answer that was lost costs nothing: the second try finds the first purchase", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ada");
  const before = await balanceOf(tab);
  await openReward(tab, "Any coffee");
  const keys: string[] = [];
  tab.on("request", (request) => {
    if (request.url().endsWith("/purchases")) keys.push(request.headers()["idempotency-key"] ?? "");
  });
  await tab.evaluate(() => {
    const { fetch } = window;
    window.fetch = async (...call) => {
      const answer = await fetch(...call);
      if (!String(call[0]).endsWith("/purchases")) return answer;
      window.fetch = fetch;
      throw new TypeError("It arrived and was done, and nobody heard of it.");
    };
  });

  await tab.getByRole("button", { name: "Redeem" }).click();
  const pay = tab.getByRole("dialog").getByRole("button", { name: "Pay 150 points" });
  await pay.click();
  await expect(tab.getByRole("dialog")).toContainText("you will not pay twice");
  await pay.click();

  await tab.waitForURL(/\/wallet\/[0-9a-f-]{36}$/);
  expect(keys).toEqual([keys[0], keys[0]]);
  await tab.goto(`${addresses.laurel}/`);
  expect(await balanceOf(tab)).toBe(before - 150);
});

test("a page that is too old is told so, and shows how things stand", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await openReward(tab, "Lunch for two");
  await tab.getByRole("button", { name: "Redeem" }).click(); // under an open question the page stays as it is
  const other = await context.newPage();
  await other.goto(tab.url());
  await other.getByRole("button", { name: "Redeem" }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Pay 1,400 points" }).click();
  await other.waitForURL(/\/wallet\//);

  await tab.getByRole("dialog").getByRole("button", { name: "Pay 1,400 points" }).click();

  await expect(tab.getByText("Your balance is not enough any more.")).toBeVisible();
  await tab.getByRole("dialog").getByRole("button", { name: "Not now" }).click();
  await expect(tab.getByText(/^Collect [\d,]+ more points? and it is yours\.$/)).toBeVisible({
    timeout: 2_000,
  });
});

test("activity explains a movement back to its event, its rule and its points", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ben");
  await openReward(tab, "Any coffee");
  await tab.getByRole("button", { name: "Redeem" }).click();
  await tab.getByRole("dialog").getByRole("button", { name: "Pay 150 points" }).click();
  await tab.waitForURL(/\/wallet\//);
  await tab.goto(`${addresses.laurel}/activity`);

  const movement = (name: string) =>
    tab
      .locator("details")
      .filter({ has: tab.locator("summary", { hasText: name }) })
      .first();
  const spent = movement("Any coffee");
  await spent.locator("summary").click();
  await expect(spent).toContainText("You chose a reward");
  await expect(spent).toContainText(/\d+ points · 1 point per euro · collected on/);
  const earned = movement("1 point per euro");
  await earned.locator("summary").click();
  await expect(earned).toContainText("A purchase in the shop");
  await expect(earned).toContainText(/total: \d+/);
  await expect(earned).toContainText(/\d+ of \d+ left · they expire on/);
});

test("by keyboard alone: the question opens, closes by Escape, and gives the focus back", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ben");
  await openReward(tab, "Butter croissant");
  const redeem = tab.getByRole("button", { name: "Redeem" });

  await redeem.focus();
  await tab.keyboard.press("Enter");
  await expect(tab.getByRole("dialog")).toBeVisible();
  await tab.keyboard.press("Escape");

  await expect(tab.getByRole("dialog")).toBeHidden();
  await expect(redeem).toBeFocused();
});

test("the wallet keeps tickets ready, and those that are over apart", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.goto(`${addresses.laurel}/wallet`);

  await expect(tab.getByRole("heading", { name: "What expires next" })).toBeVisible();
  await expect(tab.getByRole("heading", { name: "On their way to you" })).toBeVisible();
  const over = tab.locator("section").filter({ hasText: "Used and expired" });
  await expect(over.getByText(/^Used on/).first()).toBeVisible();
  await expect(over.getByText(/^Expired on/).first()).toBeVisible();
  const answer = await tab.goto(`${addresses.laurel}/wallet/01a00000-0000-7000-8000-000000000000`);
  expect(answer?.status()).toBe(404);
});
