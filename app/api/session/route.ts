/** /api/session: what the microsite's own pages ask about their session, and how they end it. */
import { DomainError } from "#lib/domain/errors.ts";
import { signOut } from "#lib/domain/sessions/end-session.ts";
import { readSession, type SignedIn } from "#lib/domain/sessions/read-session.ts";
import { findProviderSignOut } from "#lib/domain/sign-in/provider-sign-out.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { findSignedIn } from "#lib/http/member-session.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { sessionJson, walletRevision } from "#lib/http/schemas/session.ts";
import { readCookieCredentials, signedOutAnswer } from "#lib/http/session-cookie.ts";

/** GET /api/session: who is signed in, and for how long. Asking extends nothing. */
export const GET = hostRoute(async (request, tenant) => {
  const signedIn = await findSignedIn(request, tenant);
  return signedIn ? answerFor(signedIn) : jsend.success(sessionJson(null));
});

/** POST /api/session: the person is still here; extends the idle limit. */
export const POST = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const credentials = await readCookieCredentials(request.headers);
  const signedIn = await readSession(tenant, credentials, { isActivity: true });
  if (!signedIn) throw new DomainError("session_invalid");
  return answerFor(signedIn);
});

/** DELETE /api/session: sign out in this browser, also where nobody is signed in. */
export const DELETE = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const credentials = await readCookieCredentials(request.headers);
  const redirectTo = await findProviderSignOut(tenant, credentials);
  await signOut(tenant.id, credentials);
  return signedOutAnswer(request, tenant, redirectTo);
});

/** The wallet's state goes along as a header, by which an open page sees that it shows another one. */
function answerFor({ session, wallet }: SignedIn): Response {
  return jsend.success(sessionJson(session), { "X-Wallet-Revision": walletRevision(wallet) });
}
