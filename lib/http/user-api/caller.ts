/** Who calls the user API: a programme by its key, and for it a member, a server, a till or an admin (contract 5.1). */
import { log } from "#lib/config/log.ts";
import { requestContext } from "#lib/config/request-context.ts";
import { type Admin, findAdminByToken } from "#lib/domain/admins/find-admin.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { matchesHash } from "#lib/domain/secrets.ts";
import { findTenantByApiKey, type KeyHolder } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { judgeUserToken, type UserClaims } from "#lib/domain/tokens/user-token.ts";
import type { Level } from "#lib/http/openapi/operation.ts";

const secretLengthMax = 512; // as a programme file takes it

type KeyCaller = { kind: "key" };
type UserCaller = { kind: "user"; claims: UserClaims };
/** A server that knows the secret of this event type, and perhaps of others that have the same. */
type ServerCaller = { kind: "server"; eventTypeSecret: string };
type TillCaller = { kind: "till" };
type AdminCaller = { kind: "admin"; admin: Admin };

export type Callers = {
  anonymous: KeyCaller;
  optionalUser: KeyCaller | UserCaller;
  user: UserCaller;
  admin: AdminCaller;
  reporter: UserCaller | ServerCaller | AdminCaller;
  batchReporter: ServerCaller | AdminCaller;
  till: TillCaller | AdminCaller;
};
type AnyCaller = Callers[Level];

/** The programme whose key a request carries. Refuses `api_key_invalid`. */
export async function requireApiKey(request: Request): Promise<KeyHolder> {
  const key = request.headers.get("x-api-key");
  const holder = key ? await findTenantByApiKey(key) : null;
  if (!holder) throw new DomainError("api_key_invalid");
  return holder;
}

/** Refuses `token_missing`, `token_invalid`, `admin_required`, `identity_provider_unavailable`. */
export async function requireCaller<Of extends Level>(
  level: Of,
  request: Request,
  holder: KeyHolder,
): Promise<Callers[Of]> {
  return (await callerAt(level, request, holder)) as Callers[Of];
}

async function callerAt(level: Level, request: Request, holder: KeyHolder): Promise<AnyCaller> {
  if (level === "anonymous") return { kind: "key" };
  const isTill = level === "till" && holder.apiKey.scopes.includes("till");
  const header = request.headers.get("authorization");
  if (header === null && level === "optionalUser") return { kind: "key" };
  if (header === null && isTill) return { kind: "till" };
  const token = bearerIn(header ?? "");
  if (token === null) throw new DomainError("token_missing");

  const caller = await callerBehind(level, holder.tenant, token);
  if (level === "user" || level === "optionalUser" || level === "reporter") return caller;
  if (caller.kind !== "user") return caller;
  if (isTill) return { kind: "till" };
  throw new DomainError("admin_required");
}

/** The bearer token of an Authorization header, as it is; null where it has none: another scheme's is no bearer. */
function bearerIn(header: string): string | null {
  const bearer = /^Bearer(?: +(.*))?$/i.exec(header);
  return bearer && (bearer[1] ?? "");
}

/** Whose bearer token it is, of those that the level can do something with. */
async function callerBehind(
  level: Level,
  tenant: Tenant,
  token: string,
): Promise<UserCaller | ServerCaller | AdminCaller> {
  if (level !== "user" && level !== "optionalUser") {
    const admin = await findAdminByToken(tenant, token);
    if (admin) return { kind: "admin", admin };
  }
  if ((level === "reporter" || level === "batchReporter") && isEventTypeSecret(tenant, token)) {
    return { kind: "server", eventTypeSecret: token };
  }
  const { claims, fault } = await judgeUserToken(tenant, token);
  if (claims) return { kind: "user", claims };

  const { requestId } = requestContext.getStore() ?? {};
  log().info({ requestId, tenant: tenant.code, fault: fault.code }, "user access token refused");
  throw new DomainError("token_invalid");
}

/** Every secret is compared, so that the time says nothing of which one was near. */
function isEventTypeSecret({ eventTypeSecrets }: Tenant, token: string): boolean {
  if (token.length > secretLengthMax) return false;
  return eventTypeSecrets.filter(({ secretHash }) => matchesHash(token, secretHash)).length > 0;
}
