import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { changePassword } from "#lib/domain/accounts/change-account.ts";
import { confirmEmail, lookAtConfirmation } from "#lib/domain/accounts/confirm-email.ts";
import { eraseUnconfirmed, sweepUnconfirmed } from "#lib/domain/accounts/erase-unconfirmed.ts";
import { requestPasswordReset, resetPassword } from "#lib/domain/accounts/reset-password.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { verifyPassword } from "#lib/domain/passwords.ts";
import { generateSecret, hashSecret } from "#lib/domain/secrets.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";
import {
  accountRow,
  createAccount,
  createAccountTenant,
  errorIn,
  jane,
  mails,
  mailsOf,
  newestToken,
  openedLink,
  postSignIn,
  problemsOf,
  signIn,
  signUp,
  tokenIn,
} from "#tests/support/accounts.ts";
import { walletRow } from "#tests/support/engine.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: one address is one account, whoever asks and however many at once; who asks learns nothing of who has one; and a
// password is in nobody's hands but its owner's.
// Method: the commands on a real database, with mails that say what they were told and stay in the outbox.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));

const hour = 1 / 24;
const identityServer = {
  ...{ providerName: "Acme", issuer: "https://login.example.com" },
  ...{ clientId: "laurel", clientSecret: "a secret of the identity server" },
};

test("signing up makes a member known by its id, with a hashed password, an event and what rules give for it", async () => {
  const welcome = { name: "Welcome", eventType: "REGISTERED_ACCOUNT" };
  const rules = [{ ...welcome, effect: { type: "POINTS", points: 100 } }];
  const tenant = await createAccountTenant({ rules });

  await signUp(tenant);

  const [member, ...others] = await db().member.findMany({ where: { tenantId: tenant.id } });
  expect(others).toEqual([]);
  expect(member).toMatchObject({ authIdentifier: member?.id, givenName: "Jane", familyName: "Doe" });
  const { passwordHash, ...account } = await accountRow(tenant);
  expect(account).toMatchObject({ memberId: member?.id, emailConfirmedAt: null, knownAddresses: [] });
  expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await verifyPassword(passwordHash, jane.password)).toBe(true);
  expect(await eventTypesOf(tenant)).toEqual(["REGISTERED_ACCOUNT"]);
  expect(await walletRow(tenant, member?.id as MemberId)).toMatchObject({ balancePoints: 100 });
});

test("signing up posts one mail, with a link to the programme's own address that confirms the account", async () => {
  const tenant = await createAccountTenant({ publicUrl: "https://rewards.example.com:8443" });
  vi.mocked(deliverSoon).mockClear();

  await signUp(tenant);

  const [mail, ...others] = await mailsOf(tenant);
  expect(others).toEqual([]);
  const link = expect.stringMatching(
    /^https:\/\/rewards\.example\.com:8443\/confirm-email\?token=[\w-]{43}$/,
  );
  expect(mail).toEqual({
    ...{ kind: "confirmEmail", to: "jane@example.com", requestedFor: "confirm_email" },
    facts: { link },
  });
  expect(deliverSoon).toHaveBeenCalledTimes(1);
  expect(await confirmEmail(openedLink(tenant, tokenIn(mail)))).toEqual({
    emailAddress: "jane@example.com",
  });
});

test("an account's address has no capitals, and the profile keeps it as it was typed", async () => {
  const tenant = await createAccountTenant();

  await signUp(tenant, { emailAddress: "Jane.DOE@Example.COM" });
  await signUp(tenant, { emailAddress: "jane.doe@EXAMPLE.com" });

  const accounts = await db().account.findMany({ where: { tenantId: tenant.id } });
  expect(accounts.map(({ emailAddress }) => emailAddress)).toEqual(["jane.doe@example.com"]);
  const members = await db().member.findMany({ where: { tenantId: tenant.id } });
  expect(members.map(({ emailAddress }) => emailAddress)).toEqual(["jane.doe@EXAMPLE.com"]);
  expect((await mailsOf(tenant)).map(({ to }) => to)).toEqual(Array(2).fill("jane.doe@example.com"));
});

test("no password and no link is anywhere in the database in clear, whatever was done with it", async () => {
  const tenant = await createAccountTenant();
  const passwords = ["first of my-own", "second of my-own", "third of my-own", "wrong of my-own"] as const;
  const [first, second, third, wrong] = passwords;
  await createAccount(tenant, { password: first });
  const cookie = await signIn(tenant, { password: first });
  await postSignIn(tenant, { password: wrong });
  const session = await sessionOf(tenant, cookie);
  const change = { tenant, session, mails, address: "192.0.2.1", admit: async () => undefined };
  await changePassword({ ...change, currentPassword: first, newPassword: second });
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });
  const used = await newestToken(tenant, "resetPassword");
  await resetPassword({
    tenant,
    token: used,
    password: third,
    address: "192.0.2.1",
    admit: async () => undefined,
    mails,
  });
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });

  const everything = await everythingInTheDatabase();

  expect(everything).toContain(jane.emailAddress); // it does see what is there
  const tokens = (await mailsOf(tenant)).map(tokenIn).filter((token) => token !== "");
  expect(tokens).toHaveLength(3);
  for (const secret of [...passwords, ...tokens]) expect(everything).not.toContain(secret);
  for (const password of passwords) expect(JSON.stringify(await mailsOf(tenant))).not.toContain(password);
});

test("with the address of a confirmed account nothing changes, and its person is told by mail alone", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const before = await everyRowOf(tenant);

  const answer = await signUp(tenant, {
    ...{ givenName: "Mallory", familyName: "M", emailAddress: "JANE@example.com" },
    password: "the password of Mallory",
  });

  expect(answer).toBe(await signUp(tenant, { emailAddress: "nobody-yet@example.com" }));
  expect(await accountRow(tenant)).toEqual(before.accounts[0]);
  expect(await db().member.findFirst({ where: { id: memberId } })).toEqual(before.members[0]);
  expect((await mailsOf(tenant))[1]).toEqual({
    ...{ kind: "accountExists", to: "jane@example.com", requestedFor: "account_exists" },
    facts: {
      givenName: "Jane",
      pages: {
        loginUrl: `http://${tenant.host}/login`,
        resetUrl: `http://${tenant.host}/forgot-password`,
      },
    },
  });
  expect(errorIn(await postSignIn(tenant, { password: "the password of Mallory" }))).toBe(
    "credentials_invalid",
  );
});

// Mallory signs up with Jane's address, before her and after her, also more often than mails go out for it.
const mallory = {
  ...{ givenName: "Mallory", password: "the password of Mallory", signUpSecret: "the browser of Mallory" },
};

test.each([
  ["before her", [mallory, {}]],
  ["three times before her", [mallory, mallory, mallory, {}]],
  ["after her", [{}, mallory]],
  ["before and after her", [mallory, {}, mallory, mallory, mallory]],
])(
  "who signed up with a stranger's address %s gets nothing confirmed by the stranger's clicks",
  async (_when, order) => {
    const tenant = await createAccountTenant();
    for (const person of order) await signUp(tenant, person);
    const tokens = (await mailsOf(tenant)).map(tokenIn);
    const isLast = order.at(-1) !== mallory;

    for (const token of tokens) {
      // Jane's own browser, then any other, with the password that she chose.
      const opened = openedLink(tenant, token);
      const look = await lookAtConfirmation(opened);
      expect(look).toEqual(look && { emailAddress: jane.emailAddress, isProven: isLast });
      const outcomes = [
        await problemsOf(confirmEmail(opened)),
        await problemsOf(
          confirmEmail(openedLink(tenant, token, { signUpSecret: null, password: jane.password })),
        ),
      ];
      if (!isLast) expect(outcomes).toEqual(Array(2).fill({ password: "password_wrong" }));
    }

    expect(errorIn(await postSignIn(tenant, { password: mallory.password }))).not.toBe(null);
    expect(await db().session.count({ where: { tenantId: tenant.id } })).toBe(0);
    if (isLast) expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
    // In any case she reads her mail, and chooses a password.
    await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });
    const token = await newestToken(tenant, "resetPassword");
    const reset = { tenant, token, password: "a boat on the river", address: "192.0.2.1", mails };
    await resetPassword({ ...reset, admit: async () => undefined });
    expect(await postSignIn(tenant, { password: "a boat on the river" })).toMatchObject({ status: 200 });
    expect(errorIn(await postSignIn(tenant, { password: mallory.password }))).toBe("credentials_invalid");
  },
);

test("a link confirms in the browser that signed up, and elsewhere by the password, and works once", async () => {
  const tenant = await createAccountTenant();
  await signUp(tenant);
  const token = await newestToken(tenant, "confirmEmail");
  const elsewhere = { signUpSecret: null };
  const refused = { password: "password_wrong" };

  for (const by of [
    elsewhere,
    { signUpSecret: "another browser" },
    { signUpSecret: "" },
    { ...elsewhere, password: "" },
    { ...elsewhere, password: "not the password" },
  ]) {
    expect(await problemsOf(confirmEmail(openedLink(tenant, token, by)))).toEqual(refused);
  }
  expect(await lookAtConfirmation(openedLink(tenant, token, elsewhere))).toEqual({
    ...{ emailAddress: jane.emailAddress, isProven: false },
  });

  const byPassword = openedLink(tenant, token, { ...elsewhere, password: jane.password });
  expect(await problemsOf(confirmEmail(byPassword))).toBe("none");
  expect(await problemsOf(confirmEmail(byPassword))).toEqual({ token: "link_invalid" });
  expect(await lookAtConfirmation(byPassword)).toBe(null);
  const { emailConfirmedAt, signUpHash, knownAddresses } = await accountRow(tenant);
  expect([emailConfirmedAt, signUpHash, knownAddresses.length]).toEqual([expect.any(Date), null, 1]);
});

test("guesses at the password of a link are counted by the link, and keep nobody from the door", async () => {
  const tenant = await createAccountTenant();
  await signUp(tenant);
  const token = await newestToken(tenant, "confirmEmail");
  const counted: (string | null)[][] = [];
  const admit = async (...tried: [string, string | null]) => {
    counted.push(tried);
  };

  await problemsOf(confirmEmail(openedLink(tenant, token, { signUpSecret: null, password: "wrong", admit })));
  await problemsOf(
    confirmEmail(openedLink(tenant, generateSecret(), { signUpSecret: null, password: "wrong", admit })),
  );

  expect(counted).toEqual([[jane.emailAddress, `link ${hashSecret(token)}`]]);
});

test("of who signs up with a free address the last stands there, whether a mail goes out or not", async () => {
  stopTheClock();
  const tenant = await createAccountTenant();
  for (const givenName of ["One", "Two", "Three", "Four"]) {
    await signUp(tenant, { givenName, password: `the password of ${givenName}` });
    moveTo(0, 1_000);
  }

  expect(await mailsOf(tenant)).toHaveLength(3);
  const [member, ...others] = await db().member.findMany({ where: { tenantId: tenant.id } });
  expect([member?.givenName, others]).toEqual(["Four", []]);
  expect(await verifyPassword((await accountRow(tenant)).passwordHash, "the password of Four")).toBe(true);
  expect(await eventTypesOf(tenant)).toEqual(["REGISTERED_ACCOUNT"]);
  moveTo(hour, 1);
  await signUp(tenant);
  expect(await mailsOf(tenant)).toHaveLength(4);
});

test("no words of whoever signed up with an address are mailed to it, until somebody has confirmed it", async () => {
  const tenant = await createAccountTenant();
  const words = "Win at https://evil.example";
  await signUp(tenant, { givenName: words, familyName: words });
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });

  expect(JSON.stringify(await mailsOf(tenant))).not.toContain("evil");
});

test("20 who sign up with one address at once make one account, with the password of one of them", async () => {
  const tenant = await createAccountTenant();
  const people = Array.from({ length: 20 }, (_, index) => ({
    ...{ givenName: `Number${index}`, password: `the password of Number${index}` },
    signUpSecret: `the browser of Number${index}`,
  }));

  const outcomes = await Promise.all(people.map((person) => problemsOf(signUp(tenant, person))));

  expect(outcomes).toEqual(people.map(() => "none"));
  const rows = await everyRowOf(tenant);
  expect([rows.members.length, rows.accounts.length, rows.links.length]).toEqual([1, 1, 3]);
  expect(await eventTypesOf(tenant)).toEqual(["REGISTERED_ACCOUNT"]);
  const posted = await mailsOf(tenant);
  expect(posted).toHaveLength(3);
  const last = people.find(({ givenName }) => givenName === rows.members[0]?.givenName);
  const { passwordHash, signUpHash } = await accountRow(tenant);
  expect(await verifyPassword(passwordHash, last?.password ?? "")).toBe(true);
  expect(signUpHash).toBe(hashSecret(last?.signUpSecret ?? ""));
  const { signUpSecret } = last ?? { signUpSecret: "" };
  expect(await confirmEmail(openedLink(tenant, tokenIn(posted[0]), { signUpSecret }))).toBeDefined();
});

test("an account that nobody confirms or uses is gone after a week, with all that is personal", async () => {
  stopTheClock();
  const tenant = await createAccountTenant();
  await signUp(tenant);
  await signUp(tenant, { emailAddress: "again@example.com" });
  await createAccount(tenant, { emailAddress: "confirmed@example.com" });
  const { memberId: usedId } = await createAccount(tenant, { emailAddress: "used@example.com" });
  await db().account.updateMany({ where: { memberId: usedId }, data: { emailConfirmedAt: null } });
  const lax = await createAccountTenant({ emailConfirmation: "off" });
  await signUp(lax);
  const { memberId } = await accountRow(tenant);
  const addresses = async () => {
    const where = { tenantId: { in: [tenant.id, lax.id] } };
    return (await db().account.findMany({ where })).map(({ emailAddress }) => emailAddress).toSorted();
  };
  const kept = ["again@example.com", "confirmed@example.com", "jane@example.com", "used@example.com"];
  moveTo(1);
  await signUp(tenant, { emailAddress: "again@example.com" });

  moveTo(7);
  await sweepUnconfirmed();
  await eraseUnconfirmed(tenant.id, usedId as MemberId); // confirmed or used since it was looked for
  expect(await addresses()).toEqual(kept.toSpliced(2, 0, "jane@example.com"));
  moveTo(7, 1);
  await sweepUnconfirmed();
  expect(await addresses()).toEqual(kept);
  expect(await db().member.findFirst({ where: { id: memberId } })).toMatchObject({
    ...{ givenName: null, emailAddress: null, deletedAt: expect.any(Date) },
  });
  moveTo(8, 1);
  await sweepUnconfirmed();
  expect(await addresses()).toEqual(kept.slice(1));
});

// Held still in the middle, on a server: on one connection everything else would wait for it.
test.runIf(inject("databaseServerUrl"))(
  "who signs up with an address while it is being confirmed has no say any more",
  async () => {
    const tenant = await createAccountTenant();
    await signUp(tenant);
    const token = await newestToken(tenant, "confirmEmail");
    const { memberId } = await accountRow(tenant);
    const release = await holdMember(memberId);

    const signingUp = signUp(tenant, { password: "the password of Mallory" });
    await sleep(400); // it has hashed, and found an account that nobody has confirmed
    const confirming = problemsOf(confirmEmail(openedLink(tenant, token)));
    await sleep(200);
    await release();
    const [outcome] = await Promise.all([confirming, signingUp]);

    // Either came first, and the other one saw it.
    const { emailConfirmedAt, passwordHash } = await accountRow(tenant);
    const isJanes = await verifyPassword(passwordHash, jane.password);
    expect([isJanes, emailConfirmedAt !== null]).toEqual(outcome === "none" ? [true, true] : [false, false]);
  },
);

test.each([
  ["where Laurel accounts are the way in", { authMode: "interactive" }, "none"],
  ["in an embedded programme", { authMode: "embedded" }, "registration_closed"],
  ["beside an identity server", { authMode: "interactive", oauth2: identityServer }, "registration_closed"],
  ["where it is off", { authMode: "interactive", selfRegistration: false }, "registration_closed"],
])("signing up %s, unless the programme says otherwise: %o gives %s", async (_where, settings, outcome) => {
  const tenant = await createTenant(settings);

  expect(await problemsOf(signUp(tenant))).toBe(outcome);
  const made = outcome === "none" ? 1 : 0;
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(made);
});

test("where addresses need no confirmation an account works at once, and cannot be taken over", async () => {
  const tenant = await createAccountTenant({ emailConfirmation: "off" });

  await signUp(tenant);
  expect(await mailsOf(tenant)).toEqual([]);
  expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
  await signUp(tenant, { password: "the password of Mallory" });

  expect((await mailsOf(tenant)).map(({ kind }) => kind)).toEqual(["accountExists"]);
  expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
});

test.each([
  ["no address", "jane", { emailAddress: "email_invalid" }],
  ["white space at its end", "jane@example.com ", { emailAddress: "email_invalid" }],
  ["two addresses", "jane@example.com,mallory@example.com", { emailAddress: "email_invalid" }],
  ["a line of its own", "jane@example.com\r\nBcc: mallory@example.com", { emailAddress: "email_invalid" }],
  ["letters that fold into others", "jane@ex\u212Aample.com", { emailAddress: "email_invalid" }],
  ["255 characters", `${"j".repeat(243)}@example.com`, { emailAddress: "email_invalid" }],
  ["254 characters", `${"j".repeat(242)}@example.com`, "none"],
])("an e-mail address with %s is what it is", async (_what, emailAddress, problems) => {
  const tenant = await createAccountTenant();

  expect(await problemsOf(signUp(tenant, { emailAddress }))).toEqual(problems);
});

test.each([
  ["7 characters", "xkcd-93", "password_short"],
  ["8 characters", "xkcd-936", null],
  ["7 characters of two units each", "🐌🐢🦔🦥🐊🐝🦋", "password_short"],
  ["8 characters of two units each", "🐌🐢🦔🦥🐊🐝🦋🐞", null],
  ["256 characters", "🐢".repeat(256), null],
  ["257 characters", "x".repeat(257), "password_long"],
  ["white space at its ends", "  harmless words  ", null],
  ["a NUL", "harmless\u0000words", "password_unprintable"],
  ["a line break", "harmless\nwords", "password_unprintable"],
  ["a DEL", "harmless\u007fwords", "password_unprintable"],
  ["a C1 control", "harmless\u0085words", "password_unprintable"],
  ["half a character", "harmless\ud83dwords", "password_unprintable"],
  ["what is common", "password1", "password_common"],
  ["what is common, in capitals", "PassWord1", "password_common"],
  ["what is common, with digits only", "1234567890", "password_common"],
  ["the address", "jane.roe@example.com", "password_is_email"],
  ["the address, in capitals", "Jane.Roe@Example.com", "password_is_email"],
  ["the mailbox", "JANE.roe", "password_is_email"],
  ["the address and more", "jane.roe@example.com!", null],
])("a password of %s", async (_what, password, problem) => {
  const tenant = await createAccountTenant();

  const refused = await problemsOf(signUp(tenant, { emailAddress: "Jane.Roe@example.com", password }));

  expect(refused).toEqual(problem === null ? "none" : { password: problem });
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(problem === null ? 1 : 0);
  if (problem === null) {
    const { passwordHash } = await accountRow(tenant, "jane.roe@example.com");
    expect(await verifyPassword(passwordHash, password)).toBe(true);
  }
});

async function eventTypesOf({ id: tenantId }: TestTenant): Promise<string[]> {
  return (await db().event.findMany({ where: { tenantId } })).map(({ type }) => type);
}

async function everyRowOf({ id: tenantId }: TestTenant) {
  const [members, accounts, links, outbox] = await Promise.all([
    db().member.findMany({ where: { tenantId } }),
    db().account.findMany({ where: { tenantId } }),
    db().accountLink.findMany({ where: { tenantId } }),
    db().outboxMail.findMany({ where: { tenantId } }),
  ]);
  return { members, accounts, links, outbox };
}

async function everythingInTheDatabase(): Promise<string> {
  const tables = await db().$queryRaw<{ name: string }[]>`
    SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS "name" FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`;
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await db().$queryRawUnsafe<{ row: string }[]>(`SELECT t::text AS "row" FROM ${name} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join("\n");
}

async function sessionOf(tenant: TestTenant, cookie: string) {
  const credentials = await readCookieCredentials(new Headers({ cookie }));
  const signedIn = await readSession(tenant, credentials, { isActivity: false });
  if (!signedIn) throw new Error("Nobody is signed in.");
  return signedIn.session;
}

/** Nobody else gets the member's row until what it answers is called. */
async function holdMember(memberId: string): Promise<() => Promise<void>> {
  const [isHeld, isReleased] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = db().$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT "id" FROM "members" WHERE "id" = ${memberId}::uuid FOR UPDATE`;
      isHeld.resolve();
      await isReleased.promise;
    },
    { timeout: 20_000 },
  );
  await isHeld.promise;
  return async () => {
    isReleased.resolve();
    await holding;
  };
}
