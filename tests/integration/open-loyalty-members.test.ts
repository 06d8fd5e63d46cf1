import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { adminToken } from "#tests/support/admins.ts";
import { profile } from "#tests/support/factories.ts";
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

// Goal: a client of Open Loyalty reads and changes the member it signed in, and no other; who runs the programme, all.
// Method: the handlers on a real database.

const forbidden = refusal(403, "Forbidden.");
const notFound = refusal(404, "Not Found");
const tiers = [
  { name: "Silver", pointsRequirement: 100 },
  { name: "Gold", pointsRequirement: 1_000 },
];

async function pathsOf(store: Store, person = jane): Promise<string[]> {
  const { id, accountNumber } = await memberRow(store, person);
  const email = encodeURIComponent(person.profile.emailAddress.toUpperCase());
  return [id, id.toUpperCase(), `email=${email}`, `loyaltyCardNumber=${accountNumber}`];
}

test("a member reads the own profile by each of its names, with balances and level", async () => {
  const store = await createStore({ tiers });
  const bearer = await memberToken(store);
  const { id, accountNumber, createdAt } = await memberRow(store);

  for (const path of await pathsOf(store)) {
    const { status, json } = await call(store, `GET /member/${path}`, { bearer });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...{ customerId: id, active: true, firstName: "Jane", lastName: "Doe", storeCode: store.code },
      ...{ email: profile.emailAddress, phone: null, gender: null, birthDate: null },
      address: { street: null, address1: null, address2: null, city: null, country: null },
      loyaltyCardNumber: accountNumber,
      createdAt: createdAt.toISOString().replace("Z", "+00:00"),
      defaultAccount: {
        accountId: id,
        activePoints: 500,
        earnedPoints: 500,
        spentPoints: 0,
        lockedPoints: 0,
      },
      currentLevel: { name: "Silver" },
    });
  }
});

test("another member is forbidden by any name, whether it is there or not, and everything is there for an admin", async () => {
  const store = await createStore();
  const bearer = await memberToken(store);
  const others = [
    ...(await pathsOf(store, joan)),
    crypto.randomUUID(),
    "email=nobody@example.com",
    "phone=1",
  ];
  const calls = ["", "/status", "/wallet"];

  for (const other of others) {
    for (const rest of calls)
      expect(await call(store, `GET /member/${other}${rest}`, { bearer })).toMatchObject(forbidden);
    const body = { customer: { firstName: "Mallory" } };
    expect(await call(store, `PUT /member/${other}`, { bearer, body })).toMatchObject(forbidden);
  }
  for (const path of await pathsOf(store, joan)) {
    expect((await callAsAdmin(store, `GET /member/${path}`)).json.firstName).toBe("Joan");
  }
  expect((await memberRow(store, joan)).givenName).toBe("Joan");
});

test("a name that is nobody's, several people's or none at all is not found", async () => {
  const store = await createStore({
    members: [
      jane,
      { ...joan, profile: { ...joan.profile, emailAddress: "JANE.doe@example.com" }, password: null },
    ],
  });
  await db().member.updateMany({
    where: { tenantId: store.id },
    data: { telephoneNumber: "+44 1437 532699" },
  });
  const other = await createStore();

  for (const path of [
    "email=jane.doe@example.com",
    "phone=%2B44%201437%20532699",
    "email=nobody@example.com",
    "loyaltyCardNumber=",
    "colour=green",
    "me",
    await memberIdOf(other),
  ]) {
    expect(await callAsAdmin(store, `GET /member/${path}`), path).toMatchObject(notFound);
  }
  // Also for the member whose name it is.
  const bearer = await memberToken(store);
  expect(await call(store, "GET /member/email=jane.doe@example.com", { bearer })).toMatchObject(notFound);
  await db().member.updateMany({
    where: { tenantId: store.id, authIdentifier: "user-2" },
    data: { telephoneNumber: "1" },
  });
  expect((await call(store, "GET /member/phone=%2B44%201437%20532699", { bearer })).json.firstName).toBe(
    "Jane",
  );
});

test("a bearer is missing, bad, another store's or too small, in the vendor's words", async () => {
  const [store, other] = [await createStore(), await createStore()];
  const id = await memberIdOf(store);
  const read = (sent: object) => call(store, `GET /member/${id}`, sent);
  const body = { customer: { firstName: "Jo" } };

  expect(await read({})).toMatchObject(refusal(401, "JWT Token not found"));
  const invalidToken = refusal(401, "Invalid JWT Token");
  for (const sent of [
    { bearer: "rubbish" },
    { bearer: await memberToken(other) },
    { bearer: await adminToken(other) },
    { headers: { "x-auth-token": other.adminKey } },
    { headers: { "x-auth-token": "rubbish" } },
    { bearer: await memberToken(store), headers: { "x-auth-token": store.adminKey } },
  ]) {
    expect(await read(sent)).toMatchObject(invalidToken);
  }
  expect((await read({ bearer: await adminToken(store, "VIEWER") })).status).toBe(200);
  for (const role of ["VIEWER", "TILL"] as const) {
    const sent = { bearer: await adminToken(store, role), body };
    expect(await call(store, `PUT /member/${id}`, sent)).toMatchObject(forbidden);
  }
  expect(await read({ bearer: await adminToken(store, "TILL") })).toMatchObject(forbidden);
  const editor = { bearer: await adminToken(store, "EDITOR"), body };
  expect((await call(store, `PUT /member/${id}`, editor)).json).toEqual({ customerId: id });
  expect(await call({ ...store, code: "nowhere" }, `GET /member/${id}`, {})).toMatchObject(notFound);
  expect(
    (await call({ ...store, code: store.code.toUpperCase() }, `GET /member/${id}`, { bearer: editor.bearer }))
      .status,
  ).toBe(200);
});

test("who owns the deployment is an owner in every programme", async () => {
  const [store, other] = [await createStore(), await createStore()];
  await db().admin.updateMany({ where: { email: store.admins.TILL }, data: { isDeploymentOwner: true } });
  const bearer = await adminToken(store, "TILL");
  const body = { customer: { firstName: "Jo" } };

  for (const each of [store, other]) {
    const endpoint = `PUT /member/${await memberIdOf(each)}`;
    expect((await call(each, endpoint, { bearer, body })).status).toBe(200);
  }
});

test("a key that was revoked, and a member who was restricted, are out at the next call", async () => {
  const store = await createStore();
  const id = await memberIdOf(store);
  const bearer = await memberToken(store);
  expect((await callAsAdmin(store, `GET /member/${id}`)).status).toBe(200);

  await db().adminApiKey.updateMany({ where: { tenantId: store.id }, data: { revokedAt: new Date() } });
  await restrictMember(store.id, id, true);

  expect(await callAsAdmin(store, `GET /member/${id}`)).toMatchObject(refusal(401, "Invalid JWT Token"));
  expect(await call(store, `GET /member/${id}`, { bearer })).toMatchObject(refusal(401, "Invalid JWT Token"));
});

test("status and wallet say what GET /v1/users/me/wallet says", async () => {
  const tenant = await createApiTenant({ members: [jane], tiers, pointsExpiry: { afterDays: 31 } });
  const store: Store = { ...tenant, adminKey: "", admins: { OWNER: "", EDITOR: "", VIEWER: "", TILL: "" } };
  const bearer = await memberToken(store);
  const { json } = await callApi(tenant, "GET /v1/users/me/wallet", { bearer: await signFor(tenant) });
  const wallet = json.data;
  const id = await memberIdOf(store);

  expect((await call(store, `GET /member/${id}/status`, { bearer })).json).toMatchObject({
    ...{ firstName: "Jane", lastName: "Doe", customerId: id, storeCode: store.code },
    ...{ activePoints: wallet.points, earnedPoints: wallet.lifetimePoints, spentPoints: wallet.spentPoints },
    ...{ expiredPoints: wallet.expiredPoints, lockedPoints: wallet.pendingPoints },
    ...{ transferredPoints: 0, blockedPoints: 0 },
    ...{ levelName: wallet.tier.name, levelConditionValue: 100 },
    ...{
      nextLevelName: "Gold",
      nextLevelConditionValue: 1_000,
      pointsToNextLevel: wallet.nextTier.pointsToGo,
    },
  });
  const wallets = await call(store, `GET /member/${id}/wallet`, { bearer });
  expect(wallets.json.total).toEqual({ all: 1, filtered: 1, estimated: false });
  expect(wallets.json.items).toMatchObject([
    {
      walletType: { code: "default", unitPluralName: "Points", active: true, isDefault: true },
      account: { activeUnits: wallet.points, earnedUnits: wallet.lifetimePoints, lockedUnits: 0 },
    },
  ]);
});

test("a change sets what was sent, clears what is empty and leaves the rest", async () => {
  const store = await createStore();
  const bearer = await memberToken(store);
  const { id, accountNumber } = await memberRow(store);
  const path = `/member/${id}`;
  const whole = {
    ...{ firstName: "Janet", lastName: "Dough", gender: "not_disclosed", phone: "01437532699" },
    ...{
      birthDate: "1980-02-29T00:00:00+0000",
      loyaltyCardNumber: accountNumber,
      email: profile.emailAddress,
    },
    ...{
      agreement1: true,
      agreement2: false,
      company: { name: "Acme", nip: "1" },
      customFields: { shoeSize: 42 },
    },
    address: {
      street: "Road",
      address1: "99",
      province: "Yorkshire",
      city: "Leeds",
      postal: "LS1",
      country: "GB",
    },
  };

  const changed = await call(store, `PUT ${path}`, { bearer, body: { customer: whole } });
  expect(changed).toMatchObject({ status: 200, json: { customerId: id } });
  const { json } = await call(store, `GET ${path}`, { bearer });
  expect(json).toMatchObject({ ...whole, birthDate: "1980-02-29T00:00:00+00:00", agreement3: false });

  const cleared = {
    phone: "",
    birthDate: null,
    firstName: "",
    address: { city: null },
    customFields: { shoeSize: null },
  };
  await call(store, `PUT ${path}`, { bearer, body: { customer: cleared } });
  const { json: after } = await call(store, `GET ${path}`, { bearer });
  expect(after).toMatchObject({ phone: null, birthDate: null, firstName: "Janet", customFields: {} });
  expect(after.address).toMatchObject({ street: "Road", city: null, address1: "99" });
  const { json: back } = await call(store, `PUT ${path}`, {
    bearer,
    body: { customer: { gender: "female" } },
  });
  expect(back).toEqual({ customerId: id });
});

test("what will not do is refused by the client's own names, and changes nothing", async () => {
  const store = await createStore();
  const bearer = await memberToken(store);
  const path = `PUT /member/${await memberIdOf(store)}`;
  const put = (body: unknown) => call(store, path, { bearer, body });
  const customer = (fields: object) => put({ customer: { firstName: "Mallory", ...fields } });
  const extra = invalid({ "": "This form should not contain extra fields." });

  expect(await put({})).toMatchObject(invalid({ customer: "This value should not be blank." }));
  expect(await put({ customer: {}, extra: 1 })).toMatchObject(extra);
  for (const fields of [{ levelId: "x" }, { plainPassword: "x" }, { address: { planet: "Mars" } }]) {
    expect(await customer(fields)).toMatchObject(extra);
  }
  const paths = async (fields: object) =>
    (await customer(fields)).json.errors.map((error: { path: string }) => error.path);
  expect(await paths({ gender: "x" })).toEqual(["customer.gender"]);
  expect(await paths({ birthDate: "2020-02-31" })).toEqual(["customer.birthDate"]);
  expect(await paths({ address: { country: "XX" } })).toEqual(["customer.address.country"]);
  expect(await paths({ phone: "1".repeat(33) })).toEqual(["customer.phone"]);
  expect(await paths({ loyaltyCardNumber: "1234567" })).toEqual(["customer.loyaltyCardNumber"]);
  expect(await paths({ email: "new@example.com" })).toEqual(["customer.email"]);
  expect(await paths({ customFields: { emailAddress: "new@example.com" } })).toEqual([
    "customer.customFields.emailAddress",
  ]);
  expect((await customer({ customFields: { __proto__x: 1 } })).status).toBe(400);
  expect(await call(store, path, { bearer, body: "{" })).toMatchObject({ status: 400 });
  expect((await memberRow(store)).givenName).toBe("Jane");
});

test("pages begin at 1, hold 10 and at most 50, and are ordered by what a list knows", async () => {
  const store = await createStore();
  const id = await memberIdOf(store);
  const read = async (query: string) => callAsAdmin(store, `GET /member/${id}/wallet?${query}`);

  expect((await read("_page=2")).json).toEqual({
    items: [],
    total: { all: 1, filtered: 1, estimated: false },
  });
  expect((await read("page=7&itemsOnPage=99&_itemsOnPage=50")).json.items).toHaveLength(1);
  for (const [name, query] of [
    ["_page", "_page=0"],
    ["_page", "_page=1.5"],
    ["_page", "_page=1&_page=2"],
    ["_itemsOnPage", "_itemsOnPage=51"],
    ["_itemsOnPage", "_itemsOnPage=0"],
    ["_orderBy[colour]", "_orderBy[colour]=asc"],
  ]) {
    const { status, json } = await read(query ?? "");
    expect([status, json.errors[0].path], query).toEqual([400, name]);
  }
});
