import { expect, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { openRewardsTab, signInAtShop } from "#tests/e2e/journeys.ts";

// Goal: a customer of a shop sees their points in it, signed in without noticing, by each of the three ways.

test("in a frame on another site, with a cookie for that page alone", async ({ page, context }) => {
  const frame = await signInAtShop(page, "demo-ada");

  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Hello, Ada");
  await expect(frame.getByTestId("balance")).toHaveText(/^\d,\d{3}$/);
  const cookies = await context.cookies(addresses.laurel);
  expect(cookies.map(({ name }) => name)).toEqual(["__Host-session_p"]);
  expect(cookies[0]).toMatchObject({ httpOnly: true, secure: true, sameSite: "None" });
  await frame.getByRole("link", { name: "Rewards", exact: true }).first().click();
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Rewards");
  await frame.getByRole("link", { name: "Any coffee" }).click();
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Any coffee");
});

test("in a new tab, and the link in the address bar opens nothing any more", async ({ context, browser }) => {
  const page = await context.newPage();
  await signInAtShop(page, "demo-ben");
  const links: string[] = [];
  context.on("request", (request) => {
    if (request.url().includes("/api/auth?session=")) links.push(request.url());
  });
  const [tab] = await Promise.all([
    context.waitForEvent("page"),
    page.getByText("Open in a new tab").click(),
  ]);

  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Hello, Ben");
  expect(tab.url()).toBe(`${addresses.laurel}/`);
  const link = links.at(-1) ?? "";
  await tab.goto(link); // the same link again, here
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Hello, Ben");

  const stranger = await browser.newContext({ locale: "en" });
  const stolen = await stranger.newPage();
  const answer = await stolen.goto(link);
  expect(answer?.status()).toBe(401);
  await expect(stolen.getByRole("heading", { level: 1 })).toHaveText("This link no longer works");
  await expect(stolen.getByRole("link", { name: "Back to shop.localhost" })).toBeVisible();
  await stranger.close();
});

test("on the same site, by a cookie of the common domain, on any page and without a redirect", async ({
  page,
}) => {
  const frame = await signInAtShop(page, "demo-chloe", addresses.sameSiteShop);

  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Hello, Chloé");
  const answer = await page.goto(`${addresses.sameSiteLaurel}/wallet`);
  expect(answer?.status()).toBe(200);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Wallet");
});

test("a page of a host's origin activates by bearer, and a stranger's page does not", async ({
  page,
  context,
}) => {
  await page.goto(addresses.shop);
  const token = await mintToken(context.request, "demo-ben");
  const activate = (bearer: string) =>
    page.evaluate(
      async ([url, value]) => {
        const answer = await fetch(`${url}/api/auth`, {
          mode: "cors",
          credentials: "include",
          headers: { Authorization: `Bearer ${value}` },
        });
        return { status: answer.status, body: await answer.json() };
      },
      [addresses.laurel, bearer] as const,
    );

  expect(await activate(token)).toMatchObject({
    status: 200,
    body: { data: { user: { authIdentifier: "demo-ben" } } },
  });
  expect(await activate(token)).toMatchObject({ status: 401, body: { code: "session_invalid" } });
  await page.goto(
    addresses.laurel
      .replace("rewards", "stranger")
      .replace(String(addresses.laurelPort), String(addresses.shopPort)),
  );
  await expect(activate(await mintToken(context.request, "demo-ben"))).rejects.toThrow(/Failed to fetch/);
});

test("a link for another member asks first, and only the click switches", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  const token = await mintToken(context.request, "demo-ben");

  await tab.goto(`${addresses.laurel}/api/auth?session=${token}&redirect_path=/wallet`);

  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Continue as Ben D.?");
  await tab.getByRole("link", { name: "Stay as I am" }).click();
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Hello, Ada");

  const again = await mintToken(context.request, "demo-ben");
  await tab.goto(`${addresses.laurel}/api/auth?session=${again}&redirect_path=/wallet`);
  await tab.getByRole("button", { name: "Continue as Ben D." }).click();
  await tab.waitForURL(`${addresses.laurel}/wallet`);
  await tab.goto(addresses.laurel);
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Hello, Ben");
});

test("a double click on a link ends on the page all the same", async ({ context }) => {
  const tab = await openRewardsTab(context, "demo-ada");
  const token = await mintToken(context.request, "demo-ada");
  const other = await context.newPage();
  await other.goto(`${addresses.laurel}/api/auth?session=${token}`);
  await mintAndActivate(other, await mintToken(context.request, "demo-ada"));

  // The browser is signed in by another link by now; the first one is refused, and its page goes on by itself.
  const used = await mintToken(context.request, "demo-ada");
  await context.request.get(`http://127.0.0.1:${addresses.laurelPort}/api/auth?session=${used}`, {
    headers: { Host: `rewards.localhost:${addresses.laurelPort}`, Cookie: "" },
    maxRedirects: 0,
  });
  await tab.goto(`${addresses.laurel}/api/auth?session=${used}&redirect_path=/card`);
  await tab.waitForURL(`${addresses.laurel}/card`);
});

async function mintAndActivate(page: import("@playwright/test").Page, token: string): Promise<void> {
  await page.goto(`${addresses.laurel}/api/auth?session=${token}`);
}

async function mintToken(
  request: import("@playwright/test").APIRequestContext,
  authIdentifier: string,
): Promise<string> {
  const [givenName = "", emailAddress = ""] =
    authIdentifier === "demo-ada" ? ["Ada", "ada@demo.example"] : ["Ben", "ben@demo.example"];
  const answer = await request.post(`http://127.0.0.1:${addresses.laurelPort}/api/auth`, {
    headers: {
      Host: `rewards.localhost:${addresses.laurelPort}`,
      "X-Client-ID": "demo-shop-client-id-for-this-computer-only",
      Cookie: "",
    },
    data: { selector: { authIdentifier }, profile: { givenName, familyName: "Demo", emailAddress } },
  });
  return (await answer.json()).data.session;
}
