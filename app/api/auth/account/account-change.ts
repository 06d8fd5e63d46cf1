import type { ZodType } from "zod";

import { accountMails } from "#app/_mail/account-mails.tsx";
import { DomainError } from "#lib/domain/errors.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { findSignedIn } from "#lib/http/member-session.ts";
import { admitSignIn, limiterKeyOf } from "#lib/http/rate-limits.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";

/** What a signed-in person wants changed of their account, with what it takes to look at the password. */
export async function readAccountChange<Input extends object>(
  request: Request,
  tenant: Tenant,
  schema: ZodType<Input>,
) {
  const signedIn = await findSignedIn(request, tenant);
  if (!signedIn) throw new DomainError("session_invalid");
  const input = parseInput(schema, await readJsonBody(request));
  return {
    ...input,
    ...{ tenant, session: signedIn.session, mails: await accountMails(tenant) },
    address: limiterKeyOf(clientAddressOf(request.headers)),
    admit: (account: string, knownAddress: string | null) => admitSignIn(tenant.id, account, knownAddress),
  };
}
