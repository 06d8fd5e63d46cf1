import type { ZodType } from "zod";

import { accountMails } from "#app/_mail/account-mails.tsx";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { requireSignedIn } from "#lib/http/member-session.ts";
import { passwordTries } from "#lib/http/password-tries.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";

/** What a signed-in person wants changed of their account, with what it takes to look at the password. */
export async function readAccountChange<Input extends object>(
  request: Request,
  tenant: Tenant,
  schema: ZodType<Input>,
) {
  const { session } = await requireSignedIn(request, tenant);
  const input = parseInput(schema, await readJsonBody(request));
  const mails = await accountMails(tenant, session.member.locale);
  return { ...input, ...{ tenant, session, mails, ...passwordTries(request, tenant) } };
}
