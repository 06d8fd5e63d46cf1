import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { getShelfReward, listShelf } from "#lib/domain/rewards/shelf.ts";
import { activateByConfirmation, activateByLink } from "#lib/domain/sessions/activate-session.ts";
import { readSession, type SignedIn } from "#lib/domain/sessions/read-session.ts";
import type { SessionCredential } from "#lib/domain/sessions/session.ts";
import { sweepSessions } from "#lib/domain/sessions/sweep-sessions.ts";
import { mintToken, openToken, readCookieCredentials } from "#lib/http/session-cookie.ts";
import { type Answer, callSession, cookieOf, isSignedIn, postAuth } from "#tests/support/calls.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: the row decides how long a session lives, whatever the cookie says and wherever the clock goes.
// Method: the test holds the clock.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T00:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

function moveTo(seconds: number): void {
  vi.setSystemTime(new Date(Date.UTC(2026, 11, 1) + seconds * 1000));
}

function tokenOf(cookie: string): string {
  return cookie.replace("session=", "");
}

async function signIn(tenant: TestTenant, authIdentifier = "user-1"): Promise<string> {
  return cookieOf(await postAuth(tenant, { body: { selector: { authIdentifier }, profile } }));
}

test("GET /api/session says who and how long; a stranger hears no", async () => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant);

  const known = await callSession(tenant, "GET", cookie);
  const stranger = await callSession(tenant, "GET", "");

  expect(known.json).toEqual({
    status: "success",
    data: {
      authenticated: true,
      member: { id: expect.any(String), givenName: "Jane", familyName: "Doe" },
      kind: "embedded",
      expiresAt: "2026-12-04T00:00:00.000Z",
      idleExpiresAt: null,
      secondsRemaining: 259_200,
    },
  });
  expect(stranger.json).toEqual({ status: "success", data: { authenticated: false } });
});

test("a session ends at its absolute limit, and stays dead when the clock goes back", async () => {
  const tenant = await createTenant({ sessions: { embeddedSeconds: 300 } });
  const cookie = await signIn(tenant);

  moveTo(299);
  expect(await isSignedIn(tenant, cookie)).toBe(true);
  moveTo(300);
  expect(await isSignedIn(tenant, cookie)).toBe(false);
  moveTo(10);
  expect(await isSignedIn(tenant, cookie)).toBe(false);
});

test("an idle limit counts from the last activity; asking and being refused are none", async () => {
  const tenant = await createTenant({ sessions: { idleSeconds: 120 } });
  const cookie = await signIn(tenant);

  moveTo(100);
  expect((await callSession(tenant, "GET", cookie)).json.data).toMatchObject({
    idleExpiresAt: "2026-12-01T00:02:00.000Z",
    secondsRemaining: 20,
  });
  const refused = await callSession(tenant, "POST", cookie, { origin: "http://evil.localhost" });
  expect(refused).toMatchObject({ status: 403, json: { code: "cross_site_request" } });
  const extended = await callSession(tenant, "POST", cookie);
  expect(extended.json.data).toMatchObject({
    idleExpiresAt: "2026-12-01T00:03:40.000Z",
    secondsRemaining: 120,
  });
  moveTo(219);
  expect(await isSignedIn(tenant, cookie)).toBe(true);
  moveTo(221);
  expect(await callSession(tenant, "POST", cookie)).toMatchObject({
    status: 401,
    json: { code: "session_invalid" },
  });
  moveTo(150);
  expect(await isSignedIn(tenant, cookie)).toBe(false);
});

test("looking at a reward extends the idle limit, looking for one that is not there does not", async () => {
  const rewards = [{ externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150 }];
  const tenant = await createTenant({ sessions: { idleSeconds: 120 }, rewards });
  const cookie = await signIn(tenant);
  const signedIn = await readSession(tenant.id, await readCookieCredentials(new Headers({ cookie })), {
    isActivity: false,
  });
  const { session, wallet } = signedIn as SignedIn;
  const [reward] = await listShelf(tenant.id, wallet);
  const idleEnd = async () => (await callSession(tenant, "GET", cookie)).json.data.idleExpiresAt;

  moveTo(60);
  const missing = getShelfReward(tenant.id, "01a00000-0000-7000-8000-000000000000", wallet, session.id);
  await expect(missing).rejects.toMatchObject({ code: "reward_not_found" });
  expect(await idleEnd()).toBe("2026-12-01T00:02:00.000Z");
  await getShelfReward(tenant.id, reward?.id ?? "", wallet, null);
  expect(await idleEnd()).toBe("2026-12-01T00:02:00.000Z");
  await getShelfReward(tenant.id, reward?.id ?? "", wallet, session.id);
  expect(await idleEnd()).toBe("2026-12-01T00:03:00.000Z");
});

test("calls at the idle edge never bring a dead session back", async () => {
  const tenant = await createTenant({ sessions: { idleSeconds: 120 } });
  const cookie = await signIn(tenant);
  moveTo(121);

  const answers = await Promise.all(Array.from({ length: 20 }, () => callSession(tenant, "POST", cookie)));

  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(401));
});

test("an activity does not outlast the absolute limit", async () => {
  const tenant = await createTenant({ sessions: { embeddedSeconds: 300, idleSeconds: 200 } });
  const cookie = await signIn(tenant);

  moveTo(150);
  const { json } = await callSession(tenant, "POST", cookie);

  expect(json.data.secondsRemaining).toBe(150);
});

test("signing out ends the session at once, clears every cookie of the site, and works without a session", async () => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant);

  const answers: Answer[] = [
    await callSession(tenant, "DELETE", cookie),
    await callSession(tenant, "DELETE", ""),
  ];

  for (const answer of answers) {
    expect(answer.json).toEqual({ status: "success", data: { redirectTo: null } });
    expect(answer.headers.get("clear-site-data")).toBe('"cache", "storage"');
    expect(answer.cookies).toEqual([
      "__Host-session_p=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
      "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
      "session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=None",
      "session_legacy=; Max-Age=0; Path=/; HttpOnly; Secure",
    ]);
  }
  expect(await isSignedIn(tenant, cookie)).toBe(false);
});

test.each([
  ["another origin", { origin: "http://evil.example" }],
  ["a sibling subdomain", { origin: "http://www.localhost" }],
  ["the null origin", { origin: "null" }],
  ["an Origin with a path", { origin: "http://OWN/" }],
  ["an Origin with a name", { origin: "http://x@OWN" }],
  ["another port", { origin: "http://OWN:8080" }],
  ["a browser that says cross-site", { "sec-fetch-site": "cross-site" }],
  ["a browser that says same-site", { "sec-fetch-site": "same-site" }],
])("a change from %s is refused", async (_what, headers: Record<string, string>) => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant);
  const sent = headers.origin ? { origin: headers.origin.replace("OWN", tenant.host) } : headers;

  for (const method of ["POST", "DELETE"] as const) {
    const answer = await callSession(tenant, method, cookie, sent);
    expect(answer).toMatchObject({ status: 403, json: { code: "cross_site_request" }, cookies: [] });
  }
  expect(await isSignedIn(tenant, cookie)).toBe(true);
});

test("of several cookies the first live one counts, in the order of their names", async () => {
  const tenant = await createTenant();
  const [one, two, three] = await Promise.all(["one", "two", "three"].map((name) => signIn(tenant, name)));
  const value = (cookie = "") => tokenOf(cookie);
  const who = async (cookie: string) => {
    const { json } = await callSession(tenant, "GET", cookie);
    const { member } = json.data;
    return member && (await db().member.findFirstOrThrow({ where: { id: member.id } })).authIdentifier;
  };

  const all = `session_legacy=${value(three)}; session=${value(three)}; __Host-session=${value(two)}; __Host-session_p=${value(one)}`;
  expect(await who(all)).toBe("one");
  expect(await who(all.replace(value(one), "dead"))).toBe("two");
  expect(await who(`session=dead; session_legacy=${value(three)}`)).toBe("three");
  expect(await who(`session=${encodeURIComponent(value(one)).replaceAll("*", "%2A")}`)).toBe("one");
});

test("cookies of the shared domain that name different members count for nothing", async () => {
  const tenant = await createTenant();
  const other = await createTenant();
  const one = tokenOf(await signIn(tenant, "one"));
  const two = tokenOf(await signIn(tenant, "two"));
  const oneAgain = tokenOf(await signIn(tenant, "one"));
  const foreign = tokenOf(await signIn(other, "one"));

  expect(await isSignedIn(tenant, `session=${one}; session_legacy=${two}`)).toBe(false);
  expect(await isSignedIn(tenant, `session=${one}; session=${two}`)).toBe(false);
  expect(await isSignedIn(tenant, `session=${one}; session_legacy=${oneAgain}`)).toBe(true);
  expect(await isSignedIn(tenant, `session=${one}; session_legacy=${foreign}`)).toBe(true);
  expect(await isSignedIn(tenant, `session=${foreign}`)).toBe(false);
});

test("a confirmation switches the browser once, within five minutes, and ends what it had", async () => {
  const tenant = await createTenant();
  const ask = async () => {
    const mine = await openToken(tokenOf(await signIn(tenant, "me")));
    const other = await openToken(tokenOf(await signIn(tenant, "other")));
    const browser = [{ ...(mine as SessionCredential), rank: 2 }];
    const next = (await mintToken()).credential;
    const activation = await activateByLink({ tenant, presented: other, browser, next });
    if (activation.outcome !== "confirmation_needed") throw new Error("It did not ask.");
    return { tenant, browser, next, confirmation: activation.confirmation };
  };

  const inTime = await ask();
  const late = await ask();
  moveTo(299);
  const session = await activateByConfirmation(inTime);
  expect(session.member.authIdentifier).toBe("other");
  expect(await db().session.findFirst({ where: { id: inTime.browser[0]?.id as string } })).toMatchObject({
    endReason: "replaced",
  });
  const refused = { code: "session_invalid" };
  await expect(activateByConfirmation(inTime)).rejects.toMatchObject(refused);
  moveTo(300);
  await expect(activateByConfirmation(late)).rejects.toMatchObject(refused);
  await expect(activateByConfirmation({ ...late, confirmation: "" })).rejects.toMatchObject(refused);
});

test("rows of dead sessions are swept after a day, live ones stay", async () => {
  const tenant = await createTenant({ sessions: { embeddedSeconds: 2_592_000 } });
  const live = await signIn(tenant);
  const ended = await signIn(tenant);
  await callSession(tenant, "DELETE", ended);
  const rows = () => db().session.count({ where: { tenantId: tenant.id } });

  moveTo(86_000);
  await sweepSessions();
  expect(await rows()).toBe(2);
  moveTo(87_000);
  await sweepSessions();
  expect(await rows()).toBe(1);
  expect(await isSignedIn(tenant, live)).toBe(true);
  moveTo(2_592_000 + 90_000);
  await sweepSessions();
  expect(await rows()).toBe(0);
});
