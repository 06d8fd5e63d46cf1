/** Who calls the endpoints of Open Loyalty's clients: a member, or somebody who runs the programme (contract 6.2). */
import { type Admin, findAdminByKey } from "#lib/domain/admins/find-admin.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { readAdminToken, readMemberToken, roleIn } from "#lib/domain/token-pairs/token-actor.ts";
import { Faulty } from "#lib/domain/tokens/compact-jws.ts";
import { isOwnTokenOf } from "#lib/domain/tokens/own-token.ts";
import { bearerIn } from "#lib/http/bearer.ts";
import { requireRole } from "#lib/http/user-api/caller.ts";

export type MemberCaller = { kind: "member"; memberId: MemberId };
export type AdminCaller = { kind: "admin"; admin: Admin };
export type Caller = MemberCaller | AdminCaller;

/**
 * Who calls, as their row says now. Refuses `token_missing`, `token_invalid`, `token_expired`, and `forbidden` for an admin
 * whose role is too small.
 */
export async function requireCaller(request: Request, tenant: Tenant): Promise<Caller> {
  const caller = await callerOf(request, tenant);
  if (caller.kind === "admin") requireRole(caller.admin, "admin", request.method);
  return caller;
}

async function callerOf(request: Request, tenant: Tenant): Promise<Caller> {
  const key = request.headers.get("x-auth-token");
  if (key !== null) {
    // Of two credentials neither is taken: they could be two people's.
    const admin = request.headers.has("authorization") ? null : await findAdminByKey(tenant, key);
    if (!admin) throw new DomainError("token_invalid");
    return { kind: "admin", admin };
  }
  const token = requireBearer(request);
  return sayingWhatIsWrong(async () => {
    if (!isOwnTokenOf("admin", token)) {
      const { memberId } = await readMemberToken(tenant, token);
      return { kind: "member", memberId };
    }
    const actor = await readAdminToken(token);
    const role = roleIn(actor, tenant.id);
    if (!role) throw new DomainError("token_invalid"); // an admin of other programmes
    return { kind: "admin", admin: { id: actor.adminId, role } };
  });
}

/** Refuses `token_missing`. */
export function requireBearer(request: Request): string {
  const token = bearerIn(request.headers.get("authorization"));
  if (token === null) throw new DomainError("token_missing");
  return token;
}

/** What is wrong with a token is the operator's to know; a client hears whether it was too late. */
export async function sayingWhatIsWrong<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Faulty)) throw error;
    throw new DomainError(error.fault.code === "expired" ? "token_expired" : "token_invalid");
  }
}
