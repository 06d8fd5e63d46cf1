import { endEndUserSession } from "#lib/domain/sessions/end-user-session.ts";
import { weavr } from "#lib/http/dialects/weavr.ts";
import { endUserRoute } from "#lib/http/weavr/route.ts";

/** POST /multi/logout: the token is dead at once. */
export const POST = endUserRoute(async (_request, tenant, { token }) => {
  await endEndUserSession(tenant, token);
  return weavr.done();
});
