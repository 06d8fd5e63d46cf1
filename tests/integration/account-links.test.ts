import { expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { confirmEmail, resendConfirmation } from "#lib/domain/accounts/confirm-email.ts";
import { isResetLinkGood, requestPasswordReset, resetPassword } from "#lib/domain/accounts/reset-password.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { verifyPassword } from "#lib/domain/passwords.ts";
import { generateSecret, hashSecret } from "#lib/domain/secrets.ts";
import { sweepSignIn } from "#lib/domain/sign-in/sweep-sign-in.ts";
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
import { isSignedIn } from "#tests/support/calls.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: a link in a mail does what it is for, once, for as long as it says, in its own programme; and nobody is mailed
// more than three times an hour because somebody else wants it.
// Method: the commands on a real database, with a clock that the test holds, and mails that stay in the outbox.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));

const minute = 1 / (24 * 60);
const newPassword = "a boat on the river";
const invalid = { token: "link_invalid" };

function askReset(tenant: TestTenant, emailAddress = jane.emailAddress): Promise<void> {
  return requestPasswordReset({ tenant, emailAddress, mails });
}

function reset(tenant: TestTenant, token: string, password = newPassword): Promise<unknown> {
  return problemsOf(
    resetPassword({ tenant, token, password, address: "192.0.2.1", admit: async () => undefined, mails }),
  );
}

function confirm(tenant: TestTenant, token: string): Promise<unknown> {
  return problemsOf(confirmEmail(openedLink(tenant, token)));
}

function resend(tenant: TestTenant, emailAddress = jane.emailAddress): Promise<void> {
  return resendConfirmation({ tenant, emailAddress, mails });
}

test("a confirmation works once, also of 20 at once", async () => {
  const tenant = await createAccountTenant();
  await signUp(tenant);
  const token = await newestToken(tenant, "confirmEmail");

  const outcomes = await Promise.all(Array.from({ length: 20 }, () => confirm(tenant, token)));

  expect(outcomes.filter((outcome) => outcome === "none")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome !== "none")).toEqual(Array(19).fill(invalid));
  expect(await confirm(tenant, token)).toEqual(invalid);
  expect((await accountRow(tenant)).emailConfirmedAt).toEqual(expect.any(Date));
});

test("a confirmation works for 24 hours", async () => {
  stopTheClock();
  const tenant = await createAccountTenant();
  await signUp(tenant);
  await signUp(tenant, { emailAddress: "john@example.com" });
  const [first = "", second = ""] = (await mailsOf(tenant)).map(tokenIn);

  moveTo(1, -1);
  expect(await confirm(tenant, first)).toBe("none");
  moveTo(1);
  expect(await confirm(tenant, second)).toEqual(invalid);
  expect((await accountRow(tenant, "john@example.com")).emailConfirmedAt).toBeNull();
});

test("a new password by a link works once, also of 20 at once", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await askReset(tenant);
  const token = await newestToken(tenant, "resetPassword");
  const passwords = Array.from({ length: 20 }, (_, index) => `a boat on river number ${index}`);

  const outcomes = await Promise.all(passwords.map((password) => reset(tenant, token, password)));

  const winner = outcomes.indexOf("none");
  expect(outcomes).toEqual(passwords.map((_, index) => (index === winner ? "none" : invalid)));
  const { passwordHash } = await accountRow(tenant);
  expect(await verifyPassword(passwordHash, passwords[winner] ?? "")).toBe(true);
  expect((await mailsOf(tenant)).filter(({ kind }) => kind === "passwordChanged")).toHaveLength(1);
});

test("a link for a new password works for half an hour", async () => {
  stopTheClock();
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await createAccount(tenant, { emailAddress: "john@example.com" });
  await askReset(tenant);
  await askReset(tenant, "john@example.com");
  const [first = "", second = ""] = (await mailsOf(tenant)).slice(2).map(tokenIn);

  moveTo(30 * minute, -1);
  expect(await isResetLinkGood(tenant, second)).toBe(true);
  expect(await reset(tenant, first)).toBe("none");
  moveTo(30 * minute);
  expect(await isResetLinkGood(tenant, second)).toBe(false);
  expect(await reset(tenant, second)).toEqual(invalid);
});

test("a new password by a link ends all sessions, confirms the address, voids the other links and is told by mail", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const cookies = await Promise.all([signIn(tenant), signIn(tenant)]);
  await db().account.updateMany({ where: { tenantId: tenant.id }, data: { emailConfirmedAt: null } });
  await resend(tenant);
  await askReset(tenant);
  const [, resent = "", older = ""] = (await mailsOf(tenant)).map(tokenIn);
  vi.setSystemTime(Date.now() + 3_600_001); // three mails an hour
  await askReset(tenant);
  const token = await newestToken(tenant, "resetPassword");
  expect(token).not.toBe(older);
  const before = await mailsOf(tenant);

  expect(await reset(tenant, token)).toBe("none");
  vi.useRealTimers();

  const areSignedIn = await Promise.all(cookies.map((cookie) => isSignedIn(tenant, cookie)));
  expect(areSignedIn).toEqual([false, false]);
  const sessions = await db().session.findMany({ where: { tenantId: tenant.id } });
  expect(sessions.map(({ endReason }) => endReason)).toEqual(["password_changed", "password_changed"]);
  expect((await accountRow(tenant)).emailConfirmedAt).toEqual(expect.any(Date));
  expect(await reset(tenant, older)).toEqual(invalid);
  expect(await confirm(tenant, resent)).toEqual(invalid);
  expect(await db().accountLink.count({ where: { tenantId: tenant.id } })).toBe(0);
  expect((await mailsOf(tenant)).slice(before.length)).toEqual([
    {
      ...{ kind: "passwordChanged", to: "jane@example.com", requestedFor: null },
      facts: {
        givenName: null,
        pages: expect.objectContaining({ resetUrl: `http://${tenant.host}/forgot-password` }),
      },
    },
  ]);
  expect(errorIn(await postSignIn(tenant))).toBe("credentials_invalid");
  expect(await postSignIn(tenant, { password: newPassword })).toMatchObject({ status: 200 });
});

test.each([
  ["short", "xkcd-93", "password_short"],
  ["long", "x".repeat(257), "password_long"],
  ["common", "Password1", "password_common"],
  ["one's address", jane.emailAddress, "password_is_email"],
])(
  "a new password that is %s leaves the link good, and everything as it was",
  async (_what, password, problem) => {
    const tenant = await createAccountTenant();
    await createAccount(tenant);
    const cookie = await signIn(tenant);
    await askReset(tenant);
    const token = await newestToken(tenant, "resetPassword");

    expect(await reset(tenant, token, password)).toEqual({ password: problem });
    expect(await isSignedIn(tenant, cookie)).toBe(true);
    expect(await isResetLinkGood(tenant, token)).toBe(true);
    expect(await reset(tenant, token)).toBe("none");
  },
);

test("a new password is counted before it costs its time, and only one that will do", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await askReset(tenant);
  const token = await newestToken(tenant, "resetPassword");
  const admit = vi.fn(async () => {
    throw new DomainError("rate_limited");
  });
  const set = (password: string) =>
    problemsOf(resetPassword({ tenant, token, password, address: "192.0.2.1", admit, mails }));

  expect(await set("Password1")).toEqual({ password: "password_common" });
  expect(admit).not.toHaveBeenCalled();
  expect(await set(newPassword)).toBe("rate_limited");
  expect(await isResetLinkGood(tenant, token)).toBe(true);
  expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
});

test("a link is good for what it is for alone, and stays so when it is tried elsewhere", async () => {
  const tenant = await createAccountTenant();
  await signUp(tenant);
  await askReset(tenant);
  const [toConfirm = "", toReset = ""] = (await mailsOf(tenant)).map(tokenIn);

  expect(await isResetLinkGood(tenant, toConfirm)).toBe(false);
  expect(await reset(tenant, toConfirm)).toEqual(invalid);
  expect(await confirm(tenant, toReset)).toEqual(invalid);

  expect(await confirm(tenant, toConfirm)).toBe("none");
  expect(await isResetLinkGood(tenant, toReset)).toBe(true);
  expect(await reset(tenant, toReset)).toBe("none");
});

test("a link of another programme, a tampered one and none are the same: no link", async () => {
  const tenant = await createAccountTenant();
  const other = await createAccountTenant();
  await signUp(tenant);
  await signUp(other);
  await askReset(tenant);
  await askReset(other);
  const [toConfirm = "", toReset = ""] = (await mailsOf(tenant)).map(tokenIn);

  const variantsOf = (token: string) => [
    ...["", " ", "\u0000", generateSecret(), token.slice(0, -1), `${token}A`, ` ${token}`],
    ...[token.toLowerCase(), `${token[0] === "A" ? "B" : "A"}${token.slice(1)}`, hashSecret(token)],
  ];
  for (const token of variantsOf(toConfirm)) expect(await confirm(tenant, token)).toEqual(invalid);
  for (const token of variantsOf(toReset)) expect(await reset(tenant, token)).toEqual(invalid);
  expect(await confirm(other, toConfirm)).toEqual(invalid);
  expect(await reset(other, toReset)).toEqual(invalid);

  expect(await confirm(tenant, toConfirm)).toBe("none");
  expect(await reset(tenant, toReset)).toBe("none");
});

test("only hashes of links are kept, with what they are for, and are swept when their time is over", async () => {
  stopTheClock();
  const tenant = await createAccountTenant();
  await signUp(tenant);
  await askReset(tenant);
  const [toConfirm = "", toReset = ""] = (await mailsOf(tenant)).map(tokenIn);
  const links = () =>
    db().accountLink.findMany({ where: { tenantId: tenant.id }, orderBy: { purpose: "asc" } });

  expect(await links()).toMatchObject([
    { purpose: "confirm_email", tokenHash: hashSecret(toConfirm), newEmailAddress: null },
    { purpose: "reset_password", tokenHash: hashSecret(toReset), newEmailAddress: null },
  ]);
  moveTo(0, 1_800_001);
  await sweepSignIn();
  expect(await links()).toMatchObject([{ purpose: "confirm_email" }]);
  moveTo(1, 1);
  await sweepSignIn();
  expect(await links()).toEqual([]);
});

test("a link for a new password goes to whoever has an account, confirmed or not, and to nobody else", async () => {
  const tenant = await createAccountTenant();
  const other = await createAccountTenant();
  await createAccount(other, { emailAddress: "elsewhere@example.com" });
  await signUp(tenant);
  const restricted = await createAccount(tenant, { emailAddress: "restricted@example.com" });
  await restrictMember(tenant.id, restricted.memberId, true);
  const before = (await mailsOf(tenant)).length;

  for (const address of ["unknown@example.com", "elsewhere@example.com", "restricted@example.com"]) {
    await askReset(tenant, address);
  }
  expect(await mailsOf(tenant)).toHaveLength(before);
  await askReset(tenant, "JANE@example.com");
  expect((await mailsOf(tenant)).slice(before)).toMatchObject([
    { kind: "resetPassword", to: "jane@example.com", requestedFor: "reset_password" },
  ]);
  expect(await problemsOf(askReset(tenant, "jane"))).toEqual({ emailAddress: "email_invalid" });
});

test("a confirmation is sent again to whoever waits for one, and either link confirms", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant, { emailAddress: "confirmed@example.com" });
  await signUp(tenant, { emailAddress: "restricted@example.com" });
  const restricted = await accountRow(tenant, "restricted@example.com");
  await restrictMember(tenant.id, restricted.memberId as MemberId, true);
  await signUp(tenant);
  const before = (await mailsOf(tenant)).length;

  for (const name of ["confirmed", "restricted", "unknown"]) await resend(tenant, `${name}@example.com`);
  expect(await mailsOf(tenant)).toHaveLength(before);
  await resend(tenant, "Jane@example.com");

  const [first = "", second = ""] = (await mailsOf(tenant)).slice(-2).map(tokenIn);
  expect(second).not.toBe(first);
  expect(await confirm(tenant, first)).toBe("none");
  expect(await confirm(tenant, second)).toEqual(invalid);
  expect(await problemsOf(resend(tenant, "jane"))).toEqual({ emailAddress: "email_invalid" });
});

test("three mails an hour of a kind can be asked for an account, and none uses up those of another", async () => {
  stopTheClock();
  const tenant = await createAccountTenant();
  const kinds = async () => (await mailsOf(tenant)).map(({ kind }) => kind);
  await signUp(tenant);
  await resend(tenant);
  for (let index = 0; index < 4; index++) await signUp(tenant);
  await resend(tenant);
  const confirmations = Array(3).fill("confirmEmail");
  expect(await kinds()).toEqual(confirmations);

  for (let index = 0; index < 4; index++) await askReset(tenant);
  const resets = Array(3).fill("resetPassword");
  expect(await kinds()).toEqual([...confirmations, ...resets]);

  moveTo(0, 1);
  await reset(tenant, await newestToken(tenant, "resetPassword"));
  await askReset(tenant); // notices are not counted
  for (let index = 0; index < 4; index++) await signUp(tenant); // it has an account by now
  const first = [...confirmations, ...resets, "passwordChanged", ...Array(3).fill("accountExists")];
  expect(await kinds()).toEqual(first);

  moveTo(60 * minute, 1);
  await askReset(tenant);
  expect(await kinds()).toEqual([...first, "resetPassword"]);
});

test("of 20 who ask at once three are heard, and other accounts have mails of their own", async () => {
  const tenant = await createAccountTenant({ emailConfirmation: "off" });
  await signUp(tenant);
  await signUp(tenant, { emailAddress: "john@example.com" });

  await Promise.all(Array.from({ length: 20 }, () => askReset(tenant)));
  await askReset(tenant, "john@example.com");

  const receivers = (await mailsOf(tenant)).map(({ to }) => to);
  expect(receivers).toEqual([...Array(3).fill("jane@example.com"), "john@example.com"]);
  expect(await db().accountLink.count({ where: { tenantId: tenant.id } })).toBe(4);
});
