/** Stores for clients of Open Loyalty: who calls them, and with what. */
import { randomUUID } from "node:crypto";

import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import type { AdminRole } from "#lib/domain/token-pairs/token-actor.ts";
import { adminRoles, newAdmins } from "#tests/support/admins.ts";
import { type ClientAnswer, type ClientCall, callClient } from "#tests/support/client-apis.ts";
import { createProgramme } from "#tests/support/engine.ts";
import { profile, type TestTenant } from "#tests/support/factories.ts";

const password = "a walk along the canal";
export const jane = { authIdentifier: "user-1", profile, password, points: 500 };
export const joan = {
  authIdentifier: "user-2",
  profile: { givenName: "Joan", familyName: "Roe", emailAddress: "joan@example.com" },
  ...{ password, points: 70 },
};

export type Store = TestTenant & { adminKey: string; admins: Readonly<Record<AdminRole, string>> };

/** A store with Jane and Joan, an admin of each role, an admin API key, and a point for each euro; `settings` may say otherwise. */
export async function createStore(settings: object = {}): Promise<Store> {
  const adminKey = `admin-key-${randomUUID()}`;
  const { admins, inFile } = newAdmins(adminRoles);
  const tenant = await createProgramme({
    members: [jane, joan],
    adminApiKeys: [{ name: "shop", key: adminKey }],
    admins: inFile,
    ...settings,
  });
  return { ...tenant, adminKey, admins };
}

/** A member's token, by the account's e-mail. */
export async function memberToken({ code }: Store, { profile: { emailAddress } } = jane): Promise<string> {
  const body = { username: emailAddress, password };
  const answer = await callClient(`POST /api/${code}/member/login_check`, { body, address: randomUUID() });
  return answer.json.token;
}

/** `endpoint` as in "GET /member/reward", below the store's own address. */
export function callStore({ code }: Store, endpoint: string, call: ClientCall = {}): Promise<ClientAnswer> {
  return callClient(endpoint.replace(" ", ` /api/${code}`), call);
}

/** The same with the store's admin API key. */
export function callAsAdmin(store: Store, endpoint: string, body?: unknown): Promise<ClientAnswer> {
  const headers = { "x-auth-token": store.adminKey };
  return callStore(store, endpoint, body === undefined ? { headers } : { headers, body });
}

export function memberRow({ id: tenantId }: Store, { authIdentifier }: { authIdentifier: string } = jane) {
  return db().member.findUniqueOrThrow({ where: { tenantId_authIdentifier: { tenantId, authIdentifier } } });
}

export async function memberIdOf(store: Store, person: { authIdentifier: string } = jane): Promise<MemberId> {
  return (await memberRow(store, person)).id as MemberId;
}

/** What a refusal is to be. */
export function refusal(code: number, message: string) {
  return { status: code, json: { code, message } };
}

/** What is to be said of what was sent; fields by their paths. */
export function invalid(fields: Readonly<Record<string, string>>) {
  const errors = Object.entries(fields).map(([path, message]) => ({
    ...{ message, parameters: [], plural: null, code: null, path },
  }));
  return { status: 400, json: { code: 400, message: "Validation failed", errors } };
}
