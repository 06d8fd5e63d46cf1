/**
 * Laurel accounts in tests: people who sign up and sign in, and the mails that they get. For a test file that keeps the
 * mails in the outbox: `vi.mock("#lib/domain/mail/deliver-mails.ts")`.
 */
import * as nextAuthRoute from "#app/api/auth/[...nextauth]/route.ts";
import { db } from "#lib/db/client.ts";
import type { AccountMails } from "#lib/domain/accounts/account-mails.ts";
import { type ConfirmEmail, confirmEmail } from "#lib/domain/accounts/confirm-email.ts";
import {
  checkRegistration,
  type RegisterAccount,
  registerAccount,
} from "#lib/domain/accounts/register-account.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import type { SealedMessage } from "#lib/domain/mail/post-mail.ts";
import { unsealSecret } from "#lib/domain/secrets.ts";
import { ownedHeaders } from "#lib/http/request-facts.ts";
import { type Answer, cookieOf } from "#tests/support/calls.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";

export const jane = {
  ...{ givenName: "Jane", familyName: "Doe", emailAddress: "jane@example.com" },
  password: "a walk along the canal",
};
export type Person = typeof jane;

/** A tenant with Laurel accounts, which is what an interactive one without an identity server has. */
export function createAccountTenant(settings: Record<string, unknown> = {}): Promise<TestTenant> {
  return createTenant({ authMode: "interactive", ...settings });
}

/** Mails that say what they were told, and no more. */
export const mails: AccountMails = {
  confirmEmail: (facts) => letter("confirmEmail", facts),
  accountExists: (facts) => letter("accountExists", facts),
  resetPassword: (facts) => letter("resetPassword", facts),
  passwordChanged: (facts) => letter("passwordChanged", facts),
  confirmNewEmail: (facts) => letter("confirmNewEmail", facts),
  emailChanged: (facts) => letter("emailChanged", facts),
};

function letter(kind: keyof AccountMails, facts: object) {
  return { subject: kind, text: JSON.stringify(facts), html: "" };
}

export type PostedMail = {
  kind: keyof AccountMails;
  to: string;
  requestedFor: string | null;
  facts: Readonly<Record<string, string>>;
};

/** What lies in the outbox for the members of a tenant, the oldest first. */
export async function mailsOf({ id: tenantId }: TestTenant): Promise<PostedMail[]> {
  const orderBy = [{ createdAt: "asc" }, { id: "asc" }] as const;
  const rows = await db().outboxMail.findMany({ where: { tenantId }, orderBy: [...orderBy] });
  return rows.map(({ sealedMessage, requestedFor }) => {
    const { to, subject, text } = JSON.parse(unsealSecret(sealedMessage ?? "")) as SealedMessage;
    return { kind: subject as keyof AccountMails, to, requestedFor, facts: JSON.parse(text) };
  });
}

/** The token of the newest mail of a kind. */
export async function newestToken(tenant: TestTenant, kind: keyof AccountMails): Promise<string> {
  const mail = (await mailsOf(tenant)).findLast((each) => each.kind === kind);
  return tokenIn(mail);
}

export function tokenIn(mail: PostedMail | undefined): string {
  return new URL(mail?.facts.link ?? "http://no.mail/").searchParams.get("token") ?? "";
}

/** What the browser of `signUp` is known by. */
const signUpSecret = "the secret of the browser that signs up";

export async function signUp(tenant: TestTenant, person: Partial<RegisterAccount> = {}): Promise<void> {
  await registerAccount(await checkRegistration({ ...jane, tenant, mails, signUpSecret, ...person }));
}

/** A link of a mail, as it is opened in the browser of `signUp`, unless `by` says otherwise. */
export function openedLink(tenant: TestTenant, token: string, by: Partial<ConfirmEmail> = {}): ConfirmEmail {
  return {
    ...{ tenant, token, mails, signUpSecret, signedInId: null, password: null },
    ...{ address: "192.0.2.1", admit: async () => undefined, ...by },
  };
}

/** Somebody who has signed up and confirmed the address. */
export async function createAccount(
  tenant: TestTenant,
  person: Partial<Person> = {},
): Promise<Person & { memberId: MemberId }> {
  const whole = { ...jane, ...person };
  await signUp(tenant, whole);
  if (tenant.emailConfirmation === "required") {
    const token = await newestToken(tenant, "confirmEmail");
    await confirmEmail(openedLink(tenant, token, { address: "198.51.100.200" })); // no test's own address
  }
  return { ...whole, memberId: (await accountRow(tenant, whole.emailAddress)).memberId as MemberId };
}

export function accountRow({ id: tenantId }: TestTenant, emailAddress = jane.emailAddress) {
  return db().account.findFirstOrThrow({ where: { tenantId, emailAddress: emailAddress.toLowerCase() } });
}

export type SignInCall = {
  email?: string;
  password?: string;
  callbackUrl?: string;
  /** Whether a script asks, which wants JSON, and not a form. */
  json?: boolean;
  /** Instead of the fields above. */
  body?: string;
  headers?: Readonly<Record<string, string>>;
  address?: string;
};

/** POST /api/auth/callback/credentials, from the tenant's own page unless `headers` say otherwise. */
export async function postSignIn(tenant: TestTenant, call: SignInCall = {}): Promise<Answer> {
  const { email = jane.emailAddress, password = jane.password, callbackUrl, json = true } = call;
  const fields = { email, password, ...(callbackUrl && { callbackUrl }), ...(json && { json: "true" }) };
  const { host } = tenant;
  const response = await nextAuthRoute.POST(
    new Request(`http://${host}/api/auth/callback/credentials`, {
      method: "POST",
      headers: {
        ...{ host, origin: `http://${host}`, "content-type": "application/x-www-form-urlencoded" },
        [ownedHeaders.clientAddress]: call.address ?? "192.0.2.1",
        ...call.headers,
      },
      body: call.body ?? new URLSearchParams(fields).toString(),
    }),
  );
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, cookies: headers.getSetCookie(), json: text === "" ? null : JSON.parse(text) };
}

/** Signs in; the cookie. */
export async function signIn(tenant: TestTenant, call: SignInCall = {}): Promise<string> {
  return cookieOf(await postSignIn(tenant, call), "__Host-session");
}

/** Where an answer leads, and why. */
export function errorIn({ json, headers }: Answer): string | null {
  const url = new URL(json?.url ?? headers.get("location") ?? "/", "http://any.localhost");
  return url.searchParams.get("error");
}

/** What a command refuses with: what is wrong by field, or else its code. */
export async function problemsOf(command: Promise<unknown>): Promise<unknown> {
  try {
    await command;
    return "none";
  } catch (error) {
    const { code, details } = error as { code?: string; details?: { problems?: object } };
    if (code === undefined) throw error;
    return details?.problems ?? code;
  }
}
