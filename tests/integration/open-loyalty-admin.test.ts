import { expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { confirmEmail } from "#lib/domain/accounts/confirm-email.ts";
import { mailsOf, openedLink, signUp, tokenIn } from "#tests/support/accounts.ts";
import { adminToken } from "#tests/support/admins.ts";
import type { ClientAnswer } from "#tests/support/client-apis.ts";
import { daysAgo } from "#tests/support/engine.ts";
import {
  callStore as call,
  callAsAdmin,
  createStore,
  invalid,
  jane,
  joan,
  memberIdOf,
  memberRow,
  memberToken,
  refusal,
  type Store,
} from "#tests/support/open-loyalty.ts";
import { callApi, createApiTenant, signFor } from "#tests/support/user-api.ts";

// Goal: who runs a programme by a client of Open Loyalty makes members, lets them in and keeps them out, moves points and
// reports what they bought, each document once and to the cent; nobody else does.
// Method: the handlers on a real database.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));

const forbidden = refusal(403, "Forbidden.");
const extra = invalid({ "": "This form should not contain extra fields." });
const blank = "This value should not be blank.";
const item = { sku: "tea", name: "Tea", category: "Drinks", grossValue: 12.5 };
const pathsOf = ({ json }: ClientAnswer) => json.errors.map(({ path }: { path: string }) => path);
const namesOf = ({ json }: ClientAnswer) => json.items.map((each: { firstName: string }) => each.firstName);

async function balanceOf(store: Store, person = jane): Promise<number> {
  const where = { tenantId_memberId: { tenantId: store.id, memberId: await memberIdOf(store, person) } };
  return Number((await db().wallet.findUniqueOrThrow({ where })).balancePoints);
}

function basket(fields: object = {}, header: object = {}) {
  const whole = { documentNumber: "doc-1", purchasedAt: daysAgo(1).toISOString(), ...header };
  return {
    transaction: {
      header: whole,
      items: [item],
      customerData: { email: jane.profile.emailAddress },
      ...fields,
    },
  };
}

const buys = (store: Store, fields?: object, header?: object) =>
  callAsAdmin(store, "POST /transaction", basket(fields, header));

test("nobody but who may change a programme does", async () => {
  const store = await createStore();
  const id = await memberIdOf(store);
  const transfer = { transfer: { customer: id, points: 1 } };
  const changes: [string, unknown][] = [
    ["POST /member", { customer: { email: "new@example.com" } }],
    [`POST /member/${id}/activate`, undefined],
    [`POST /member/${id}/deactivate`, undefined],
    ["POST /points/add", transfer],
    ["POST /points/spend", transfer],
    ["POST /transaction", basket()],
    ["POST /customEvent", {}],
  ];
  const small = [
    await memberToken(store),
    await adminToken(store, "VIEWER"),
    await adminToken(store, "TILL"),
  ];

  for (const [endpoint, body] of changes) {
    for (const bearer of small) {
      const sent = body === undefined ? { bearer } : { bearer, body };
      expect(await call(store, endpoint, sent), endpoint).toMatchObject(forbidden);
    }
    const nobody = body === undefined ? {} : { body };
    expect(await call(store, endpoint, nobody)).toMatchObject(refusal(401, "JWT Token not found"));
  }
  expect(await call(store, "GET /member", { bearer: small[0] ?? "" })).toMatchObject(forbidden);
  expect((await call(store, "GET /member", { bearer: small[1] ?? "" })).json.total.all).toBe(2);
  expect([await balanceOf(store), (await memberRow(store)).isRestricted]).toEqual([500, false]);
});

test("everybody in the programme comes in pages, with balances", async () => {
  const store = await createStore();
  await createStore(); // another programme's members are not there
  const read = (query: string) => callAsAdmin(store, `GET /member?${query}`);

  const first = await read("_itemsOnPage=1");
  expect(first.json.total).toEqual({ all: 2, filtered: 2, estimated: false });
  expect(namesOf(first)).toEqual(["Joan"]); // newest first
  expect(first.json.items[0].defaultAccount.activePoints).toBe(70);
  expect(namesOf(await read("_itemsOnPage=1&_page=2"))).toEqual(["Jane"]);
  expect(namesOf(await read("_orderBy[createdAt]=asc"))).toEqual(["Jane", "Joan"]);
  expect(namesOf(await read("_orderBy[email]=desc"))).toEqual(["Joan", "Jane"]);
  expect((await read("_itemsOnPage=51")).status).toBe(400);
});

test("a new member is known by the id that it gets, and is there as any other", async () => {
  const store = await createStore({
    rules: [{ name: "Welcome", eventType: "REGISTERED_ACCOUNT", effect: { type: "POINTS", points: 100 } }],
  });
  const customer = { email: "ana@example.com", firstName: "Ana", phone: "0143", address: { city: "Leeds" } };

  const { status, json } = await callAsAdmin(store, "POST /member", { customer });

  expect([status, json]).toEqual([200, { customerId: expect.any(String), email: "ana@example.com" }]);
  expect((await callAsAdmin(store, `GET /member/${json.customerId}`)).json).toMatchObject({
    ...{ active: true, firstName: "Ana", lastName: "", phone: "0143", address: { city: "Leeds" } },
    defaultAccount: { activePoints: 100 },
  });
  expect((await db().member.findFirstOrThrow({ where: { id: json.customerId } })).authIdentifier).toBe(
    json.customerId,
  );
  expect(pathsOf(await callAsAdmin(store, "POST /member", { customer: { email: "x" } }))).toEqual([
    "customer.email",
  ]);
  expect(await callAsAdmin(store, "POST /member", { customer: {} })).toMatchObject(
    invalid({ "customer.email": blank }),
  );
  expect(await callAsAdmin(store, "POST /member", { customer: { ...customer, id: "x" } })).toMatchObject(
    extra,
  );
  expect(await db().member.count({ where: { tenantId: store.id } })).toBe(3);
});

test("deactivating keeps a member out at once, and activating lets it in again", async () => {
  const store = await createStore();
  const id = await memberIdOf(store);
  const bearer = await memberToken(store);
  const credentials = { username: jane.profile.emailAddress, password: jane.password };
  const login = () => call(store, "POST /member/login_check", { body: credentials });

  expect(
    await callAsAdmin(store, `POST /member/email=${jane.profile.emailAddress}/deactivate`),
  ).toMatchObject({
    ...{ status: 204, text: "" },
  });
  expect(await call(store, `GET /member/${id}`, { bearer })).toMatchObject(refusal(401, "Invalid JWT Token"));
  expect((await login()).status).toBe(401);
  expect((await callAsAdmin(store, `GET /member/${id}`)).json.active).toBe(false);

  expect((await callAsAdmin(store, `POST /member/${id}/activate`)).status).toBe(204);
  expect((await login()).status).toBe(200);
  expect((await callAsAdmin(store, `GET /member/${id}`)).json.active).toBe(true);
  const nobody = await callAsAdmin(store, `POST /member/${crypto.randomUUID()}/activate`);
  expect(nobody).toMatchObject(refusal(404, "Not Found"));
});

test("activating stands for the mail's link, which is over", async () => {
  const store = await createStore({ selfRegistration: true });
  await signUp(store, { emailAddress: "ana@example.com" });
  const token = tokenIn((await mailsOf(store))[0]);
  const path = "/member/email=ana@example.com";
  expect((await callAsAdmin(store, `GET ${path}`)).json.active).toBe(false);

  expect((await callAsAdmin(store, `POST ${path}/activate`)).status).toBe(204);

  expect((await callAsAdmin(store, `GET ${path}`)).json.active).toBe(true);
  const body = { username: "ana@example.com", password: jane.password };
  expect((await call(store, "POST /member/login_check", { body })).status).toBe(200);
  await expect(confirmEmail(openedLink(store, token))).rejects.toMatchObject({ code: "invalid_input" });
});

test("points are given and taken, with the entry's id, and never more than there are", async () => {
  const store = await createStore();
  const customer = await memberIdOf(store);
  const transfer = (path: string, fields: object) =>
    callAsAdmin(store, `POST /points/${path}`, { transfer: { customer, ...fields } });

  const added = await transfer("add", { points: 25, comment: "A late delivery." });
  const spent = await transfer("spend", { points: 525 });

  const entries = await db().ledgerEntry.findMany({
    where: { memberId: customer },
    orderBy: { sequence: "asc" },
  });
  expect([added.json, spent.json]).toEqual(entries.slice(1).map(({ id }) => ({ transferId: id })));
  expect(entries.slice(1)).toMatchObject([
    { kind: "ADJUSTMENT", points: 25n, lifetimePoints: 25n, description: "A late delivery." },
    { kind: "ADJUSTMENT", points: -525n, spentPoints: 525n, description: null },
  ]);
  expect(await transfer("spend", { points: 1 })).toMatchObject(refusal(400, "Not enough points"));
  for (const points of [0, -1, 1.5, "5", null, 2 ** 53]) {
    expect(pathsOf(await transfer("add", { points })), String(points)).toEqual(["transfer.points"]);
  }
  expect(await transfer("add", { points: 1, expiresInDays: 3 })).toMatchObject(extra);
  const other = await createStore();
  for (const stranger of [crypto.randomUUID(), "x", await memberIdOf(other)]) {
    expect(pathsOf(await transfer("add", { points: 1, customer: stranger }))).toEqual(["transfer.customer"]);
  }
  expect(await balanceOf(store)).toBe(0);
  const most = await transfer("add", { points: Number.MAX_SAFE_INTEGER });
  expect(pathsOf(most)).toEqual(["transfer.points"]); // its total would go beyond
});

test("a purchase earns what its items come to, exactly, by the same rules as any other", async () => {
  const rules = [
    {
      name: "100 a unit",
      eventType: "PURCHASE",
      effect: { type: "POINTS", pointsPerUnit: 100, unitField: "payload.total" },
    },
  ];
  const store = await createStore({ rules });
  const items = [0.7, 0.1].map((grossValue) => ({ ...item, grossValue }));

  const { status, json } = await buys(store, { items, currency: "EUR" });

  expect([status, json]).toEqual([200, { transactionId: expect.any(String) }]);
  expect(await balanceOf(store)).toBe(580);
  const event = await db().event.findFirstOrThrow({ where: { id: json.transactionId } });
  expect(event).toMatchObject({ type: "PURCHASE", externalId: "doc-1", memberId: await memberIdOf(store) });
  expect(event.payload).toEqual({ total: 0.8, currency: "EUR", documentNumber: "doc-1", items });
  const read = await callAsAdmin(store, `GET /transaction/${json.transactionId}`);
  expect(read.json).toMatchObject({
    grossValue: 0.8,
    pointsEarned: 80,
    header: { documentNumber: "doc-1" },
  });
});

test("a document that is known is refused, and earns nothing, also of many at once and of somebody else's", async () => {
  const store = await createStore();
  const known = invalid({ "transaction.header.documentNumber": "This value already exists." });

  const answers = await Promise.all(Array.from({ length: 6 }, () => buys(store)));

  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused).toHaveLength(5);
  for (const answer of refused) expect(answer).toMatchObject(known);
  const joans = { customerData: { loyaltyCardNumber: (await memberRow(store, joan)).accountNumber } };
  expect(await buys(store, joans)).toMatchObject(known);
  expect([await balanceOf(store), await balanceOf(store, joan)]).toEqual([512, 70]);
  expect((await buys(store, joans, { documentNumber: "doc-2" })).status).toBe(200);
  expect(await balanceOf(store, joan)).toBe(82);
});

test("a purchase names one member, and says what it has to", async () => {
  const store = await createStore();
  const { accountNumber, id } = await memberRow(store);
  const data = "transaction.customerData";
  const nobody = invalid({ [data]: "This value names no member, or several." });

  for (const customerData of [
    {},
    { email: "nobody@example.com" },
    { phone: "1" },
    { customerId: "x" },
    { customerId: id, email: joan.profile.emailAddress },
  ]) {
    expect(await buys(store, { customerData })).toMatchObject(nobody);
  }
  expect(await buys(store, { customerData: undefined })).toMatchObject(invalid({ [data]: blank }));
  const paths = async (fields: object, header?: object) => pathsOf(await buys(store, fields, header));
  expect(await paths({ items: [] })).toEqual(["transaction.items"]);
  expect(await paths({ items: [{ ...item, sku: undefined }] })).toEqual(["transaction.items.0.sku"]);
  expect(await paths({ items: [{ ...item, grossValue: "1" }] })).toEqual(["transaction.items.0.grossValue"]);
  expect(await paths({ items: [{ ...item, grossValue: -1 }] })).toEqual(["transaction.items.0.grossValue"]);
  expect(await paths({}, { documentNumber: "" })).toEqual(["transaction.header.documentNumber"]);
  expect(await paths({}, { documentType: "return" })).toEqual(["transaction.header.documentType"]);
  for (const purchasedAt of ["yesterday", daysAgo(401).toISOString(), daysAgo(-1).toISOString()]) {
    expect(await paths({}, { purchasedAt })).toEqual(["transaction.header.purchasedAt"]);
  }
  expect(await buys(store, { channelId: "x" })).toMatchObject(extra);
  expect(await balanceOf(store)).toBe(500);
  const whole = { customerId: id, loyaltyCardNumber: accountNumber, email: "JANE.doe@example.com" };
  expect((await buys(store, { customerData: whole })).status).toBe(200);
});

test("a programme that knows no purchases, or whose schema wants more of them, says so", async () => {
  const [without, strict] = [
    await createStore({ eventTypes: [], rules: [] }),
    await createStore({
      eventTypes: [{ name: "PURCHASE", schema: { type: "object", required: ["currency"] } }],
    }),
  ];

  expect(await buys(without)).toMatchObject({ status: 400, json: { code: 400 } });
  expect(pathsOf(await buys(strict))).toEqual(["transaction.currency"]);
  expect((await buys(strict, { currency: "EUR" })).status).toBe(200);
});

test("a custom event earns by its rules, once for its id", async () => {
  const store = await createStore({
    eventTypes: [
      {
        name: "VISITED_SHOP",
        schema: { type: "object", additionalProperties: false, properties: { shop: {} } },
      },
    ],
    rules: [{ name: "A visit", eventType: "VISITED_SHOP", effect: { type: "POINTS", points: 5 } }],
  });
  const whole = { type: "VISITED_SHOP", eventDate: daysAgo(1).toISOString(), eventId: "visit-1" };
  const report = (fields: object) => {
    const customerData = { email: jane.profile.emailAddress };
    return callAsAdmin(store, "POST /customEvent", { event: { ...whole, customerData, ...fields } });
  };

  const { status, json } = await report({ body: { shop: "Leeds" } });

  expect([status, json]).toEqual([200, { customEventId: expect.any(String) }]);
  expect(await report({})).toMatchObject(invalid({ "event.eventId": "This value already exists." }));
  const stored = await db().event.findFirstOrThrow({ where: { id: json.customEventId } });
  expect(stored).toMatchObject({ type: "VISITED_SHOP", payload: { shop: "Leeds" }, externalId: "visit-1" });
  expect(pathsOf(await report({ eventId: "visit-2", body: { town: "Leeds" } }))).toEqual(["event.body.town"]);
  expect(pathsOf(await report({ eventDate: "x" }))).toEqual(["event.eventDate"]);
  expect(pathsOf(await report({ customerData: {} }))).toEqual(["event.customerData"]);
  expect((await report({ type: "UNKNOWN", eventId: "visit-3" })).status).toBe(400);
  expect(await report({ type: "POINTS_ADJUSTED", eventId: "visit-4" })).toMatchObject(forbidden);
  expect(await report({ points: 5 })).toMatchObject(extra);
  expect(await balanceOf(store)).toBe(505);
});

test("what is reported here is the same event that /v1 shows, with the same wallet", async () => {
  const tenant = await createApiTenant({
    members: [jane],
    adminApiKeys: [{ name: "shop", key: "an-admin-key-of-the-tests-that-is-long" }],
  });
  const store: Store = {
    ...tenant,
    adminKey: "an-admin-key-of-the-tests-that-is-long",
    admins: { OWNER: "", EDITOR: "", VIEWER: "", TILL: "" },
  };
  const bearer = await signFor(tenant);

  const { json } = await buys(store);

  const event = await callApi(tenant, `GET /v1/events/${json.transactionId}`, { bearer });
  expect(event.json.data).toMatchObject({
    type: "PURCHASE",
    payload: { total: 12.5, documentNumber: "doc-1" },
  });
  expect((await callApi(tenant, "GET /v1/users/me/wallet", { bearer })).json.data.points).toBe(512);
  expect((await callAsAdmin(store, `GET /member/${await memberIdOf(store)}/status`)).json.activePoints).toBe(
    512,
  );
});
