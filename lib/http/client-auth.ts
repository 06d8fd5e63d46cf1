import { DomainError } from "#lib/domain/errors.ts";
import { matchesHash } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { countAgainst, limiterKeyOf } from "#lib/http/rate-limits.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";

/**
 * The host's server behind a request, by its X-Client-ID; answers with the id of that secret. Refuses `server_side_only`
 * for a browser, `client_invalid` for everybody else, and `rate_limited` for who keeps guessing: a good client id passes
 * always, whoever guesses from the same address.
 */
export async function requireClient(request: Request, tenant: Tenant): Promise<string> {
  if (request.headers.has("origin") || request.headers.has("sec-fetch-site")) {
    throw new DomainError("server_side_only");
  }
  const clientId = request.headers.get("x-client-id") ?? "";
  // Every secret is compared, so that the time says nothing of which one was near.
  const matches = tenant.clientSecrets.filter(({ secretHash }) => matchesHash(clientId, secretHash));
  const [match] = matches;
  if (match) return match.id;

  await countAgainst("bad-client-ids", limiterKeyOf(clientAddressOf(request.headers)));
  throw new DomainError("client_invalid");
}
