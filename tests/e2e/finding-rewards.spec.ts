import { expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab } from "#tests/e2e/journeys.ts";

// Goal: a member finds a reward by what the address says, with scripts and without, and what it says stays.

const cards = (tab: Page) => tab.getByRole("main").getByRole("article");
const names = (tab: Page) => cards(tab).getByRole("heading").allTextContents();

async function openShelf(tab: Page, query = ""): Promise<void> {
  await tab.goto(`${addresses.laurel}/rewards${query}`);
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Rewards");
}

test("the shelf narrows as one types, without a new page, and the focus stays", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await openShelf(tab);
  const all = await cards(tab).count();
  await tab.evaluate(() => {
    document.body.dataset.isSamePage = "yes";
  });
  const field = tab.getByRole("searchbox");

  await field.pressSequentially("CAFE crois");

  await expect(tab.getByText("1 reward", { exact: true })).toBeVisible();
  expect(await names(tab)).toEqual(["Butter croissant"]);
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("CAFE crois");
  await expect(tab.locator("body")).toHaveAttribute("data-is-same-page", "yes");
  await expect(tab).toHaveURL(/\?q=CAFE\+crois&sort=nearest$/);

  await tab.reload();
  await expect(field).toHaveValue("CAFE crois");
  await cards(tab).getByRole("link").click();
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Butter croissant");
  await tab.goBack();
  await expect(field).toHaveValue("CAFE crois");
  expect(await names(tab)).toEqual(["Butter croissant"]);

  await tab.getByRole("link", { name: "Clear filters" }).click();
  await expect(field).toHaveValue("");
  await expect(cards(tab)).toHaveCount(all);
});

test("category, reach and order apply as they are chosen, by the keyboard too", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-chloe");
  await openShelf(tab);

  await tab.getByRole("radio", { name: "All" }).focus();
  await tab.keyboard.press("ArrowRight");
  await expect(tab.getByRole("radio", { name: "Café" })).toBeFocused();
  await expect(tab).toHaveURL(/category=Caf/);
  await tab.getByRole("combobox", { name: "Order" }).selectOption({ label: "Price: high to low" });
  await expect(tab).toHaveURL(/sort=dearest/);
  await expect(cards(tab).first().getByRole("heading")).toHaveText("Lunch for two");
  const inCategory = await names(tab);

  await tab.getByRole("checkbox", { name: "Within reach" }).focus();
  await tab.keyboard.press("Space");
  await expect(tab).toHaveURL(/reach=1/);
  await expect(tab.getByText("You have enough").or(tab.getByText("Nothing fits")).first()).toBeVisible();
  const inReach = await names(tab);
  expect(inCategory).toEqual(expect.arrayContaining(inReach));
  expect(inReach).not.toContain("Lunch for two");
});

test("nothing found says what to do, and the number of hits is said aloud", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await openShelf(tab);
  const field = tab.getByRole("searchbox");

  await field.fill("a helicopter");
  await expect(tab.getByRole("status").filter({ hasText: "No rewards found" })).toBeVisible();
  await expect(tab.getByText("Nothing fits")).toBeVisible();
  await field.press("Enter");
  await tab.getByRole("link", { name: "Clear filters" }).click();

  await expect(tab.getByRole("status").filter({ hasText: /^\d+ rewards$/ })).toBeVisible();
  await expect(field).toHaveValue("");
});

test("an address with what it cannot mean shows the whole shelf", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await openShelf(tab);
  const all = await cards(tab).count();

  const answer = await tab.goto(
    `${addresses.laurel}/rewards?category=Gone&reach=maybe&sort=sideways&sort=up&q=a&q=b&page=7&%00=%ff`,
  );

  expect(answer?.status()).toBe(200);
  await expect(cards(tab)).toHaveCount(all);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the form finds rewards, and the address keeps what was looked for", async ({ context }) => {
    const tab = await openRewardsTab(context, "demo-ada");
    await openShelf(tab);

    await tab.getByRole("searchbox").fill("café");
    await tab.getByRole("combobox", { name: "Order" }).selectOption("dearest");
    await tab.getByRole("button", { name: "Apply" }).click();

    await expect(tab).toHaveURL(/\?q=caf%C3%A9&category=&sort=dearest$/);
    expect((await names(tab))[0]).toBe("Lunch for two");
    await expect(tab.getByRole("searchbox")).toHaveValue("café");
    await expect(tab.getByRole("combobox", { name: "Order" })).toHaveValue("dearest");

    await tab.getByRole("checkbox", { name: "Within reach" }).check();
    await tab.getByRole("button", { name: "Search", exact: true }).click();
    await expect(tab.getByRole("checkbox", { name: "Within reach" })).toBeChecked();
    await tab.getByRole("link", { name: "Clear filters" }).click();
    await expect(tab).toHaveURL(`${addresses.laurel}/rewards`);
  });

  test("activity of one kind is an address, page by page", async ({ context }) => {
    const tab = await openRewardsTab(context, "demo-ada");
    await tab.goto(`${addresses.laurel}/activity`);

    await tab.getByRole("link", { name: "Earned", exact: true }).click();
    await expect(tab).toHaveURL(/\?kind=earned$/);
    await expect(tab.getByRole("link", { name: "Earned", exact: true })).toHaveAttribute(
      "aria-current",
      "page",
    );
    await tab.getByRole("link", { name: "Older" }).click();
    await expect(tab).toHaveURL(/\?kind=earned&before=\d+$/);
    for (const text of await tab.getByRole("main").locator("summary").allTextContents()) {
      expect(text).toMatch(/\+\d/);
    }
    await tab.getByRole("link", { name: "Back to the newest" }).click();
    await expect(tab).toHaveURL(/\?kind=earned$/);
  });
});

test("activity stands under its days, and of what was spent each says its reward", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.goto(`${addresses.laurel}/activity`);
  const days = tab.getByRole("main").getByRole("heading", { level: 2 });
  const moments = await days
    .locator("time")
    .evaluateAll((all) => all.map((each) => each.getAttribute("datetime")));

  expect(moments.length).toBeGreaterThan(3);
  expect(moments).toEqual([...moments].sort().reverse());
  await tab.getByRole("link", { name: "Spent", exact: true }).click();
  await expect(tab).toHaveURL(/\?kind=spent$/);
  const first = tab.getByRole("main").locator("summary").first();
  await expect(first).toContainText("Points spent");
  await first.click();
  await expect(tab.getByText("Paid with").first()).toBeVisible();
});

test("the wallet tells by month what expires, in columns and in words", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.goto(`${addresses.laurel}/wallet`);
  const chart = tab.getByRole("figure", { name: "Points that expire, by month" });

  await expect(chart.getByRole("listitem")).toHaveCount(6);
  await expect(chart.getByRole("listitem").first()).toContainText(/^[A-Z][a-z]+ 20\d\d – [\d,]+ points?/);
});

test("home says what expires next and how far the next reward is, which says it again", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ben");

  await expect(tab.getByRole("link", { name: /[1-9]\d* points? expires? on [A-Z][a-z]+ \d/ })).toBeVisible();
  const goal = tab.getByRole("link", { name: /^Your next reward/ });
  const points = /([\d,]+) points? to/.exec((await goal.textContent()) ?? "")?.[1];
  await goal.click();
  await expect(tab.getByText(new RegExp(`^Collect ${points} more points? and it is yours`))).toBeVisible();
  await expect(tab.getByText(/^You have [\d,]+ of [\d,]+$/)).toBeVisible();
});
