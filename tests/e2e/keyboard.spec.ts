import { expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab } from "#tests/e2e/journeys.ts";

// Goal: who has no mouse does all that others do, sees where they are at each step, and is told what has changed.
// Method: nothing but keys is pressed, from the first page to the last.

const stopsMax = 60;

type Stop = { name: string; isMarked: boolean };

/** Where the focus is: what it is called, and whether that is seen. */
function stopOf(tab: Page): Promise<Stop | null> {
  return tab.evaluate(() => {
    const focused = document.activeElement;
    if (!(focused instanceof HTMLElement) || focused === document.body) return null;
    const label = focused instanceof HTMLInputElement ? focused.labels?.[0] : undefined;
    const name = focused.ariaLabel ?? label?.textContent ?? focused.textContent;
    // A choice that is drawn by its label is marked there.
    const isMarked = [focused, label]
      .filter((each) => each !== undefined)
      .some((each) => {
        const { outlineStyle, outlineWidth, opacity } = getComputedStyle(each);
        return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2 && opacity !== "0";
      });
    return { name: name.trim(), isMarked };
  });
}

/** Presses Tab, or Shift+Tab, until what is called so has the focus. */
async function tabTo(tab: Page, name: string | RegExp, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let stops = 0; stops < stopsMax; stops += 1) {
    await tab.keyboard.press(key);
    const stop = await stopOf(tab);
    if (stop === null) continue; // the browser's own
    expect(stop.isMarked, `${stop.name} shows that it has the focus`).toBe(true);
    if (typeof name === "string" ? stop.name === name : name.test(stop.name)) return;
    passed.push(stop.name);
  }
  throw new Error(`Tab never came to ${name}, only to: ${passed.join(" · ")}`);
}

async function expectHeading(tab: Page, name: string): Promise<void> {
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText(name);
}

const said = (tab: Page) => tab.getByRole("status");

test("Tab goes through a page as it is read", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  const passed: string[] = [];
  for (let stops = 0; stops < 12; stops += 1) {
    await tab.keyboard.press("Tab");
    passed.push((await stopOf(tab))?.name ?? "");
  }

  expect(passed.slice(0, 9)).toEqual([
    ...["Skip to the content", "Acme Rewards", "Home", "Rewards", "Card", "Wallet", "Activity"],
    expect.stringMatching(/Profile$/),
    "Show my card",
  ]);
  expect(passed[9]).toMatch(/Your next reward/);
  expect(passed[10]).toBe("All rewards");
});

test("from finding a reward to its code, by keys alone", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  const before = Number((await tab.getByTestId("balance").textContent())?.replace(",", ""));

  await tabTo(tab, "Rewards");
  await tab.keyboard.press("Enter");
  await expectHeading(tab, "Rewards");
  await tabTo(tab, "Search the rewards");
  await tab.keyboard.type("croissant");
  await expect(said(tab).filter({ hasText: /^1 reward$/ })).toBeVisible();
  await tabTo(tab, "Butter croissant");
  await tab.keyboard.press("Enter");
  await expectHeading(tab, "Butter croissant");

  // Escape leaves the question as if it had not been asked; inside, Tab goes round.
  await tabTo(tab, "Redeem");
  await tab.keyboard.press("Enter");
  const question = tab.getByRole("dialog");
  await expect(question).toBeVisible();
  for (let stops = 0; stops < 5; stops += 1) {
    await tab.keyboard.press("Tab");
    const isInside = await question.evaluate(
      (dialog) => dialog.contains(document.activeElement) || document.activeElement === document.body,
    );
    expect(isInside).toBe(true);
  }
  await tab.keyboard.press("Escape");
  await expect(question).toBeHidden();
  expect((await stopOf(tab))?.name).toBe("Redeem");

  await tab.keyboard.press("Space");
  await tabTo(tab, /^Pay 120 points$/);
  await tab.keyboard.press("Enter");
  await expect(tab.getByText(/^Ready to use until/)).toBeVisible();
  const after = `You now have ${(before - 120).toLocaleString("en")} points.`;
  await expect(said(tab).filter({ hasText: after })).toHaveCount(1);

  await tabTo(tab, "Show the code");
  await tab.keyboard.press("Enter");
  await expect(tab.getByRole("dialog")).toBeVisible();
  await tabTo(tab, "Show the code");
  await tab.keyboard.press("Enter");
  await expect(tab.getByText(/^[A-Z]{4}-\d{4}$/)).toBeVisible();
  await expect(tab.getByRole("dialog")).toBeHidden();
  await tabTo(tab, "Home", "Shift+Tab");
  await tab.keyboard.press("Enter");
  await expect(tab.getByTestId("balance")).toHaveText((before - 120).toLocaleString("en"));
});

test("another language and another look, and out, by keys alone", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  await tabTo(tab, /Profile$/);
  await tab.keyboard.press("Enter");
  await expectHeading(tab, "Profile");

  await tabTo(tab, "Deutsch");
  await tab.keyboard.press("Enter");
  await expectHeading(tab, "Profil");
  await expect(said(tab).filter({ hasText: "Gespeichert." })).toBeVisible();
  expect((await stopOf(tab))?.name).toBe("Deutsch");
  await tabTo(tab, "Dunkel");
  await tab.keyboard.press("Space");
  await expect(tab.locator("html")).toHaveAttribute("data-theme", "dark");
  expect((await stopOf(tab))?.name).toBe("Dunkel");
  await tabTo(tab, "Wie mein Browser", "Shift+Tab"); // it goes with the member, whom others' journeys meet again
  await tab.keyboard.press("Enter");
  await expectHeading(tab, "Profile");

  await tabTo(tab, "Sign out everywhere");
  await tabTo(tab, "Sign out");
  await tab.keyboard.press("Enter");
  await tab.waitForURL(`${addresses.laurel}/signed-out`);
  await expectHeading(tab, "You are signed out");
  await tabTo(tab, /^Back to/);
});
