import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";

// Goal: members change their own profile, see where they are signed in, and take their data along.

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async function openProfile(browser: Browser, settings: Parameters<Browser["newContext"]>[0] = {}) {
  const context = await browser.newContext({ locale: "en", ...settings });
  const tab = await openRewardsTab(context, "demo-ben");
  await tab.goto(`${addresses.laurel}/profile`);
  return { context, tab };
}

/** What the form sends when this is done. */
async function sentBy(tab: Page, doing: () => Promise<void>): Promise<unknown> {
  const [request] = await Promise.all([tab.waitForRequest((each) => each.method() === "PATCH"), doing()]);
  return request.postDataJSON();
}

test("what is wrong stands by its field, what was entered stays, and what is right is kept", async ({
  browser,
}) => {
  const { context, tab } = await openProfile(browser);
  await expect(tab.getByText("These details come from shop.localhost.")).toBeVisible();
  await expect(tab.getByLabel("First name")).toHaveCount(0); // they come from there, too
  await tab.getByLabel("City").fill("Bremerhaven");
  await tab.getByLabel("Date of birth").fill("1812-01-01");

  await tab.getByRole("button", { name: "Save" }).click();

  const birthdate = tab.getByLabel("Date of birth");
  await expect(tab.getByText("Enter a day from 1900 to today.")).toBeVisible();
  await expect(birthdate).toHaveAccessibleDescription("Enter a day from 1900 to today.");
  await expect(birthdate).toBeFocused();
  await expect(tab.getByLabel("City")).toHaveValue("Bremerhaven");
  const { violations } = await new AxeBuilder({ page: tab }).analyze();
  expect(violations).toEqual([]);

  await birthdate.fill("1990-02-03");
  await tab.getByLabel("Country").selectOption({ label: "Germany" });
  await tab.getByRole("button", { name: "Save" }).click();
  await expect(tab.getByRole("status").filter({ hasText: "Saved." })).toBeVisible();
  await expect(birthdate).toHaveAccessibleDescription("");
  await tab.reload();
  await expect(tab.getByLabel("City")).toHaveValue("Bremerhaven");
  await expect(birthdate).toHaveValue("1990-02-03");
  await expect(tab.getByLabel("Country")).toHaveValue("DE");
  await context.close();
});

test("only what was changed is sent, what was emptied is taken away, and each attribute keeps its kind", async ({
  browser,
}) => {
  const { context, tab } = await openProfile(browser);
  const note = `${"long ".repeat(120)}note`;
  await tab.evaluate(
    async (profile) => {
      const headers = { "Content-Type": "application/json" };
      await fetch("/api/session/member", { method: "PATCH", headers, body: JSON.stringify({ profile }) });
    },
    { note, shoeSize: 42.5, likesTea: true, city: " Emden ", region: "Lower Saxony", pets: ["cat"] },
  );
  await tab.reload();
  await expect(tab.getByText('["cat"]')).toBeVisible(); // to be read, and not to be changed
  const save = () => tab.getByRole("button", { name: "Save" }).click();

  await tab.getByLabel("Phone").fill(" 04711 23 ");
  await tab.getByLabel("shoeSize").fill("43.5");
  await tab.getByLabel("likesTea").uncheck();
  await tab.getByLabel("note").fill(`${note}!`);
  expect(await sentBy(tab, save)).toEqual({
    profile: { telephoneNumber: "04711 23", shoeSize: 43.5, likesTea: false, note: `${note}!` },
  });
  await expect(tab.getByText("Saved.")).toBeVisible();

  await tab.getByLabel("note").fill("");
  await tab.getByLabel("shoeSize").fill("");
  await tab.getByLabel("Region").fill("");
  expect(await sentBy(tab, save)).toEqual({ profile: { region: null, shoeSize: null, note: null } });
  await expect(tab.getByLabel("note")).toHaveCount(0);
  await expect(tab.getByLabel("shoeSize")).toHaveCount(0);
  await tab.reload();
  await expect(tab.getByLabel("Phone")).toHaveValue("04711 23");
  await context.close();
});

test("what is not taken for want of a connection or a session stays as it was entered", async ({
  browser,
}) => {
  const { context, tab } = await openProfile(browser);
  await tab.getByLabel("City").fill("Norden");

  await context.setOffline(true);
  await expect(tab.getByRole("button", { name: "Save" })).toHaveAccessibleDescription(
    "This needs a connection.",
  );
  await context.setOffline(false);
  await context.route("**/api/session/member", (route) => route.abort()); // a network that leads nowhere
  await tab.getByRole("button", { name: "Save" }).click();
  await expect(tab.getByText("That did not work. Check the connection and try again.")).toBeVisible();
  await expect(tab.getByLabel("City")).toHaveValue("Norden");
  await context.unroute("**/api/session/member");
  await context.clearCookies();
  await tab.getByRole("button", { name: "Save" }).click();
  await expect(tab.getByText("You are signed out. Open the page anew.")).toBeVisible();
  await expect(tab.getByLabel("City")).toHaveValue("Norden");
  await context.close();
});

test("the profile is changed, and a place signed out, by keyboard alone", async ({ browser }) => {
  const elsewhere = await openProfile(browser, { userAgent: firefox });
  const { context, tab } = await openProfile(browser);
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 60; presses++) {
      await tab.keyboard.press("Tab");
      const text = await tab.evaluate(() => {
        const element = document.activeElement as HTMLInputElement;
        return element.labels?.[0]?.textContent ?? element.ariaLabel ?? element.textContent;
      });
      if (text.startsWith(name)) return;
    }
    throw new Error(`The keyboard does not reach ${name}.`);
  };

  await tabTo("Phone");
  await tab.keyboard.press("ControlOrMeta+A");
  await tab.keyboard.type("0471 1");
  expect(await sentBy(tab, () => tab.keyboard.press("Enter"))).toEqual({
    profile: { telephoneNumber: "0471 1" },
  });
  await expect(tab.getByText("Saved.")).toBeVisible();

  const places = tab.getByText("Firefox, Linux", { exact: true });
  const count = await places.count();
  await tabTo("Sign out of Firefox, Linux");
  await tab.keyboard.press("Enter");
  await expect(tab.getByRole("status").filter({ hasText: "Signed out of Firefox, Linux." })).toBeVisible();
  await expect(places).toHaveCount(count - 1);
  await tabTo("Sign out everywhere"); // from where the button was
  await elsewhere.context.close();
  await context.close();
});

test("another place is signed out from here, and sees it within five seconds", async ({ browser }) => {
  const elsewhere = await openProfile(browser, { userAgent: firefox });
  const { context, tab } = await openProfile(browser);
  const here = tab.getByRole("listitem").filter({ hasText: "This device" });
  const place = tab.getByRole("listitem").filter({ hasText: "Firefox, Linux" });
  await expect(here).toHaveCount(1);
  await expect(here).toContainText(/Chrome, Linux.*active now/);
  await expect(here.getByRole("button")).toHaveCount(0);

  // The tab, and the shop's frame before it.
  for (let left = await place.count(); left > 0; left--) {
    await place.first().getByRole("button", { name: "Sign out of Firefox, Linux" }).click();
    await expect(place).toHaveCount(left - 1);
  }

  await expect(elsewhere.tab.getByRole("heading", { level: 1 })).toHaveText("You are signed out", {
    timeout: 5_000,
  });
  await expect(here).toHaveCount(1);
  await elsewhere.context.close();
  await context.close();
});

test("signing out everywhere leaves every tab and frame, this one too", async ({ browser }) => {
  const elsewhere = await openProfile(browser, { userAgent: firefox });
  const { context, tab } = await openProfile(browser);

  await tab.getByRole("button", { name: "Sign out everywhere" }).click();

  await tab.waitForURL(`${addresses.laurel}/signed-out`);
  await expect(elsewhere.tab.getByRole("heading", { level: 1 })).toHaveText("You are signed out", {
    timeout: 5_000,
  });
  await elsewhere.context.close();
  await context.close();
});

test("one's data is a file that says all of it, from a tab and from a frame in the shop", async ({
  context,
}) => {
  const page = await context.newPage();
  const frame = await signInAtShop(page, "demo-ada");
  await frame.getByRole("link", { name: "Profile" }).click();
  const tab = await openRewardsTab(context, "demo-ada");
  await tab.goto(`${addresses.laurel}/profile`);

  for (const [within, where] of [
    [tab, tab],
    [page, frame],
  ] as const) {
    await within.bringToFront();
    const [download] = await Promise.all([
      within.waitForEvent("download"),
      where.getByRole("link", { name: "Download my data" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("acme-my-data.json");
    const data = JSON.parse(readFileSync(await download.path(), "utf8"));
    expect(data.member.profile.emailAddress).toBe("ada@demo.example");
    expect(data.ledger[0].balanceAfterPoints).toBe(data.wallet.points);
    expect(data.ledger.at(-1).sequence).toBe(1);
    expect(data.sessions.length).toBeGreaterThan(1);
  }
});

test("without JavaScript all of it can be read, and nothing pretends to work", async ({ browser }) => {
  const { context, tab } = await openProfile(browser, { javaScriptEnabled: false });

  await expect(tab.getByText("ben@demo.example")).toBeVisible();
  await expect(tab.getByLabel("Country")).toBeVisible();
  await expect(tab.getByText("This device", { exact: true }).first()).toBeVisible();
  await expect(tab.getByRole("main").getByRole("button")).toHaveCount(0);
  const answer = tab.waitForEvent("download");
  await tab.getByRole("link", { name: "Download my data" }).click();
  expect((await answer).suggestedFilename()).toBe("acme-my-data.json");
  await context.close();
});
