import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

import { moveClock } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { type Browser, openBrowser } from "#tests/support/browser.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import { hostilePaths, ownOrigin } from "#tests/support/hostile-paths.ts";
import {
  causeIn,
  createClub,
  expectRefused,
  jane,
  startOpenIdProvider,
  watchLog,
} from "#tests/support/openid-provider.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: an address that leads back from an identity server signs somebody in once, in the browser that left for it, and
// only there; whatever else comes back ends on the sign-in page, which still knows where the person was going.
// Method: as in oauth-sign-in.test.ts; here it is the way back that is bent.

const provider = await startOpenIdProvider();
const path = "/wallet";

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
});
afterEach(() => {
  provider.bend = {};
  vi.restoreAllMocks();
  moveClock(0);
});
afterAll(() => provider.stop());

/** A browser that has been at the identity server, and the address that it was sent back to. */
async function comeBack(tenant: TestTenant, person = jane): Promise<{ browser: Browser; back: string }> {
  const browser = openBrowser(tenant);
  return { browser, back: await provider.authorize(await browser.leave(path), person) };
}

function sessionsOf({ id: tenantId }: TestTenant): Promise<number> {
  return db().session.count({ where: { tenantId } });
}

test.each([
  ["missing", undefined],
  ["empty", ""],
  ["another", "another-state"],
  ["the right one and more", null],
])("an answer whose state is %s signs nobody in, and asks the server for nothing", async (_what, state) => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  const location = await browser.leave(path);
  const right = new URL(location).searchParams.get("state");
  provider.bend = { redirect: { state: state === null ? `${right}x` : state } };
  const before = provider.tokenRequests.length;

  const answer = await browser.get(await provider.authorize(location));

  expectRefused(answer, "state_invalid", path);
  expect(browser.cookieNames()).toEqual([]);
  expect(provider.tokenRequests).toHaveLength(before);
  expect(await sessionsOf(tenant)).toBe(0);
});

test("an answer in another browser signs nobody in, there or here, and the first one can still finish", async () => {
  const tenant = await createClub(provider);
  const { browser, back } = await comeBack(tenant);
  const stranger = openBrowser(tenant);
  const begun = openBrowser(tenant);
  await begun.leave();

  expectRefused(await stranger.get(back), "state_invalid");
  expectRefused(await begun.get(back), "state_invalid");

  expect(await sessionsOf(tenant)).toBe(0);
  expect((await browser.get(back)).headers.get("location")).toBe(path);
  expect(await browser.isSignedIn()).toBe(true);
});

test("what was begun in one programme is nothing in another, also with its cookies", async () => {
  const tenant = await createClub(provider);
  const other = await createClub(provider);
  const { browser, back } = await comeBack(tenant);
  const { search } = new URL(back);
  const lines = watchLog();

  const answer = await browser.copy(other).get(`/api/auth/callback/idp${search}`);

  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toMatch(/^\/login\?error=state_invalid&/);
  expect(causeIn(lines)).toBe("The cookies of the sign-in are missing or not ours.");
  expect([await sessionsOf(tenant), await sessionsOf(other)]).toEqual([0, 0]);
});

test("the second time an answer is worth nothing, and the first sign-in is unharmed", async () => {
  const tenant = await createClub(provider);
  const { browser, back } = await comeBack(tenant);
  const thief = browser.copy();
  expect((await browser.get(back)).headers.get("location")).toBe(path);

  expectRefused(await browser.copy().get(back), "state_invalid"); // the browser's own back button
  expectRefused(await thief.get(back), "state_invalid", path); // with the cookies: it was answered

  expect(await browser.isSignedIn()).toBe(true);
  expect(await thief.isSignedIn()).toBe(false);
  expect(await sessionsOf(tenant)).toBe(1);
});

test("a server that takes a code twice lets nobody in twice by one sign-in, and is not asked again", async () => {
  const tenant = await createClub(provider);
  const { browser, back } = await comeBack(tenant);
  const thief = browser.copy();
  provider.bend = { isCodeReusable: true };
  expect((await browser.get(back)).headers.get("location")).toBe(path);
  const before = provider.tokenRequests.length;

  expectRefused(await thief.get(back), "state_invalid", path);

  expect(provider.tokenRequests).toHaveLength(before);
  expect(await thief.isSignedIn()).toBe(false);
  expect(await sessionsOf(tenant)).toBe(1);
});

test("of twenty who come with one answer and its cookies at once, one is signed in", async () => {
  const tenant = await createClub(provider);
  const { browser, back } = await comeBack(tenant);
  const copies = Array.from({ length: 20 }, () => browser.copy());

  const answers = await Promise.all(copies.map((copy) => copy.get(back)));

  const signedIn = answers.filter(({ headers }) => headers.get("location") === path);
  expect(signedIn).toHaveLength(1);
  expect(await sessionsOf(tenant)).toBe(1);
});

test("a sign-in is over after 15 minutes, for a browser that kept the cookies, too", async () => {
  const tenant = await createClub(provider);
  const minutes = 60_000;
  const lines = watchLog();

  const inTime = await comeBack(tenant);
  const late = await comeBack(tenant);
  moveClock(15 * minutes - 5_000);
  expect((await inTime.browser.get(inTime.back)).headers.get("location")).toBe(path);
  moveClock(15 * minutes);
  expectRefused(await late.browser.get(late.back), "state_invalid", path);

  expect(causeIn(lines)).toBe("The sign-in was begun over 900 s ago.");
  expect(await sessionsOf(tenant)).toBe(1);
});

test("a sign-in that was begun in the future was not begun here", async () => {
  const tenant = await createClub(provider);
  const { browser, back } = await comeBack(tenant);
  browser.plant("__Host-next-auth.started", String(Date.now() + 3_600_000));

  expectRefused(await browser.get(back), "state_invalid", path);
  expect(await sessionsOf(tenant)).toBe(0);
});

test("for who comes without the cookies of a sign-in the server is not asked anything", async () => {
  const tenant = await createClub(provider);
  const before = provider.requests();

  expectRefused(await openBrowser(tenant).get("/api/auth/callback/idp?code=x&state=y"), "state_invalid");
  expect(provider.requests()).toBe(before);
});

test("so it is where the cookies themselves have run out", async () => {
  const tenant = await createClub(provider);
  stopTheClock();
  const { browser, back } = await comeBack(tenant);
  browser.plant("__Host-next-auth.started", String(Date.now() + 3_600_000));

  moveTo(0, 20 * 60_000);

  expectRefused(await browser.get(back), "state_invalid", path);
  expect(await sessionsOf(tenant)).toBe(0);
});

test.each(["state", "nonce", "pkce.code_verifier", "started"])(
  "without the %s that was kept, or with another, nobody is signed in",
  async (part) => {
    const tenant = await createClub(provider);
    const name = `__Host-next-auth.${part}`;
    const other = openBrowser(tenant);
    await other.leave();
    const values = Object.fromEntries(
      other
        .cookie()
        .split("; ")
        .map((pair) => pair.split("=", 2)),
    );
    const swapped = part === "state" ? "nonce" : "state";

    for (const value of [null, "", "rubbish", "a.b.c.d.e", values[`__Host-next-auth.${swapped}`] ?? ""]) {
      const { browser, back } = await comeBack(tenant);
      browser.plant(name, value);
      expectRefused(await browser.get(back), "state_invalid", path);
    }
    if (part !== "started") {
      const { browser, back } = await comeBack(tenant);
      browser.plant(name, values[name] ?? ""); // good, but of another sign-in
      expect((await browser.get(back)).headers.get("location")).toMatch(/^\/login\?error=/);
    }

    expect(await sessionsOf(tenant)).toBe(0);
  },
);

test.each(["state", "code", "iss", "error", "response"])(
  "an answer that says its %s twice signs nobody in",
  async (name) => {
    const tenant = await createClub(provider);
    const { browser, back } = await comeBack(tenant);
    const value = new URL(back).searchParams.get(name) ?? "";
    const again = `&${name}=${encodeURIComponent(value)}&${name}=${encodeURIComponent(value)}`;

    const answer = await browser.get(back + again);

    expectRefused(answer, "provider_answer_invalid", path);
    expect(await sessionsOf(tenant)).toBe(0);
  },
);

test.each([
  ["without a code", { code: undefined }],
  ["with an empty code", { code: "" }],
  ["of the implicit flow", { code: undefined, id_token: "a.b.c", token: "x" }],
  ["of the hybrid flow", { id_token: "a.b.c" }],
  ["in a JWT of its own", { response: "a.b.c" }],
])("an answer %s signs nobody in", async (_what, redirect) => {
  const tenant = await createClub(provider);
  provider.bend = { redirect };
  const { browser, back } = await comeBack(tenant);

  expectRefused(await browser.get(back), "provider_answer_invalid", path);

  expect(await sessionsOf(tenant)).toBe(0);
});

test.each([
  ["access_denied", "access_denied"],
  ["login_required", "provider_error"],
  ["server_error", "provider_error"],
  ["temporarily_unavailable", "provider_error"],
  ["invalid_scope", "provider_error"],
  ["Access_Denied", "provider_error"],
  ["<script>alert(1)</script>", "provider_error"],
  ["a\r\nSet-Cookie: x=1", "provider_error"],
  ["x".repeat(5_000), "provider_error"],
])("the error %j of the server is told as %s, and its own words go nowhere", async (error, code) => {
  const tenant = await createClub(provider);
  const words = "<img src=x onerror=alert(1)>\r\nX-Own: 1";
  provider.bend = {
    redirect: { code: undefined, error, error_description: words, error_uri: "https://evil.example/" },
  };
  const { browser, back } = await comeBack(tenant);
  const lines = watchLog();

  const answer = await browser.get(back);

  expectRefused(answer, code, path);
  expect(answer.json).toBe("");
  expect(JSON.stringify([...answer.headers])).not.toMatch(/img|script|evil|X-Own|xxx/i);
  expect(JSON.stringify(lines)).not.toMatch(/<|evil|X-Own|xxx/i);
  expect(causeIn(lines)).toBe(
    `It answered with the error ${/^\w+$/.test(error) && error.length < 64 ? error : "(another text)"}.`,
  );
});

test("an error without the right state is nobody's answer", async () => {
  const tenant = await createClub(provider);
  provider.bend = { redirect: { code: undefined, error: "access_denied", state: "another" } };
  const { browser, back } = await comeBack(tenant);

  expectRefused(await browser.get(back), "state_invalid", path);
  expectRefused(await openBrowser(tenant).get("/api/auth/callback/idp?error=access_denied"), "state_invalid");
});

test.each([
  ["another", "https://evil.example"],
  ["longer by a slash", "SLASH"],
  ["empty", ""],
  ["missing", undefined],
])("where the server announces its name in answers, an iss that is %s is refused", async (_what, iss) => {
  const tenant = await createClub(provider);
  provider.bend = { redirect: { iss: iss === "SLASH" ? `${provider.issuer}/` : iss } };
  const { browser, back } = await comeBack(tenant);

  expectRefused(await browser.get(back), "provider_answer_invalid", path);

  expect(await sessionsOf(tenant)).toBe(0);
});

test("where it does not, an iss may be missing, and is refused only where it is another", async () => {
  const tenant = await createClub(provider);
  const discovery = { authorization_response_iss_parameter_supported: undefined };
  provider.bend = { discovery, redirect: { iss: undefined } };
  const missing = await comeBack(tenant);
  provider.bend = { discovery, redirect: { iss: "https://evil.example" } };
  const other = await comeBack(tenant);

  expect((await missing.browser.get(missing.back)).headers.get("location")).toBe(path);
  expectRefused(await other.browser.get(other.back), "provider_answer_invalid", path);
});

/** Somebody's own good answer, with the code of another's sign-in in it. */
async function injectCode(tenant: TestTenant) {
  const mallory = await comeBack(tenant, { ...jane, sub: "mallory" });
  const { browser, back } = await comeBack(tenant);
  const injected = new URL(back);
  injected.searchParams.set("code", new URL(mallory.back).searchParams.get("code") ?? "");
  return { browser, back: injected.href };
}

test("the code of another sign-in is refused by its PKCE challenge, and by the nonce where there is none", async () => {
  const tenant = await createClub(provider);
  const lines = watchLog();

  const byChallenge = await injectCode(tenant);
  expectRefused(await byChallenge.browser.get(byChallenge.back), "provider_error", path);
  expect(causeIn(lines)).toBe("The token endpoint answered 400 with the error invalid_grant.");

  provider.bend = { isPkceIgnored: true };
  const byNonce = await injectCode(tenant);
  expectRefused(await byNonce.browser.get(byNonce.back), "provider_answer_invalid", path);
  expect(causeIn(lines)).toContain("nonce");

  expect(await sessionsOf(tenant)).toBe(0);
});

test("a server that knows nothing of PKCE still signs people in, by state and nonce", async () => {
  const tenant = await createClub(provider);
  provider.bend = { isPkceIgnored: true };
  const browser = openBrowser(tenant);

  await browser.signIn(provider);

  expect(await browser.isSignedIn()).toBe(true);
});

test.each([{ "sec-purpose": "prefetch" }, { purpose: "prefetch" }, { "sec-purpose": "prefetch;prerender" }])(
  "a browser that looks ahead (%j) uses nothing up",
  async (headers: Record<string, string>) => {
    const tenant = await createClub(provider);
    const { browser, back } = await comeBack(tenant);

    expect(await browser.get(back, headers)).toMatchObject({ status: 204, cookies: [] });

    expect((await browser.get(back)).headers.get("location")).toBe(path);
    expect(await browser.isSignedIn()).toBe(true);
  },
);

/** The programme that the hostile paths were made for. */
const rewards = createClub(provider, { hostnames: ["rewards.localhost"], publicUrl: ownOrigin }).then(
  (tenant) => ({ ...tenant, host: new URL(ownOrigin).host }),
);

// Half a surrogate pair is nothing that a form or an address can carry.
const carried = hostilePaths.filter((each) => each.isWellFormed());
test.each(carried)("%j leads to the start page, by every way that it can be told", async (hostile) => {
  const tenant = await rewards;
  const start = (answer: { headers: Headers }) => answer.headers.get("location");
  const query = `callbackUrl=${encodeURIComponent(hostile)}`;

  const byForm = openBrowser(tenant);
  expect(start(await byForm.signIn(provider, { callbackUrl: hostile }))).toBe("/");
  expect(await byForm.isSignedIn()).toBe(true);

  const byCookie = openBrowser(tenant);
  const back = await provider.authorize(await byCookie.leave());
  byCookie.plant("__Host-next-auth.callback-url", encodeURIComponent(hostile));
  expect(start(await byCookie.get(back))).toBe("/");

  const byQuery = openBrowser(tenant);
  const left = await byQuery.post(`/api/auth/signin/idp?${query}`);
  expect(start(await byQuery.get(`${await provider.authorize(start(left))}&${query}`))).toBe("/");

  for (const page of ["signin", "signin/idp", "error"]) {
    const answer = await openBrowser(tenant).get(`/api/auth/${page}?error=Callback&${query}`);
    expect(start(answer)).toBe("/login?error=Callback&callbackUrl=%2F");
  }
  expectRefused(await openBrowser(tenant).get(`/api/auth/callback/idp?${query}`), "state_invalid", "/");
});

test.each([
  ["/rewards/1?x=1#top", "/rewards/1?x=1#top"],
  ["activity", "/activity"],
  [`${ownOrigin}/wallet`, "/wallet"],
  ["/caf%C3%A9", "/caf%C3%A9"],
])("a page of the site stays where the person was going: %j", async (callbackUrl, expected) => {
  const tenant = await rewards;

  const answer = await openBrowser(tenant).signIn(provider, { callbackUrl });

  expect(answer.headers.get("location")).toBe(expected);
});

test.each(["Callback", "<script>", "a b", "x".repeat(41), "a\r\nb", "1"])(
  "next-auth's addresses of pages lead to ours, with no more than the name of an error: %j",
  async (error) => {
    const tenant = await createClub(provider);
    const query = new URLSearchParams({ error, callbackUrl: path, error_description: "<b>", x: "y" });

    for (const page of ["signin", "signin/idp", "error"]) {
      const { status, headers, cookies } = await openBrowser(tenant).get(`/api/auth/${page}?${query}`);
      const told = error === "Callback" ? "error=Callback&" : "";
      expect({ status, location: headers.get("location"), cookies }).toEqual({
        status: 303,
        location: `/login?${told}callbackUrl=%2Fwallet`,
        cookies: [],
      });
    }
  },
);
