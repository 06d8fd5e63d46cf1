/**
 * A forgotten password: who reads the account's mail may choose a new one.
 *
 * Holds under any retry or race:
 *   1. whoever asks learns nothing of who has an account;
 *   2. a link works once, for half an hour, and using one voids the others;
 *   3. with the new password every session ends, and nobody is signed in by the link alone.
 */
import { now } from "#lib/config/clock.ts";
import { deleteLinks, findAccountOfMember, findLink, takeLink, updateAccount } from "#lib/db/accounts.ts";
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
import { holdAccountByEmail, holdAccountOfMember } from "#lib/domain/accounts/hold-account.ts";
import { withKnownAddress } from "#lib/domain/accounts/known-address.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** Mails a link, if there is such an account. Refuses `invalid_input` for what is no address. */
export async function requestPasswordReset(command: {
  tenant: Tenant;
  emailAddress: string;
  mails: AccountMails;
}): Promise<void> {
  const { tenant, mails } = command;
  const emailAddress = parseAccountEmail(command.emailAddress);
  if (emailAddress === null) throw refuseFields({ emailAddress: "email_invalid" });
  await inTransaction(async (tx) => {
    const account = await holdAccountByEmail(tx, tenant.id, emailAddress);
    if (!account || account.isRestricted) return;
    const recipient = { tenant, memberId: account.memberId as MemberId, emailAddress };
    const at = now();
    const write = async () => {
      const link = await makeLink(tx, recipient, "reset_password", at);
      return mails.resetPassword({ ...greetingOf(account), link });
    };
    await postRequestedMail(tx, recipient, "reset_password", write, at);
  });
  deliverSoon();
}

/** Whether a link still works, for a page that asks for the new password. */
export async function isResetLinkGood({ id }: Tenant, token: string): Promise<boolean> {
  return (await findLink(id, hashSecret(token), now()))?.purpose === "reset_password";
}

/**
 * Sets the new password. The link has shown that the address is the account's, and where it was opened is known to it from
 * now on. Refuses `invalid_input` for a link that is not good, and for a password that is not, which leaves the link
 * good; and what `admit` throws.
 */
export async function resetPassword(command: {
  tenant: Tenant;
  token: string;
  password: string;
  address: string;
  /** Counts a try before the new password costs its time, and throws where it is one too many. */
  admit: () => Promise<void>;
  mails: AccountMails;
}): Promise<void> {
  const { tenant, token, password, address, admit, mails } = command;
  const tenantId = tenant.id;
  const tokenHash = hashSecret(token);
  const link = await findLink(tenantId, tokenHash, now());
  const found = link?.purpose === "reset_password" && (await findAccountOfMember(tenantId, link.memberId));
  if (!found) throw refuseFields({ token: "link_invalid" });
  await requireGoodPassword(password, found.emailAddress);
  await admit();
  const passwordHash = await hashPassword(password);

  await inTransaction(async (tx) => {
    const at = now();
    const memberId = found.memberId as MemberId;
    const account = await holdAccountOfMember(tx, tenantId, memberId);
    if (!account || !(await takeLink(tx, tenantId, tokenHash, at))) {
      throw refuseFields({ token: "link_invalid" });
    }
    const { emailAddress } = account;
    await updateAccount(
      tx,
      { tenantId, memberId, passwordHash: account.passwordHash },
      {
        ...{
          passwordHash,
          updatedAt: at,
          emailConfirmedAt: account.emailConfirmedAt ?? at,
          signUpHash: null,
        },
        knownAddresses: withKnownAddress(account, tenantId, address),
      },
    );
    await deleteLinks(tx, tenantId, memberId, ["reset_password", "confirm_email", "change_email"]);
    await endSessionsOfMember(tx, tenantId, memberId, "password_changed", at);
    const notice = mails.passwordChanged({ ...greetingOf(account), pages: accountPagesOf(tenant) });
    await postNotice(tx, { tenant, memberId, emailAddress }, notice, at);
  });
  deliverSoon();
}
