import { weavr } from "#lib/http/dialects/weavr.ts";
import { endUserRoute } from "#lib/http/weavr/route.ts";
import { identitiesJson } from "#lib/http/weavr/schemas.ts";

/** GET /multi/identities: who the token's person is: one member. */
export const GET = endUserRoute(async (_request, _tenant, { session }) =>
  weavr.success(identitiesJson(session)),
);
