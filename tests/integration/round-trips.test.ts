import { randomUUID } from "node:crypto";
import { afterEach, beforeAll, expect, test, vi } from "vitest";

import { findAdminByKey } from "#lib/domain/admins/find-admin.ts";
import { getBenefit } from "#lib/domain/benefits/get-benefit.ts";
import { purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { getHome } from "#lib/domain/home/get-home.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { getWalletDetails } from "#lib/domain/ledger/get-wallet-details.ts";
import { listStatement } from "#lib/domain/ledger/list-statement.ts";
import { onceKey } from "#lib/domain/once.ts";
import { getShelfReward, listShelf } from "#lib/domain/rewards/shelf.ts";
import { readEndUser } from "#lib/domain/sessions/end-user-session.ts";
import { listSignInPlaces } from "#lib/domain/sessions/list-sign-in-places.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { readAdminToken, readMemberToken } from "#lib/domain/token-pairs/token-actor.ts";
import { refreshTokens } from "#lib/domain/token-pairs/token-pair.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";
import { adminToken } from "#tests/support/admins.ts";
import { callSession, cookieOf, openLink, postAuth } from "#tests/support/calls.ts";
import { callClient } from "#tests/support/client-apis.ts";
import { buy, createMember, pointPerEuro, purchaseType, report, rewardIdOf } from "#tests/support/engine.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";
import { jane } from "#tests/support/open-loyalty.ts";
import { statementCounter } from "#tests/support/statements.ts";
import { createApiTenant } from "#tests/support/user-api.ts";

// Goal: what people wait for asks the database at most twice; what is kept in memory for seconds counts as there.

const statements = statementCounter();
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await createTenant({
    rewards: [{ externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150 }],
    eventTypes: [purchaseType],
    rules: [
      pointPerEuro,
      {
        name: "Big",
        eventType: "PURCHASE",
        effect: { type: "POINTS", points: 50 },
        limits: { budgetPoints: 500 },
      },
      { name: "Back", eventType: "PURCHASED_REWARD", effect: { type: "POINTS", points: 5 } },
    ],
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function countStatements(run: () => Promise<unknown>): Promise<number> {
  statements.sent = 0;
  await run();
  return statements.sent;
}

test("POST /api/auth takes one round trip, for a new member and a known one", async () => {
  expect(await countStatements(() => postAuth(tenant))).toBe(1);
  expect(await countStatements(() => postAuth(tenant))).toBe(1);
});

test("POST /api/auth takes two where a rule gives something for it, and one where nothing is new", async () => {
  const rules = [
    { name: "Welcome", eventType: "REGISTERED_ACCOUNT", effect: { type: "POINTS", points: 100 } },
  ];
  const welcoming = await createTenant({ rules });

  expect(await countStatements(() => postAuth(welcoming))).toBe(2);
  expect(await countStatements(() => postAuth(welcoming))).toBe(1);
});

test("an event with its rules takes two, and so does a purchase, by whomever", async () => {
  const memberId = await createMember(tenant);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const cookie = cookieOf(await postAuth(tenant));
  const credentials = await readCookieCredentials(new Headers({ cookie }));
  const { json } = await callSession(tenant, "GET", cookie);
  const ofSession = json.data.member.id as MemberId;
  const key = (member: MemberId) => onceKey(member, "a-key", {});

  expect(await countStatements(() => report(tenant, memberId, { payload: { total: 500 } }))).toBe(2);
  expect(await countStatements(() => buy(tenant, memberId, rewardId, key(memberId)))).toBe(2);
  await report(tenant, ofSession, { payload: { total: 500 } });
  const purchase = { tenantId: tenant.id, buyer: { credentials }, rewardId, comment: null, key };
  expect(await countStatements(() => purchaseReward(purchase))).toBe(2);
});

test("an activation takes two", async () => {
  const { json } = await postAuth(tenant);

  expect(await countStatements(() => openLink(tenant, `session=${json.data.session}`))).toBe(2);
});

test("asking for the session takes one", async () => {
  const cookie = cookieOf(await postAuth(tenant));

  expect(await countStatements(() => callSession(tenant, "GET", cookie))).toBe(1);
});

test("who comes with a token or a key of Laurel's own is found in one, and a refresh takes three", async () => {
  vi.spyOn(performance, "now").mockReturnValue(performance.now()); // what is kept in memory is not renewed meanwhile
  const adminKey = `admin-key-${randomUUID()}`;
  const adminApiKeys = [{ name: "shop", key: adminKey }];
  const store = await createApiTenant({ members: [jane], adminApiKeys }, ["OWNER"]);
  const asApp = { headers: { "api-key": store.apiKey } };
  const body = { username: profile.emailAddress, password: jane.password };
  const member = await callClient(`POST /api/${store.code}/member/login_check`, { body });
  const owner = await adminToken(store);
  const weavrBody = { email: profile.emailAddress, password: { value: jane.password } };
  const endUser = await callClient("POST /multi/login_with_password", { ...asApp, body: weavrBody });
  const { token } = endUser.json;

  expect(await countStatements(() => readMemberToken(store, member.json.token))).toBe(1);
  expect(await countStatements(() => readAdminToken(owner))).toBe(1);
  expect(await countStatements(() => readEndUser(store, token, { isActivity: false }))).toBe(1);
  expect(await countStatements(() => readEndUser(store, token, { isActivity: true }))).toBe(1);
  const identities = () => callClient("GET /multi/identities", { ...asApp, bearer: token });
  expect(await countStatements(identities)).toBe(2); // who it is, and that they are still there
  const door = { kind: "member", tenant: store } as const;
  const refresh = { door, refreshToken: member.json.refresh_token, admit: async () => undefined };
  expect(await countStatements(() => refreshTokens(refresh))).toBe(3);
  expect(await countStatements(() => findAdminByKey(store, adminKey))).toBe(1);
});

test("every page takes two at most: who it is, and what it shows", async () => {
  const cookie = cookieOf(await postAuth(tenant));
  const credentials = await readCookieCredentials(new Headers({ cookie }));
  const signIn = async () => {
    const signedIn = await readSession(tenant, credentials, { isActivity: true });
    if (!signedIn) throw new Error("Nobody is signed in.");
    return signedIn;
  };
  const { session, wallet } = await signIn();
  const owner = { tenantId: tenant.id, memberId: session.member.id, wallet };
  const [reward] = await listShelf(owner);
  const { id } = session.member;

  expect(await countStatements(signIn)).toBe(1);
  expect(await countStatements(() => getHome(tenant.id, id, wallet))).toBe(1);
  expect(await countStatements(() => listShelf(owner))).toBe(1);
  expect(await countStatements(() => getShelfReward(owner, reward?.id ?? "", session.id))).toBe(1);
  expect(await countStatements(() => getWalletDetails(tenant.id, id))).toBe(1);
  const { benefit } = await buy(tenant, await createMember(tenant, 150), reward?.id ?? "");
  expect(await countStatements(() => getBenefit(tenant.id, benefit.memberId, benefit.id, null))).toBe(1);
  expect(await countStatements(() => listSignInPlaces(tenant.id, session))).toBe(1);
  const spent = { beforeSequence: null, limit: 20, filter: "spent" } as const;
  expect(await countStatements(() => listStatement(tenant.id, id, spent))).toBe(1);
  expect(await countStatements(() => listStatement(tenant.id, id, { beforeSequence: null, limit: 20 }))).toBe(
    1,
  );
});
