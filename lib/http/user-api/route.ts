/** Every endpoint of the user API: who calls, what they sent, one answer in JSend. The order of refusals is the contract's. */
import type { z } from "zod";
import { DomainError } from "#lib/domain/errors.ts";
import { type FullWallet, getWallet } from "#lib/domain/ledger/get-wallet.ts";
import type { Member } from "#lib/domain/members/member.ts";
import { asTokenMember, getTokenMember } from "#lib/domain/members/token-member.ts";
import type { OnceKey } from "#lib/domain/once.ts";
import { readEndUser } from "#lib/domain/sessions/end-user-session.ts";
import { endOf } from "#lib/domain/sessions/session.ts";
import type { ApiKey, Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { readIdempotencyKey, replayedHeader } from "#lib/http/idempotency-key.ts";
import type { Level, Operation } from "#lib/http/openapi/operation.ts";
import { takeFromBucket } from "#lib/http/rate-limits.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { parseQuery } from "#lib/http/schemas/query.ts";
import { type Callers, requireApiKey, requireCaller } from "#lib/http/user-api/caller.ts";
import { allowOrigin } from "#lib/http/user-api/cors.ts";

/** What a handler is given: all of it checked. */
export type Call<Of extends Level, Query, Body> = {
  tenant: Tenant;
  apiKey: ApiKey;
  caller: Callers[Of];
  query: Query;
  body: Body;
  /** What varies in the path; empty where nothing does. */
  id: string;
  /** The call's Idempotency-Key, for whoever `caller` is; null where it has none. */
  key(caller: string): OnceKey | null;
};

/** `data`, and for a list where the next page starts; `isReplay`: a call with the same key had been answered with it. */
type Answered<Data> = { data: Data; nextCursor?: string | null; isReplay?: boolean };

type Params = { params: Promise<Record<string, string>> };
export type UserApiHandler = (request: Request, context?: Params) => Promise<Response>;

export function userApiRoute<
  Of extends Level,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Data extends z.ZodType,
  IsList extends boolean,
>(
  operation: Operation<Of, Query, Body, Data, IsList>,
  handle: (
    call: Call<Of, z.output<Query>, z.output<Body>>,
  ) => Promise<Answered<IsList extends true ? z.input<Data>[] : z.input<Data>>>,
): UserApiHandler {
  return async (request, context) => {
    let tenant: Tenant | null = null;
    let limitFields: Record<string, string> = {};
    let response: Response;
    try {
      const holder = await requireApiKey(request);
      tenant = holder.tenant;
      limitFields = takeFromBucket(holder.apiKey);
      const caller = await requireCaller(operation.level, request, holder);
      const sent = operation.body ? await readJsonBody(request, operation.bodyBytesMax) : undefined;
      const { id = "" } = (await context?.params) ?? {};
      const { data, nextCursor, isReplay } = await handle({
        ...{ tenant, apiKey: holder.apiKey, caller, id },
        query: (operation.query && parseQuery(operation.query, request.url)) as z.output<Query>,
        body: (operation.body && parseInput(operation.body, sent)) as z.output<Body>,
        key: operation.isIdempotent ? readIdempotencyKey(request, endpointOf(operation), sent) : () => null,
      });
      response =
        nextCursor === undefined
          ? jsend.success(data as object, replayedHeader(isReplay ?? false))
          : jsend.list(data as object[], { nextCursor });
      if (caller.kind === "user") await keepEndUser(tenant, caller.endUserToken, response);
    } catch (error) {
      response = jsend.refusal(refusalOf(error));
    }
    for (const [name, value] of Object.entries(limitFields)) response.headers.set(name, value);
    return allowOrigin(response, request, tenant);
  };
}

/** A call that succeeds keeps an end user's token alive; its client is told until when. */
async function keepEndUser(tenant: Tenant, token: string | null, response: Response): Promise<void> {
  const signedIn = token && (await readEndUser(tenant, token, { isActivity: true }));
  if (signedIn) response.headers.set("Session-Expires-At", endOf(signedIn.session).toISOString());
}

/** The wallet of the member behind a user's token. Refuses `member_unknown` and `member_restricted`. */
export async function walletOfCall({ tenant, caller }: UserCall): Promise<FullWallet> {
  const wallet = await asTokenMember(tenant, caller.claims, (authIdentifier) =>
    getWallet(tenant, { authIdentifier }),
  );
  if (wallet.isRestricted) throw new DomainError("member_restricted");
  return wallet;
}

/** The member behind a user's token: see `getTokenMember`. */
export function memberOfCall({ tenant, caller }: UserCall): Promise<Member> {
  return getTokenMember(tenant, caller.claims);
}

type UserCall = { tenant: Tenant; caller: Callers["user"] };

function endpointOf({ method, path }: Pick<Operation, "method" | "path">): string {
  return `${method} ${path}`;
}
