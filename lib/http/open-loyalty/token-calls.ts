/** The calls by which clients of Open Loyalty get, renew and end their tokens (contract 6.1). */
import { DomainError } from "#lib/domain/errors.ts";
import { findTenantByCode } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { readAdminToken, readMemberToken } from "#lib/domain/token-pairs/token-actor.ts";
import {
  refreshTokens,
  revokeTokens,
  signInForTokens,
  type TokenDoor,
  type TokenPair,
} from "#lib/domain/token-pairs/token-pair.ts";
import { isOwnTokenOf, storeCodeIn } from "#lib/domain/tokens/own-token.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import { requireBearer, sayingWhatIsWrong } from "#lib/http/open-loyalty/caller.ts";
import { parseSent } from "#lib/http/open-loyalty/input.ts";
import { loginInput, refreshInput } from "#lib/http/open-loyalty/schemas.ts";
import { countAddressAgainst, countAgainst } from "#lib/http/rate-limits.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";

/** Signs in with `username` and `password`, or as version 3 names them, `_username` and `_password`. */
export async function answerLogin(request: Request, door: TokenDoor): Promise<Response> {
  await countAddressAgainst(`${door.kind}-login-address`, clientAddressOf(request.headers));
  const { _username, _password, ...sent } = { ...(await readJsonBody(request)) } as Record<string, unknown>;
  const { username, password } = parseSent(loginInput, {
    ...{ username: _username, password: _password },
    ...sent,
  });
  const admit = (actor: string) => countAgainst(`${door.kind}-login-account`, keyOf(door, actor));
  return answerPair(await signInForTokens({ door, username, password, admit }));
}

/** The next pair for `refresh_token`. */
export async function answerRefresh(request: Request, door: TokenDoor): Promise<Response> {
  await countAddressAgainst(`${door.kind}-refresh-address`, clientAddressOf(request.headers));
  const sent = { refresh_token: null as unknown, ...(await readJsonBody(request)) };
  const isThere = typeof sent.refresh_token === "string" && sent.refresh_token !== "";
  if (!isThere) throw new DomainError("refresh_token_missing");
  const { refresh_token: refreshToken } = parseSent(refreshInput, sent);
  const admit = async (actor: string) => {
    if (door.kind === "member") await countAgainst("member-refresh-account", keyOf(door, actor));
  };
  return answerPair(await refreshTokens({ door, refreshToken, admit }));
}

/** Ends every refresh token of whoever calls. */
export async function answerRevoke(request: Request): Promise<Response> {
  const token = requireBearer(request);
  await sayingWhatIsWrong(async () => {
    if (isOwnTokenOf("admin", token)) return revokeTokens({ kind: "admin" }, await readAdminToken(token));
    const tenant = await findTenantByCode(storeCodeIn(token) ?? "");
    if (!tenant) throw new DomainError("token_invalid");
    return revokeTokens({ kind: "member", tenant }, await readMemberToken(tenant, token));
  });
  return openLoyalty.done();
}

function answerPair({ accessToken, refreshToken }: TokenPair): Response {
  return openLoyalty.success({ token: accessToken, refresh_token: refreshToken });
}

function keyOf(door: TokenDoor, actor: string): string {
  const tenant: Tenant | null = door.kind === "member" ? door.tenant : null;
  return JSON.stringify([tenant?.id ?? null, actor]);
}
