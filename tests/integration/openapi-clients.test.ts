import { randomUUID } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";

import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { dialectOf } from "#lib/http/dialects/dialect-of.ts";
import { openLoyaltyOperations } from "#lib/http/open-loyalty/operations.ts";
import type { Operation } from "#lib/http/openapi/operation.ts";
import { refusalsOf } from "#lib/http/openapi/refusals.ts";
import { multiOperations } from "#lib/http/weavr/operations.ts";
import { newestToken } from "#tests/support/accounts.ts";
import { adminPassword, adminToken } from "#tests/support/admins.ts";
import { type ClientAnswer, type ClientCall, callClient } from "#tests/support/client-apis.ts";
import { buy, daysAgo, daysLater, report, rewardIdOf } from "#tests/support/engine.ts";
import {
  callAsAdmin,
  callStore,
  createStore,
  jane,
  joan,
  memberIdOf,
  memberToken,
  type Store,
} from "#tests/support/open-loyalty.ts";
import { described, faultsBy, faultsOf } from "#tests/support/openapi-document.ts";

// Goal: what the OpenAPI document says of the doors of Open Loyalty's and Weavr's clients is what they do: each operation
// succeeds as it says, and every refusal that it lists can be had.
// Method: the handlers on a real database. `callClient` holds every answer to the document; here each operation is made to
// give every answer that the document has for it.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));
// The real ones are React's, which is Next's to run.
vi.mock("#app/_mail/account-mails.tsx", async () => {
  const { mails } = await import("#tests/support/accounts.ts");
  return { accountMails: async () => mails };
});

const seam = vi.hoisted(() => ({ limit: null as Error | null, failure: null as Error | null }));

// What counts calls, and what finds the store: at least one of them is passed by every call.
vi.mock(import("#lib/http/rate-limits.ts"), async (importOriginal) => {
  const original = await importOriginal();
  const passing = <Args extends unknown[], Value>(run: (...args: Args) => Value) => {
    return (...args: Args): Value => {
      const failure = seam.limit ?? seam.failure;
      if (failure) throw failure;
      return run(...args);
    };
  };
  return {
    ...original,
    takeFromBucket: passing(original.takeFromBucket),
    countAgainst: passing(original.countAgainst),
    countAddressAgainst: passing(original.countAddressAgainst),
  };
});
vi.mock(import("#lib/domain/tenants/find-tenant.ts"), async (importOriginal) => {
  const original = await importOriginal();
  const findTenantByCode: typeof original.findTenantByCode = async (...args) => {
    if (seam.failure) throw seam.failure;
    return original.findTenantByCode(...args);
  };
  return { ...original, findTenantByCode };
});

afterEach(healed);

function healed(): void {
  Object.assign(seam, { limit: null, failure: null });
  daysLater(0);
}

const clientOperations = [...openLoyaltyOperations, ...multiOperations];

const voucher = { type: "VOUCHER", price: 10, category: "Treats" };
const settings = {
  selfRegistration: true,
  tiers: [
    { name: "Silver", pointsRequirement: 100 },
    { name: "Gold", pointsRequirement: 100_000 },
  ],
  rewardCategories: [{ name: "Treats" }],
  rewards: [
    {
      ...voucher,
      externalId: "coffee",
      name: "Coffee",
      value: 3.5,
      pictureUrl: "https://shop.example/c.jpg",
    },
    { ...voucher, externalId: "gone", name: "Gone", stock: 0 },
    { ...voucher, externalId: "once", name: "Once", perMemberLimit: 1, stock: 9 },
    { ...voucher, externalId: "golden", name: "Golden", tier: "Gold" },
    { ...voucher, externalId: "dear", name: "Dear", price: 1_000_000 },
    { ...voucher, externalId: "short", name: "Short", validForDays: 1 },
    {
      ...{ externalId: "mug", name: "Mug", type: "GENERIC_OFFER", price: 10 },
      availability: { start: "2020-01-01T00:00:00Z", end: "2100-01-01T00:00:00Z" },
    },
  ],
  eventTypes: [
    { name: "PURCHASE", private: false },
    { name: "VISITED_SHOP", private: false },
  ],
  rules: [
    {
      ...{ name: "Twice a day", eventType: "PURCHASE", effect: { type: "POINTS", points: 5 } },
      limits: { perMember: { times: 2, period: "DAY" } },
    },
    { name: "A visit", eventType: "VISITED_SHOP", effect: { type: "POINTS", points: 1 } },
  ],
};

/** A store where everything has happened once to Jane; its admin, an end user of its app, and one that takes nobody in. */
type World = {
  store: Store;
  memberId: string;
  member: string;
  admin: string;
  apiKey: string;
  endUser: string;
  transactionId: string;
  closed: Store;
  closedKey: string;
};

async function createWorld(): Promise<World> {
  const [apiKey, closedKey] = [randomUUID() + randomUUID(), randomUUID() + randomUUID()];
  const store = await createStore({ ...settings, apiKeys: [{ name: "app", key: apiKey }] });
  const closed = await createStore({
    ...{ eventTypes: [], rules: [] },
    apiKeys: [{ name: "app", key: closedKey }],
  });
  const memberId = await memberIdOf(store);
  const { event } = await report(store, memberId, { payload: { total: 3 } });
  for (const externalId of ["coffee", "mug"]) await buy(store, memberId, await rewardIdOf(store, externalId));
  const { json } = await callClient("POST /multi/login_with_password", {
    ...{ headers: { "api-key": apiKey }, address: randomUUID() },
    body: { email: jane.profile.emailAddress, password: { value: jane.password } },
  });
  return {
    ...{ store, memberId, apiKey, closed, closedKey, transactionId: event.id, endUser: json.token },
    ...{ member: await memberToken(store), admin: await adminToken(store) },
  };
}

/** A call of one operation; `path` stands in its address. */
type Sent = ClientCall & { path?: Record<string, string>; query?: string };
type Maker = (world: World) => Sent | Promise<Sent>;

async function send(world: World, { method, path }: Operation, sent: Sent): Promise<ClientAnswer> {
  const { path: named = {}, query = "", ...call } = sent;
  const { store, memberId: member, transactionId: transaction } = world;
  const values: Record<string, string> = {
    ...{ storeCode: store.code, member, transaction, reward: await rewardIdOf(store, "coffee") },
    ...named,
  };
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
  return callClient(`${method} ${address}${query}`, { address: randomUUID(), ...call });
}

const ana = { email: "ana@example.com", plainPassword: "a boat on the river", agreement1: true };
const asMember: Maker = ({ member }) => ({ bearer: member });
const asAdmin: Maker = ({ admin }) => ({ bearer: admin });
const nobodyThere: Maker = ({ admin }) => ({ bearer: admin, path: { member: randomUUID() } });
const withKey = ({ apiKey }: World, body: object, key = apiKey): Sent => ({
  headers: { "api-key": key },
  body,
});
const ofEndUser = (world: World): Sent => ({ headers: { "api-key": world.apiKey }, bearer: world.endUser });

async function refreshTokenOf({ store }: World, door: "admin" | "member"): Promise<string> {
  const [endpoint, username, password] =
    door === "admin"
      ? ["POST /api/admin/login_check", store.admins.OWNER, adminPassword]
      : [`POST /api/${store.code}/member/login_check`, jane.profile.emailAddress, jane.password];
  const body = { username, password };
  return (await callClient(endpoint, { body, address: randomUUID() })).json.refresh_token;
}

const buying =
  (externalId: string): Maker =>
  async ({ store, member }) => ({
    ...{ bearer: member, body: { quantity: 1 } },
    path: { reward: await rewardIdOf(store, externalId) },
  });

/** The code of a reward that Jane buys, or somebody else; used by who runs the store, whose key outlives the days. */
async function couponOf(world: World, externalId = "coffee", person = jane): Promise<Sent> {
  const { store } = world;
  const bearer = await memberToken(store, person);
  await callStore(store, `POST /reward/${await rewardIdOf(store, externalId)}/buy`, {
    ...{ bearer, body: { quantity: 1 } },
  });
  const { json } = await callStore(store, "GET /member/reward/bought", { bearer });
  const couponCode = json.items[0].issuedCoupon.code;
  expect(couponCode).toEqual(expect.any(String));
  const path = { member: await memberIdOf(store, person) };
  return { headers: { "x-auth-token": store.adminKey }, path, body: { couponCode } };
}

async function restrictJoan({ store }: World): Promise<void> {
  await restrictMember(store.id, await memberIdOf(store, joan), true);
}

const transferOf = ({ admin, memberId: customer }: World, points: number): Sent => ({
  ...{ bearer: admin, body: { transfer: { customer, points, comment: "By a test." } } },
});
const item = { sku: "tea", name: "Tea", category: "Drinks", grossValue: 4.35 };
const purchaseOf = ({ admin }: World, person = jane): Sent => {
  const header = { documentNumber: randomUUID(), purchasedAt: daysAgo(1).toISOString() };
  const customerData = { email: person.profile.emailAddress };
  return { bearer: admin, body: { transaction: { header, customerData, currency: "EUR", items: [item] } } };
};
const eventOf = ({ admin }: World, type: string, person = jane): Sent => {
  const customerData = { email: person.profile.emailAddress };
  const event = { type, eventDate: daysAgo(1).toISOString(), customerData, body: { shop: "Leeds" } };
  return { bearer: admin, body: { event } };
};
/** The same at a store that knows no types of events. */
async function inClosed(world: World, make: (world: World) => Sent): Promise<Sent> {
  const admin = await adminToken(world.closed);
  return { ...make({ ...world, admin }), path: { storeCode: world.closed.code } };
}

const loginOf = (username: string, password = jane.password): Sent => ({ body: { username, password } });
const refreshOf = (door: "admin" | "member") => ({
  good: async (world: World) => ({ body: { refresh_token: await refreshTokenOf(world, door) } }),
  refused: {
    refresh_token_missing: () => ({ body: {} }),
    refresh_token_unknown: () => ({ body: { refresh_token: "x" } }),
    refresh_token_expired: async (world: World) => {
      const body = { refresh_token: await refreshTokenOf(world, door) };
      daysLater(31);
      return { body };
    },
  },
});

/** For each operation a call that succeeds, and one for each refusal that is its own. */
const calls: Record<string, { good: Maker; also?: Maker; refused?: Record<string, Maker> }> = {
  loginAdmin: {
    good: ({ store }) => loginOf(store.admins.OWNER, adminPassword),
    refused: { credentials_invalid: ({ store }) => loginOf(store.admins.OWNER, "wrong") },
  },
  refreshAdminTokens: refreshOf("admin"),
  loginMember: {
    good: () => loginOf(jane.profile.emailAddress),
    refused: { credentials_invalid: () => loginOf("nobody@example.com") },
  },
  refreshMemberTokens: refreshOf("member"),
  revokeTokens: { good: asMember, also: asAdmin },
  registerMember: {
    good: () => ({ body: { customer: ana } }),
    refused: {
      registration_closed: ({ closed }) => ({ path: { storeCode: closed.code }, body: { customer: ana } }),
    },
  },
  changeMemberPassword: {
    good: ({ member }) => ({
      bearer: member,
      body: { currentPassword: jane.password, plainPassword: ana.plainPassword },
    }),
  },
  requestPasswordReset: { good: () => ({ body: { username: jane.profile.emailAddress } }) },
  resetPassword: {
    good: async ({ store }) => {
      const body = { username: jane.profile.emailAddress };
      await callStore(store, "POST /member/password/reset/request", { body, address: randomUUID() });
      const token = await newestToken(store, "resetPassword");
      return { body: { token, reset: { plainPassword: ana.plainPassword } } };
    },
  },
  getStoreMember: {
    good: async ({ store, member, memberId }) => {
      const company = { name: "Acme", nip: "1" };
      const address = { address1: "99", city: "Leeds" };
      const customer = { gender: "female", birthDate: "1980-02-29", company, address };
      await callAsAdmin(store, `PUT /member/${memberId}`, { customer });
      return { bearer: member };
    },
    also: async ({ store, admin }) => ({ bearer: admin, path: { member: await memberIdOf(store, joan) } }),
    refused: { member_not_found: nobodyThere },
  },
  changeStoreMember: {
    good: ({ member }) => ({ bearer: member, body: { customer: { firstName: "Janet", address: null } } }),
    refused: {
      member_not_found: async (world) => ({ ...(await nobodyThere(world)), body: { customer: {} } }),
    },
  },
  getStoreStatus: {
    good: asMember,
    also: async ({ store, admin }) => ({ bearer: admin, path: { member: await memberIdOf(store, joan) } }),
    refused: { member_not_found: nobodyThere },
  },
  listStoreWallets: { good: asMember, refused: { member_not_found: nobodyThere } },
  listStoreTiers: { good: asMember, also: asAdmin },
  listStoreRewards: { good: asMember },
  buyReward: {
    good: buying("coffee"),
    refused: {
      reward_not_found: ({ member }) => ({
        ...{ bearer: member, body: { quantity: 1 }, path: { reward: randomUUID() } },
      }),
      points_insufficient: buying("dear"),
      reward_out_of_stock: buying("gone"),
      reward_not_available: buying("golden"),
      reward_limit_reached: async (world) => {
        await buy(world.store, await memberIdOf(world.store), await rewardIdOf(world.store, "once"));
        return buying("once")(world);
      },
    },
  },
  listBoughtRewards: {
    good: asMember,
    also: async (world) => {
      await callClient(`POST /api/${world.store.code}/member/${world.memberId}/reward/redeem`, {
        ...(await couponOf(world, "short")),
      });
      return { bearer: world.member };
    },
  },
  redeemCoupon: {
    good: async (world) => {
      const { path, body } = await couponOf(world);
      return { bearer: world.member, ...(path ? { path } : {}), body };
    },
    refused: {
      benefit_not_found: ({ member }) => ({ bearer: member, body: { couponCode: "NONE" } }),
      member_not_found: async (world) => ({
        ...(await nobodyThere(world)),
        body: { couponCode: "NONE" },
      }),
      voucher_already_used: async (world) => {
        const sent = await couponOf(world);
        await callClient(`POST /api/${world.store.code}/member/${world.memberId}/reward/redeem`, sent);
        return sent;
      },
      benefit_expired: async (world) => {
        const sent = await couponOf(world, "short");
        daysLater(2);
        return sent;
      },
      member_restricted: async (world) => {
        const sent = await couponOf(world, "coffee", joan);
        await restrictJoan(world);
        return sent;
      },
    },
  },
  listTransfers: { good: asMember },
  listHistory: { good: asMember, refused: { member_not_found: nobodyThere } },
  listCampaigns: { good: asMember, refused: { member_not_found: nobodyThere } },
  listTransactions: { good: asMember, also: asAdmin },
  getTransaction: { good: asMember },
  listStoreMembers: { good: asAdmin },
  createStoreMember: { good: ({ admin }) => ({ bearer: admin, body: { customer: { email: ana.email } } }) },
  activateMember: { good: asAdmin, refused: { member_not_found: nobodyThere } },
  deactivateMember: { good: asAdmin, refused: { member_not_found: nobodyThere } },
  addPoints: { good: (world) => transferOf(world, 5) },
  spendPoints: {
    good: (world) => transferOf(world, 5),
    refused: { points_insufficient: (world) => transferOf(world, 1_000_000) },
  },
  reportTransaction: {
    good: (world) => purchaseOf(world),
    refused: {
      event_type_not_found: (world) => inClosed(world, purchaseOf),
      member_restricted: async (world) => {
        await restrictJoan(world);
        return purchaseOf(world, joan);
      },
    },
  },
  reportCustomEvent: {
    good: (world) => eventOf(world, "VISITED_SHOP"),
    refused: {
      event_type_intrinsic: (world) => eventOf(world, "POINTS_ADJUSTED"),
      event_type_not_found: (world) => eventOf(world, "NOTHING"),
      member_restricted: async (world) => {
        await restrictJoan(world);
        return eventOf(world, "VISITED_SHOP", joan);
      },
    },
  },
  registerConsumer: {
    good: (world) => withKey(world, newConsumer(ana.email)),
    refused: {
      account_exists: (world) => withKey(world, newConsumer(jane.profile.emailAddress)),
      registration_closed: (world) => withKey(world, newConsumer(ana.email), world.closedKey),
    },
  },
  loginEndUser: {
    good: (world) => withKey(world, endUserLogin),
    refused: {
      credentials_invalid: (world) => withKey(world, { ...endUserLogin, password: { value: "wrong" } }),
      credentials_locked: async (world) => {
        const address = randomUUID();
        const wrong = withKey(world, { ...endUserLogin, password: { value: "wrong" } });
        for (let index = 0; index < 5; index++) {
          await callClient("POST /multi/login_with_password", { ...wrong, address });
        }
        return { ...wrong, address };
      },
    },
  },
  listIdentities: { good: ofEndUser },
  updateEndUserPassword: {
    good: (world) => ({ ...ofEndUser(world), body: anotherPassword(jane.password) }),
    refused: {
      credentials_invalid: (world) => ({ ...ofEndUser(world), body: anotherPassword("wrong") }),
    },
  },
  logoutEndUser: { good: ofEndUser },
};

function newConsumer(email: string) {
  return { rootUser: { name: "Ana", surname: "Silva", email }, password: { value: ana.plainPassword } };
}

const endUserLogin = { email: jane.profile.emailAddress, password: { value: jane.password } };

function anotherPassword(oldValue: string) {
  return { oldPassword: { value: oldValue }, newPassword: { value: ana.plainPassword } };
}

/** Refusals that many operations have: what has to be wrong with a call that would succeed. */
const spoilt: Partial<
  Record<DomainErrorCode, (world: World, good: Sent, of: Operation) => Sent | Promise<Sent>>
> = {
  not_found: (_world, good, { path }) =>
    path.includes("{transaction}")
      ? { ...good, path: { transaction: randomUUID() } }
      : { ...good, path: { storeCode: "nowhere" } },
  api_key_invalid: (_world, good) => ({ ...good, headers: { "api-key": "no-such-key" } }),
  token_missing: (_world, { bearer: _bearer, ...good }) => good,
  token_invalid: (_world, good) => ({ ...good, bearer: "rubbish" }),
  token_expired: (_world, good) => {
    daysLater(2);
    return good;
  },
  forbidden: async ({ store, member, admin }, good, { level }) => {
    if (level === "storeMember") return { ...good, bearer: admin };
    return { ...good, bearer: level === "storeAdmin" ? member : await adminToken(store, "TILL") };
  },
  invalid_json: (_world, good) => ({ ...good, body: "{" }),
  invalid_input: (_world, good, { path }) => {
    if (good.body === undefined) return { ...good, query: "?_itemsOnPage=51" };
    const isForm = path.startsWith("/api/") && !path.endsWith("login_check");
    return { ...good, body: isForm ? { ...(good.body as object), noSuchField: 1 } : {} };
  },
  body_too_large: (_world, good) => ({ ...good, body: JSON.stringify({ long: "x".repeat(64 * 1024) }) }),
  unsupported_media_type: (_world, good) => ({
    ...good,
    headers: { ...good.headers, "content-type": "text/plain" },
  }),
  idempotency_key_reused: async (world, good, operation) => {
    const headers = { ...good.headers, "idempotency-key": randomUUID() };
    expect((await send(world, operation, { ...good, headers })).status).toBe(200);
    return { ...good, headers, body: { couponCode: "ANOTHER" } };
  },
  rate_limited: (_world, good) => {
    seam.limit = new DomainError("rate_limited", { name: "x", count: 1, windowSeconds: 1, resetSeconds: 1 });
    return good;
  },
  internal_error: (_world, good) => {
    seam.failure = new Error("A bug.");
    return good;
  },
  database_unavailable: (_world, good) => {
    seam.failure = Object.assign(new Error("It is away."), { code: "ECONNREFUSED" });
    return good;
  },
};

/** What is listed and not to be had here. */
function isElsewhere(code: DomainErrorCode, { id, query, body }: Operation): boolean {
  // Two calls at once on a server's connections, for ten seconds: tests/integration/idempotency.test.ts.
  if (code === "idempotency_key_in_flight") return true;
  // Only one body will do, so no key comes with another.
  if (code === "idempotency_key_reused" && id === "buyReward") return true;
  // Restricted between the look at the token and the command.
  if (code === "member_restricted" && ["buyReward", "changeStoreMember"].includes(id)) return true;
  // A credential that is there twice, which the border refuses: tests/http/user-api-wire.test.ts.
  return code === "invalid_input" && ((!body && !query) || id.startsWith("refresh"));
}

test.each(clientOperations.map((operation) => [operation.id, operation] as const))(
  "%s answers as the document says, when it succeeds and for each refusal that it lists",
  async (id, operation) => {
    const world = await createWorld();
    const { good, also, refused = {} } = calls[id] as NonNullable<(typeof calls)[string]>;
    const codes = refusalsOf(operation);
    expect(codes).toEqual(expect.arrayContaining(Object.keys(refused)));

    for (const code of codes.filter((each) => !isElsewhere(each, operation))) {
      const own = refused[code];
      const sent = own ? await own(world) : await spoilt[code]?.(world, await good(world), operation);
      expect([code, sent]).toEqual([code, expect.anything()]);
      const answer = await send(world, operation, sent as Sent);
      healed();
      expect([code, answer.status, nameIn(answer.json)]).toEqual([code, ...told(operation, code)]);
    }
    for (const make of also ? [also, good] : [good]) {
      const answer = await send(world, operation, await make(world));
      expect([answer.text, answer.status]).toEqual([answer.text, operation.data ? 200 : 204]);
      if (operation.isList) expect(answer.json.items).not.toEqual([]); // an empty list has no shape
    }
  },
);

test.each(
  clientOperations.filter(({ isList }) => isList).map((operation) => [operation.id, operation] as const),
)("%s is ordered by what the document says, and by nothing else", async (id, operation) => {
  const world = await createWorld();
  const sent = (await calls[id]?.good(world)) as Sent;
  const names = queryOf(operation).map(({ name }) => name);
  const orders = names.filter((name) => name.startsWith("_orderBy"));

  const ordered = await send(world, operation, {
    ...sent,
    query: `?${orders.map((name) => `${name}=desc`).join("&")}`,
  });
  const stray = await send(world, operation, { ...sent, query: "?_orderBy[colour]=asc" });

  expect(names.filter((name) => !orders.includes(name))).toEqual(["_page", "_itemsOnPage"]);
  expect(ordered.status).toBe(200);
  const fields = orders.map((name) => name.replace(/^_orderBy\[(\w+)\]$/, "$1"));
  expect(stray.json.errors).toMatchObject([{ message: `Order by: ${fields.join(", ")}.` }]);
});

test.each([
  ["_page", ["1", "999999"], ["0", "1000000", "-1", "1.5", "x", ""]],
  ["_itemsOnPage", ["1", "10", "50"], ["0", "51", "1e1", ""]],
  ["_orderBy[createdAt]", ["asc", "desc"], ["up", "", "ASC"]],
])("the document and the parser say the same of the query's %s", async (name, good, bad) => {
  const { store, member: bearer } = await createWorld();
  const operation = openLoyaltyOperations.find(({ id }) => id === "listTransfers") as Operation;
  const { schema = {} } = queryOf(operation).find((each) => each.name === name) ?? {};
  const verdicts = async (text: string) => {
    const value = schema.type === "integer" && /^-?[\d.]+$/.test(text) ? Number(text) : text;
    const query = new URLSearchParams({ [name]: text });
    const { status } = await callStore(store, `GET /member/points?${query}`, { bearer });
    return [text, faultsBy(schema, value).length === 0, status === 200];
  };

  for (const text of good) expect(await verdicts(text)).toEqual([text, true, true]);
  for (const text of bad) expect(await verdicts(text)).toEqual([text, false, false]);
});

function queryOf({ method, path }: Operation) {
  return described.get(`${method} ${path}`)?.parameters?.filter((each) => each.in === "query") ?? [];
}

function told({ path }: Operation, code: DomainErrorCode) {
  const { status, body } = dialectOf(path).told(new DomainError(code));
  return [status, nameIn(body)];
}

function nameIn(body: { message?: string; errorCode?: string } | null): string | null {
  return body && (body.errorCode ?? body.message ?? null);
}

// Contract 6.1, 6.2 and 7, by what they say themselves.
test.each([
  ["loginAdmin", "401", "Bad credentials."],
  ["loginMember", "429", "Too Many Requests"],
  ["refreshMemberTokens", "401", "Missing JWT Refresh Token"],
  ["refreshAdminTokens", "401", "JWT Refresh Token Not Found"],
  ["refreshAdminTokens", "401", "Invalid JWT Refresh Token"],
  ["getStoreMember", "401", "JWT Token not found"],
  ["getStoreMember", "401", "Expired JWT Token"],
  ["getStoreMember", "403", "Forbidden."],
  ["getStoreMember", "404", "Not Found"],
  ["buyReward", "400", "Not enough points"],
  ["buyReward", "400", "No coupons left"],
  ["buyReward", "400", "Validation failed"],
  ["registerConsumer", "403", "REGISTRATION_CLOSED"],
  ["registerConsumer", "409", "ROOT_USERNAME_NOT_UNIQUE"],
  ["loginEndUser", "401", "Without a body."],
  ["loginEndUser", "403", "Without a body."],
  ["loginEndUser", "423", "Without a body."],
  ["loginEndUser", "429", "Without a body."],
])("the document says of %s that it answers %s with %s", (id, status, text) => {
  const operation = [...described.values()].find(({ operationId }) => operationId === id);
  const { description, content } = operation?.responses[status] ?? {};

  expect(description).toContain(text);
  expect(content === undefined).toBe(text === "Without a body.");
});

test("an answer that is not as the document says is caught, whatever is wrong with it", async () => {
  const { store, member, memberId, apiKey } = await createWorld();
  const wallets = "GET /api/{storeCode}/member/{member}/wallet";
  const list = await callStore(store, `GET /member/${memberId}/wallet`, { bearer: member });
  const refusal = await callStore(store, `GET /member/${memberId}/wallet`);
  const invalid = await callStore(store, `GET /member/${memberId}/wallet?_page=0`, { bearer: member });
  const [wallet] = list.json.items;
  const identities = "GET /multi/identities";
  const bare = await callClient(identities, { headers: { "api-key": apiKey } });
  const of = (endpoint: string, answer: ClientAnswer, json: unknown) =>
    faultsOf(endpoint, { ...answer, json });

  for (const [endpoint, answer] of [
    ...([
      [wallets, list],
      [wallets, refusal],
      [wallets, invalid],
      [identities, bare],
    ] as const),
  ]) {
    expect(of(endpoint, answer, answer.json)).toEqual([]);
  }
  const wrong: Record<string, string[]> = {
    "a field more": of(wallets, list, { ...list.json, items: [{ ...wallet, secret: 1 }] }),
    "a field more beside the items": of(wallets, list, { ...list.json, page: 1 }),
    "a moment without its offset": of(wallets, list, {
      ...list.json,
      items: [{ ...wallet, createdAt: "now" }],
    }),
    "no total": of(wallets, list, { items: [wallet] }),
    "a text that is not listed": of(wallets, refusal, { code: 401, message: "Bad credentials." }),
    "a refusal of another dialect": of(wallets, refusal, {
      status: "fail",
      code: "token_missing",
      message: "",
    }),
    "a field's error without its path": of(wallets, invalid, { ...invalid.json, errors: [{ message: "x" }] }),
    "a body where none is": of(identities, bare, { errorCode: "X" }),
    "a status that is not described": faultsOf(identities, { ...bare, status: 404 }),
  };
  for (const [what, faults] of Object.entries(wrong)) expect([what, faults.length]).not.toEqual([what, 0]);
});
