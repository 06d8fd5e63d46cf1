import { expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { changePassword, requestEmailChange } from "#lib/domain/accounts/change-account.ts";
import { confirmEmail, lookAtConfirmation } from "#lib/domain/accounts/confirm-email.ts";
import { requestPasswordReset, resetPassword } from "#lib/domain/accounts/reset-password.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { hashPassword, verifyPassword } from "#lib/domain/passwords.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { admitSignIn } from "#lib/http/rate-limits.ts";
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
} from "#tests/support/accounts.ts";
import {
  cookieOf,
  isSignedIn,
  leaveProgramme,
  openLink,
  patchMember,
  postAuth,
} from "#tests/support/calls.ts";
import { adjust, walletRow } from "#tests/support/engine.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: who is signed in changes their own password and address with the password at hand, and whoever else had a hold of
// the account has lost it; what strangers ask for them changes nothing.
// Method: the commands on a real database, with mails that stay in the outbox.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));

const newPassword = "a boat on the river";
const newEmail = "jane.roe@example.com";
const wrong = { currentPassword: "password_wrong" };

type Change = { currentPassword?: string; newPassword?: string; newEmailAddress?: string };

function setPassword(tenant: TestTenant, cookie: string, change: Change = {}): Promise<unknown> {
  return problemsOf(
    whoIn(tenant, cookie).then((who) =>
      changePassword({ currentPassword: jane.password, newPassword, ...who, ...change }),
    ),
  );
}

function askMove(tenant: TestTenant, cookie: string, change: Change = {}): Promise<unknown> {
  return problemsOf(
    whoIn(tenant, cookie).then((who) =>
      requestEmailChange({ currentPassword: jane.password, newEmailAddress: newEmail, ...who, ...change }),
    ),
  );
}

function confirm(tenant: TestTenant, token: string): Promise<unknown> {
  return problemsOf(confirmEmail(openedLink(tenant, token, { password: jane.password })));
}

test("a new password ends every other session and older links, keeps this one, and is told by mail", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const [here, there] = [await signIn(tenant), await signIn(tenant)];
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });
  await askMove(tenant, here);
  const before = await mailsOf(tenant);

  expect(await setPassword(tenant, here)).toBe("none");

  expect([await isSignedIn(tenant, here), await isSignedIn(tenant, there)]).toEqual([true, false]);
  expect((await mailsOf(tenant)).slice(before.length)).toEqual([
    {
      ...{ kind: "passwordChanged", to: "jane@example.com", requestedFor: null },
      facts: {
        givenName: "Jane",
        pages: expect.objectContaining({ resetUrl: `http://${tenant.host}/forgot-password` }),
      },
    },
  ]);
  expect(await db().accountLink.count({ where: { tenantId: tenant.id } })).toBe(0);
  expect(errorIn(await postSignIn(tenant))).toBe("credentials_invalid");
  expect(await postSignIn(tenant, { password: newPassword })).toMatchObject({ status: 200 });
});

test.each([
  ["without the password", { currentPassword: "not the password" }, wrong],
  ["with an empty one", { currentPassword: "" }, wrong],
  ["to a short one", { newPassword: "xkcd-93" }, { newPassword: "password_short" }],
  ["to a common one", { newPassword: "Password1" }, { newPassword: "password_common" }],
  ["to one's address", { newPassword: "JANE@example.com" }, { newPassword: "password_is_email" }],
  ["to a common one, without the password", { currentPassword: "x", newPassword: "Password1" }, wrong],
])("a password is not changed %s", async (_how, change, problems) => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const [here, there] = [await signIn(tenant), await signIn(tenant)];
  const before = [await accountRow(tenant), await mailsOf(tenant)];

  expect(await setPassword(tenant, here, change)).toEqual(problems);

  expect([await accountRow(tenant), await mailsOf(tenant)]).toEqual(before);
  expect([await isSignedIn(tenant, here), await isSignedIn(tenant, there)]).toEqual([true, true]);
});

test("of several new passwords at once one is set, and the others hear that the old one is none any more", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const cookie = await signIn(tenant);
  const passwords = Array.from({ length: 8 }, (_, index) => `a boat on river number ${index}`);

  const outcomes = await Promise.all(
    passwords.map((password) => setPassword(tenant, cookie, { newPassword: password })),
  );

  const winner = outcomes.indexOf("none");
  expect(outcomes).toEqual(passwords.map((_, index) => (index === winner ? "none" : wrong)));
  const { passwordHash } = await accountRow(tenant);
  expect(await verifyPassword(passwordHash, passwords[winner] ?? "")).toBe(true);
  expect((await mailsOf(tenant)).filter(({ kind }) => kind === "passwordChanged")).toHaveLength(1);
});

test("who looked at a password that is another one by now changes nothing with it", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const who = await whoIn(tenant, await signIn(tenant));
  const passwordHash = await hashPassword("another password altogether");
  const admit = async () => {
    await db().account.updateMany({ where: { memberId }, data: { passwordHash } });
  };
  const setBack = (before: string) =>
    db().account.updateMany({ where: { memberId }, data: { passwordHash: before } });
  const { passwordHash: before } = await accountRow(tenant);
  const command = { ...who, currentPassword: jane.password, admit };

  expect(await problemsOf(changePassword({ ...command, newPassword }))).toEqual(wrong);
  expect((await accountRow(tenant)).passwordHash).toBe(passwordHash);
  await setBack(before);
  expect(await problemsOf(requestEmailChange({ ...command, newEmailAddress: newEmail }))).toEqual(wrong);
  expect((await mailsOf(tenant)).map(({ kind }) => kind)).toEqual(["confirmEmail"]);
});

test("guesses at the password of an open session are counted with those at the door", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const cookie = await signIn(tenant);
  const guess = (index: number) => {
    const change = { currentPassword: `guess ${index}` };
    return index % 2 === 0 ? setPassword(tenant, cookie, change) : askMove(tenant, cookie, change);
  };

  const outcomes: unknown[] = [];
  for (let index = 0; index < 22; index++) outcomes.push(await guess(index));

  expect(outcomes).toEqual([...Array(20).fill(wrong), "rate_limited", "rate_limited"]);
  expect(await setPassword(tenant, cookie)).toBe("rate_limited");
  expect(await postSignIn(tenant)).toMatchObject({ status: 429 });
});

test("an account moves to its new address when that is confirmed, with one event, and the old address is told", async () => {
  const rules = [{ name: "Moved", eventType: "PROFILE_UPDATED", effect: { type: "POINTS", points: 10 } }];
  const tenant = await createAccountTenant({ rules });
  const { memberId } = await createAccount(tenant, { emailAddress: "Jane@Example.com" });
  const cookie = await signIn(tenant);

  expect(await askMove(tenant, cookie, { newEmailAddress: "Jane.Roe@example.com" })).toBe("none");
  const asked = (await mailsOf(tenant)).at(-1);
  const link = expect.stringMatching(new RegExp(`^http://${tenant.host}/confirm-email\\?token=[\\w-]{43}$`));
  expect(asked).toEqual({
    ...{ kind: "confirmNewEmail", to: newEmail, requestedFor: "change_email", facts: { link } },
  });
  expect((await accountRow(tenant)).emailAddress).toBe("jane@example.com");
  const token = await newestToken(tenant, "confirmNewEmail");
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => confirm(tenant, token)));

  expect(outcomes.filter((outcome) => outcome === "none")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome !== "none")).toEqual(Array(19).fill({ token: "link_invalid" }));
  expect((await accountRow(tenant, newEmail)).emailConfirmedAt).toEqual(expect.any(Date));
  expect(await memberRow(memberId)).toMatchObject({ emailAddress: newEmail, authIdentifier: memberId });
  const where = { tenantId: tenant.id, type: "PROFILE_UPDATED" };
  expect(await db().event.count({ where })).toBe(1);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 10 });
  expect((await mailsOf(tenant)).at(-1)).toEqual({
    ...{ kind: "emailChanged", to: "jane@example.com", requestedFor: null, facts: { givenName: "Jane" } },
  });
  expect(await isSignedIn(tenant, cookie)).toBe(true);
  expect(errorIn(await postSignIn(tenant))).toBe("credentials_invalid");
  expect(await postSignIn(tenant, { email: newEmail })).toMatchObject({ status: 200 });
});

test.each([
  ["without the password", { currentPassword: "not the password" }, wrong],
  ["to what is no address", { newEmailAddress: "jane" }, { newEmailAddress: "email_invalid" }],
  [
    "to an address in brackets",
    { newEmailAddress: "<jane@b.example>" },
    { newEmailAddress: "email_invalid" },
  ],
  ["to where it is", { newEmailAddress: "JANE@example.com" }, { newEmailAddress: "email_same" }],
])("an account does not move %s", async (_how, change, problems) => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const cookie = await signIn(tenant);
  const before = await mailsOf(tenant);

  expect(await askMove(tenant, cookie, change)).toEqual(problems);

  expect(await mailsOf(tenant)).toEqual(before);
  expect(await db().accountLink.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("of an address that somebody else has only that person is told", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await createAccount(tenant, { givenName: "Roe", emailAddress: newEmail });
  const cookie = await signIn(tenant);
  const before = await mailsOf(tenant);

  expect(await askMove(tenant, cookie, { newEmailAddress: "Jane.ROE@example.com" })).toBe("none");

  expect((await mailsOf(tenant)).slice(before.length)).toMatchObject([
    { kind: "accountExists", to: newEmail, requestedFor: "change_email", facts: { givenName: "Roe" } },
  ]);
  expect(await db().accountLink.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("who asks about addresses uses up mails of their own, whosever the addresses are", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await createAccount(tenant, { givenName: "Roe", emailAddress: newEmail });
  const cookie = await signIn(tenant);
  const before = await mailsOf(tenant);

  for (const address of [newEmail, "nobody@example.com", newEmail, newEmail, "nobody@example.com"]) {
    expect(await askMove(tenant, cookie, { newEmailAddress: address })).toBe("none");
  }

  const kinds = (await mailsOf(tenant)).slice(before.length).map(({ kind }) => kind);
  expect(kinds).toEqual(["accountExists", "confirmNewEmail", "accountExists"]);
  await signUp(tenant, { emailAddress: newEmail }); // the owner's own are all there
  expect((await mailsOf(tenant)).at(-1)).toMatchObject({ kind: "accountExists", to: newEmail });
});

test("an address that somebody else has by the time it is confirmed stays theirs", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const cookie = await signIn(tenant);
  await askMove(tenant, cookie);
  const token = await newestToken(tenant, "confirmNewEmail");
  await createAccount(tenant, { emailAddress: newEmail });
  const before = [await accountRow(tenant), await memberRow(memberId), await mailsOf(tenant)];

  expect(await confirm(tenant, token)).toEqual({ token: "link_invalid" });

  expect([await accountRow(tenant), await memberRow(memberId), await mailsOf(tenant)]).toEqual(before);
  expect(await db().event.count({ where: { tenantId: tenant.id, type: "PROFILE_UPDATED" } })).toBe(0);
});

test("whoever signed up with an address and never confirmed it is in nobody's way", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const cookie = await signIn(tenant);
  await signUp(tenant, { emailAddress: newEmail, givenName: "Mallory" });
  const { memberId: malloryId } = await accountRow(tenant, newEmail);
  expect(await askMove(tenant, cookie)).toBe("none");

  expect(await confirm(tenant, await newestToken(tenant, "confirmNewEmail"))).toBe("none");

  expect((await accountRow(tenant, newEmail)).memberId).toBe(memberId);
  expect(await memberRow(malloryId as MemberId)).toMatchObject({
    givenName: null,
    deletedAt: expect.any(Date),
  });
});

test("a move is confirmed where its person is signed in, and elsewhere by the password", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const john = await createAccount(tenant, { emailAddress: "john@example.com" });
  await askMove(tenant, await signIn(tenant));
  const token = await newestToken(tenant, "confirmNewEmail");
  const opened = (by: object) => openedLink(tenant, token, { signUpSecret: null, ...by });

  for (const signedInId of [null, john.memberId]) {
    expect(await lookAtConfirmation(opened({ signedInId }))).toEqual({
      ...{ emailAddress: newEmail, isProven: false },
    });
    expect(await problemsOf(confirmEmail(opened({ signedInId })))).toEqual({ password: "password_wrong" });
  }
  expect((await accountRow(tenant)).memberId).toBe(memberId);
  expect(await lookAtConfirmation(opened({ signedInId: memberId }))).toMatchObject({ isProven: true });
  expect(await problemsOf(confirmEmail(opened({ signedInId: memberId })))).toBe("none");
  expect((await accountRow(tenant, newEmail)).memberId).toBe(memberId);
});

test("an account's address moves by a link alone, and not by its person's profile", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const cookie = await signIn(tenant);

  const refused = await patchMember(tenant, cookie, { profile: { emailAddress: newEmail } });
  expect(refused).toMatchObject({ status: 400, json: { code: "invalid_input" } });
  expect(Object.keys(refused.json.data.fields)).toEqual(["profile.emailAddress"]);
  const same = { emailAddress: jane.emailAddress, city: "Utrecht" };
  expect(await patchMember(tenant, cookie, { profile: same })).toMatchObject({ status: 200 });
  expect(await memberRow(memberId)).toMatchObject(same);
});

test("who has an account leaves with its password, and not without", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const cookie = await signIn(tenant);
  const leave = (body: unknown) =>
    leaveProgramme(
      tenant,
      { cookie, origin: `http://${tenant.host}`, "content-type": "application/json" },
      body,
    );

  for (const body of [undefined, {}, { currentPassword: "" }, { currentPassword: "not the password" }]) {
    expect((await leave(body)).status).toBe(400);
  }
  expect(await memberRow(memberId)).toMatchObject({ deletedAt: null });
  expect(await isSignedIn(tenant, cookie)).toBe(true);

  expect(await leave({ currentPassword: jane.password })).toMatchObject({ status: 200 });
  expect(await memberRow(memberId)).toMatchObject({ deletedAt: expect.any(Date) });
  expect(await isSignedIn(tenant, cookie)).toBe(false);
});

test("of two accounts that move to one address at once one gets it", async () => {
  const tenant = await createAccountTenant();
  const people = ["jane@example.com", "john@example.com"];
  const tokens: string[] = [];
  for (const email of people) {
    await createAccount(tenant, { emailAddress: email });
    await askMove(tenant, await signIn(tenant, { email }));
    tokens.push(await newestToken(tenant, "confirmNewEmail"));
  }

  const outcomes = await Promise.all(tokens.map((token) => confirm(tenant, token)));

  expect(outcomes.toSorted()).toEqual([{ token: "link_invalid" }, "none"]);
  const accounts = await db().account.findMany({ where: { tenantId: tenant.id } });
  const loser = people[outcomes.indexOf("none") === 0 ? 1 : 0];
  expect(accounts.map(({ emailAddress }) => emailAddress).toSorted()).toEqual([newEmail, loser].toSorted());
});

test("a link for a new password that went to the old address is void when the account has moved", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await askMove(tenant, await signIn(tenant));
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });
  const token = await newestToken(tenant, "resetPassword");

  await confirm(tenant, await newestToken(tenant, "confirmNewEmail"));

  const resetting = resetPassword({
    tenant,
    token,
    password: newPassword,
    address: "192.0.2.1",
    admit: async () => undefined,
    mails,
  });
  expect(await problemsOf(resetting)).toEqual({ token: "link_invalid" });
});

test("an account moves also while points of its person fall due", async () => {
  stopTheClock();
  const tenant = await createAccountTenant({ pointsExpiry: { afterDays: 1 } });
  const { memberId } = await createAccount(tenant);
  await adjust(tenant, memberId, 50);
  moveTo(0.9);
  const session = { member: { id: memberId } } as Parameters<typeof requestEmailChange>[0]["session"];
  const who = { tenant, session, mails, address: "192.0.2.1", admit: async () => undefined };
  await requestEmailChange({ ...who, currentPassword: jane.password, newEmailAddress: newEmail });

  moveTo(1.5);
  expect(await confirm(tenant, await newestToken(tenant, "confirmNewEmail"))).toBe("none");

  expect((await accountRow(tenant, newEmail)).memberId).toBe(memberId);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, expiredPoints: 50 });
});

test("three mails an hour can be asked for by who moves, and that person's notices come all the same", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const cookie = await signIn(tenant);

  for (let index = 0; index < 4; index++) {
    expect(await askMove(tenant, cookie, { newEmailAddress: `jane-${index}@example.com` })).toBe("none");
  }
  expect(await setPassword(tenant, cookie)).toBe("none");

  const kinds = (await mailsOf(tenant)).map(({ kind }) => kind);
  expect(kinds).toEqual(["confirmEmail", ...Array(3).fill("confirmNewEmail"), "passwordChanged"]);
});

test("a member without an account has none to change", async () => {
  const tenant = await createTenant();
  const { json } = await postAuth(tenant, { body: { selector: { authIdentifier: "user-1" }, profile } });
  const cookie = cookieOf(await openLink(tenant, `session=${json.data.session}`));

  expect(await setPassword(tenant, cookie)).toBe("not_found");
  expect(await askMove(tenant, cookie)).toBe("not_found");
});

test("who leaves leaves no account, link, mail or name behind, and the address is free", async () => {
  const tenant = await createAccountTenant();
  const { memberId } = await createAccount(tenant);
  const headers = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
  const cookie = await signIn(tenant, { headers });
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });
  await askMove(tenant, cookie);
  const named = { providerSubject: "subject-1", providerSessionId: "sid-1", sealedIdToken: "sealed" };
  await db().session.updateMany({ where: { memberId }, data: named });
  expect(await db().session.findFirst({ where: { memberId } })).toMatchObject({
    deviceName: "Firefox, Linux",
  });
  const token = await newestToken(tenant, "resetPassword");

  await eraseMember(tenant.id, memberId);

  const where = { tenantId: tenant.id };
  const [accounts, links, outbox, sessions] = await Promise.all([
    db().account.count({ where }),
    db().accountLink.count({ where }),
    db().outboxMail.count({ where }),
    db().session.findMany({ where }),
  ]);
  expect([accounts, links, outbox]).toEqual([0, 0, 0]);
  const nameless = { deviceName: null, providerSubject: null, providerSessionId: null, sealedIdToken: null };
  expect(sessions).toMatchObject([{ ...nameless, endReason: "member_deleted" }]);
  expect(await isSignedIn(tenant, cookie)).toBe(false);
  const reset = resetPassword({
    tenant,
    token,
    password: newPassword,
    address: "192.0.2.1",
    admit: async () => undefined,
    mails,
  });
  expect(await problemsOf(reset)).toEqual({ token: "link_invalid" });
  expect((await createAccount(tenant)).memberId).not.toBe(memberId);
});

async function whoIn(tenant: TestTenant, cookie: string) {
  const credentials = await readCookieCredentials(new Headers({ cookie }));
  const signedIn = await readSession(tenant, credentials, { isActivity: false });
  if (!signedIn) throw new Error("Nobody is signed in.");
  const admit = (account: string, knownAddress: string | null) =>
    admitSignIn(tenant.id, account, knownAddress);
  return { tenant, session: signedIn.session, mails, address: "192.0.2.1", admit };
}

function memberRow(memberId: MemberId) {
  return db().member.findFirst({ where: { id: memberId } });
}
