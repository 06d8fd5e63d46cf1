import { setTimeout as sleep } from "node:timers/promises";
import { verify } from "@node-rs/argon2";
import { afterEach, expect, inject, test, vi } from "vitest";

import { addSeconds } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { requestPasswordReset, resetPassword } from "#lib/domain/accounts/reset-password.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import { generateSecret } from "#lib/domain/secrets.ts";
import { openToken } from "#lib/http/session-cookie.ts";
import {
  accountRow,
  createAccount,
  createAccountTenant,
  errorIn,
  jane,
  mails,
  newestToken,
  postSignIn,
  signIn,
  signUp,
} from "#tests/support/accounts.ts";
import { type Answer, callSession, isSignedIn } from "#tests/support/calls.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";

// Goal: with the right password one is signed in and with nothing else; who guesses learns nothing, gets 20 guesses a
// minute, and keeps nobody out.
// Method: the route handler on a real database. Where a test needs many tries, the password check answers at once.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));
vi.mock("@node-rs/argon2", { spy: true });

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const here = "192.0.2.1";
const identityServer = {
  ...{ providerName: "Acme", issuer: "https://login.example.com" },
  ...{ clientId: "laurel", clientSecret: "a secret of the identity server" },
};

let nextAddress = 0;

afterEach(() => {
  vi.mocked(verify).mockReset(); // it is the real one again
});

/** One that nothing was counted for. */
function elsewhere(): string {
  nextAddress += 1;
  return `203.0.113.${nextAddress}`;
}

/** Every password is wrong now, and none costs time. */
function guessInVain(): void {
  vi.mocked(verify).mockClear().mockResolvedValue(false);
}

/** Several wrong passwords, one after the other. */
async function guess(
  tenant: TestTenant,
  count: number,
  addressOf: () => string,
  email?: string,
): Promise<void> {
  guessInVain();
  for (let index = 0; index < count; index++) {
    const call = { password: `guess number ${index}`, address: addressOf(), ...(email && { email }) };
    expect(await postSignIn(tenant, call)).toMatchObject({ status: 401 });
  }
  vi.mocked(verify).mockReset();
}

function sameForAll({ status, headers, cookies, json }: Answer) {
  return { status, headers: [...headers], cookies, json };
}

test("the right password opens an interactive session, with the programme's lifetimes and the device's name", async () => {
  const tenant = await createAccountTenant({ sessions: { interactiveSeconds: 7_200, idleSeconds: 600 } });
  const { memberId } = await createAccount(tenant);

  const answer = await postSignIn(tenant, { headers: { "user-agent": firefox }, callbackUrl: "/wallet?x=1" });

  expect(answer).toMatchObject({ status: 200, json: { url: `http://${tenant.host}/wallet?x=1` } });
  expect(answer.headers.get("cache-control")).toBe("private, no-store");
  expect(answer.cookies).toEqual([
    expect.stringMatching(
      /^__Host-session=[A-Za-z0-9._~*-]+; Path=\/; Max-Age=(?:7200|7199); HttpOnly; Secure; SameSite=Lax$/,
    ),
  ]);
  const session = await onlySessionOf(tenant);
  const createdAt = session?.createdAt ?? new Date(0);
  expect(session).toMatchObject({
    ...{ memberId, kind: "interactive", deviceName: "Firefox, Linux", endedAt: null },
    ...{ expiresAt: addSeconds(createdAt, 7_200), idleSeconds: 600, providerSubject: null },
  });
  const cookie = answer.cookies[0]?.split(";")[0] ?? "";
  expect((await callSession(tenant, "GET", cookie)).json.data).toMatchObject({
    ...{ authenticated: true, kind: "interactive", member: { id: memberId, givenName: "Jane" } },
    idleExpiresAt: addSeconds(createdAt, 600).toISOString(),
  });
});

test("an address opens its account in any capitals", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);

  expect(await postSignIn(tenant, { email: "JANE@Example.Com" })).toMatchObject({ status: 200 });
});

test("a wrong password, an unknown address and whatever else is no account are told one and the same", async () => {
  const tenant = await createAccountTenant();
  const other = await createAccountTenant();
  await createAccount(tenant);
  await createAccount(other, { emailAddress: "elsewhere@example.com" });
  const gone = await createAccount(tenant, { emailAddress: "gone@example.com" });
  await eraseMember(tenant.id, gone.memberId);
  await signUp(tenant, { emailAddress: "unconfirmed@example.com" });
  const restricted = await createAccount(tenant, { emailAddress: "restricted@example.com" });
  await restrictMember(tenant.id, restricted.memberId, true);
  const password = "not the password";

  const unknown = sameForAll(await postSignIn(tenant, { email: "unknown@example.com" }));

  expect(unknown).toEqual({
    ...{ status: 401, cookies: [] },
    headers: [
      ["cache-control", "private, no-store"],
      ["content-type", "application/json"],
    ],
    json: { url: `http://${tenant.host}/login?error=credentials_invalid&callbackUrl=%2F` },
  });
  for (const call of [
    { password },
    { password: "" },
    { password: jane.password.toUpperCase() },
    { password: `${jane.password}\u0000` },
    { password: `${jane.password}${"x".repeat(60_000)}` },
    { email: "elsewhere@example.com" },
    { email: "gone@example.com" },
    { email: "unconfirmed@example.com", password },
    { email: "restricted@example.com", password },
    { email: " jane@example.com" },
    { email: "jane@example.com\u00a0" },
    { email: "" },
    { email: "jane" },
    { email: "jane@example.com\u0000" },
    { email: `${"j".repeat(50_000)}@example.com` },
  ]) {
    expect(sameForAll(await postSignIn(tenant, call))).toEqual(unknown);
  }
  expect(await db().session.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("whatever is tried, one password check is made, and it never reads more than a password can be", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  vi.mocked(verify).mockClear();

  await postSignIn(tenant, { email: "unknown@example.com" });
  await postSignIn(tenant, { email: "jane" });
  await postSignIn(tenant, { password: "not the password" });
  await postSignIn(tenant, { password: "x".repeat(60_000) });
  await postSignIn(tenant, { password: "🐢".repeat(256) });

  const checks = vi.mocked(verify).mock.calls.map(([hash, password]) => ({
    parameters: String(hash).split("$").slice(1, 4).join(),
    length: String(password).length,
  }));
  const lengths = [jane.password.length, jane.password.length, "not the password".length, 0, 512];
  expect(checks).toEqual(lengths.map((length) => ({ parameters: "argon2id,v=19,m=19456,t=2,p=1", length })));
});

test("with the right password one is told that the address is not confirmed, or that one is restricted", async () => {
  const tenant = await createAccountTenant();
  await signUp(tenant, { emailAddress: "unconfirmed@example.com" });
  const { memberId } = await createAccount(tenant);
  await restrictMember(tenant.id, memberId, true);

  const unconfirmed = await postSignIn(tenant, { email: "unconfirmed@example.com" });
  const restricted = await postSignIn(tenant);

  expect(unconfirmed).toMatchObject({ status: 401, cookies: [] });
  expect(restricted).toMatchObject({ status: 401, cookies: [] });
  expect([unconfirmed, restricted].map(errorIn)).toEqual(["email_unconfirmed", "member_restricted"]);
  await restrictMember(tenant.id, memberId, false);
  expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
});

test("the session that the browser had ends, whosever it was, and only where the sign-in succeeds", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await createAccount(tenant, { emailAddress: "john@example.com" });
  const cookie = await signIn(tenant, { email: "john@example.com" });
  const another = await signIn(tenant, { email: "john@example.com" });

  await postSignIn(tenant, { password: "not the password", headers: { cookie } });
  expect(await isSignedIn(tenant, cookie)).toBe(true);
  const next = await signIn(tenant, { headers: { cookie } });

  const areSignedIn = await Promise.all([cookie, another, next].map((each) => isSignedIn(tenant, each)));
  expect(areSignedIn).toEqual([false, true, true]);
  const { id = "" } = (await openToken(cookie.replace("__Host-session=", ""))) ?? {};
  expect(await db().session.findFirst({ where: { id } })).toMatchObject({ endReason: "replaced" });
});

test("who has another password, or is restricted or gone, since it was looked at gets no session", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const john = await createAccount(tenant, { emailAddress: "john@example.com" });
  const jill = await createAccount(tenant, { emailAddress: "jill@example.com" });
  const passwordHash = await hashPassword("another password altogether");
  const meanwhile = (change: () => Promise<unknown>) => {
    vi.mocked(verify).mockImplementationOnce(async () => {
      await change();
      return true;
    });
  };

  meanwhile(() => db().account.updateMany({ where: { memberId }, data: { passwordHash } }));
  const changed = await postSignIn(tenant);
  meanwhile(() => restrictMember(tenant.id, john.memberId, true));
  const restricted = await postSignIn(tenant, { email: "john@example.com" });
  meanwhile(() => eraseMember(tenant.id, jill.memberId));
  const gone = await postSignIn(tenant, { email: "jill@example.com" });

  for (const answer of [changed, restricted, gone]) {
    expect(answer).toMatchObject({ status: 401, cookies: [] });
    expect(errorIn(answer)).toBe("credentials_invalid");
  }
  expect(await db().session.count({ where: { tenantId: tenant.id } })).toBe(0);
});

// Held still in the middle, on a server: on one connection everything else would wait for it.
test.runIf(inject("databaseServerUrl")).each(["password", "restriction"])(
  "a new %s that is about to be committed is waited for",
  async (what) => {
    const tenant = await createAccountTenant();
    const { memberId } = await createAccount(tenant);
    const passwordHash = await hashPassword("another password altogether");
    const [isChanged, isReleased] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const changing = db().$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT "id" FROM "members" WHERE "id" = ${memberId}::uuid FOR UPDATE`;
        if (what === "password") await tx.account.updateMany({ where: { memberId }, data: { passwordHash } });
        else await tx.member.updateMany({ where: { id: memberId }, data: { isRestricted: true } });
        isChanged.resolve();
        await isReleased.promise;
      },
      { timeout: 20_000 },
    );
    await isChanged.promise;

    const signingIn = postSignIn(tenant);
    await sleep(400); // the password is good, and the session is about to be opened
    isReleased.resolve();
    await changing;

    expect(errorIn(await signingIn)).toBe("credentials_invalid");
    expect(await db().session.count({ where: { tenantId: tenant.id } })).toBe(0);
  },
);

test("the 21st try of a minute for one account is refused unlooked at, and says when to come again", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await guess(tenant, 20, elsewhere);
  vi.mocked(verify).mockClear();

  const refused = await postSignIn(tenant, { address: elsewhere() });

  expect(refused).toMatchObject({ status: 429, cookies: [] });
  expect(errorIn(refused)).toBe("rate_limited");
  expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
  expect(refused.headers.get("ratelimit-policy")).toBe('"sign-in-account";q=20;w=60');
  expect(refused.headers.get("ratelimit")).toMatch(/^"sign-in-account";r=0;t=[1-9]\d?$/);
  expect(refused.headers.get("cache-control")).toBe("private, no-store");
  const asForm = await postSignIn(tenant, { address: elsewhere(), json: false });
  expect(asForm).toMatchObject({ status: 303, cookies: [] });
  expect(asForm.headers.get("location")).toBe("/login?error=rate_limited&callbackUrl=%2F");
  expect(verify).not.toHaveBeenCalled();
});

test("of 100 tries at once for one account exactly 20 reach the password check", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  guessInVain();

  const tries = Array.from({ length: 100 }, (_, index) =>
    postSignIn(tenant, { password: `guess number ${index}`, address: `198.51.100.${index}` }),
  );
  const statuses = (await Promise.all(tries)).map(({ status }) => status);

  expect(verify).toHaveBeenCalledTimes(20);
  expect(statuses.filter((status) => status === 401)).toHaveLength(20);
  expect(statuses.filter((status) => status === 429)).toHaveLength(80);
});

test("good tries are counted like bad ones", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  vi.mocked(verify).mockResolvedValue(true);

  const statuses: number[] = [];
  for (let index = 0; index < 21; index++) {
    const { status } = await postSignIn(tenant, { address: elsewhere() });
    statuses.push(status);
  }

  expect(statuses).toEqual([...Array(20).fill(200), 429]);
});

test("an address without an account is limited as one with an account is, and one account's tries are no other's", async () => {
  const tenant = await createAccountTenant();
  const other = await createAccountTenant();
  await createAccount(tenant);

  await guess(tenant, 20, elsewhere, "unknown@example.com");

  const again = { email: "unknown@example.com", address: elsewhere() };
  expect(await postSignIn(tenant, again)).toMatchObject({ status: 429 });
  expect(await postSignIn(other, again)).toMatchObject({ status: 401 });
  expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
});

test("capitals make no other account of an address", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const variants = ["jane@example.com", "JANE@example.com", "Jane@Example.COM", "jane@example.coM"];

  for (const email of variants) await guess(tenant, 5, elsewhere, email);

  for (const email of variants) {
    expect(await postSignIn(tenant, { email, address: elsewhere() })).toMatchObject({ status: 429 });
  }
});

test("what is no address, as one with white space at an end, is limited as one account, and is nobody's", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const variants = ["jane@example.com ", "\tjane@example.com", "jane@example.com\u00a0", "j".repeat(50_000)];

  for (const email of variants) await guess(tenant, 5, elsewhere, email);

  for (const email of variants) {
    expect(await postSignIn(tenant, { email, address: elsewhere() })).toMatchObject({ status: 429 });
  }
  expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
});

test("who guesses from elsewhere keeps nobody out of where they signed in before, and gains no tries there", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await signIn(tenant, { address: here }); // from elsewhere, as long as it has not succeeded

  await guess(tenant, 19, elsewhere);
  expect(await postSignIn(tenant, { address: elsewhere() })).toMatchObject({ status: 429 });
  expect(await postSignIn(tenant, { address: here })).toMatchObject({ status: 200 });
  await guess(tenant, 19, () => here);
  expect(await postSignIn(tenant, { address: here })).toMatchObject({ status: 429 });
});

test("an IPv6 network is one address: known as a whole", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await signIn(tenant, { address: "2001:db8:1:2::1" });

  await guess(tenant, 19, elsewhere);

  expect(await postSignIn(tenant, { address: "2001:db8:1:2:ffff::9" })).toMatchObject({ status: 200 });
  expect(await postSignIn(tenant, { address: "2001:db8:1:3::1" })).toMatchObject({ status: 429 });
});

test("a new password by a link gets in from where the link was opened, though others keep guessing", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });
  const token = await newestToken(tenant, "resetPassword");
  await guess(tenant, 20, elsewhere);

  await resetPassword({ tenant, token, password: "another password altogether", address: here, mails });

  const password = "another password altogether";
  expect(await postSignIn(tenant, { password, address: elsewhere() })).toMatchObject({ status: 429 });
  expect(await postSignIn(tenant, { password, address: here })).toMatchObject({ status: 200 });
});

test("the last five addresses are known, by hashes that are this member's and this deployment's own", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await createAccount(tenant, { emailAddress: "john@example.com" });
  const addresses = Array.from({ length: 6 }, elsewhere);

  vi.mocked(verify).mockResolvedValue(true);
  for (const address of [...addresses, ...addresses.slice(4, 5)]) await signIn(tenant, { address });
  await signIn(tenant, { email: "john@example.com", address: addresses[5] ?? "" });

  const { knownAddresses } = await accountRow(tenant);
  expect(new Set(knownAddresses).size).toBe(5);
  for (const tag of knownAddresses) expect(tag).toMatch(/^[\w-]{22}$/);
  expect(knownAddresses).not.toContain((await accountRow(tenant, "john@example.com")).knownAddresses[0]);
  await guess(tenant, 14, elsewhere); // with the six that were from elsewhere when they came
  const [oldest = "", ...others] = addresses;
  expect(await postSignIn(tenant, { address: oldest })).toMatchObject({ status: 429 });
  for (const address of others) expect(await postSignIn(tenant, { address })).toMatchObject({ status: 200 });
});

test("a known address stays known when the deployment's secret is another one", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await signIn(tenant, { address: here });
  const secrets = env().LAUREL_SECRET;

  env().LAUREL_SECRET = [generateSecret(), ...secrets];
  try {
    await guess(tenant, 19, elsewhere);
    expect(await postSignIn(tenant, { address: elsewhere() })).toMatchObject({ status: 429 });
    expect(await postSignIn(tenant, { address: here })).toMatchObject({ status: 200 });
    expect((await accountRow(tenant)).knownAddresses).toHaveLength(1);
  } finally {
    env().LAUREL_SECRET = secrets;
  }
});

test("one address has 600 tries a minute, for whichever accounts, and a network of IPv6 is one", async () => {
  const tenant = await createAccountTenant();
  guessInVain();
  const tryFrom = (address: string, index: number) =>
    postSignIn(tenant, { email: `person-${index}@example.com`, address });

  const statuses = new Set<number>();
  for (let index = 0; index < 600; index++) {
    statuses.add((await tryFrom(`2001:db8:6:6::${index.toString(16)}`, index)).status);
  }
  vi.mocked(verify).mockClear();
  const refused = await tryFrom("2001:db8:6:6:abcd::1", 600);

  expect(statuses).toEqual(new Set([401]));
  expect(refused).toMatchObject({ status: 429, cookies: [] });
  expect(refused.headers.get("ratelimit-policy")).toBe('"sign-in-address";q=600;w=60');
  expect(verify).not.toHaveBeenCalled();
  expect(await tryFrom("2001:db8:6:7::1", 601)).toMatchObject({ status: 401 });
});

test("a form is sent on: to the page it came for, or back with what went wrong", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const form = { json: false, callbackUrl: "/rewards?x=1#top" };

  const good = await postSignIn(tenant, form);
  const wrong = await postSignIn(tenant, { ...form, password: "not the password" });

  expect(good).toMatchObject({ status: 303, cookies: [expect.stringMatching(/^__Host-session=/)] });
  expect(good.headers.get("location")).toBe("/rewards?x=1#top");
  expect(wrong).toMatchObject({ status: 303, cookies: [] });
  expect(wrong.headers.get("location")).toBe(
    "/login?error=credentials_invalid&callbackUrl=%2Frewards%3Fx%3D1%23top",
  );
  for (const { headers } of [good, wrong]) expect(headers.get("cache-control")).toBe("private, no-store");
});

test.each([
  ["https://evil.example/"],
  ["//evil.example/"],
  ["/\\evil.example"],
  ["/api/auth/signout"],
  ["javascript:alert(1)"],
])("a form that would lead to %s leads home", async (callbackUrl) => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);

  const { headers } = await postSignIn(tenant, { json: false, callbackUrl });

  expect(headers.get("location")).toBe("/");
});

test.each([
  ["the null origin", { origin: "null" }],
  ["another site", { origin: "http://evil.example" }],
  ["a sibling", { origin: "http://www.localhost" }],
  ["another port", { origin: "http://OWN:8080" }],
  ["a browser that says cross-site", { origin: "http://OWN", "sec-fetch-site": "cross-site" }],
  ["a browser that says same-site", { origin: "http://OWN", "sec-fetch-site": "same-site" }],
])("a form from %s signs nobody in", async (_what, headers) => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  vi.mocked(verify).mockClear();
  const sent = { ...headers, origin: headers.origin.replace("OWN", tenant.host) };

  const answer = await postSignIn(tenant, { headers: sent });

  expect(answer).toMatchObject({ status: 403, json: { code: "cross_site_request" }, cookies: [] });
  expect(answer.headers.get("cache-control")).toBe("private, no-store");
  expect(verify).not.toHaveBeenCalled();
});

test.each([
  ["broken JSON", "application/json", '{"email":', 400, "invalid_json"],
  ["an array", "application/json", "[]", 400, "invalid_json"],
  ["a key twice", "application/json", '{"email":"a","email":"b"}', 400, "invalid_json"],
  ["a form with files", "multipart/form-data; boundary=x", "--x--", 415, "unsupported_media_type"],
  ["plain text", "text/plain", "email=jane@example.com", 415, "unsupported_media_type"],
  [
    "a form of over 64 KiB",
    "application/x-www-form-urlencoded",
    `email=jane%40example.com&password=${"x".repeat(1_000_000)}`,
    413,
    "body_too_large",
  ],
])("%s is no sign-in", async (_what, contentType, body, status, code) => {
  const tenant = await createAccountTenant();
  vi.mocked(verify).mockClear();

  const answer = await postSignIn(tenant, { body, headers: { "content-type": contentType } });

  expect(answer).toMatchObject({ status, json: { code }, cookies: [] });
  expect(answer.headers.get("cache-control")).toBe("private, no-store");
  expect(verify).not.toHaveBeenCalled();
});

test.each([
  ["of other kinds", { email: ["jane@example.com"], password: { a: 1 }, json: "true" }],
  ["that are null", { email: null, password: null, json: "true" }],
  ["that are not there", { json: "true" }],
])("fields %s are an unknown address and a wrong password", async (_what, fields) => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);

  const headers = { "content-type": "application/json" };
  const answer = await postSignIn(tenant, { body: JSON.stringify(fields), headers });

  expect(answer).toMatchObject({ status: 401, cookies: [] });
  expect(errorIn(answer)).toBe("credentials_invalid");
});

test.each([
  ["an embedded programme", { authMode: "embedded" }],
  ["one with an identity server", { authMode: "interactive", oauth2: identityServer }],
])("%s has no such door, though somebody has an account there", async (_what, settings) => {
  const profile = { givenName: "Jane", familyName: "Doe", emailAddress: jane.emailAddress };
  const members = [{ authIdentifier: "jane", profile, password: jane.password }];
  const tenant = await createTenant({ ...settings, members });

  expect(await postSignIn(tenant)).toMatchObject({ status: 404, json: { code: "not_found" }, cookies: [] });
});

async function onlySessionOf({ id: tenantId }: TestTenant) {
  const [session, ...others] = await db().session.findMany({ where: { tenantId } });
  expect(others).toEqual([]);
  return session;
}
