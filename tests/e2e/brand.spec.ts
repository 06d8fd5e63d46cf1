import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";

// Goal: a programme's pages have its brand, before and after signing in, by day and by night.
// Method: the demo's club has a colour, logos and small corners; its bistro a font, large corners and a picture.

const { bistro, club } = addresses;

async function signInAtBistro(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${bistro}/login`);
  await page.getByLabel("E-mail").fill("gus@demo.example");
  await page.getByLabel("Password", { exact: true }).fill("gus-has-soup-on-fridays");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${bistro}/`);
  return page;
}

async function expectSound(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, html: nodes[0]?.html }))).toEqual([]);
}

for (const { colorScheme, fill, text, logo, theme } of [
  {
    colorScheme: "light",
    fill: "rgb(91, 60, 196)",
    text: "rgb(255, 255, 255)",
    logo: "clublogo",
    theme: "#5b3cc4",
  },
  {
    colorScheme: "dark",
    fill: "rgb(184, 177, 255)",
    text: "rgb(21, 19, 39)",
    logo: "clublogodark",
    theme: "#2a2841",
  },
] as const) {
  test(`a stranger sees the club's colours and logo in ${colorScheme}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme, locale: "en" });
    const page = await context.newPage();
    await page.goto(`${club}/login`);

    const button = page.getByRole("button", { name: "Continue with Demo ID" });
    await expect(button).toHaveCSS("background-color", fill);
    await expect(button).toHaveCSS("color", text);
    await expect(button).toHaveCSS("border-radius", "6px");
    const picture = page.getByRole("img", { name: "Demo Club" });
    await expect(picture).toHaveCount(1); // the other one is neither shown nor read out
    await expect(picture).toHaveAttribute("src", new RegExp(`/${logo}\\.svg$`));
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
    const themeColor = page.locator(`meta[name=theme-color][media="(prefers-color-scheme: ${colorScheme})"]`);
    await expect(themeColor).toHaveAttribute("content", theme);
    await expectSound(page);

    for (const path of ["/signed-out", "/nothing"]) {
      await page.goto(`${club}${path}`);
      await expect(page.getByRole("img", { name: "Demo Club" })).toBeVisible();
      await expectSound(page);
    }
    await context.close();
  });
}

test("a member of the bistro sees its tagline, its picture, its font and its corners", async ({
  context,
}) => {
  const page = await signInAtBistro(context);

  await expect(page.getByText("Every meal brings you closer to the next.")).toBeVisible();
  const hero = page.locator("section").filter({ has: page.getByTestId("balance") });
  await expect(hero).toHaveCSS("color", "rgb(255, 255, 255)");
  await expect(hero).toHaveCSS("border-radius", "32px");
  const picture = hero.locator('img[src$="/art/table.svg"]');
  await expect
    .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(0);
  await expect(page.locator("body")).toHaveCSS("font-family", /^ui-serif/);
  await expectSound(page);
});

test("a logo that does not load leaves the programme's name", async ({ context }) => {
  await context.route("**/art/clublogo*.svg", (route) => route.abort());
  const page = await context.newPage();
  await page.goto(`${club}/login`);

  const logo = page.getByRole("img", { name: "Demo Club" });
  await expect(logo).toBeVisible();
  const { width = 0, height = 0 } = (await logo.boundingBox()) ?? {};
  expect(width).toBeGreaterThan(60); // its alternative text has a place
  expect(height).toBeGreaterThan(15);
});

test("a programme without a brand stays green", async ({ page }) => {
  await page.goto(`${addresses.laurel}/signed-out`);
  await expect(page.getByRole("link", { name: /Back to/ })).toHaveCSS("background-color", "rgb(23, 96, 63)");
});
