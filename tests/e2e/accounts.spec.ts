import { type APIRequestContext, expect, type Page, test } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";
import { balanceOf } from "#tests/e2e/journeys.ts";

// Goal: members of the bistro make an account, lose their password and get it back, and change it, as they see it.
// Method: the mails are read where the demo shows them.

const { bistro, club, laurel, shop } = addresses;

// Each journey comes from an address of its own: five people a minute can sign up from one.
let places = 0;
test.beforeEach(({ context }) =>
  context.setExtraHTTPHeaders({ "X-Forwarded-For": `198.51.100.${++places}` }),
);

let people = 0;
const newAddress = () => `hal-${Date.now()}-${people++}@demo.example`;

async function signUp(page: Page, emailAddress: string, password: string): Promise<void> {
  await page.goto(`${bistro}/signup`);
  await page.getByLabel("First name").fill("Hal");
  await page.getByLabel("Last name").fill("Demo");
  await page.getByLabel("E-mail").fill(emailAddress);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
}

async function enter(page: Page, emailAddress: string, password: string): Promise<void> {
  await page.getByLabel("E-mail").fill(emailAddress);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The link in the newest mail to an address; waits until it has come. */
async function linkInMail(page: Page, emailAddress: string, subject: RegExp): Promise<string> {
  const mail = page.getByRole("link", { name: subject }).filter({ hasText: emailAddress }).first();
  await expect(async () => {
    await page.goto(`${shop}/mailbox`);
    await expect(mail).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 15_000 });
  await mail.click();
  return (await page.getByRole("link", { name: /token=/ }).getAttribute("href")) ?? "";
}

/** As a program would ask, which may not know names that end in .localhost. */
async function statusOf(request: APIRequestContext, url: string): Promise<number> {
  const { host, hostname } = new URL(url);
  const address = url.replace(hostname, "127.0.0.1");
  return (await request.get(address, { headers: { Host: host } })).status();
}

async function makeAccount(page: Page, emailAddress: string, password: string): Promise<void> {
  await signUp(page, emailAddress, password);
  await expect(page.getByText("Have a look at your mail")).toBeVisible();
  await page.goto(await linkInMail(page, emailAddress, /^Confirm your e-mail/));
  await expect(page.getByText("Your e-mail address is confirmed.")).toBeVisible();
}

test("signing up says what is wrong beside its field, and the mail's link opens the account", async ({
  page,
  request,
}) => {
  const emailAddress = newAddress();
  await signUp(page, emailAddress, "password1");
  await expect(page.getByText("among the first to be guessed")).toBeVisible();
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await expect(page.getByLabel("First name")).toHaveValue("Hal");
  await page.getByLabel("Password", { exact: true }).fill("seven soups in a row");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("Have a look at your mail")).toBeVisible();

  await page.goto(`${bistro}/rewards`);
  await enter(page, emailAddress, "seven soups in a row");
  await expect(page.getByText("Please confirm your e-mail address first")).toBeVisible();

  const link = await linkInMail(page, emailAddress, /^Confirm your e-mail/);
  expect(await statusOf(request, link)).toBe(200); // a program that looks into mails opens nothing
  await page.goto(link); // in the browser that signed up it is enough
  await expect(page.getByText("Your e-mail address is confirmed.")).toBeVisible();
  await page.getByRole("link", { name: "Continue" }).click();
  await page.waitForURL(/\/login/);
  await enter(page, emailAddress.toUpperCase(), "seven soups in a row");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Hello, Hal");
  expect(await balanceOf(page)).toBe(120);
});

test("elsewhere the link asks for the password, and who does not know it confirms nothing", async ({
  page,
  browser,
}) => {
  const emailAddress = newAddress();
  await signUp(page, emailAddress, "seven soups in a row");
  await expect(page.getByText("Have a look at your mail")).toBeVisible();
  const phone = await (await browser.newContext({ locale: "en" })).newPage();

  await phone.goto(await linkInMail(phone, emailAddress, /^Confirm your e-mail/));
  await expect(phone.getByText(emailAddress)).toBeVisible();
  await phone.getByLabel("Password", { exact: true }).fill("eight soups in a row");
  await phone.getByRole("button", { name: "Confirm and sign in" }).click();
  await expect(phone.getByText("This is not your password.")).toBeVisible();
  await phone.getByLabel("Password", { exact: true }).fill("seven soups in a row");
  await phone.getByRole("button", { name: "Confirm and sign in" }).click();

  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("Hello, Hal");
});

test("an account moves to another address by the link in its mail", async ({ page }) => {
  const [emailAddress, newEmailAddress] = [newAddress(), newAddress()];
  await makeAccount(page, emailAddress, "seven soups in a row");
  await page.goto(`${bistro}/profile`);
  await enter(page, emailAddress, "seven soups in a row");
  await page.waitForURL(`${bistro}/profile`);
  await page.getByText("Change e-mail address").first().click();
  const change = page.getByRole("group").filter({ has: page.getByText("Change e-mail address").first() });
  await change.getByLabel("New e-mail address").fill(newEmailAddress);
  await change.getByLabel("Current password").fill("seven soups in a row");
  await change.getByRole("button", { name: "Change e-mail address" }).click();
  await expect(page.getByText("its link makes the change")).toBeVisible();

  await page.goto(await linkInMail(page, newEmailAddress, /^Your new e-mail/));
  await expect(page.getByText("Your e-mail address is confirmed.")).toBeVisible();
  await page.goto(`${bistro}/profile`);
  await expect(page.getByText(`You sign in with ${newEmailAddress}.`)).toBeVisible();
});

test("who has an account leaves the programme with the password at hand", async ({ page }) => {
  const emailAddress = newAddress();
  await makeAccount(page, emailAddress, "seven soups in a row");
  await page.goto(`${bistro}/profile`);
  await enter(page, emailAddress, "seven soups in a row");
  await page.waitForURL(`${bistro}/profile`);
  await page.getByRole("button", { name: "Leave the programme" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Current password").fill("not the password");
  await dialog.getByRole("button", { name: "Yes, delete my membership" }).click();
  await expect(dialog.getByText("This is not your password.")).toBeVisible();

  await dialog.getByLabel("Current password").fill("seven soups in a row");
  await dialog.getByRole("button", { name: "Yes, delete my membership" }).click();

  await page.waitForURL(`${bistro}/signed-out`);
  await page.goto(`${bistro}/login`);
  await enter(page, emailAddress, "seven soups in a row");
  await expect(page.getByText("is not right")).toBeVisible();
});

test("an address that has an account already gets the same answer", async ({ page }) => {
  await signUp(page, "gus@demo.example", "another soup for Gus");

  await expect(page.getByText("Have a look at your mail")).toBeVisible();
  await page.goto(`${bistro}/login`);
  await enter(page, "gus@demo.example", "another soup for Gus");
  await expect(page.getByText("is not right")).toBeVisible();
});

test("a wrong password leaves what was entered, and the right one leads on", async ({ page }) => {
  await page.goto(`${bistro}/activity`);
  await enter(page, "gus@demo.example", "not the password");

  await expect(page.getByText("The e-mail address or the password is not right")).toBeVisible();
  await expect(page.getByLabel("E-mail")).toHaveValue("gus@demo.example");
  await enter(page, "gus@demo.example", "gus-has-soup-on-fridays");
  await page.waitForURL(`${bistro}/activity`);
});

test("a forgotten password is set anew by mail, once, and everybody else is signed out", async ({
  page,
  browser,
}) => {
  const emailAddress = newAddress();
  await makeAccount(page, emailAddress, "seven soups in a row");
  const other = await (await browser.newContext({ locale: "en" })).newPage();
  await other.goto(bistro);
  await enter(other, emailAddress, "seven soups in a row");
  await expect(other.getByTestId("balance")).toBeVisible();

  await page.goto(`${bistro}/login`);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.waitForURL(`${bistro}/forgot-password`);
  await page.getByLabel("E-mail").fill(emailAddress);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await expect(page.getByText("a link is on its way")).toBeVisible();
  const link = await linkInMail(page, emailAddress, /^A new password/);
  await page.goto(link);
  await page.getByLabel("New password").fill("eight soups in a row");
  await page.getByRole("button", { name: "Set the password" }).click();

  await page.waitForURL(/\/login\?note=password_changed/);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("You are signed out", { timeout: 5_000 });
  await enter(page, emailAddress, "eight soups in a row");
  await expect(page.getByTestId("balance")).toBeVisible();
  await page.goto(link);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link no longer works");
});

test("the password is changed in the profile, with the old one at hand", async ({ page }) => {
  const emailAddress = newAddress();
  await makeAccount(page, emailAddress, "seven soups in a row");
  await page.goto(`${bistro}/profile`);
  await enter(page, emailAddress, "seven soups in a row");
  await page.waitForURL(`${bistro}/profile`);
  const change = page.getByRole("group").filter({ has: page.getByText("Change password").first() });
  await page.getByText("Change password").first().click();
  await change.getByLabel("Current password").fill("not the password");
  await change.getByLabel("New password").fill("nine soups in a row");
  await change.getByRole("button", { name: "Change password" }).click();
  await expect(change.getByText("This is not your password.")).toBeVisible();

  await change.getByLabel("Current password").fill("seven soups in a row");
  await change.getByRole("button", { name: "Change password" }).click();

  await expect(page.getByText("Your password is changed.")).toBeVisible();
  await page.getByRole("button", { name: "Sign out", exact: true }).last().click();
  await page.waitForURL(`${bistro}/signed-out`);
  await page.getByRole("link", { name: "Sign in again" }).click();
  await enter(page, emailAddress, "nine soups in a row");
  await expect(page.getByTestId("balance")).toBeVisible();
});

test("signing in works without JavaScript, and says what is wrong there, too", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en" });
  const page = await context.newPage();
  await page.goto(`${bistro}/wallet`);
  await enter(page, "gus@demo.example", "not the password");
  await expect(page.getByText("The e-mail address or the password is not right")).toBeVisible();

  await enter(page, "gus@demo.example", "gus-has-soup-on-fridays");

  await page.waitForURL(`${bistro}/wallet`);
  await context.close();
});

test("a programme has the pages of its own way in, and of no other", async ({ request }) => {
  const accountPages = ["/signup", "/forgot-password", "/reset-password", "/confirm-email"];
  const missing = [
    ...["/login", ...accountPages].map((path) => laurel + path),
    ...accountPages.map((path) => club + path),
  ];
  for (const url of missing) expect(await statusOf(request, url), url).toBe(404);
  for (const path of ["/login", "/signup", "/forgot-password"]) {
    expect(await statusOf(request, bistro + path), path).toBe(200);
  }
});
