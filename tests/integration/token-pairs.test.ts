import { verify } from "@node-rs/argon2";
import { Client } from "pg";
import { beforeEach, expect, inject, test, vi } from "vitest";

import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { requestPasswordReset, resetPassword } from "#lib/domain/accounts/reset-password.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import { forgetTenants } from "#lib/domain/tenants/tenant-memory.ts";
import { signInForTokens, sweepRefreshTokens } from "#lib/domain/token-pairs/token-pair.ts";
import {
  createAccount,
  createAccountTenant,
  jane,
  mails,
  newestToken,
  signUp,
} from "#tests/support/accounts.ts";
import { type ClientAnswer, type ClientCall, callClient } from "#tests/support/client-apis.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";
import { urlOfDatabase } from "#tests/support/on-server.ts";
import { invalid } from "#tests/support/open-loyalty.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: clients of Open Loyalty sign their people in and keep them signed in, each refresh token once, and who has lost the
// right to is out at the next call.
// Method: the handlers on a real database, with a clock that the test holds.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));
vi.mock("@node-rs/argon2", { spy: true });

const serverUrl = inject("databaseServerUrl");
const member = { authIdentifier: "user-1", profile, password: "a walk along the canal" };
const joan = {
  ...{ authIdentifier: "user-2", profile: { ...profile, emailAddress: "joan@example.com" } },
  password: member.password,
};
const admin = { email: "owner@example.com", password: "an owner's own password", role: "OWNER" };

let addresses = 0;
let here = "";

beforeEach(() => {
  addresses += 1;
  here = `198.51.${Math.floor(addresses / 200)}.${addresses % 200}`; // limits count by it
});

function login({ code }: TestTenant, body: object = {}, call: ClientCall = {}): Promise<ClientAnswer> {
  const credentials = { username: profile.emailAddress, password: member.password, ...body };
  return callClient(`POST /api/${code}/member/login_check`, { body: credentials, address: here, ...call });
}

function refresh({ code }: TestTenant, refreshToken: unknown, call: ClientCall = {}): Promise<ClientAnswer> {
  const body = { refresh_token: refreshToken };
  return callClient(`POST /api/${code}/token/refresh`, { body, address: here, ...call });
}

function loginAdmin(body: object = {}, address = here): Promise<ClientAnswer> {
  const credentials = { username: admin.email, password: admin.password, ...body };
  return callClient("POST /api/admin/login_check", { body: credentials, address });
}

function refreshAdmin(refreshToken: unknown): Promise<ClientAnswer> {
  return callClient("POST /api/token/refresh", { body: { refresh_token: refreshToken }, address: here });
}

function revoke(bearer?: string): Promise<ClientAnswer> {
  return callClient("GET /api/token/revoke", bearer === undefined ? {} : { bearer });
}

function claimsOf(token: string) {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

function refusal(code: number, message: string) {
  return { status: code, json: { code, message } };
}
const badCredentials = refusal(401, "Bad credentials.");
const unknown = refusal(401, "JWT Refresh Token Not Found");
const expired = refusal(401, "Invalid JWT Refresh Token");

function createStore(settings: object = {}): Promise<TestTenant> {
  return createTenant({ members: [member], ...settings });
}

function liveTokens({ id: tenantId }: TestTenant) {
  return db().refreshToken.count({ where: { tenantId, usedAt: null } });
}

/** Jane's password is another one from now on. */
async function setPasswordByMail(tenant: TestTenant): Promise<void> {
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });
  const token = await newestToken(tenant, "resetPassword");
  const reset = { tenant, token, password: "a boat on the river", address: here, mails };
  await resetPassword({ ...reset, admit: async () => undefined });
}

test("a member signs in, also by the old names of the fields and by the card's number, and gets a pair", async () => {
  stopTheClock();
  const tenant = await createStore();
  const row = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } });
  const iat = Date.now() / 1000;

  for (const body of [
    {},
    { username: profile.emailAddress.toUpperCase() },
    { username: row.accountNumber },
    { username: undefined, _username: profile.emailAddress, password: undefined, _password: member.password },
  ]) {
    const answer = await login(tenant, body);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json)).toEqual(["token", "refresh_token"]);
    expect(answer.json.refresh_token).toMatch(/^[0-9a-f]{128}$/);
    expect(claimsOf(answer.json.token)).toMatchObject({
      ...{ iss: "laurel", aud: "laurel:member", iat, exp: iat + 86_400, storeCode: tenant.code },
      ...{ id: row.id, username: profile.emailAddress, roles: ["ROLE_PARTICIPANT"], jti: expect.any(String) },
    });
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
  }
  const kept = await db().refreshToken.findMany({ where: { tenantId: tenant.id } });
  expect(kept.map(({ tokenHash }) => tokenHash.length)).toEqual(kept.map(() => 43));
});

test("an admin's name is no pattern, and comes in any capitals", async () => {
  await createStore({ admins: [{ ...admin, email: "some_body@example.com" }] });

  expect((await loginAdmin({ username: "SOME_body@example.com" })).status).toBe(200);
  for (const username of ["someXbody@example.com", "%@example.com", "some\\_body@example.com", "\u0000"]) {
    expect((await loginAdmin({ username })).status, username).toBe(401);
  }
});

test("an admin signs in and refreshes at the doors of no store", async () => {
  await createStore({ admins: [admin] });

  const { json } = await loginAdmin();
  expect(claimsOf(json.token)).toMatchObject({
    aud: "laurel:admin",
    roles: ["ROLE_ADMIN"],
    username: admin.email,
  });
  expect(claimsOf(json.token).storeCode).toBeUndefined();
  const again = await callClient("POST /api/token/refresh", {
    ...{ body: { refresh_token: json.refresh_token }, address: here },
  });
  expect(again.status).toBe(200);
  expect(again.json.refresh_token).not.toBe(json.refresh_token);
});

test("whoever may not sign in is told one and the same", async () => {
  const tenant = await createStore();
  const accounts = await createAccountTenant();
  await signUp(accounts); // unconfirmed

  for (const body of [
    { password: "not the password" },
    { username: "nobody@example.com" },
    { username: "0000000" },
    { username: "\u0000" },
    { username: `${profile.emailAddress} ` },
    { username: "x".repeat(300) },
    { password: "x".repeat(600) },
  ]) {
    expect(await login(tenant, body)).toMatchObject(badCredentials);
  }
  const waiting = { username: jane.emailAddress, password: jane.password };
  expect(await login(accounts, waiting)).toMatchObject(badCredentials);
  const { id } = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } });
  await restrictMember(tenant.id, id as MemberId, true);
  expect(await login(tenant)).toMatchObject(badCredentials);
  expect(await liveTokens(tenant)).toBe(0);
});

test("what is missing is said by its name, and an unknown store is none", async () => {
  const tenant = await createStore();
  const pathsOf = ({ json }: ClientAnswer) => json.errors.map(({ path }: { path: string }) => path);

  const empty = await callClient(`POST /api/${tenant.code}/member/login_check`, { body: {}, address: here });
  expect(empty).toMatchObject({ status: 400, json: { code: 400, message: "Validation failed" } });
  expect(pathsOf(empty)).toEqual(["username", "password"]);
  expect(pathsOf(await login(tenant, { password: "" }))).toEqual(["password"]);
  expect(pathsOf(await login(tenant, { username: 7 }))).toEqual(["username"]);
  expect(await login({ ...tenant, code: "nowhere" })).toMatchObject(refusal(404, "Not Found"));
  for (const token of [undefined, "", 7, null]) {
    expect(await refresh(tenant, token)).toMatchObject(refusal(401, "Missing JWT Refresh Token"));
  }
});

test("a refresh gives a new pair; the old one is over, and a double click hurts nobody", async () => {
  stopTheClock();
  const tenant = await createStore();
  const { json: first } = await login(tenant);

  const { json: second } = await refresh(tenant, first.refresh_token);
  expect(claimsOf(second.token).id).toBe(claimsOf(first.token).id);
  moveTo(0, 9_999);
  expect(await refresh(tenant, first.refresh_token)).toMatchObject(unknown);
  expect(await refresh(tenant, second.refresh_token)).toMatchObject({ status: 200 });
});

test("one that comes again later ends its whole family, and no other", async () => {
  stopTheClock();
  const tenant = await createStore();
  const [{ json: first }, { json: other }] = [await login(tenant), await login(tenant)];
  const { json: second } = await refresh(tenant, first.refresh_token);

  moveTo(0, 10_000);
  expect(await refresh(tenant, first.refresh_token)).toMatchObject(unknown);

  expect(await refresh(tenant, second.refresh_token)).toMatchObject(unknown);
  expect(await refresh(tenant, other.refresh_token)).toMatchObject({ status: 200 });
});

test("the last moment of a refresh token is the last of its 30 days", async () => {
  stopTheClock();
  const tenant = await createStore();
  const [{ json: first }, { json: second }] = [await login(tenant), await login(tenant)];

  moveTo(30, -1);
  expect((await refresh(tenant, first.refresh_token)).status).toBe(200);
  moveTo(30);
  expect(await refresh(tenant, second.refresh_token)).toMatchObject(expired);
});

test("a sweep leaves what is good, what tells of a second use, and what expired within a week", async () => {
  stopTheClock();
  const tenant = await createStore();
  const [{ json: first }, { json: other }] = [await login(tenant), await login(tenant)];
  moveTo(29);
  const { json: second } = await refresh(tenant, first.refresh_token);

  await sweepRefreshTokens();
  expect(await refresh(tenant, first.refresh_token)).toMatchObject(unknown);
  const { json: third } = await refresh(tenant, second.refresh_token);
  moveTo(37);
  await sweepRefreshTokens();
  expect(await refresh(tenant, other.refresh_token)).toMatchObject(expired);
  expect((await refresh(tenant, third.refresh_token)).status).toBe(200);
});

test("a refresh token lasts 30 days, a family 90 from its login, and both are swept", async () => {
  stopTheClock();
  const tenant = await createStore();
  const { json } = await login(tenant);
  const { json: unused } = await login(tenant);
  let token = json.refresh_token;

  for (const at of [29, 58, 87]) {
    moveTo(at);
    const answer = await refresh(tenant, token);
    expect(answer.status).toBe(200);
    token = answer.json.refresh_token;
  }
  expect(await refresh(tenant, unused.refresh_token)).toMatchObject(expired);
  moveTo(90, -1);
  const last = await refresh(tenant, token);
  expect(last.status).toBe(200);
  moveTo(90);
  expect(await refresh(tenant, last.json.refresh_token)).toMatchObject(expired);
  moveTo(97, 1);
  await sweepRefreshTokens();
  expect(await db().refreshToken.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("of 50 who refresh at once one gets the next pair, and one token is live", async () => {
  const tenant = await createStore();
  const { json } = await login(tenant);

  const answers = await Promise.all(Array.from({ length: 19 }, () => refresh(tenant, json.refresh_token)));
  // The limit of a member's tries is looked at first: the rest never come to the row.
  const others = await Promise.all(Array.from({ length: 31 }, () => refresh(tenant, json.refresh_token)));

  const winners = [...answers, ...others].filter(({ status }) => status === 200);
  expect(winners).toHaveLength(1);
  expect(others.filter(({ status }) => status === 429).length).toBe(30);
  expect(await liveTokens(tenant)).toBe(1);
});

test("of 100 logins at once 20 reach the password, whatever the name looks like", async () => {
  const tenant = await createStore();
  const { accountNumber } = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } });
  const names = [
    profile.emailAddress,
    profile.emailAddress.toUpperCase(),
    accountNumber,
    "JANE.doe@example.COM",
  ];
  vi.mocked(verify).mockClear();

  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      login(tenant, { username: names[index % names.length], password: "not the password" }),
    ),
  );

  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  expect([count(401), count(429)]).toEqual([20, 80]);
  expect(verify).toHaveBeenCalledTimes(20);
  const over = answers.find(({ status }) => status === 429);
  expect(over?.json).toEqual({ code: 429, message: "Too Many Requests" });
  expect(Number(over?.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("a name that nobody has is counted like somebody's, whatever it looks like", async () => {
  const tenant = await createStore();
  const names = ["nobody@example.com", "NOBODY@example.com", " nobody@example.com "];

  const statuses: number[] = [];
  for (let index = 0; index < 21; index++) {
    statuses.push((await login(tenant, { username: names[index % names.length] })).status);
  }

  expect(statuses).toEqual([...Array(20).fill(401), 429]);
});

test("who is over the limit keeps no other member from signing in and from going on", async () => {
  const tenant = await createStore({ members: [member, joan] });
  const asJoan = { username: joan.profile.emailAddress };
  const [{ json: mine }, { json: joans }] = [await login(tenant), await login(tenant, asJoan)];
  for (let index = 0; index < 20; index++) {
    await login(tenant);
    await refresh(tenant, mine.refresh_token);
  }

  expect((await login(tenant)).status).toBe(429);
  expect((await refresh(tenant, mine.refresh_token)).status).toBe(429);
  expect((await login(tenant, asJoan)).status).toBe(200);
  expect((await refresh(tenant, joans.refresh_token)).status).toBe(200);
});

test("a minute after the first try there are 20 again, and not before", async () => {
  stopTheClock();
  const tenant = await createStore();
  for (let index = 0; index < 20; index++) await login(tenant);

  moveTo(0, 59_000);
  expect((await login(tenant)).status).toBe(429);
  moveTo(0, 61_000);
  expect((await login(tenant)).status).toBe(200);
});

test("an address has 20 admins' refreshes a minute, and 600 of members' logins and refreshes each", async () => {
  const tenant = await createStore();
  const tries: [string, number][] = [
    ["POST /api/token/refresh", 20],
    [`POST /api/${tenant.code}/token/refresh`, 600],
    [`POST /api/${tenant.code}/member/login_check`, 600],
  ];

  for (const [endpoint, count] of tries) {
    const send = (address: string) => callClient(endpoint, { body: {}, address }); // counted before it is read
    const answers = await Promise.all(Array.from({ length: count }, () => send(here)));
    expect(answers.filter(({ status }) => status === 429)).toEqual([]);
    expect((await send(here)).status, endpoint).toBe(429);
    expect((await send("203.0.113.200")).status, endpoint).not.toBe(429);
  }
});

test("admins have 20 tries a minute from an address, whoever they are, and 20 each, wherever from", async () => {
  await createStore({ admins: [{ ...admin, email: "second@example.com" }] });

  for (let index = 0; index < 20; index++) {
    expect(await loginAdmin({ username: `nobody-${index}@example.com` })).toMatchObject(badCredentials);
  }
  expect(await loginAdmin({ username: "nobody-20@example.com" })).toMatchObject({ status: 429 });
  for (let index = 0; index < 20; index++) {
    const guess = {
      username: " SECOND@example.com"[index % 2 === 0 ? "trim" : "trimStart"](),
      password: "x",
    };
    expect(await loginAdmin(guess, `203.0.113.${index}`)).toMatchObject(badCredentials);
  }
  expect(await loginAdmin({ username: "second@example.com" }, "203.0.113.99")).toMatchObject({ status: 429 });
});

test("revoking ends every refresh token of who calls, and of nobody else", async () => {
  const people = ["third@example.com", "another@example.com"].map((email) => ({ ...admin, email }));
  const tenant = await createStore({ members: [member, joan], admins: people });
  const [{ json: first }, { json: second }] = [await login(tenant), await login(tenant)];
  const { json: admins } = await loginAdmin({ username: "third@example.com" });
  const { json: another } = await loginAdmin({ username: "another@example.com" });
  const { json: joans } = await login(tenant, { username: joan.profile.emailAddress });

  expect(await revoke(first.token)).toMatchObject({ status: 204, text: "" });

  for (const { refresh_token: token } of [first, second])
    expect(await refresh(tenant, token)).toMatchObject(unknown);
  expect((await refresh(tenant, joans.refresh_token)).status).toBe(200);
  const refreshed = await refreshAdmin(admins.refresh_token);
  expect(refreshed.status).toBe(200);
  expect((await revoke(admins.token)).status).toBe(204);
  expect(await refreshAdmin(refreshed.json.refresh_token)).toMatchObject(unknown);
  expect((await refreshAdmin(another.refresh_token)).status).toBe(200);
});

test("a bearer is missing, bad or expired, in the vendor's words", async () => {
  stopTheClock();
  const tenant = await createStore();
  const { json } = await login(tenant);
  const tokens: [string | undefined, string][] = [
    [undefined, "JWT Token not found"],
    ["", "Invalid JWT Token"],
    ["rubbish", "Invalid JWT Token"],
    [json.refresh_token, "Invalid JWT Token"],
    [`${json.token.slice(0, -4)}AAAA`, "Invalid JWT Token"],
  ];
  for (const [bearer, message] of tokens) {
    const answer = await revoke(bearer);
    expect(answer).toMatchObject(refusal(401, message));
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  }
  moveTo(1, -1);
  expect(await revoke(json.token)).toMatchObject({ status: 204 });
  moveTo(1);
  expect(await revoke(json.token)).toMatchObject(refusal(401, "Expired JWT Token"));
});

test("a pair of one door is nothing at another", async () => {
  const tenant = await createStore({ admins: [{ ...admin, email: "fourth@example.com" }] });
  const other = await createStore();
  const [{ json: members }, { json: admins }] = [
    await login(tenant),
    await loginAdmin({ username: "fourth@example.com" }),
  ];

  expect(await refresh(other, members.refresh_token)).toMatchObject(unknown);
  expect(await refresh(tenant, admins.refresh_token)).toMatchObject(unknown);
  expect(await refreshAdmin(members.refresh_token)).toMatchObject(unknown);
  expect(await refresh(tenant, members.refresh_token)).toMatchObject({ status: 200 });
});

test("a used or expired token is nothing at another door either, and ends nothing there", async () => {
  stopTheClock();
  const tenant = await createStore({ admins: [{ ...admin, email: "fifth@example.com" }] });
  const other = await createStore();
  const [{ json: members }, { json: admins }] = [
    await login(tenant),
    await loginAdmin({ username: "fifth@example.com" }),
  ];
  const { json: nextOfMember } = await refresh(tenant, members.refresh_token);
  const { json: nextOfAdmin } = await refreshAdmin(admins.refresh_token);
  const attempts = (memberToken: string, adminToken: string) => [
    () => refresh(other, memberToken),
    () => refreshAdmin(memberToken),
    () => refresh(tenant, adminToken),
  ];

  moveTo(0, 60_000);
  for (const attempt of attempts(members.refresh_token, admins.refresh_token)) {
    expect(await attempt()).toMatchObject(unknown);
  }
  const { status, json: lastOfMember } = await refresh(tenant, nextOfMember.refresh_token);
  const { status: adminStatus, json: lastOfAdmin } = await refreshAdmin(nextOfAdmin.refresh_token);
  expect([status, adminStatus]).toEqual([200, 200]);
  moveTo(31);
  for (const attempt of attempts(lastOfMember.refresh_token, lastOfAdmin.refresh_token)) {
    expect(await attempt()).toMatchObject(unknown);
  }
  expect(await refresh(tenant, lastOfMember.refresh_token)).toMatchObject(expired);
});

test.each(["restricted", "another password"])(
  "who is %s while the password is looked at gets no tokens",
  async (what) => {
    const tenant = await createAccountTenant();
    const { memberId } = await createAccount(tenant);
    const admit = async () => {
      if (what === "restricted") await restrictMember(tenant.id, memberId, true);
      else await setPasswordByMail(tenant);
    };
    const { emailAddress: username, password } = jane;

    const signIn = signInForTokens({ door: { kind: "member", tenant }, username, password, admit });

    await expect(signIn).rejects.toMatchObject({ code: "credentials_invalid" });
    expect(await liveTokens(tenant)).toBe(0);
  },
);

test.each(["disabled", "another password"])(
  "an admin who has %s while the password is looked at gets no tokens",
  async (what) => {
    const email = `${what.replaceAll(" ", "-")}-meanwhile@example.com`;
    await createStore({ admins: [{ ...admin, email }] });
    const { id: adminId } = await db().admin.findFirstOrThrow({ where: { email } });
    const admit = async () => {
      const passwordHash = await hashPassword("another password");
      const data = what === "disabled" ? { disabledAt: new Date() } : { passwordHash };
      await db().admin.update({ where: { id: adminId }, data });
    };
    const { password } = admin;

    const signIn = signInForTokens({ door: { kind: "admin" }, username: email, password, admit });

    await expect(signIn).rejects.toMatchObject({ code: "credentials_invalid" });
    expect(await db().refreshToken.count({ where: { adminId } })).toBe(0);
  },
);

test.each(["restricted", "another password", "gone"])(
  "a member who is %s is out at the next call",
  async (what) => {
    const tenant = await createAccountTenant();
    const { memberId } = await createAccount(tenant);
    const credentials = { username: jane.emailAddress, password: jane.password };
    const { json } = await login(tenant, credentials);

    if (what === "restricted") await restrictMember(tenant.id, memberId, true);
    else if (what === "gone") await db().account.deleteMany({ where: { memberId } });
    else await setPasswordByMail(tenant);

    expect(await revoke(json.token)).toMatchObject(refusal(401, "Invalid JWT Token"));
    expect(await refresh(tenant, json.refresh_token)).toMatchObject(unknown);
  },
);

test.each([
  "disabled",
  "another password",
  "another role",
  "another programme more",
  "another programme instead",
  "all programmes",
])("an admin who has %s since is out at the next call", async (what) => {
  const email = `${what.replaceAll(" ", "-")}@example.com`;
  const tenant = await createStore({ admins: [{ ...admin, email }] });
  const { json } = await loginAdmin({ username: email });
  const { id: adminId } = await db().admin.findFirstOrThrow({ where: { email } });
  expect((await revoke(json.token)).status).toBe(204);

  const changes: Record<string, object> = {
    disabled: { disabledAt: new Date() },
    "another password": { passwordHash: await hashPassword("another password") },
    "all programmes": { isDeploymentOwner: true },
  };
  if (what === "another role") {
    await db().adminRole.updateMany({ where: { adminId, tenantId: tenant.id }, data: { role: "VIEWER" } });
  } else if (what === "another programme more") {
    const { id: tenantId } = await createStore();
    await db().adminRole.create({ data: { adminId, tenantId, role: "VIEWER" } });
  } else if (what === "another programme instead") {
    const { id: tenantId } = await createStore();
    await db().adminRole.updateMany({ where: { adminId, tenantId: tenant.id }, data: { tenantId } });
  } else {
    await db().admin.update({ where: { id: adminId }, data: changes[what] ?? {} });
  }

  expect(await revoke(json.token)).toMatchObject(refusal(401, "Invalid JWT Token"));
});

test("who has yet to confirm an address, since the programme wants that, is out at the next call", async () => {
  const tenant = await createAccountTenant({ emailConfirmation: "off" });
  await createAccount(tenant);
  const { json } = await login(tenant, { username: jane.emailAddress, password: jane.password });

  await db().tenant.update({ where: { id: tenant.id }, data: { emailConfirmation: "required" } });
  forgetTenants();

  expect(await revoke(json.token)).toMatchObject(refusal(401, "Invalid JWT Token"));
  expect(await refresh(tenant, json.refresh_token)).toMatchObject(unknown);
});

test("a newer secret of the deployment ends no token", async () => {
  const tenant = await createStore();
  const { json } = await login(tenant);
  const newer = ["a newer secret of the deployment, and long enough", ...env().LAUREL_SECRET];
  const secrets = vi.spyOn(env(), "LAUREL_SECRET", "get");
  secrets.mockReturnValue(newer);
  try {
    expect((await refresh(tenant, json.refresh_token)).status).toBe(200);
    expect((await revoke(json.token)).status).toBe(204);
  } finally {
    secrets.mockRestore();
  }
});

// Those below make calls meet in one order, by rows that a connection of their own holds.

test.runIf(serverUrl)(
  "a refresh that is under way while its tokens are revoked leaves nothing good",
  async () => {
    const tenant = await createStore();
    const { json } = await login(tenant);

    await whileHeld(
      `SELECT 1 FROM "refresh_tokens" WHERE "tenantId" = '${tenant.id}' FOR UPDATE`,
      async (holder) => {
        const refreshing = refresh(tenant, json.refresh_token);
        await untilWaiting(1);
        const revoking = revoke(json.token);
        await untilWaiting(2);
        await holder("COMMIT");
        expect([(await refreshing).status, (await revoking).status]).toEqual([200, 204]);
      },
    );

    expect(await liveTokens(tenant)).toBe(0);
  },
);

test.runIf(serverUrl).each([
  ["restricted", `UPDATE "members" SET "isRestricted" = true`],
  ["given another password", `UPDATE "accounts" SET "passwordHash" = 'another'`],
])("a member who is %s while signing in is under way gets no tokens", async (_what, change) => {
  const tenant = await createStore();
  const ofTenant = `WHERE "tenantId" = '${tenant.id}'`;

  const held = `SELECT 1 FROM "members" ${ofTenant} FOR UPDATE; ${change} ${ofTenant}`;
  await whileHeld(held, async (holder) => {
    const signingIn = login(tenant);
    await untilWaiting(1);
    await holder("COMMIT");
    expect(await signingIn).toMatchObject(badCredentials);
  });

  expect(await liveTokens(tenant)).toBe(0);
});

test.runIf(serverUrl)("a refresh and who ends its member's tokens take their rows in one order", async () => {
  const tenant = await createStore();
  const { json } = await login(tenant);
  const ofTenant = `WHERE "tenantId" = '${tenant.id}'`;

  await whileHeld(`SELECT 1 FROM "members" ${ofTenant} FOR UPDATE`, async (holder) => {
    const refreshing = refresh(tenant, json.refresh_token);
    await untilWaiting(1);
    await holder(`DELETE FROM "refresh_tokens" ${ofTenant}; COMMIT`);
    expect(await refreshing).toMatchObject(unknown);
  });
});

/** Runs `race` while a connection of its own has these statements open; `holder` runs further ones there. */
async function whileHeld(
  statements: string,
  race: (holder: (statements: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const [row] = await db().$queryRaw<{ name: string }[]>`SELECT current_database() AS "name"`;
  const client = new Client({ connectionString: urlOfDatabase(serverUrl ?? "", row?.name ?? "") });
  await client.connect();
  try {
    await client.query(`BEGIN; ${statements}`);
    await race(async (further) => void (await client.query(further)));
  } finally {
    await client.end();
  }
}

/** Until so many statements wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  const isSo = async () => {
    const [row] = await db().$queryRaw<{ waiting: number }[]>`SELECT count(*)::int AS "waiting"
      FROM pg_stat_activity WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`;
    return row?.waiting === count;
  };
  await vi.waitUntil(isSo, { timeout: 10_000 });
}

test("what is no JSON, or says more than is asked, is refused in the dialect", async () => {
  const tenant = await createStore();
  const form = new URLSearchParams({ username: profile.emailAddress, password: member.password }).toString();

  expect(await login(tenant, {}, { body: "{" })).toMatchObject({ status: 400, json: { code: 400 } });
  for (const type of ["application/x-www-form-urlencoded", "text/plain"]) {
    expect(await login(tenant, {}, { body: form, headers: { "content-type": type } })).toMatchObject({
      status: 415,
      json: { code: 415 },
    });
  }
  const extra = invalid({ "": "This form should not contain extra fields." });
  expect(await login(tenant, { remember: true })).toMatchObject(extra);
  const { json } = await login(tenant);
  const body = { refresh_token: json.refresh_token, remember: true };
  const path = `POST /api/${tenant.code}/token/refresh`;
  expect(await callClient(path, { body, address: here })).toMatchObject(extra);
  expect((await refresh(tenant, json.refresh_token)).status).toBe(200); // it was not used up
});
