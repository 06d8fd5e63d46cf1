/**
 * Pictures of every page that a member sees, at four widths, in light and dark, from the left and from the right. The single
 * pictures, whole and as large as they are, go to test-results/screenshots/; docs/screenshots/ gets a sheet of each page, to
 * see at a glance what a change did to it.
 */
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, type BrowserContext, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";

const picturesFolder = join("test-results", "screenshots");
const sheetsFolder = join("docs", "screenshots");

/** What such a screen shows without scrolling; a longer page makes it taller, so that the bar at its foot stays there. */
const screens = [
  { width: 320, height: 640 },
  { width: 390, height: 844 },
  { width: 768, height: 1024 },
  { width: 1280, height: 900 },
];
const looks = (["en", "ar"] as const).flatMap((locale) =>
  (["light", "dark"] as const).map((colorScheme) => ({ locale, colorScheme })),
);
type Look = (typeof looks)[number];
type Eyes = { look: Look; page: Page };
type Picture = { file: string; width: number };

const sheetScale = 0.6;
const sheetRowMaxPx = 1_300; // of a page's own; what is longer is cut there
const webpQuality = 70;

let members: Eyes[] = [];
let strangers: Eyes[] = [];

test.describe.configure({ mode: "serial" });

test.beforeAll(async ({ browser }) => {
  await rm(sheetsFolder, { recursive: true, force: true });
  for (const folder of [picturesFolder, sheetsFolder]) await mkdir(folder, { recursive: true });
  members = await opened(browser, (context) => openRewardsTab(context, "demo-ada"));
  strangers = await opened(browser, (context) => context.newPage());
});

for (const [name, path] of Object.entries({
  home: "/",
  rewards: "/rewards",
  wallet: "/wallet",
  card: "/card",
  activity: "/activity",
  profile: "/profile",
})) {
  test(name, () => takeSheet(name, members, (page) => goTo(page, `${addresses.laurel}${path}`)));
}

test("reward", () => takeSheet("reward", members, (page) => openFromList(page, "/rewards", "Any coffee")));

test("ticket", async () => {
  const open = (page: Page) => openFromList(page, "/wallet", "Any coffee");
  await takeSheet("ticket", members, open);

  // At the till, where it is shown once.
  const [{ page } = { page: null }] = members;
  if (!page) throw new Error("Nobody is signed in.");
  await open(page);
  await page.getByRole("button", { name: "Show the code" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Show the code" }).click();
  await page.getByAltText("QR code of the voucher").waitFor();
  await takeSheet("ticket-at-the-till", members, open);
});

test("sign-in", () => takeSheet("sign-in", strangers, (page) => goTo(page, `${addresses.bistro}/login`)));

test("sign-in at the club's own server", () =>
  takeSheet("sign-in-club", strangers, (page) => goTo(page, `${addresses.club}/login`)));

test("signed out", () =>
  takeSheet("signed-out", strangers, (page) => goTo(page, `${addresses.laurel}/signed-out`)));

test("the shop, with its rewards in a frame", async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 } });
  const page = await context.newPage();
  const frame = await signInAtShop(page, "demo-ada");
  await frame.getByTestId("balance").waitFor();
  await settled(page);
  await writeFile(join(sheetsFolder, "shop.webp"), await webpOf(page, 1.5));
  await context.close();
});

async function opened(browser: Browser, open: (context: BrowserContext) => Promise<Page>): Promise<Eyes[]> {
  const eyes: Eyes[] = [];
  for (const look of looks) {
    const context = await browser.newContext({ ...look, reducedMotion: "reduce" });
    eyes.push({ look, page: await open(context) });
  }
  return eyes;
}

async function takeSheet(
  name: string,
  eyes: readonly Eyes[],
  open: (page: Page) => Promise<void>,
): Promise<void> {
  const rows: { title: string; pictures: Picture[] }[] = [];
  for (const { look, page } of eyes) {
    await open(page);
    const pictures: Picture[] = [];
    for (const screen of screens) {
      const file = `${name}.${look.locale}.${look.colorScheme}.${screen.width}.png`;
      await takeWhole(page, screen, join(picturesFolder, file));
      pictures.push({ file, width: screen.width });
    }
    rows.push({ title: `${name} · ${look.locale} · ${look.colorScheme}`, pictures });
  }
  const browser = eyes[0]?.page.context().browser();
  if (!browser) throw new Error("No browser is open.");
  const sheet = await browser.newPage();
  await sheet.setContent(sheetOf(rows));
  await settled(sheet);
  const { width, height } = (await sheet.locator("main").boundingBox()) ?? { width: 0, height: 0 };
  await sheet.setViewportSize({ width: Math.ceil(width), height: Math.ceil(height) });
  await writeFile(join(sheetsFolder, `${name}.webp`), await webpOf(sheet));
  await sheet.close();
}

async function takeWhole(page: Page, screen: (typeof screens)[number], file: string): Promise<void> {
  await page.setViewportSize(screen);
  await settled(page);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: screen.width, height });
  await settled(page);
  await page.screenshot({ path: file, animations: "disabled" });
}

async function goTo(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await settled(page);
}

/** By its name, which is in English for every reader. */
async function openFromList(page: Page, list: string, name: string): Promise<void> {
  await page.goto(`${addresses.laurel}${list}`);
  const href = await page.locator("article a").filter({ hasText: name }).first().getAttribute("href");
  await goTo(page, `${addresses.laurel}${href}`);
}

/** Until the font and every picture of the page and its frames are there, and drawn; those further down are called for. */
async function settled(page: Page): Promise<void> {
  for (const frame of page.frames()) {
    await frame.evaluate(async () => {
      await document.fonts.ready;
      await Promise.all(
        [...document.images]
          .filter((image) => image.checkVisibility())
          .map((image) => {
            image.loading = "eager";
            return image.decode().catch(() => undefined);
          }),
      );
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
    });
  }
}

function sheetOf(rows: readonly { title: string; pictures: readonly Picture[] }[]): string {
  const sections = rows.map(({ title, pictures }) => {
    const images = pictures.map(({ file, width }) => {
      const data = readFileSync(join(picturesFolder, file)).toString("base64");
      return `<div><img src="data:image/png;base64,${data}" width="${width * sheetScale}"></div>`;
    });
    return `<h2>${title}</h2><section>${images.join("")}</section>`;
  });
  return `<style>
    body { margin: 0; background: #9a9d9b; font: 600 15px system-ui, sans-serif; }
    main { width: max-content; padding: 4px 16px 16px; }
    h2 { margin: 14px 0 8px; font-size: inherit; }
    section { display: flex; gap: 16px; align-items: flex-start; }
    div { max-height: ${sheetRowMaxPx * sheetScale}px; overflow: hidden; }
    img { display: block; }
  </style><main>${sections.join("")}</main>`;
}

/** What is seen of a page; Playwright's own pictures are PNG and JPEG alone, which are several times as large. */
async function webpOf(page: Page, scale = 1): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", {
    ...({ format: "webp", quality: webpQuality } as const),
    clip: { x: 0, y: 0, ...(page.viewportSize() ?? { width: 0, height: 0 }), scale },
  });
  return Buffer.from(data, "base64");
}
