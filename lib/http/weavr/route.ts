/** Every endpoint of Weavr's clients: the programme is its key's, who calls is an end user's token's. */
import type { z } from "zod";

import { DomainError } from "#lib/domain/errors.ts";
import { readEndUser } from "#lib/domain/sessions/end-user-session.ts";
import { endOf, type Session } from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { bearerIn } from "#lib/http/bearer.ts";
import { weavr } from "#lib/http/dialects/weavr.ts";
import { takeFromBucket } from "#lib/http/rate-limits.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { requireApiKey } from "#lib/http/user-api/caller.ts";
import { allowOrigin } from "#lib/http/user-api/cors.ts";
import type { UserApiHandler } from "#lib/http/user-api/route.ts";

type Handle = (request: Request, tenant: Tenant) => Promise<Response>;

/** For anybody with the programme's key. */
export function keyRoute(handle: Handle): UserApiHandler {
  return async (request) => {
    let tenant: Tenant | null = null;
    let response: Response;
    try {
      const holder = await requireApiKey(request, ["api-key", "x-api-key"]);
      tenant = holder.tenant;
      takeFromBucket(holder.apiKey);
      response = await handle(request, tenant);
    } catch (error) {
      response = weavr.refusal(refusalOf(error));
    }
    return allowOrigin(response, request, tenant);
  };
}

/** For an end user: a call that succeeds keeps the token alive, and every answer says until when. */
export function endUserRoute(
  handle: (
    request: Request,
    tenant: Tenant,
    endUser: { token: string; session: Session },
  ) => Promise<Response>,
): UserApiHandler {
  return keyRoute(async (request, tenant) => {
    const token = bearerIn(request.headers.get("authorization"));
    const signedIn = token && (await readEndUser(tenant, token, { isActivity: false }));
    if (!token || !signedIn) throw new DomainError("token_invalid");
    const { session } = signedIn;
    const response = await handle(request, tenant, { token, session }).catch((error: unknown) =>
      weavr.refusal(refusalOf(error)),
    );
    const kept = response.ok ? await readEndUser(tenant, token, { isActivity: true }) : signedIn;
    if (kept) response.headers.set("Session-Expires-At", endOf(kept.session).toISOString());
    return response;
  });
}

/** The body as the schema takes it. Refuses `invalid_input` and `invalid_json`. */
export async function readInput<Input>(request: Request, schema: z.ZodType<Input>): Promise<Input> {
  return parseInput(schema, await readJsonBody(request));
}
