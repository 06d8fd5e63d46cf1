import type { AdmitTry } from "#lib/domain/accounts/sign-in-with-password.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { admitSignIn, countAgainst, limiterKeyOf } from "#lib/http/rate-limits.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";

/** Where a caller's tries of a password come from, and how they are counted: by that address, and by the account. */
export function passwordTries(request: Request, { id }: Tenant): { address: string; admit: AdmitTry } {
  const address = limiterKeyOf(clientAddressOf(request.headers));
  const admit = async (account: string, knownPlace: string | null) => {
    await countAgainst("sign-in-address", address);
    await admitSignIn(id, account, knownPlace);
  };
  return { address, admit };
}
