/** The mails of Laurel accounts, and the links in them. */
import { addSeconds } from "#lib/config/clock.ts";
import { type AccountRow, insertLink, type LinkPurpose } from "#lib/db/accounts.ts";
import type { Tx } from "#lib/db/client.ts";
import { countRequestedMails } from "#lib/db/outbox.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { type Message, postMail, senderOf } from "#lib/domain/mail/post-mail.ts";
import { generateSecret, hashSecret } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

type Text = Omit<Message, "to">;
/** Null where nobody has shown that the address is theirs: a name would be a stranger's words in our mail. */
type Greeting = { givenName: string | null };

/** Where one signs in, and asks for a new password. */
type AccountPages = { loginUrl: string; resetUrl: string };

/** What accounts are mailed, in the reader's language. A `link` works once. */
export type AccountMails = {
  confirmEmail(facts: { link: string }): Text;
  /** To somebody who has an account, when a new one was asked for with its address. */
  accountExists(facts: Greeting & { pages: AccountPages | null }): Text;
  resetPassword(facts: Greeting & { link: string }): Text;
  passwordChanged(facts: Greeting & { pages: AccountPages | null }): Text;
  confirmNewEmail(facts: { link: string }): Text;
  /** To the address that was. */
  emailChanged(facts: Greeting): Text;
};

/** Where a mail goes, and whose account it is about. */
export type Recipient = { tenant: Tenant; memberId: MemberId; emailAddress: string };

/** What people can ask for as often as `requestedMost` says. */
type RequestedMail = LinkPurpose | "account_exists";

const requestedMost = 3;
const requestedWithinSeconds = 3_600;

const pathByPurpose: Record<LinkPurpose, string> = {
  confirm_email: "/confirm-email",
  change_email: "/confirm-email",
  reset_password: "/reset-password",
};
const linkSeconds: Record<LinkPurpose, number> = {
  confirm_email: 86_400,
  change_email: 86_400,
  reset_password: 1_800,
};

/** Where an account's person can go in any case; null where accounts sign in by the programme's apps alone. */
export function accountPagesOf(tenant: Tenant): AccountPages | null {
  const { publicUrl } = tenant;
  if (!hasAccounts(tenant)) return null;
  return { loginUrl: `${publicUrl}/login`, resetUrl: `${publicUrl}/forgot-password` };
}

/** The name to greet an account's person with. */
export function greetingOf({ givenName, emailConfirmedAt }: AccountRow): Greeting {
  return { givenName: emailConfirmedAt === null ? null : givenName };
}

/** A new link; only its hash is kept. */
export async function makeLink(
  tx: Tx,
  { tenant, memberId }: Recipient,
  purpose: LinkPurpose,
  at: Date,
  newEmailAddress: string | null = null,
): Promise<string> {
  const token = generateSecret();
  await insertLink(tx, {
    ...{ tenantId: tenant.id, memberId, purpose, newEmailAddress, tokenHash: hashSecret(token) },
    ...{ createdAt: at, expiresAt: addSeconds(at, linkSeconds[purpose]) },
  });
  return `${tenant.publicUrl}${pathByPurpose[purpose]}?token=${token}`;
}

/** A mail about what the account's own person did. */
export async function postNotice(tx: Tx, recipient: Recipient, text: Text, at: Date): Promise<void> {
  await post(tx, recipient, text, null, at);
}

/**
 * A mail that anybody can ask for who knows the address: three an hour of a kind, and no more are written. Each kind counts by
 * itself, so that nobody who signs up with a stranger's address uses up the stranger's new passwords. `write` makes the mail,
 * and its link, where it is one of the three. The caller holds the account, so that of many who ask at once three are heard.
 */
export async function postRequestedMail(
  tx: Tx,
  recipient: Recipient,
  requestedFor: RequestedMail,
  write: () => Promise<Text> | Text,
  at: Date,
): Promise<void> {
  const since = addSeconds(at, -requestedWithinSeconds);
  const { tenant, memberId } = recipient;
  const posted = await countRequestedMails(tx, { tenantId: tenant.id, memberId, requestedFor, since });
  if (posted < requestedMost) await post(tx, recipient, await write(), requestedFor, at);
}

function post(
  tx: Tx,
  { tenant, memberId, emailAddress }: Recipient,
  text: Text,
  requestedFor: RequestedMail | null,
  at: Date,
): Promise<void> {
  const message = { ...text, to: emailAddress };
  return postMail(tx, { ...senderOf(tenant), tenantId: tenant.id, memberId, requestedFor, message, at });
}
