import { setTimeout as sleep } from "node:timers/promises";
import { verify } from "@node-rs/argon2";
import { afterEach, expect, inject, test, vi } from "vitest";

import { addSeconds } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import { openToken } from "#lib/http/session-cookie.ts";
import {
  createAccount,
  createAccountTenant,
  errorIn,
  jane,
  postSignIn,
  signIn,
  signUp,
} from "#tests/support/accounts.ts";
import { type Answer, callSession, isSignedIn } from "#tests/support/calls.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";

// Goal: with the right password one is signed in and with nothing else, from our own page alone; who guesses learns nothing.
// Method: the route handler on a real database.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));
vi.mock("@node-rs/argon2", { spy: true });

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const identityServer = {
  ...{ providerName: "Acme", issuer: "https://login.example.com" },
  ...{ clientId: "laurel", clientSecret: "a secret of the identity server" },
};

afterEach(() => {
  vi.mocked(verify).mockReset(); // it is the real one again
});

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
      /^__Host-session=[A-Za-z0-9._~*-]+; Path=\/; Max-Age=7200; HttpOnly; Secure; SameSite=Lax$/,
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
