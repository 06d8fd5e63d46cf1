import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, inject, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { getShelfReward, listShelf } from "#lib/domain/rewards/shelf.ts";
import { activateByConfirmation, activateByLink } from "#lib/domain/sessions/activate-session.ts";
import { readSession, type SignedIn } from "#lib/domain/sessions/read-session.ts";
import type { SessionCredential } from "#lib/domain/sessions/session.ts";
import { sweepSessions } from "#lib/domain/sessions/sweep-sessions.ts";
import { mintToken, openToken, readCookieCredentials } from "#lib/http/session-cookie.ts";
import {
  type Answer,
  callSession,
  cookieOf,
  deleteAuth,
  isSignedIn,
  leaveProgramme,
  openLink,
  postAuth,
} from "#tests/support/calls.ts";
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
  const signedIn = await readSession(tenant, await readCookieCredentials(new Headers({ cookie })), {
    isActivity: false,
  });
  const { session, wallet } = signedIn as SignedIn;
  const owner = { tenantId: tenant.id, memberId: session.member.id, wallet };
  const [reward] = await listShelf(owner);
  const idleEnd = async () => (await callSession(tenant, "GET", cookie)).json.data.idleExpiresAt;

  moveTo(60);
  const missing = getShelfReward(owner, "01a00000-0000-7000-8000-000000000000", session.id);
  await expect(missing).rejects.toMatchObject({ code: "reward_not_found" });
  expect(await idleEnd()).toBe("2026-12-01T00:02:00.000Z");
  await getShelfReward(owner, reward?.id ?? "", null);
  expect(await idleEnd()).toBe("2026-12-01T00:02:00.000Z");
  await getShelfReward(owner, reward?.id ?? "", session.id);
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
      "__Host-locale=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
      "__Host-theme=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
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

/** A browser of "me" that opened a link for "other", and was asked. */
async function askForConfirmation(tenant: TestTenant) {
  const mine = await openToken(tokenOf(await signIn(tenant, "me")));
  const presented = await openToken(tokenOf(await signIn(tenant, "other")));
  const browser = [{ ...(mine as SessionCredential), rank: 2 }];
  const { credential: next } = await mintToken();
  const browserSide = { tenant, browser, isPartitioned: false, next, deviceName: null };
  const activation = await activateByLink({ ...browserSide, presented });
  if (activation.outcome !== "confirmation_needed") throw new Error("It did not ask.");
  return { ...browserSide, confirmation: activation.confirmation };
}

test("a confirmation switches the browser once, within five minutes, and ends what it had", async () => {
  const tenant = await createTenant();
  const inTime = await askForConfirmation(tenant);
  const late = await askForConfirmation(tenant);

  moveTo(299);
  const session = await activateByConfirmation(inTime);

  expect(session.member.authIdentifier).toBe("other");
  const before = await db().session.findFirst({ where: { id: inTime.browser[0]?.id as string } });
  expect(before).toMatchObject({ endReason: "replaced", successorId: null }); // another member is no successor
  const refused = { code: "session_invalid" };
  await expect(activateByConfirmation(inTime)).rejects.toMatchObject(refused);
  moveTo(300);
  await expect(activateByConfirmation(late)).rejects.toMatchObject(refused);
  await expect(activateByConfirmation({ ...late, confirmation: "" })).rejects.toMatchObject(refused);
});

test("a confirmation dies with a sign-out, a restriction and a deletion in between", async () => {
  const tenant = await createTenant();
  const memberId = async () => {
    const member = await db().member.findFirstOrThrow({
      where: { tenantId: tenant.id, authIdentifier: "other" },
    });
    return member.id as MemberId;
  };
  const between = [
    async () => deleteAuth(tenant, { selector: { authIdentifier: "other" } }),
    async () => {
      await restrictMember(tenant.id, await memberId(), true);
      await restrictMember(tenant.id, await memberId(), false);
    },
    async () => eraseMember(tenant.id, await memberId()),
  ];

  for (const happens of between) {
    const asked = await askForConfirmation(tenant);
    await happens();
    await expect(activateByConfirmation(asked)).rejects.toMatchObject({ code: "session_invalid" });
  }
});

test("the cookie of another site's page takes the place of its own kind, and of no tab's", async () => {
  const tenant = await createTenant();
  const tab = await signIn(tenant, "me");
  const inFrame = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "iframe",
  };
  const openInFrame = async (cookie: string) => {
    const link = `session=${tokenOf(await signIn(tenant, "me"))}`;
    return cookieOf(await openLink(tenant, link, { ...inFrame, cookie }), "__Host-session_p");
  };

  const first = await openInFrame(tab);
  const second = await openInFrame(`${tab}; ${first}`);

  expect(await isSignedIn(tenant, tab)).toBe(true);
  expect(await isSignedIn(tenant, first)).toBe(false);
  expect(await isSignedIn(tenant, second)).toBe(true);
});

test("a sign-out by the host while links are opened leaves nobody signed in", async () => {
  const tenant = await createTenant();
  for (let round = 0; round < 10; round++) {
    const links = await Promise.all(Array.from({ length: 6 }, () => signIn(tenant, "me")));
    const opened = links.map((cookie) => openLink(tenant, `session=${tokenOf(cookie)}`));
    const signedOut = deleteAuth(tenant, { selector: { authIdentifier: "me" } });
    const cookies = (await Promise.all(opened))
      .map((answer) => cookieOf(answer))
      .filter((cookie) => cookie !== "");
    await signedOut;

    // Whoever came after the sign-out was refused, and whoever came before is out.
    const isIn = await Promise.all(cookies.map((cookie) => isSignedIn(tenant, cookie)));
    expect(isIn.filter(Boolean)).toEqual([]);
  }
});

// Held still in the middle, on a server: on one connection everything else would wait for it.
test.runIf(inject("databaseServerUrl"))(
  "a restriction in the middle of an activation ends what comes out of it",
  async () => {
    vi.useRealTimers();
    const tenant = await createTenant();
    const before = await signIn(tenant, "me");
    const link = `session=${tokenOf(await signIn(tenant, "me"))}`;
    const held = (await openToken(tokenOf(before))) as SessionCredential;
    const { memberId } = await db().session.findFirstOrThrow({ where: { id: held.id } });
    const [isHeld, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = db().$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT "id" FROM "sessions" WHERE "id" = ${held.id}::uuid FOR UPDATE`;
        isHeld.resolve();
        await release.promise;
      },
      { timeout: 20_000 },
    );
    await isHeld.promise;

    const activating = openLink(tenant, link, { cookie: before }); // has spent its token, and waits to replace `before`
    await sleep(300);
    const restricting = restrictMember(tenant.id, memberId as MemberId, true);
    await sleep(300);
    release.resolve();
    await Promise.all([holding, activating, restricting]);

    await restrictMember(tenant.id, memberId as MemberId, false);
    expect(await isSignedIn(tenant, cookieOf(await activating))).toBe(false);
    expect(await db().session.count({ where: { tenantId: tenant.id, endedAt: null } })).toBe(0);
  },
);

test("browsers that activate each other's tokens at once end in order, not in a failure", async () => {
  const tenant = await createTenant();
  for (let round = 0; round < 10; round++) {
    const [one, two] = await Promise.all([signIn(tenant), signIn(tenant)]);
    const answers = await Promise.all([
      openLink(tenant, `session=${tokenOf(one)}`, { cookie: two }),
      openLink(tenant, `session=${tokenOf(two)}`, { cookie: one }),
    ]);
    for (const { status } of answers) expect([303, 401]).toContain(status);
  }
});

test("only the member's own page lets it leave the programme, once", async () => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant);
  const origin = `http://${tenant.host}`;

  for (const headers of [{ cookie }, { cookie, origin: "null" }, { cookie, origin: "http://evil.example" }]) {
    expect(await leaveProgramme(tenant, headers)).toMatchObject({
      status: 403,
      json: { code: "cross_site_request" },
    });
  }
  expect(await leaveProgramme(tenant, { origin })).toMatchObject({
    status: 401,
    json: { code: "session_invalid" },
  });
  expect(await isSignedIn(tenant, cookie)).toBe(true);

  const answers = await Promise.all([1, 2, 3].map(() => leaveProgramme(tenant, { cookie, origin })));
  const statuses = answers.map(({ status }) => status);
  expect(statuses).toContain(200);
  for (const status of statuses) expect([200, 401, 404]).toContain(status);
  expect(await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } })).toMatchObject({
    deletedAt: expect.any(Date),
    emailAddress: null,
  });
  expect(await leaveProgramme(tenant, { cookie, origin })).toMatchObject({ status: 401 });
});

test("many planted cookies do not push the browser's own out", async () => {
  const tenant = await createTenant();
  const own = (await signIn(tenant, "me")).replace("session=", "__Host-session_p=");
  const planted = await signIn(tenant, "stranger");

  const { json } = await callSession(tenant, "GET", `${Array(20).fill(planted).join("; ")}; ${own}`);

  const member = await db().member.findFirstOrThrow({ where: { id: json.data.member.id } });
  expect(member.authIdentifier).toBe("me");
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
