import { randomUUID } from "node:crypto";
import { beforeEach, expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { confirmEmail } from "#lib/domain/accounts/confirm-email.ts";
import { countAddressAgainst, type LimitName } from "#lib/http/rate-limits.ts";
import { mailsOf, newestToken, openedLink } from "#tests/support/accounts.ts";
import type { ClientAnswer, ClientCall } from "#tests/support/client-apis.ts";
import {
  callAsAdmin,
  callStore,
  createStore as createBareStore,
  invalid,
  jane,
  memberIdOf,
  memberToken,
  refusal,
  type Store,
} from "#tests/support/open-loyalty.ts";

// Goal: clients of Open Loyalty sign people up and give them new passwords, and nobody learns who has an account.
// Method: the handlers on a real database; what was mailed is read from the outbox.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));
// The real ones are React's, which is Next's to run.
vi.mock("#app/_mail/account-mails.tsx", async () => {
  const { mails } = await import("#tests/support/accounts.ts");
  return { accountMails: async () => mails };
});

const ana = { email: "Ana@example.com", plainPassword: "a boat on the river", agreement1: true };
let here = "";

beforeEach(() => {
  here = randomUUID(); // limits count by it
});

function createStore(settings: object = {}): Promise<Store> {
  return createBareStore({ selfRegistration: true, ...settings });
}

function call(store: Store, endpoint: string, sent: ClientCall): Promise<ClientAnswer> {
  return callStore(store, endpoint, { address: here, ...sent });
}

function register(store: Store, fields: object = {}): Promise<ClientAnswer> {
  return call(store, "POST /member/register", { body: { customer: { ...ana, ...fields } } });
}

function login(store: Store, username: string, password: string): Promise<ClientAnswer> {
  return call(store, "POST /member/login_check", { body: { username, password } });
}

const kindsOf = async (store: Store) => (await mailsOf(store)).map(({ kind }) => kind);
const pathsOf = ({ json }: ClientAnswer) => json.errors.map(({ path }: { path: string }) => path);

test("who signs up is a member that waits for the e-mail to be confirmed, with all that was sent", async () => {
  const store = await createStore();
  const address = { street: "Road", address1: "99", city: "Leeds", country: "GB" };
  const more = {
    firstName: "Ana",
    lastName: "Silva",
    gender: "female",
    phone: "0143",
    address,
    agreement2: true,
  };

  const { status, json } = await register(store, more);

  expect(status).toBe(200);
  expect(json).toEqual({ customerId: expect.any(String), email: ana.email });
  const read = async () => (await callAsAdmin(store, `GET /member/${json.customerId}`)).json;
  expect(await read()).toMatchObject({
    ...{
      active: false,
      email: ana.email,
      firstName: "Ana",
      lastName: "Silva",
      gender: "female",
      phone: "0143",
    },
    ...{ address: { ...address, province: null }, agreement1: true, agreement2: true, agreement3: false },
  });
  expect(await login(store, ana.email, ana.plainPassword)).toMatchObject(refusal(401, "Bad credentials."));
  const token = await newestToken(store, "confirmEmail");
  await confirmEmail(openedLink(store, token, { password: ana.plainPassword }));
  expect((await login(store, ana.email, ana.plainPassword)).status).toBe(200);
  expect(await read()).toMatchObject({ active: true });
});

test("an address that somebody has is answered the same, and its owner is told", async () => {
  const store = await createStore();
  const taken = { email: jane.profile.emailAddress, firstName: "Mallory" };

  const answers = [await register(store, taken), await register(store, taken)];
  const free = [await register(store), await register(store)];

  for (const { status, json } of [...answers, ...free]) {
    expect([status, Object.keys(json)]).toEqual([200, ["customerId", "email"]]);
  }
  const ids = [...answers, ...free].map(({ json }) => json.customerId);
  expect(new Set(ids).size).toBe(4); // also the second of a free one: by an id that comes again it would show that it is free
  const members = await db().member.findMany({ where: { tenantId: store.id, id: { in: ids } } });
  expect(members.map(({ id }) => id)).toEqual([free[0]?.json.customerId]);
  expect(await kindsOf(store)).toEqual(["accountExists", "accountExists", "confirmEmail", "confirmEmail"]);
  expect(
    (
      await db().member.findUniqueOrThrow({
        where: { tenantId_id: { tenantId: store.id, id: await memberIdOf(store) } },
      })
    ).givenName,
  ).toBe("Jane");
});

test("who signs up again for a free address leaves nothing of the one before", async () => {
  const store = await createStore();
  const { json } = await register(store, {
    firstName: "Mallory",
    phone: "666",
    customFields: { note: "mine" },
  });

  await register(store, { lastName: "Silva" });

  const { json: member } = await callAsAdmin(store, `GET /member/${json.customerId}`);
  expect(member).toMatchObject({ firstName: "", lastName: "Silva", phone: null, customFields: {} });
});

test("a closed programme signs nobody up", async () => {
  const store = await createBareStore();

  expect(await register(store)).toMatchObject(refusal(403, "Forbidden."));
  expect(await db().member.count({ where: { tenantId: store.id } })).toBe(2);
});

test("what will not do is said by its name", async () => {
  const store = await createStore();

  const empty = await call(store, "POST /member/register", { body: { customer: {} } });
  expect(pathsOf(empty).sort()).toEqual(["customer.agreement1", "customer.email", "customer.plainPassword"]);
  expect(pathsOf(await register(store, { email: "none" }))).toEqual(["customer.email"]);
  expect(pathsOf(await register(store, { plainPassword: "short" }))).toEqual(["customer.plainPassword"]);
  expect(pathsOf(await register(store, { plainPassword: "password123" }))).toEqual([
    "customer.plainPassword",
  ]);
  expect(await register(store, { agreement1: false })).toMatchObject(
    invalid({ "customer.agreement1": "This value should be true." }),
  );
  for (const extra of [{ levelId: "x" }, { loyaltyCardNumber: "1234567" }, { active: true }]) {
    expect(await register(store, extra)).toMatchObject(
      invalid({ "": "This form should not contain extra fields." }),
    );
  }
  expect(await db().member.count({ where: { tenantId: store.id } })).toBe(2);
});

test("a member sets another password, and tokens from before are over", async () => {
  const store = await createStore();
  const bearer = await memberToken(store);
  const put = (body: object, token = bearer) => call(store, "PUT /member/password", { bearer: token, body });
  const passwords = { currentPassword: jane.password, plainPassword: ana.plainPassword };

  expect(pathsOf(await put({}))).toEqual(["currentPassword", "plainPassword"]);
  expect(pathsOf(await put({ ...passwords, currentPassword: "wrong" }))).toEqual(["currentPassword"]);
  expect(pathsOf(await put({ ...passwords, plainPassword: "short" }))).toEqual(["plainPassword"]);
  expect(await put(passwords)).toMatchObject({ status: 204, text: "" });

  expect(await put(passwords)).toMatchObject(refusal(401, "Invalid JWT Token"));
  expect(await login(store, jane.profile.emailAddress, jane.password)).toMatchObject({ status: 401 });
  expect(await login(store, jane.profile.emailAddress, ana.plainPassword)).toMatchObject({ status: 200 });
  expect(await kindsOf(store)).toEqual(["passwordChanged"]);
  const asAdmin = { headers: { "x-auth-token": store.adminKey }, body: passwords };
  expect(await call(store, "PUT /member/password", asAdmin)).toMatchObject(refusal(403, "Forbidden."));
});

test("a forgotten password is set anew by the token of a mail, once", async () => {
  const store = await createStore();
  const request = (username: string) =>
    call(store, "POST /member/password/reset/request", { body: { username } });
  const reset = (token: string, plainPassword = ana.plainPassword) =>
    call(store, "POST /member/password/reset", { body: { token, reset: { plainPassword } } });

  const [known, unknown] = [await request(jane.profile.emailAddress), await request("nobody@example.com")];
  expect([known.status, known.text]).toEqual([204, ""]);
  expect([unknown.status, unknown.text]).toEqual([204, ""]);
  expect(pathsOf(await request("no address"))).toEqual(["username"]);
  expect(await kindsOf(store)).toEqual(["resetPassword"]);
  const token = await newestToken(store, "resetPassword");

  expect(pathsOf(await reset("x"))).toEqual(["token"]);
  expect(pathsOf(await reset(token, "short"))).toEqual(["reset.plainPassword"]);
  expect(await reset(token)).toMatchObject({ status: 204, text: "" });
  expect(pathsOf(await reset(token))).toEqual(["token"]);
  expect((await login(store, jane.profile.emailAddress, ana.plainPassword)).status).toBe(200);
  const other = await createStore();
  const body = { token, reset: { plainPassword: ana.plainPassword } };
  expect(pathsOf(await call(other, "POST /member/password/reset", { body }))).toEqual(["token"]);
});

test.each<[string, LimitName, (token: string) => object]>([
  ["register", "end-user-sign-up", () => ({ customer: ana })],
  ["password/reset/request", "member-password-reset", () => ({ username: jane.profile.emailAddress })],
  [
    "password/reset",
    "member-password-reset",
    (token) => ({ token, reset: { plainPassword: ana.plainPassword } }),
  ],
])("POST /member/%s takes 600 calls a minute from one address", async (what, limit, bodyWith) => {
  const store = await createStore();
  const asked = { username: jane.profile.emailAddress };
  await call(store, "POST /member/password/reset/request", { body: asked, address: "203.0.113.11" });
  const body = bodyWith(await newestToken(store, "resetPassword"));
  await Promise.all(Array.from({ length: 600 }, () => countAddressAgainst(limit, here)));

  const endpoint = `POST /member/${what}`;
  expect(await call(store, endpoint, { body })).toMatchObject(refusal(429, "Too Many Requests"));
  const { status } = await call(store, endpoint, { body, address: "203.0.113.12" });
  expect([200, 204]).toContain(status);
});

test("a current password can be guessed 20 times a minute", async () => {
  const store = await createStore();
  const bearer = await memberToken(store);
  const put = (currentPassword: string) =>
    call(store, "PUT /member/password", {
      ...{ bearer, body: { currentPassword, plainPassword: ana.plainPassword } },
    });

  for (let index = 0; index < 20; index++) expect((await put("wrong")).status).toBe(400);
  expect(await put(jane.password)).toMatchObject(refusal(429, "Too Many Requests"));
});

test.each(["register", "password/reset/request"])(
  "%s takes as long for a known address as for an unknown one",
  async (what) => {
    const store = await createStore();
    const tookMs = async (email: string) => {
      const body = what === "register" ? { customer: { ...ana, email } } : { username: email };
      const startedMs = performance.now();
      await call(store, `POST /member/${what}`, { body });
      return performance.now() - startedMs;
    };
    await tookMs("warm@example.com");

    const times = [await tookMs(jane.profile.emailAddress), await tookMs("nobody@example.com")];

    for (const time of times) expect(time).toBeGreaterThanOrEqual(249); // whole quarters of a second
  },
);
