/**
 * What a signed-in person changes of their own account, each time with the password at hand: a session that somebody found
 * open is not enough to take the account away.
 */
import { now } from "#lib/config/clock.ts";
import { type AccountRow, deleteLinks, findAccountOfMember, updateAccount } from "#lib/db/accounts.ts";
import { lockMember } from "#lib/db/members.ts";
import { endSessionsOfMember } from "#lib/db/sessions.ts";
import { inTransaction } from "#lib/db/transaction.ts";
import { parseAccountEmail, refuseFields } from "#lib/domain/accounts/account.ts";
import {
  type AccountMails,
  accountUrls,
  makeLink,
  postNotice,
  postRequestedMail,
} from "#lib/domain/accounts/account-mails.ts";
import { requireGoodPassword } from "#lib/domain/accounts/good-password.ts";
import { holdAccountByEmail, holdAccountOfMember } from "#lib/domain/accounts/hold-account.ts";
import { isKnownAddress } from "#lib/domain/accounts/known-address.ts";
import type { AdmitTry } from "#lib/domain/accounts/sign-in-with-password.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { hashPassword, verifyPassword } from "#lib/domain/passwords.ts";
import type { Session } from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

type AccountChange = {
  tenant: Tenant;
  session: Session;
  currentPassword: string;
  address: string;
  admit: AdmitTry;
  mails: AccountMails;
};

/** Sets another password; every other session ends. Refuses `invalid_input`, and what `admit` throws. */
export async function changePassword(command: AccountChange & { newPassword: string }): Promise<void> {
  const { tenant, session, newPassword, mails } = command;
  const account = await requirePassword(command);
  await requireGoodPassword(newPassword, account.emailAddress, "newPassword");
  const passwordHash = await hashPassword(newPassword);

  const tenantId = tenant.id;
  const memberId = account.memberId as MemberId;
  await inTransaction(async (tx) => {
    const at = now();
    await lockMember(tx, tenantId, memberId);
    const before = { tenantId, memberId, passwordHash: account.passwordHash };
    if (!(await updateAccount(tx, before, { passwordHash, updatedAt: at }))) {
      throw refuseFields({ currentPassword: "password_wrong" }); // it was changed elsewhere at the same moment
    }
    await deleteLinks(tx, tenantId, memberId, ["reset_password", "change_email"]);
    await endSessionsOfMember(tx, tenantId, memberId, "password_changed", at, session.id);
    const { emailAddress, givenName } = account;
    const notice = mails.passwordChanged({
      givenName: givenName ?? "",
      resetUrl: accountUrls(tenant).resetUrl,
    });
    await postNotice(tx, { tenant, memberId, emailAddress }, notice, at);
  });
  deliverSoon();
}

/**
 * Mails a link to a new address, which the account moves to when the link is opened. Whether somebody else has an account
 * with it, only that one is told. Refuses `invalid_input`, and what `admit` throws.
 */
export async function requestEmailChange(
  command: AccountChange & { newEmailAddress: string },
): Promise<void> {
  const { tenant, mails } = command;
  const newEmailAddress = parseAccountEmail(command.newEmailAddress);
  if (newEmailAddress === null) throw refuseFields({ newEmailAddress: "email_invalid" });
  const account = await requirePassword(command);
  const memberId = account.memberId as MemberId;
  const givenName = account.givenName ?? "";

  await inTransaction(async (tx) => {
    const other = await holdAccountByEmail(tx, tenant.id, newEmailAddress);
    const at = now();
    if (other && other.memberId !== memberId) {
      const owner = { tenant, memberId: other.memberId as MemberId, emailAddress: newEmailAddress };
      const facts = { givenName: other.givenName ?? "", ...accountUrls(tenant) };
      return postRequestedMail(tx, owner, () => mails.accountExists(facts), at);
    }
    const held = await holdAccountOfMember(tx, tenant.id, memberId);
    if (held?.passwordHash !== account.passwordHash)
      throw refuseFields({ currentPassword: "password_wrong" });
    const recipient = { tenant, memberId, emailAddress: newEmailAddress };
    const write = async () => {
      const link = await makeLink(tx, recipient, "change_email", at, newEmailAddress);
      return mails.confirmNewEmail({ givenName, link });
    };
    await postRequestedMail(tx, recipient, write, at);
  });
  deliverSoon();
}

async function requirePassword({
  tenant,
  session,
  currentPassword,
  address,
  admit,
}: AccountChange): Promise<AccountRow> {
  const account = await findAccountOfMember(tenant.id, session.member.id);
  if (!account) throw new DomainError("not_found"); // the member signs in by another way
  await admit(account.emailAddress, isKnownAddress(account, tenant.id, address) ? address : null);
  if (await verifyPassword(account.passwordHash, currentPassword)) return account;
  throw refuseFields({ currentPassword: "password_wrong" });
}
