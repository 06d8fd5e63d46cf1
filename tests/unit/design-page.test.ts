import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

// Goal: who changes a part of the pages sees it in all its states on one page, /design, also a part that was added since.

// What stands there within another part, or is a whole page's frame, each with where it can be seen.
const elsewhere: Readonly<Record<string, string>> = {
  choice: "within preferences",
  "confirm-by-link": "a page of its own, which acts as soon as it is opened",
  "confirm-by-password": "a page of its own, which acts as soon as it is sent",
  "copy-code": "within till-code",
  "entry-explanation": "within entry-list",
  "gliding-points": "within balance-hero",
  "member-page": "a page's frame",
  "nav-link": "within app-shell",
  "not-found-notice": "a notice-page with its words",
  "offline-frame": "a page's frame",
  "page-link": "within every card",
  "refusal-notice": "a notice-page with its words",
  "pending-bar": "by its style, as no page is under way",
  "reset-password-form": "an account-form with its fields",
  "scan-code": "within till-code",
  "search-form": "within shelf-search-form",
  "session-watch": "nothing to see but session-warning",
  "sign-up-form": "an account-form with its fields",
  "ticket-state": "within ticket-card",
  "till-view": "within till-code",
};

const parts = readdirSync("app/_components")
  .filter((name) => name.endsWith(".tsx"))
  .map((name) => name.slice(0, -".tsx".length));
const shown = readdirSync("app/design")
  .map((name) => readFileSync(`app/design/${name}`, "utf8"))
  .join();
const isShown = (part: string) => shown.includes(`"#app/_components/${part}.tsx"`);

test("every part stands on the page of the design, or it is said where else", () => {
  expect(parts.length).toBeGreaterThan(40);
  expect(parts.filter((part) => !isShown(part) && !(part in elsewhere))).toEqual([]);
});

test("what is said to be elsewhere is a part, and is not there as well", () => {
  expect(Object.keys(elsewhere).filter((part) => !parts.includes(part) || isShown(part))).toEqual([]);
});
