import { BROWSER_MAP, OS_MAP } from "bowser";
import { expect, test } from "vitest";

import { deviceNameOf } from "#lib/http/device-name.ts";

// Goal: a person knows a device again by its name, and nobody can write one into the list of another's.

const webKit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const blink = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/140.0.0.0 Safari/537.36`, "Chrome, Windows"],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
    "Edge, Windows",
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0`,
    "Opera, Windows",
  ],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webKit} Version/18.5 Safari/605.1.15`, "Safari, macOS"],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webKit} Version/18.5 Mobile/15E148 Safari/604.1`,
    "Safari, iPhone",
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webKit} CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1`,
    "Chrome, iPhone",
  ],
  [
    `Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${webKit} Version/17.5 Mobile/15E148 Safari/604.1`,
    "Safari, iPad",
  ],
  [`Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/140.0.0.0 Mobile Safari/537.36`, "Chrome, Android"],
  [
    `Mozilla/5.0 (Linux; Android 14; SM-S928B) ${blink} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`,
    "Samsung Internet, Android",
  ],
  ["Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox, Android"],
  [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A; wv) ${blink} Version/4.0 Chrome/126.0 Mobile Safari/537.36`,
    "Chrome, Android",
  ],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${blink} Chrome/140.0.0.0 Safari/537.36`, "Chrome, Chrome OS"],
  [`Mozilla/5.0 (PlayStation 5 3.03/SmartTV) ${webKit}`, "Safari"],
  ["Mozilla/5.0 (X11; Linux x86_64) SomethingNew/1.0", "Linux"],
])("%s is %s", (userAgent, name) => {
  expect(deviceNameOf(new Headers({ "User-Agent": userAgent }))).toBe(name);
});

test.each([
  ["nothing", ""],
  ["a dash", "-"],
  ["curl", "curl/8.14.1"],
  ["an HTTP library", "okhttp/4.12.0"],
  ["no more than Mozilla", "Mozilla/5.0"],
  ["an app", "Acme Rewards/3.2 CFNetwork/1498.700.2 Darwin/23.6.0"],
  ["markup", "<b>Your bank</b>/1.0"],
  ["a message", "Your session has ended, call 555/1"],
  ["SQL", "'; DROP TABLE sessions; --/2"],
  ["bytes", "\u00ff\u00fe\u00fd/1"],
  ["10,000 slashes", "/".repeat(10_000)],
  ["10,000 letters", "A".repeat(10_000)],
  ["10,000 brackets", "(".repeat(10_000)],
  ["5,000 words", `Mozilla/5.0 (${"X ".repeat(5_000)})`],
])("%s names no device", (_what, userAgent) => {
  expect(deviceNameOf(new Headers({ "User-Agent": userAgent }))).toBeNull();
});

test("a request without a User-Agent names none", () => {
  expect(deviceNameOf(new Headers())).toBeNull();
});

test("what stands beyond the first 512 characters is not looked at", () => {
  const padded = (spaces: number) => `${" ".repeat(spaces)}(X11; Linux x86_64) Firefox/140.0`;
  const nameOf = (text: string) => deviceNameOf(new Headers({ "User-Agent": `x${text}` }));

  expect(nameOf(padded(400))).toBe("Firefox, Linux");
  expect(nameOf(padded(10_000))).toBeNull();
});

test("no name is longer than the 64 characters that are kept for it", () => {
  const longest = (names: readonly string[]) => Math.max(...names.map(({ length }) => length));

  expect(longest(Object.values(BROWSER_MAP)) + ", ".length + longest(Object.values(OS_MAP))).toBeLessThan(64);
});
