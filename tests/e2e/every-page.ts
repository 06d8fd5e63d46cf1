/** The pages that people see, for what has to hold on each of them. */
import type { Page } from "@playwright/test";

import { addresses } from "#tests/e2e/addresses.ts";

/** Of who is signed in, in the demo's shop: one of each kind. */
export async function memberPages(tab: Page): Promise<string[]> {
  const fixed = ["/", "/card", "/rewards", "/wallet", "/activity", "/profile"];
  const rewards = await linksOf(tab, "/rewards");
  const tickets = await linksOf(tab, "/wallet"); // what can be used comes first
  const found = [rewards.at(0), rewards.at(-1), tickets.at(0), tickets.at(-1)];
  return [...fixed, ...found.filter((path) => path !== undefined)].map(
    (path) => `${addresses.laurel}${path}`,
  );
}

async function linksOf(tab: Page, path: string): Promise<string[]> {
  await tab.goto(`${addresses.laurel}${path}`);
  const links = await tab.locator("article a").all();
  return Promise.all(links.map(async (link) => (await link.getAttribute("href")) ?? ""));
}

/** Of who is not: notices, and where people sign in by an account of theirs and elsewhere. */
export const strangersPages = [
  ...["/", "/signed-out"].map((path) => `${addresses.laurel}${path}`),
  ...[
    "/login?error=email_unconfirmed",
    "/signup",
    "/forgot-password",
    "/reset-password",
    "/confirm-email?token=none",
  ].map((path) => `${addresses.bistro}${path}`),
  ...["/login?error=provider_unavailable", "/signed-out"].map((path) => `${addresses.club}${path}`),
];

/** Opens what a page folds away. */
export async function unfold(tab: Page): Promise<void> {
  await tab.locator("details").evaluateAll((all) => {
    for (const each of all) each.setAttribute("open", "");
  });
}

/** How far a page can be pushed aside. */
export function overflowOf(tab: Page): Promise<number> {
  return tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
