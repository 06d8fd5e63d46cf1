import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab } from "#tests/e2e/journeys.ts";

// Goal: members change their own profile, see where they are signed in, and take their data along.

test("what is wrong stands by its field, what was entered stays, and what is right is kept", async ({
  context,
}) => {
  const tab = await openRewardsTab(context, "demo-ben");
  await tab.goto(`${addresses.laurel}/profile`);
  await expect(tab.getByText("These details come from shop.localhost.")).toBeVisible();
  await tab.getByLabel("City").fill("Bremerhaven");
  await tab.getByLabel("Date of birth").fill("1812-01-01");

  await tab.getByRole("button", { name: "Save" }).click();

  await expect(tab.getByText("Enter a day from 1900 to today.")).toBeVisible();
  await expect(tab.getByLabel("City")).toHaveValue("Bremerhaven");
  await tab.getByLabel("Date of birth").fill("1990-02-03");
  await tab.getByLabel("Country").selectOption({ label: "Germany" });
  await tab.getByRole("button", { name: "Save" }).press("Enter");
  await expect(tab.getByRole("status").filter({ hasText: "Saved." })).toBeVisible();
  await tab.reload();
  await expect(tab.getByLabel("City")).toHaveValue("Bremerhaven");
  await expect(tab.getByLabel("Date of birth")).toHaveValue("1990-02-03");
});

test("another place is signed out from here, and sees it within five seconds", async ({
  browser,
  context,
}) => {
  const elsewhere = await openRewardsTab(await browser.newContext({ locale: "en" }), "demo-ben");
  const tab = await openRewardsTab(context, "demo-ben");
  await tab.goto(`${addresses.laurel}/profile`);
  const places = tab.getByRole("listitem").filter({ hasText: "Chrome, Linux" });
  await expect(places.filter({ hasText: "This device" })).toHaveCount(1);
  const others = await places.count();
  expect(others).toBeGreaterThan(1); // the shop's frames are some of them

  for (let left = others; left > 1; left--) {
    await places
      .nth(1)
      .getByRole("button", { name: /^Sign out of/ })
      .click();
    await expect(places).toHaveCount(left - 1);
  }

  await elsewhere.bringToFront();
  await expect(elsewhere.getByRole("heading", { level: 1 })).toHaveText("You are signed out", {
    timeout: 5_000,
  });
});

test("one's data is a file that says all of it", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.goto(`${addresses.laurel}/profile`);

  const [download] = await Promise.all([
    tab.waitForEvent("download"),
    tab.getByRole("link", { name: "Download my data" }).click(),
  ]);

  expect(download.suggestedFilename()).toBe("acme-my-data.json");
  const data = JSON.parse(readFileSync(await download.path(), "utf8"));
  expect(JSON.stringify(data)).toContain("ada@demo.example");
});
