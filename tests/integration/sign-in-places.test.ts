import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { activateByLink } from "#lib/domain/sessions/activate-session.ts";
import { listSignInPlaces, type SignInPlace } from "#lib/domain/sessions/list-sign-in-places.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { mintToken, openToken, readCookieCredentials } from "#lib/http/session-cookie.ts";
import {
  type Answer,
  callSession,
  cookieOf,
  endEverywhere,
  endOther,
  isSignedIn,
  openLink,
  postActivate,
  postAuth,
} from "#tests/support/calls.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: a member sees where it is signed in, and ends that there or everywhere; nobody else's sessions are in reach.

const userAgents = {
  firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  safari:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
};
const hostOrigins = ["https://shop.example"];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T00:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

function moveTo(seconds: number): void {
  vi.setSystemTime(new Date(Date.UTC(2026, 11, 1) + seconds * 1000));
}

/** As a host's server gets it; nobody's browser has it yet. */
async function mint(tenant: TestTenant, authIdentifier = "me"): Promise<string> {
  const { json } = await postAuth(tenant, { body: { selector: { authIdentifier }, profile } });
  return json.data.session;
}

/** A browser that opened a link, as its cookie. */
async function signIn(tenant: TestTenant, userAgent = userAgents.firefox, who = "me"): Promise<string> {
  return cookieOf(await openLink(tenant, `session=${await mint(tenant, who)}`, { "user-agent": userAgent }));
}

async function placesOf(tenant: TestTenant, cookie: string): Promise<SignInPlace[]> {
  const credentials = await readCookieCredentials(new Headers({ cookie }));
  const signedIn = await readSession(tenant, credentials, { isActivity: false });
  if (!signedIn) throw new Error("Nobody is signed in.");
  return listSignInPlaces(tenant.id, signedIn.session);
}

async function idOf(cookie: string): Promise<string> {
  return (await openToken(cookie.replace("session=", "")))?.id ?? "";
}

test("the list names this device first, then the newest, with when each signed in and was used last", async () => {
  const tenant = await createTenant({ sessions: { idleSeconds: 7_200 } });
  const first = await signIn(tenant);
  moveTo(60);
  await mint(tenant);
  moveTo(120);
  await signIn(tenant, userAgents.safari);
  await signIn(tenant, userAgents.safari, "somebody else");
  moveTo(180);
  await callSession(tenant, "POST", first);

  const places = await placesOf(tenant, first);

  const at = (seconds: number) => new Date(Date.UTC(2026, 11, 1, 0, 0, seconds));
  expect(places).toEqual([
    {
      ...{ sessionId: await idOf(first), deviceName: "Firefox, Linux", isHere: true },
      ...{ signedInAt: at(0), lastActivityAt: at(180), msSinceActivity: 0 },
    },
    {
      ...{ sessionId: expect.any(String), deviceName: "Safari, iPhone", isHere: false },
      ...{ signedInAt: at(120), lastActivityAt: at(120), msSinceActivity: 60_000 },
    },
    {
      ...{ sessionId: expect.any(String), deviceName: null, isHere: false },
      ...{ signedInAt: at(60), lastActivityAt: at(60), msSinceActivity: 120_000 },
    },
  ]);
});

test("every way of activating a token keeps the device's name; what a host's server minted has none", async () => {
  const tenant = await createTenant({ hostOrigins });
  const agent = { "user-agent": userAgents.safari };
  const nameOf = async (answer: Answer) => (await placesOf(tenant, cookieOf(answer)))[0]?.deviceName;

  const byLink = await openLink(tenant, `session=${await mint(tenant)}`, agent);
  const byBearer = await openLink(tenant, "", {
    ...{ ...agent, authorization: `Bearer ${await mint(tenant)}` },
    ...{ origin: hostOrigins[0] ?? "", "sec-fetch-mode": "cors" },
  });
  const byPage = await postActivate(tenant, {
    headers: agent,
    body: { session: await mint(tenant), framed: false },
  });
  const names = [await nameOf(byLink), await nameOf(byBearer), await nameOf(byPage)];
  const { credential: next } = await mintToken();
  const asked = await activateByLink({
    ...{ tenant, presented: await openToken(await mint(tenant, "somebody else")) },
    browser: await readCookieCredentials(new Headers({ cookie: cookieOf(byPage) })),
    ...{ isPartitioned: false, next, deviceName: null },
  });
  const confirmation = asked.outcome === "confirmation_needed" ? asked.confirmation : "";
  const byConfirmation = await postActivate(tenant, {
    headers: { ...agent, "content-type": "application/x-www-form-urlencoded", cookie: cookieOf(byPage) },
    body: new URLSearchParams({ confirmation, redirect_path: "/" }).toString(),
  });

  names.push(await nameOf(byConfirmation));

  expect(names).toEqual(Array(4).fill("Safari, iPhone"));
  expect(await nameOf(await postAuth(tenant))).toBeNull();
});

test("ten thousand characters that name no device sign in all the same", async () => {
  const tenant = await createTenant();

  const cookie = await signIn(tenant, `Mozilla/5.0 (${"x ".repeat(5_000)}`);

  expect(await placesOf(tenant, cookie)).toMatchObject([{ deviceName: null, isHere: true }]);
});

test("of very many sessions the list shows fifty, and this one among them", async () => {
  const tenant = await createTenant();
  const oldest = await signIn(tenant);
  moveTo(1);
  for (let count = 0; count < 55; count++) await mint(tenant);

  const places = await placesOf(tenant, oldest);

  expect(places.length).toBe(50);
  expect(places.filter(({ isHere }) => isHere)).toEqual([places[0]]);
});

test("what is past a limit is not in the list, nor when the clock goes back", async () => {
  const tenant = await createTenant({ sessions: { idleSeconds: 120 } });
  await signIn(tenant);
  moveTo(60);
  const later = await signIn(tenant);

  moveTo(121);
  expect(await placesOf(tenant, later)).toHaveLength(1);
  moveTo(100);
  expect(await placesOf(tenant, later)).toHaveLength(1);
});

test("signing out elsewhere ends that session at once, and counts as an activity of this one", async () => {
  const tenant = await createTenant({ sessions: { idleSeconds: 120 } });
  const here = await signIn(tenant);
  const elsewhere = await signIn(tenant, userAgents.safari);
  moveTo(60);

  const answer = await endOther(tenant, here, await idOf(elsewhere));

  expect(answer).toMatchObject({ status: 200, json: { status: "success", data: {} }, cookies: [] });
  expect(answer.headers.get("cache-control")).toBe("private, no-store");
  expect(await isSignedIn(tenant, elsewhere)).toBe(false);
  expect(await placesOf(tenant, here)).toHaveLength(1);
  expect((await callSession(tenant, "GET", here)).json.data.idleExpiresAt).toBe("2026-12-01T00:03:00.000Z");
});

test("an id that is no live session of this member elsewhere is not found, and nothing ends", async () => {
  const tenant = await createTenant({ sessions: { idleSeconds: 120 } });
  const otherTenant = await createTenant();
  const ended = await signIn(tenant);
  await callSession(tenant, "DELETE", ended);
  const expired = await signIn(tenant);
  moveTo(130);
  const here = await signIn(tenant);
  const othersHere = await signIn(tenant, userAgents.safari, "somebody else");
  const mineElsewhere = await signIn(otherTenant);
  moveTo(190);

  const ids = await Promise.all([here, othersHere, mineElsewhere, ended, expired].map(idOf));
  const wrong = [
    "01a00000-0000-7000-8000-000000000000",
    "none",
    "%00",
    "' OR true --",
    ids[0]?.toUpperCase(),
  ];
  for (const id of [...ids, ...wrong]) {
    const answer = await endOther(tenant, here, id ?? "");
    expect(answer, id).toMatchObject({ status: 404, json: { status: "fail", code: "not_found" } });
  }

  expect(await isSignedIn(tenant, here)).toBe(true);
  expect(await isSignedIn(tenant, othersHere)).toBe(true);
  expect(await isSignedIn(otherTenant, mineElsewhere)).toBe(true);
  expect((await callSession(tenant, "GET", here)).json.data.idleExpiresAt).toBe("2026-12-01T00:04:10.000Z");
  const row = await db().session.findFirstOrThrow({ where: { id: ids[3] ?? "" } });
  expect(row.endReason).toBe("signed_out"); // as it was
});

test("signing out everywhere ends every session of the member, this one too, and nobody else's", async () => {
  const tenant = await createTenant();
  const otherTenant = await createTenant();
  const here = await signIn(tenant);
  const mine = [here, await signIn(tenant, userAgents.safari), `session=${await mint(tenant)}`];
  const others = await signIn(tenant, userAgents.safari, "somebody else");
  const mineElsewhere = await signIn(otherTenant);

  const answer = await endEverywhere(tenant, here);

  expect(answer).toMatchObject({ status: 200, json: { status: "success", data: { redirectTo: null } } });
  expect(answer.cookies).toEqual((await callSession(tenant, "DELETE", "")).cookies);
  expect(answer.headers.get("clear-site-data")).toBe('"cache", "storage"');
  for (const cookie of mine) expect(await isSignedIn(tenant, cookie)).toBe(false);
  expect(await isSignedIn(tenant, others)).toBe(true);
  expect(await isSignedIn(otherTenant, mineElsewhere)).toBe(true);
  const rows = await db().session.findMany({ where: { id: { in: await Promise.all(mine.map(idOf)) } } });
  expect(rows.map(({ endReason }) => endReason)).toEqual(Array(3).fill("signed_out_everywhere"));
  expect(await endEverywhere(tenant, here)).toMatchObject({ status: 401, json: { code: "session_invalid" } });
});

test("links that are opened while their member signs out everywhere leave nobody signed in", async () => {
  const tenant = await createTenant();
  for (let round = 0; round < 10; round++) {
    const here = await signIn(tenant);
    const links = await Promise.all(Array.from({ length: 6 }, () => mint(tenant)));
    const opened = links.map((token) => openLink(tenant, `session=${token}`));
    const signedOut = endEverywhere(tenant, here);
    const cookies = (await Promise.all(opened)).map((each) => cookieOf(each)).filter((each) => each !== "");
    await signedOut;

    const isIn = await Promise.all(cookies.map((cookie) => isSignedIn(tenant, cookie)));
    expect(isIn.filter(Boolean)).toEqual([]);
  }
});

test.each([
  ["nobody who says so", { origin: null }],
  ["the null origin", { origin: "null" }],
  ["another site", { origin: "http://evil.example" }],
  ["a sibling subdomain", { origin: "http://www.localhost" }],
  ["a browser that says same-site", { "sec-fetch-site": "same-site" }],
])("neither is taken from %s", async (_what, headers: Record<string, string | null>) => {
  const tenant = await createTenant();
  const here = await signIn(tenant);
  const elsewhere = await signIn(tenant);

  const answers = [
    await endOther(tenant, here, await idOf(elsewhere), headers),
    await endEverywhere(tenant, here, headers),
  ];

  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 403, json: { code: "cross_site_request" }, cookies: [] });
  }
  expect(await isSignedIn(tenant, here)).toBe(true);
  expect(await isSignedIn(tenant, elsewhere)).toBe(true);
});

test("a stranger and a member of another programme end nothing", async () => {
  const tenant = await createTenant();
  const otherTenant = await createTenant();
  const mine = await signIn(tenant);
  const foreign = await signIn(otherTenant);

  for (const cookie of ["", "session=nonsense", foreign]) {
    const answers = [await endOther(tenant, cookie, await idOf(mine)), await endEverywhere(tenant, cookie)];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 401, json: { code: "session_invalid" }, cookies: [] });
    }
  }
  expect(await isSignedIn(tenant, mine)).toBe(true);
  expect(await isSignedIn(otherTenant, foreign)).toBe(true);
});
