import { signOut } from "#lib/domain/sessions/end-session.ts";
import { findProviderSignOut } from "#lib/domain/sign-in/provider-sign-out.ts";
import { interactiveRoute } from "#lib/http/api-route.ts";
import { privateHeaders } from "#lib/http/private-answers.ts";
import { readFields } from "#lib/http/read-fields.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { clearedCookies, readCookieCredentials, withCookies } from "#lib/http/session-cookie.ts";

/**
 * POST /api/auth/signout: as next-auth's own, for a form that signs out without a script, or a script of next-auth's
 * (`json=true`). Our pages use DELETE /api/session.
 */
export const POST = interactiveRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const { json } = await readFields(request);
  const credentials = await readCookieCredentials(request.headers);
  const redirectTo = (await findProviderSignOut(tenant, credentials)) ?? `${tenant.publicUrl}/signed-out`;
  await signOut(tenant.id, credentials);
  const headers = { ...privateHeaders, "Clear-Site-Data": '"cache", "storage"' };
  const answer =
    json === "true"
      ? Response.json({ url: redirectTo }, { headers })
      : new Response(null, { status: 303, headers: { ...headers, Location: redirectTo } });
  return withCookies(answer, clearedCookies(request, tenant));
});
