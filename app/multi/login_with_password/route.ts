import { signInEndUser } from "#lib/domain/accounts/sign-in-end-user.ts";
import { weavr } from "#lib/http/dialects/weavr.ts";
import { countAgainst, limiterKeyOf } from "#lib/http/rate-limits.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";
import { keyRoute, readInput } from "#lib/http/weavr/route.ts";
import { loginInput, signedInJson } from "#lib/http/weavr/schemas.ts";

/** POST /multi/login_with_password: an end user's token. */
export const POST = keyRoute(async (request, tenant) => {
  const address = limiterKeyOf(clientAddressOf(request.headers));
  await countAgainst("sign-in-address", address);
  const { email, password } = await readInput(request, loginInput);
  const signedIn = await signInEndUser({ tenant, emailAddress: email, password: password.value, address });
  return weavr.success(signedInJson(signedIn));
});
