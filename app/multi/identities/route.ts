import { weavr } from "#lib/http/dialects/weavr.ts";
import { endUserRoute } from "#lib/http/weavr/route.ts";
import { identityOf } from "#lib/http/weavr/schemas.ts";

/** GET /multi/identities: who the token's person is: one member. */
export const GET = endUserRoute(async (_request, _tenant, { session }) => {
  const { givenName, familyName } = session.member.profile;
  const identities = [{ id: identityOf(session), name: `${givenName} ${familyName}` }];
  return weavr.success({ identities, count: 1, responseCount: 1 });
});
