/** A Laurel account: a member's own e-mail address and password, where the programme has no identity server. */
import type { AccountRow } from "#lib/db/accounts.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { emailAddress } from "#lib/domain/texts.ts";

/** Whether members of a programme have accounts of Laurel's. */
export function hasAccounts({ authMode, oauth2 }: Tenant): boolean {
  return authMode === "interactive" && oauth2 === null;
}

/** Whether its person has shown up: by the link in a mail, or by signing in where that asks for no link. */
export function wasEverUsed(account: Pick<AccountRow, "emailConfirmedAt" | "knownAddresses">): boolean {
  return account.emailConfirmedAt !== null || account.knownAddresses.length > 0;
}

/**
 * An e-mail address as accounts keep and compare it: a person types capitals as they come. It is nobody's identity
 * anywhere else. Null for what is no address.
 */
export function parseAccountEmail(text: string): string | null {
  return emailAddress.safeParse(text).success ? accountEmailOf(text) : null;
}

export function accountEmailOf(address: string): string {
  return address.toLowerCase();
}

/** What can be wrong with what somebody entered: the sentence for programs; pages have one in the reader's language. */
const problems = {
  email_invalid: "Enter an e-mail address.",
  email_same: "This is your e-mail address already.",
  password_short: "Enter at least 8 characters.",
  password_long: "Enter at most 256 characters.",
  password_unprintable: "Remove the control characters.",
  password_common: "This password is among the first to be guessed. Choose another.",
  password_is_email: "This password is your e-mail address. Choose another.",
  password_wrong: "This is not your password.",
  link_invalid: "This link no longer works. Ask for a new one.",
} as const;

export type AccountProblem = keyof typeof problems;

/** `invalid_input`, with a sentence and a code for each field. */
export function refuseFields(wrong: Readonly<Record<string, AccountProblem>>): DomainError {
  const entries = Object.entries(wrong);
  const fields = Object.fromEntries(entries.map(([field, problem]) => [field, problems[problem]]));
  return new DomainError("invalid_input", { fields, problems: wrong });
}
