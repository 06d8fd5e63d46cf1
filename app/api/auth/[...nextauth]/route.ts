/** Interactive sign-in: next-auth's addresses, as the route table lists them. */
import { DomainError } from "#lib/domain/errors.ts";
import { interactiveRoute } from "#lib/http/api-route.ts";
import { answerInteractive, type InteractiveCall } from "#lib/http/interactive-login.ts";
import { readFields } from "#lib/http/read-fields.ts";
import { isPrefetch } from "#lib/http/request-facts.ts";

const answer = interactiveRoute(async (request, tenant) => {
  if (isPrefetch(request.headers)) return new Response(null, { status: 204 });
  const [action, provider = null] = new URL(request.url).pathname.split("/").slice(3);
  const own = tenant.oauth2 ? "idp" : "credentials";
  if (provider !== null && provider !== own) throw new DomainError("not_found"); // the other way in
  const body = request.method === "POST" ? await readFields(request) : {};
  return answerInteractive({ request, tenant, action, provider, body } as InteractiveCall);
});

export const GET = answer;
export const POST = answer;
