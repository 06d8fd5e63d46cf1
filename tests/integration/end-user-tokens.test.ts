import { beforeEach, expect, inject, test, vi } from "vitest";

import { findAccountByEmail } from "#lib/db/accounts.ts";
import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { openEndUserSession } from "#lib/domain/sessions/end-user-session.ts";
import { signOwnToken } from "#lib/domain/tokens/own-token.ts";
import { countAddressAgainst } from "#lib/http/rate-limits.ts";
import { jane, mailsOf, signUp } from "#tests/support/accounts.ts";
import { type ClientAnswer, type ClientCall, callClient } from "#tests/support/client-apis.ts";
import { profile } from "#tests/support/factories.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";
import { type ApiTenant, callApi, createApiTenant } from "#tests/support/user-api.ts";

// Goal: an end user's token lives five minutes from the last call that succeeded, half a day at most, and not a moment longer,
// whatever is called and by how many at once.
// Method: the handlers on a real database, with a clock that the test holds.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));
// The real ones are React's, which is Next's to run: tests/http/client-apis.test.ts.
vi.mock("#app/_mail/account-mails.tsx", async () => {
  const { mails } = await import("#tests/support/accounts.ts");
  return { accountMails: async () => mails };
});

const password = "a walk along the canal";
const member = { authIdentifier: "user-1", profile, password, points: 70 };
const minute = 60_000;

let addresses = 0;
let here = "";

beforeEach(() => {
  addresses += 1;
  here = `198.51.100.${addresses}`; // limits count by it
});

function createApp(settings: object = {}): Promise<ApiTenant> {
  return createApiTenant({ members: [member], ...settings });
}

function call(tenant: ApiTenant, endpoint: string, sent: ClientCall = {}): Promise<ClientAnswer> {
  return callClient(endpoint, {
    address: here,
    ...sent,
    headers: { "api-key": tenant.apiKey, ...sent.headers },
  });
}

function login(tenant: ApiTenant, body: object = {}, address = here): Promise<ClientAnswer> {
  const credentials = { email: profile.emailAddress, password: { value: password }, ...body };
  return call(tenant, "POST /multi/login_with_password", { body: credentials, address });
}

function identities(tenant: ApiTenant, bearer?: string): Promise<ClientAnswer> {
  return call(tenant, "GET /multi/identities", bearer === undefined ? {} : { bearer });
}

function guess(
  tenant: ApiTenant,
  address = here,
  email: string = profile.emailAddress,
): Promise<ClientAnswer> {
  return login(tenant, { email, password: { value: "not the password" } }, address);
}

const bare = (status: number) => ({ status, text: "" });

test("an end user signs in, and the token says who it is, to /multi and to /v1", async () => {
  stopTheClock();
  const tenant = await createApp();

  const { status, json } = await login(tenant, { email: "JANE.doe@example.com" });

  expect(status).toBe(200);
  const { id } = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } });
  const identity = { type: "CONSUMER", id };
  expect(json).toEqual({
    token: json.token,
    tokenType: "ACCESS",
    identity,
    credentials: { type: "ROOT", id },
  });
  const header = JSON.parse(Buffer.from(json.token.split(".")[0], "base64url").toString());
  expect(header).toMatchObject({ alg: "RS256", typ: "eut+jwt" });
  const claims = JSON.parse(Buffer.from(json.token.split(".")[1], "base64url").toString());
  expect(claims.exp - claims.iat).toBe(12 * 60 * 60);
  const listed = await identities(tenant, json.token);
  expect(listed.json).toEqual({
    identities: [{ id: identity, name: "Jane Doe" }],
    count: 1,
    responseCount: 1,
  });
  expect(listed.headers.get("session-expires-at")).toBe("2027-03-10T10:05:00.000Z");
  const wallet = await callApi(tenant, "GET /v1/users/me/wallet", { bearer: json.token });
  expect(wallet.json.data.points).toBe(70);
  expect(wallet.headers.get("session-expires-at")).toBe("2027-03-10T10:05:00.000Z");
  expect((await callApi(tenant, "GET /v1/users/me", { bearer: json.token })).json.data.id).toBe(id);
});

test.each([
  ["/multi", (tenant: ApiTenant, bearer: string) => identities(tenant, bearer)],
  ["/v1", (tenant: ApiTenant, bearer: string) => callApi(tenant, "GET /v1/users/me", { bearer })],
])(
  "at 4:59 after the last call on %s it works and goes on, at 5:01 it is over for good",
  async (_where, use) => {
    stopTheClock();
    const tenant = await createApp();
    const { json } = await login(tenant);

    moveTo(0, 5 * minute - 1_000);
    expect((await use(tenant, json.token)).status).toBe(200);
    moveTo(0, 10 * minute - 2_000);
    const answer = await use(tenant, json.token);
    expect([answer.status, answer.headers.get("session-expires-at")]).toEqual([
      200,
      "2027-03-10T10:14:58.000Z",
    ]);
    moveTo(0, 15 * minute - 1_000);
    expect((await use(tenant, json.token)).status).toBe(401);
    moveTo(0, 10 * minute);
    expect((await use(tenant, json.token)).status).toBe(401); // also if the clock goes back
  },
);

test("calls at the very edge, many at once, never bring it back", async () => {
  stopTheClock();
  const tenant = await createApp();
  const { json } = await login(tenant);

  moveTo(0, 5 * minute);
  const answers = await Promise.all(Array.from({ length: 20 }, () => identities(tenant, json.token)));

  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
  const [session] = await db().session.findMany({ where: { tenantId: tenant.id } });
  expect(session).toMatchObject({ kind: "end_user", endReason: "expired" });
});

test("a refusal keeps nothing alive", async () => {
  stopTheClock();
  const tenant = await createApp();
  const { json } = await login(tenant);

  moveTo(0, 4 * minute);
  const body = { rewardId: "0199a000-0000-7000-8000-000000000000" };
  const refused = await callApi(tenant, "POST /v1/commands/purchase_reward", { bearer: json.token, body });
  expect(refused.status).toBe(404);
  const bad = await call(tenant, "POST /multi/passwords/update", { bearer: json.token, body: {} });
  expect(bad.status).toBe(400);
  expect(bad.headers.get("session-expires-at")).toBe("2027-03-10T10:05:00.000Z");
  moveTo(0, 5 * minute);
  expect(await identities(tenant, json.token)).toMatchObject(bare(401));
});

test("however busy, it ends after half a day", async () => {
  stopTheClock();
  const tenant = await createApp();
  const { json } = await login(tenant);
  const { id } = await db().session.findFirstOrThrow({ where: { tenantId: tenant.id } });
  const almost = 12 * 60 * minute - 1_000;
  const data = { lastActivityAt: new Date(new Date("2027-03-10T10:00:00Z").getTime() + almost - minute) };
  await db().session.updateMany({ where: { id }, data });

  moveTo(0, almost);
  const last = await identities(tenant, json.token);
  expect([last.status, last.headers.get("session-expires-at")]).toEqual([200, "2027-03-10T22:00:00.000Z"]);
  moveTo(0, almost + 1_000);
  expect(await identities(tenant, json.token)).toMatchObject(bare(401));
});

test("the programme's key may stand in either header, and two keys are none", async () => {
  const [tenant, other] = [await createApp(), await createApp()];
  const body = { email: profile.emailAddress, password: { value: password } };
  const loginWith = (headers: Record<string, string>) =>
    callClient("POST /multi/login_with_password", { body, headers, address: here });

  expect((await loginWith({ "x-api-key": tenant.apiKey })).status).toBe(200);
  expect((await loginWith({ "x-api-key": tenant.apiKey, "api-key": tenant.apiKey })).status).toBe(200);
  const two = { "x-api-key": tenant.apiKey, "api-key": other.apiKey };
  expect(await loginWith(two)).toMatchObject(bare(401));
  expect(await loginWith({})).toMatchObject(bare(401));
});

test("a logout ends it at once, everywhere", async () => {
  const tenant = await createApp();
  const [{ json }, { json: other }] = [await login(tenant), await login(tenant)];

  expect(await call(tenant, "POST /multi/logout", { bearer: json.token })).toMatchObject(bare(204));

  expect(await identities(tenant, json.token)).toMatchObject(bare(401));
  const onV1 = await callApi(tenant, "GET /v1/users/me", { bearer: json.token });
  expect(onV1).toMatchObject({ status: 401, json: { code: "token_invalid" } });
  expect((await identities(tenant, other.token)).status).toBe(200);
});

test("a session has one token: another that is signed for it is none", async () => {
  const tenant = await createApp();
  await login(tenant);
  const { id: sid } = await db().session.findFirstOrThrow({ where: { tenantId: tenant.id } });

  const another = await signOwnToken("endUser", { sid }, 300);

  expect(await identities(tenant, another)).toMatchObject(bare(401));
});

test("no key, no token, and those of others are refused without a word", async () => {
  const tenant = await createApp();
  const other = await createApp();
  const { json } = await login(tenant);

  expect(
    await call(tenant, "GET /multi/identities", { headers: { "api-key": "x" }, bearer: json.token }),
  ).toMatchObject(bare(401));
  for (const bearer of [undefined, "", "x", `${json.token}x`, tenant.apiKey]) {
    expect(await identities(tenant, bearer)).toMatchObject(bare(401));
  }
  expect(await identities(other, json.token)).toMatchObject(bare(401));
  const elsewhere = await callApi(other, "GET /v1/users/me", { bearer: json.token });
  expect(elsewhere).toMatchObject({ status: 401, json: { code: "token_invalid" } });
  const store = await callClient(`POST /api/${tenant.code}/member/login_check`, {
    ...{ body: { username: profile.emailAddress, password }, address: here },
  });
  expect(await identities(tenant, store.json.token)).toMatchObject(bare(401));
  const asUser = await callApi(tenant, "GET /v1/users/me", { bearer: store.json.token });
  expect(asUser).toMatchObject({ status: 401, json: { code: "token_invalid" } });
});

test("a wrong password, an unknown address and whoever may not sign in are told the same: nothing", async () => {
  const tenant = await createApp();
  const { id } = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } });

  expect(await guess(tenant)).toMatchObject(bare(403));
  expect(await guess(tenant, here, "nobody@example.com")).toMatchObject(bare(403));
  expect(await guess(tenant, here, "no address")).toMatchObject(bare(403));
  await restrictMember(tenant.id, id as MemberId, true);
  expect(await login(tenant)).toMatchObject(bare(403));
  const accounts = await createApp({ authMode: "interactive" });
  await signUp(accounts); // unconfirmed
  const waiting = { email: jane.emailAddress, password: { value: jane.password } };
  expect(await login(accounts, waiting)).toMatchObject(bare(403));
  expect(await db().session.count({ where: { tenantId: { in: [tenant.id, accounts.id] } } })).toBe(0);
});

test.each(["restricted", "another password"])(
  "who is %s since the password was looked at gets no session",
  async (what) => {
    const tenant = await createApp();
    const account = await findAccountByEmail(tenant.id, profile.emailAddress);
    if (!account) throw new Error("The account is not there.");
    const { memberId } = account;
    if (what === "restricted") await restrictMember(tenant.id, memberId as MemberId, true);
    else await db().account.updateMany({ where: { memberId }, data: { passwordHash: "another" } });

    const opening = openEndUserSession(tenant, account);

    await expect(opening).rejects.toMatchObject({ code: "credentials_invalid" });
    expect(await db().session.count({ where: { tenantId: tenant.id } })).toBe(0);
  },
);

test.each([profile.emailAddress, "nobody@example.com"])(
  "five failures in a row for %s from one address lock the pair for half an hour, and nobody else",
  async (email) => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2027-03-10T10:00:00.000Z") });
    const tenant = await createApp();
    for (let index = 0; index < 5; index++) {
      expect(await guess(tenant, here, email)).toMatchObject(bare(403));
    }

    expect(await login(tenant, { email })).toMatchObject(bare(423));
    expect((await login(tenant, {}, "203.0.113.9")).status).toBe(200);
    expect((await guess(tenant, here, "somebody-else@example.com")).status).toBe(403);
  },
);

test("the lock is over half an hour after the last failure, whatever is tried meanwhile, and is one programme's", async () => {
  stopTheClock();
  const [tenant, other] = [await createApp(), await createApp()];
  const spellings = [
    "jane.doe@example.com",
    "JANE.DOE@example.com",
    "Jane.Doe@example.com",
    "jane.doe@EXAMPLE.com",
  ];
  for (const email of spellings) expect(await guess(tenant, here, email)).toMatchObject(bare(403));

  moveTo(0, 20 * minute);
  expect(await guess(tenant)).toMatchObject(bare(403));
  expect(await login(tenant)).toMatchObject(bare(423));
  expect((await login(other)).status).toBe(200);
  moveTo(0, 50 * minute - 1_000);
  expect(await login(tenant)).toMatchObject(bare(423));
  moveTo(0, 50 * minute + 1_000);
  expect((await login(tenant)).status).toBe(200);
});

test.each([
  ["POST /multi/login_with_password", "sign-in-address"],
  ["POST /multi/consumers", "end-user-sign-up"],
] as const)("%s takes 600 calls a minute from one address", async (endpoint, limit) => {
  const tenant = await createApp({ selfRegistration: true });
  await Promise.all(Array.from({ length: 600 }, () => countAddressAgainst(limit, here)));
  const body = {
    ...{ email: profile.emailAddress, password: { value: password } },
    rootUser: { name: "Ada", surname: "Demo", email: "ada@example.com" },
  };

  const refused = await call(tenant, endpoint, { body });

  expect(refused).toMatchObject(bare(429));
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await call(tenant, endpoint, { body, address: "203.0.113.10" })).status).toBe(200);
});

test("an old password can be guessed 20 times a minute", async () => {
  const tenant = await createApp();
  const { json } = await login(tenant);
  const update = (oldValue: string) =>
    call(tenant, "POST /multi/passwords/update", {
      ...{
        bearer: json.token,
        body: { oldPassword: { value: oldValue }, newPassword: { value: "a boat on the river" } },
      },
    });

  for (let index = 0; index < 20; index++) expect(await update("not it")).toMatchObject(bare(403));
  expect(await update(password)).toMatchObject(bare(429));
});

test("calls here and to /v1 are taken from one bucket of their key", async () => {
  const apiKey = "the-key-of-an-app-with-two-calls-at-once";
  const limits = { ratePerSecond: 1, burst: 2 };
  const tenant = await createApp({ apiKeys: [{ name: "app", key: apiKey, ...limits }] });
  const stopwatch = vi.spyOn(performance, "now").mockReturnValue(performance.now());
  try {
    const onMulti = () => call({ ...tenant, apiKey }, "GET /multi/identities");
    expect(await onMulti()).toMatchObject(bare(401));
    expect((await callApi({ ...tenant, apiKey }, "GET /v1/tiers")).status).toBe(200);
    expect(await onMulti()).toMatchObject(bare(429));
  } finally {
    stopwatch.mockRestore();
  }
});

test.runIf(inject("databaseServerUrl"))(
  "on a server tries are counted in its table, for every process, and say nothing of who tried",
  async () => {
    const tenant = await createApp();
    await guess(tenant);

    const rows = await db().$queryRaw<{ key: string }[]>`SELECT "key" FROM "rate_limits"`;

    const names = new Set(rows.map(({ key }) => key.replace(/:[\w-]{43}$/, "")));
    expect([...names]).toEqual(expect.arrayContaining(["sign-in-address", "end-user-failures"]));
    expect([...names].filter((name) => !/^[a-z-]+$/.test(name))).toEqual([]);
  },
);

test("a success in between begins the count anew, and of guesses at once five are looked at", async () => {
  const tenant = await createApp();
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 4; index++) expect((await guess(tenant)).status).toBe(403);
    expect((await login(tenant)).status).toBe(200);
  }

  const answers = await Promise.all(Array.from({ length: 20 }, () => guess(tenant)));

  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  expect([count(403), count(423)]).toEqual([5, 15]);
});

test("signing up signs in, for an address that nobody has, where people may", async () => {
  const open = await createApp({ selfRegistration: true });
  const body = {
    rootUser: { name: "Ada", surname: "Demo", email: "ada@example.com" },
    password: { value: password },
  };
  const signUp = (tenant: ApiTenant, changed: object = {}) =>
    call(tenant, "POST /multi/consumers", { body: { ...body, ...changed } });

  const { status, json } = await signUp(open);
  expect([status, json.tokenType]).toEqual([200, "ACCESS"]);
  expect((await identities(open, json.token)).json.identities).toEqual([
    { id: { type: "CONSUMER", id: json.id }, name: "Ada Demo" },
  ]);
  expect((await mailsOf(open)).length).toBe(1);
  expect(await signUp(open)).toMatchObject({ status: 409, json: { errorCode: "ROOT_USERNAME_NOT_UNIQUE" } });
  const common = await signUp(open, { password: { value: "Password1" } });
  expect(common).toMatchObject({
    status: 400,
    json: { syntaxErrors: { invalidFields: [{ fieldName: "password" }] } },
  });
  const nameless = { rootUser: { ...body.rootUser, name: "" } };
  expect((await signUp(open, nameless)).json.syntaxErrors.invalidFields[0].fieldName).toBe("rootUser.name");
  const closed = await createApp();
  expect(await signUp(closed)).toMatchObject({ status: 403, json: { errorCode: "REGISTRATION_CLOSED" } });
});

test("of many who sign up with one address at once one gets the account, and nobody else's session", async () => {
  const tenant = await createApp({ selfRegistration: true });
  const body = {
    rootUser: { name: "Ada", surname: "Demo", email: "ada@example.com" },
    password: { value: password },
  };

  const answers = await Promise.all(
    Array.from({ length: 8 }, () => call(tenant, "POST /multi/consumers", { body })),
  );

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(7).fill(409)]);
  const where = { tenantId: tenant.id, emailAddress: "ada@example.com" };
  expect(await db().account.count({ where })).toBe(1);
});

test("another password takes the old one, ends the other sessions, and keeps this one", async () => {
  const tenant = await createApp();
  const [{ json }, { json: other }] = [await login(tenant), await login(tenant)];
  const update = (oldValue: string, newValue: string) =>
    call(tenant, "POST /multi/passwords/update", {
      ...{ bearer: json.token, body: { oldPassword: { value: oldValue }, newPassword: { value: newValue } } },
    });

  expect(await update("not the password", "a boat on the river")).toMatchObject(bare(403));
  expect((await update(password, "Password1")).status).toBe(400);
  expect((await identities(tenant, other.token)).status).toBe(200);
  expect((await update(password, "a boat on the river")).status).toBe(200);

  expect((await identities(tenant, json.token)).status).toBe(200);
  expect(await identities(tenant, other.token)).toMatchObject(bare(401));
  expect(await login(tenant)).toMatchObject(bare(403));
  expect((await login(tenant, { password: { value: "a boat on the river" } })).status).toBe(200);
});

test("bad syntax is named, and what is no JSON is refused", async () => {
  const tenant = await createApp();

  const empty = await call(tenant, "POST /multi/login_with_password", { body: {} });
  expect(empty.status).toBe(400);
  expect(
    empty.json.syntaxErrors.invalidFields.map(({ fieldName }: { fieldName: string }) => fieldName),
  ).toEqual(["email", "password"]);
  expect((await call(tenant, "POST /multi/login_with_password", { body: "{" })).status).toBe(400);
  const plain = { "content-type": "text/plain" };
  expect(await call(tenant, "POST /multi/login_with_password", { body: "x", headers: plain })).toMatchObject(
    bare(415),
  );
});
