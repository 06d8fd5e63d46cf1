/** Who calls the user API: a programme by its key, and for it a member, a server, a till or an admin (contract 5.1). */
import { log } from "#lib/config/log.ts";
import { requestContext } from "#lib/config/request-context.ts";
import { type Admin, findAdminByToken } from "#lib/domain/admins/find-admin.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { matchesHash } from "#lib/domain/secrets.ts";
import { readEndUser } from "#lib/domain/sessions/end-user-session.ts";
import { findTenantByApiKey, type KeyHolder } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { isOwnTokenOf } from "#lib/domain/tokens/own-token.ts";
import { judgeUserToken, type UserClaims } from "#lib/domain/tokens/user-token.ts";
import { bearerIn } from "#lib/http/bearer.ts";
import type { Level } from "#lib/http/openapi/operation.ts";

const secretLengthMax = 512; // as a programme file takes it

type KeyCaller = { kind: "key" };
/** `endUserToken`: where the member came with one of these, which lives from call to call. */
type UserCaller = { kind: "user"; claims: UserClaims; endUserToken: string | null };
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

/** The programme whose key a request carries in one of these headers. Refuses `api_key_invalid`, also for two keys. */
export async function requireApiKey(
  request: Request,
  headers: readonly string[] = ["x-api-key"],
): Promise<KeyHolder> {
  const sent = headers.map((header) => request.headers.get(header)).filter((value) => value !== null);
  const [key, ...others] = new Set(sent);
  const holder = key && others.length === 0 ? await findTenantByApiKey(key) : null;
  if (!holder) throw new DomainError("api_key_invalid");
  return holder;
}

/** Refuses `token_missing`, `token_invalid`, `admin_required`, `forbidden`, `identity_provider_unavailable`. */
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
  const token = bearerIn(header);
  if (token === null) throw new DomainError("token_missing");

  const caller = await callerBehind(level, holder.tenant, token);
  if (level === "user" || level === "optionalUser") return caller;
  if (level === "reporter" && caller.kind === "user") return caller;
  if (caller.kind === "admin") requireRole(caller.admin, level, request.method);
  if (caller.kind !== "user") return caller;
  if (isTill) return { kind: "till" };
  throw new DomainError("admin_required");
}

/** Who looks after a programme changes it; who views it looks on; and who is at the till takes vouchers. */
export function requireRole({ role }: Pick<Admin, "role">, level: Level, method: string): void {
  const isRead = method === "GET" || method === "HEAD";
  const isAllowed =
    role === "OWNER" ||
    role === "EDITOR" ||
    (role === "VIEWER" && isRead) ||
    (role === "TILL" && level === "till");
  if (!isAllowed) throw new DomainError("forbidden");
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
  if (isOwnTokenOf("endUser", token)) {
    const signedIn = await readEndUser(tenant, token, { isActivity: false });
    if (!signedIn) throw new DomainError("token_invalid");
    const { authIdentifier } = signedIn.session.member;
    return { kind: "user", claims: { sub: authIdentifier }, endUserToken: token };
  }
  const { claims, fault } = await judgeUserToken(tenant, token);
  if (claims) return { kind: "user", claims, endUserToken: null };

  const { requestId } = requestContext.getStore() ?? {};
  log().info({ requestId, tenant: tenant.code, fault: fault.code }, "user access token refused");
  throw new DomainError("token_invalid");
}

/** Every secret is compared, so that the time says nothing of which one was near. */
function isEventTypeSecret({ eventTypeSecrets }: Tenant, token: string): boolean {
  if (token.length > secretLengthMax) return false;
  return eventTypeSecrets.filter(({ secretHash }) => matchesHash(token, secretHash)).length > 0;
}
