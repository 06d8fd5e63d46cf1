import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, type Page, test } from "@playwright/test";

import { createShop } from "#demo/shop/server.ts";

// Goal: the shop sells and the till stays calm whatever Laurel does, and what was not heard counts once in the end.
// Method: a shop of the test's own, and in Laurel's place a server that answers what the test wants.

type Heard = { path: string; onceKey: string | undefined; body: Record<string, unknown> };
type Answer = { status: number; body: object };

test("a purchase stands while Laurel is away, and its points follow", async ({ page }) => {
  const { shop, heard, answers } = await openShop();
  await signIn(page, shop);
  await expect(page.getByText("Rewards are taking a break")).toBeVisible();

  await page.getByRole("button", { name: "Buy Stoneware mug" }).click();
  await expect(page.getByRole("status")).toHaveText(
    "Stoneware mug: thank you! Your points will follow in a moment.",
  );
  answers["/api/auth"] = { status: 200, body: { status: "success", data: { session: "token" } } };
  answers["/v1/events"] = earned(18);
  await page.reload();
  await expect(page.locator("iframe")).toBeVisible();
  await page.reload();

  const reports = heard.filter(({ path }) => path === "/v1/events");
  expect(reports).toHaveLength(2); // one that nobody answered, and one that was
  expect(reports[1]).toEqual(reports[0]);
  expect(reports[0]?.onceKey).toBe(reports[0]?.body.externalId);
  expect(reports[0]?.body).toMatchObject({
    type: "PURCHASE",
    subject: "demo-ada",
    payload: { total: 18, currency: "EUR" },
  });
});

test("a refusal of Laurel's is no trouble of the customer's", async ({ page }) => {
  const { shop, answers } = await openShop();
  await signIn(page, shop);
  answers["/v1/events"] = { status: 403, body: { status: "fail", code: "member_restricted" } };

  await page.getByRole("button", { name: "Buy Stoneware mug" }).click();

  await expect(page.getByRole("status")).toHaveText("Stoneware mug: thank you! No points this time.");
});

test("a till that hears nothing says so, and tries again with the same key", async ({ page }) => {
  const { shop, heard, answers } = await openShop();
  const verdict = page.getByRole("heading", { level: 2 });
  await page.goto(`${shop}/till`);
  await page.getByLabel("Code").fill("ABCD-1234");

  await page.keyboard.press("Enter");
  await expect(verdict).toHaveText("The rewards cannot be reached");
  answers["/v1/commands/validate_voucher"] = goodFor("Any coffee");
  await page.keyboard.press("Enter");
  await expect(verdict).toHaveText("Good for Any coffee");
  delete answers["/v1/commands/validate_voucher"];
  await page.getByRole("button", { name: "Use it up" }).click();
  await expect(verdict).toHaveText("We heard nothing back");
  answers["/v1/commands/validate_voucher"] = goodFor("Any coffee");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(verdict).toHaveText("Used up. Hand over Any coffee");

  const uses = heard.filter(({ body }) => body.allowFutureValidation === undefined);
  expect(uses).toHaveLength(2);
  expect(uses[1]).toEqual(uses[0]);
  expect(uses[0]?.onceKey).toMatch(/^[0-9a-f-]{36}$/);
});

for (const [code, words] of [
  ["benefit_expired", "Its time is over"],
  ["member_restricted", "It cannot be used at the moment"],
  ["rate_limited", "Too many at once"],
  ["api_key_invalid", "The till was refused"],
] as const) {
  test(`a till says ${code} in plain words`, async ({ page }) => {
    const { shop, answers } = await openShop();
    answers["/v1/commands/validate_voucher"] = { status: 400, body: { status: "fail", code } };
    await page.goto(`${shop}/till`);

    await page.getByLabel("Code").fill("ABCD-1234");
    await page.keyboard.press("Enter");

    await expect(page.getByRole("heading", { level: 2 })).toHaveText(words);
  });
}

const open: Server[] = [];

test.afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A shop, what its Laurel heard, and what that answers by path; where it has no answer it hangs up. */
async function openShop() {
  const heard: Heard[] = [];
  const answers: Record<string, Answer> = {};
  const laurel = createServer(async (request, response) => {
    const path = request.url ?? "";
    const body = JSON.parse((await text(request)) || "{}") as Record<string, unknown>;
    heard.push({ path, onceKey: request.headers["idempotency-key"] as string | undefined, body });
    const answer = answers[path];
    if (answer) {
      response.writeHead(answer.status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(answer.body));
    } else response.destroy();
  });
  const shop = createShop({
    laurelPort: await listen(laurel),
    secrets: { clientId: "client", apiKey: "key", purchaseSecret: "secret" },
    tillApiKey: "till",
    foreignHost: "rewards.localhost",
    sharedHost: "rewards.acme.localhost",
    sharedDomain: "acme.localhost",
  });
  return { shop: `http://shop.localhost:${await listen(shop)}`, heard, answers };
}

async function listen(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return (server.address() as AddressInfo).port;
}

async function signIn(page: Page, shop: string): Promise<void> {
  await page.goto(`${shop}/sign-in`);
  await page.locator("button[value=demo-ada]").click();
  await page.waitForURL(`${shop}/rewards`);
}

function earned(points: number): Answer {
  const reactions = [{ type: "POINTS", points, ruleName: "1 point per euro" }];
  return { status: 200, body: { status: "success", data: { event: {}, reactions, wallet: { points } } } };
}

function goodFor(name: string): Answer {
  const reward = { name, terms: null, pictureUrl: null, value: null };
  return { status: 200, body: { status: "success", data: { expiresAt: null, reward } } };
}
