import { expect, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab } from "#tests/e2e/journeys.ts";

// Goal: without a network nothing is offered that would fail, and with a slow one a followed link is seen to be followed.

test("without a network the page says so, and buying is not offered until it is back", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.goto(`${addresses.laurel}/rewards`);
  await tab.getByRole("link", { name: "Butter croissant" }).click();
  const redeem = tab.getByRole("button", { name: "Redeem" });
  await expect(redeem).toBeEnabled();

  await context.setOffline(true);

  await expect(tab.getByRole("status").filter({ hasText: "You are offline." })).toBeVisible();
  await expect(redeem).toBeDisabled();
  await expect(redeem).toHaveAccessibleDescription("This needs a connection.");
  await redeem.focus(); // it can still be reached, and heard
  await tab.keyboard.press("Enter");
  await expect(tab.getByRole("dialog")).toBeHidden();
  await expect(tab.getByText("This needs a connection.").first()).toBeVisible(); // the question has it, too

  await context.setOffline(false);

  await expect(tab.getByText("You are offline.")).toBeHidden();
  await expect(redeem).toBeFocused();
  await tab.keyboard.press("Enter");
  await expect(tab.getByRole("dialog")).toBeVisible();
});

test("a question that was open when the network went is not sent, and is once it is back", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.goto(`${addresses.laurel}/rewards`);
  await tab.getByRole("link", { name: "Butter croissant" }).click();
  await tab.getByRole("button", { name: "Redeem" }).click();
  const pay = tab.getByRole("dialog").getByRole("button", { name: "Pay 120 points" });
  const sent: string[] = [];
  tab.on("request", (request) => {
    if (request.url().endsWith("/purchases")) sent.push(request.url());
  });

  await context.setOffline(true);
  await expect(pay).toBeDisabled();
  await pay.focus();
  await tab.keyboard.press("Enter");
  expect(sent).toEqual([]);

  await context.setOffline(false);
  await pay.click();
  await tab.waitForURL(/\/wallet\/[0-9a-f-]{36}$/);
  expect(sent).toHaveLength(1);
});

test("without a network a profile, its choices and its sessions stay as they are", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-chloe");
  await tab.goto(`${addresses.laurel}/profile`);
  const city = tab.getByLabel("City");
  await city.fill("Oslo");
  const calls: string[] = [];
  tab.on("request", (request) => {
    if (request.method() !== "GET") calls.push(`${request.method()} ${request.url()}`);
  });

  await context.setOffline(true);
  await expect(tab.getByText("You are offline.")).toBeVisible();
  await city.press("Enter");
  for (const name of ["Save", "Dark", "Sign out", "Sign out everywhere"]) {
    const button = tab.getByRole("button", { name, exact: true });
    await expect(button).toBeDisabled();
    await button.focus();
    await tab.keyboard.press("Enter");
  }

  expect(calls).toEqual([]);
  await expect(city).toHaveValue("Oslo");
});

test("a link whose page takes its time shows that it was followed, until the page is there", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ada");
  const answers: (() => void)[] = [];
  await context.route("**/wallet?_rsc=*", async (route) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    await route.continue();
  });
  const bar = tab.locator(".pending-bar");
  await expect(bar).toHaveCount(0);

  await tab.getByRole("link", { name: "Wallet", exact: true }).first().click();

  await expect(bar).toBeVisible();
  for (const answer of answers) answer();
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Wallet");
  await expect(bar).toHaveCount(0);
});
