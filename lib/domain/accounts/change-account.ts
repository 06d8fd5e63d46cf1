/**
 * What a signed-in person changes of their own account, each time with the password at hand: a session that somebody found
 * open is not enough to take the account away.
 */
import { now } from "#lib/config/clock.ts";
import {
  type AccountRow,
  deleteLinks,
  findAccountByEmail,
  findAccountOfMember,
  updateAccount,
} from "#lib/db/accounts.ts";
import { lockMember } from "#lib/db/members.ts";
import { endSessionsOfMember } from "#lib/db/sessions.ts";
import { inTransaction } from "#lib/db/transaction.ts";
import { parseAccountEmail, refuseFields } from "#lib/domain/accounts/account.ts";
import {
  type AccountMails,
  accountPagesOf,
  greetingOf,
  makeLink,
  postNotice,
  postRequestedMail,
} from "#lib/domain/accounts/account-mails.ts";
import { requireGoodPassword } from "#lib/domain/accounts/good-password.ts";
import { holdAccountOfMember } from "#lib/domain/accounts/hold-account.ts";
import { isKnownAddress } from "#lib/domain/accounts/known-address.ts";
import { isTaken } from "#lib/domain/accounts/register-account.ts";
import type { AdmitTry } from "#lib/domain/accounts/sign-in-with-password.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId, SessionId } from "#lib/domain/ids.ts";
import { deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { hashPassword, verifyPassword } from "#lib/domain/passwords.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** A member's session; `id` is null for one who came with a token that has none. */
type SignedInAs = { id: SessionId | null; member: { id: MemberId } };

/** Whoever is signed in, with a session or without one, and knows the password. */
type KnowsPassword = {
  tenant: Tenant;
  session: SignedInAs;
  currentPassword: string;
  address: string;
  admit: AdmitTry;
};

type AccountChange = KnowsPassword & { mails: AccountMails };

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
    const { emailAddress } = account;
    const notice = mails.passwordChanged({ ...greetingOf(account), pages: accountPagesOf(tenant) });
    await postNotice(tx, { tenant, memberId, emailAddress }, notice, at);
  });
  deliverSoon();
}

/**
 * Mails a link to a new address, which the account moves to when the link is opened. Whether somebody else has an account
 * with it, only that one is told; the asker's mails are counted either way. Refuses `invalid_input`, and what `admit` throws.
 */
export async function requestEmailChange(
  command: AccountChange & { newEmailAddress: string },
): Promise<void> {
  const { tenant, mails } = command;
  const newEmailAddress = parseAccountEmail(command.newEmailAddress);
  if (newEmailAddress === null) throw refuseFields({ newEmailAddress: "email_invalid" });
  const account = await requirePassword(command);
  if (newEmailAddress === account.emailAddress) throw refuseFields({ newEmailAddress: "email_same" });
  const memberId = account.memberId as MemberId;

  await inTransaction(async (tx) => {
    const held = await holdAccountOfMember(tx, tenant.id, memberId);
    if (held?.passwordHash !== account.passwordHash)
      throw refuseFields({ currentPassword: "password_wrong" });
    const at = now();
    const recipient = { tenant, memberId, emailAddress: newEmailAddress };
    const write = async () => {
      const other = await findAccountByEmail(tenant.id, newEmailAddress, tx);
      if (other && isTaken(other, tenant)) {
        return mails.accountExists({ ...greetingOf(other), pages: accountPagesOf(tenant) });
      }
      const link = await makeLink(tx, recipient, "change_email", at, newEmailAddress);
      return mails.confirmNewEmail({ link });
    };
    await postRequestedMail(tx, recipient, "change_email", write, at);
  });
  deliverSoon();
}

/** Leaves the programme, account and all. Refuses `invalid_input`, and what `admit` throws. */
export async function leaveWithPassword(command: KnowsPassword): Promise<void> {
  await requirePassword(command);
  await eraseMember(command.tenant.id, command.session.member.id);
}

/** The account of a signed-in member; null where the member signs in by another way. */
export function findOwnAccount({ id }: Tenant, { member }: SignedInAs): Promise<AccountRow | null> {
  return findAccountOfMember(id, member.id);
}

async function requirePassword(command: KnowsPassword): Promise<AccountRow> {
  const { tenant, session, currentPassword, address, admit } = command;
  const account = await findOwnAccount(tenant, session);
  if (!account) throw new DomainError("not_found"); // the member signs in by another way
  await admit(account.emailAddress, isKnownAddress(account, tenant.id, address) ? address : null);
  if (await verifyPassword(account.passwordHash, currentPassword)) return account;
  throw refuseFields({ currentPassword: "password_wrong" });
}
