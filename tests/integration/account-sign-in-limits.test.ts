import { verify } from "@node-rs/argon2";
import { afterEach, expect, test, vi } from "vitest";

import { env } from "#lib/config/env.ts";
import { requestPasswordReset, resetPassword } from "#lib/domain/accounts/reset-password.ts";
import { generateSecret } from "#lib/domain/secrets.ts";
import {
  accountRow,
  createAccount,
  createAccountTenant,
  errorIn,
  jane,
  mails,
  newestToken,
  postSignIn,
  signIn,
} from "#tests/support/accounts.ts";
import type { TestTenant } from "#tests/support/factories.ts";

// Goal: who guesses gets 20 guesses a minute at an account, 600 from one place, and keeps nobody out.
// Method: the route handler on a real database. Where a test needs many tries, the password check answers at once.

vi.mock("#lib/domain/mail/deliver-mails.ts", () => ({ deliverSoon: vi.fn() }));
vi.mock("@node-rs/argon2", { spy: true });

const here = "192.0.2.1";

let nextAddress = 0;

afterEach(() => {
  vi.mocked(verify).mockReset(); // it is the real one again
});

/** One that nothing was counted for. */
function elsewhere(): string {
  nextAddress += 1;
  return `203.0.113.${nextAddress}`;
}

/** Every password is wrong now, and none costs time. */
function guessInVain(): void {
  vi.mocked(verify).mockClear().mockResolvedValue(false);
}

/** Several wrong passwords, one after the other. */
async function guess(
  tenant: TestTenant,
  count: number,
  addressOf: () => string,
  email?: string,
): Promise<void> {
  guessInVain();
  for (let index = 0; index < count; index++) {
    const call = { password: `guess number ${index}`, address: addressOf(), ...(email && { email }) };
    expect(await postSignIn(tenant, call)).toMatchObject({ status: 401 });
  }
  vi.mocked(verify).mockReset();
}

test("the 21st try of a minute for one account is refused unlooked at, and says when to come again", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await guess(tenant, 20, elsewhere);
  vi.mocked(verify).mockClear();

  const refused = await postSignIn(tenant, { address: elsewhere() });

  expect(refused).toMatchObject({ status: 429, cookies: [] });
  expect(errorIn(refused)).toBe("rate_limited");
  expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
  expect(refused.headers.get("ratelimit-policy")).toBe('"sign-in-account";q=20;w=60');
  expect(refused.headers.get("ratelimit")).toMatch(/^"sign-in-account";r=0;t=[1-9]\d?$/);
  expect(refused.headers.get("cache-control")).toBe("private, no-store");
  const asForm = await postSignIn(tenant, { address: elsewhere(), json: false });
  expect(asForm).toMatchObject({ status: 303, cookies: [] });
  expect(asForm.headers.get("location")).toBe("/login?error=rate_limited&callbackUrl=%2F");
  expect(verify).not.toHaveBeenCalled();
});

test("of 100 tries at once for one account exactly 20 reach the password check", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  guessInVain();

  const tries = Array.from({ length: 100 }, (_, index) =>
    postSignIn(tenant, { password: `guess number ${index}`, address: `198.51.100.${index}` }),
  );
  const statuses = (await Promise.all(tries)).map(({ status }) => status);

  expect(verify).toHaveBeenCalledTimes(20);
  expect(statuses.filter((status) => status === 401)).toHaveLength(20);
  expect(statuses.filter((status) => status === 429)).toHaveLength(80);
});

test("good tries are counted like bad ones", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  vi.mocked(verify).mockResolvedValue(true);

  const statuses: number[] = [];
  for (let index = 0; index < 21; index++) {
    const { status } = await postSignIn(tenant, { address: elsewhere() });
    statuses.push(status);
  }

  expect(statuses).toEqual([...Array(20).fill(200), 429]);
});

test("an address without an account is limited as one with an account is, and one account's tries are no other's", async () => {
  const tenant = await createAccountTenant();
  const other = await createAccountTenant();
  await createAccount(tenant);

  await guess(tenant, 20, elsewhere, "unknown@example.com");

  const again = { email: "unknown@example.com", address: elsewhere() };
  expect(await postSignIn(tenant, again)).toMatchObject({ status: 429 });
  const form = await postSignIn(tenant, { ...again, json: false });
  expect([form.status, errorIn(form)]).toEqual([303, "rate_limited"]);
  expect(Number(form.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await postSignIn(other, again)).toMatchObject({ status: 401 });
  expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
});

test("capitals make no other account of an address", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const variants = ["jane@example.com", "JANE@example.com", "Jane@Example.COM", "jane@example.coM"];

  for (const email of variants) await guess(tenant, 5, elsewhere, email);

  for (const email of variants) {
    expect(await postSignIn(tenant, { email, address: elsewhere() })).toMatchObject({ status: 429 });
  }
});

test("what is no address, as one with white space at an end, is limited as one account, and is nobody's", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  const variants = ["jane@example.com ", "\tjane@example.com", "jane@example.com\u00a0", "j".repeat(50_000)];

  for (const email of variants) await guess(tenant, 5, elsewhere, email);

  for (const email of variants) {
    expect(await postSignIn(tenant, { email, address: elsewhere() })).toMatchObject({ status: 429 });
  }
  expect(await postSignIn(tenant)).toMatchObject({ status: 200 });
});

test("who guesses from elsewhere keeps nobody out of where they signed in before, and gains no tries there", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await signIn(tenant, { address: here }); // from elsewhere, as long as it has not succeeded

  await guess(tenant, 19, elsewhere);
  expect(await postSignIn(tenant, { address: elsewhere() })).toMatchObject({ status: 429 });
  expect(await postSignIn(tenant, { address: here })).toMatchObject({ status: 200 });
  await guess(tenant, 19, () => here);
  expect(await postSignIn(tenant, { address: here })).toMatchObject({ status: 429 });
});

test("an IPv6 network is one address: known as a whole", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await signIn(tenant, { address: "2001:db8:1:2::1" });

  await guess(tenant, 19, elsewhere);

  expect(await postSignIn(tenant, { address: "2001:db8:1:2:ffff::9" })).toMatchObject({ status: 200 });
  expect(await postSignIn(tenant, { address: "2001:db8:1:3::1" })).toMatchObject({ status: 429 });
});

test("a new password by a link gets in from where the link was opened, though others keep guessing", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await requestPasswordReset({ tenant, emailAddress: jane.emailAddress, mails });
  const token = await newestToken(tenant, "resetPassword");
  await guess(tenant, 20, elsewhere);

  await resetPassword({
    tenant,
    token,
    password: "another password altogether",
    address: here,
    admit: async () => undefined,
    mails,
  });

  const password = "another password altogether";
  expect(await postSignIn(tenant, { password, address: elsewhere() })).toMatchObject({ status: 429 });
  expect(await postSignIn(tenant, { password, address: here })).toMatchObject({ status: 200 });
});

test("the last five addresses are known, by hashes that are this member's and this deployment's own", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await createAccount(tenant, { emailAddress: "john@example.com" });
  const addresses = Array.from({ length: 6 }, elsewhere);

  vi.mocked(verify).mockResolvedValue(true);
  for (const address of [...addresses, ...addresses.slice(4, 5)]) await signIn(tenant, { address });
  await signIn(tenant, { email: "john@example.com", address: addresses[5] ?? "" });

  const { knownAddresses } = await accountRow(tenant);
  expect(new Set(knownAddresses).size).toBe(5);
  for (const tag of knownAddresses) expect(tag).toMatch(/^[\w-]{22}$/);
  expect(knownAddresses).not.toContain((await accountRow(tenant, "john@example.com")).knownAddresses[0]);
  await guess(tenant, 14, elsewhere); // with the six that were from elsewhere when they came
  const [oldest = "", ...others] = addresses;
  expect(await postSignIn(tenant, { address: oldest })).toMatchObject({ status: 429 });
  for (const address of others) expect(await postSignIn(tenant, { address })).toMatchObject({ status: 200 });
});

test("a known address stays known when the deployment's secret is another one", async () => {
  const tenant = await createAccountTenant();
  await createAccount(tenant);
  await signIn(tenant, { address: here });
  const secrets = env().LAUREL_SECRET;

  env().LAUREL_SECRET = [generateSecret(), ...secrets];
  try {
    await guess(tenant, 19, elsewhere);
    expect(await postSignIn(tenant, { address: elsewhere() })).toMatchObject({ status: 429 });
    expect(await postSignIn(tenant, { address: here })).toMatchObject({ status: 200 });
    expect((await accountRow(tenant)).knownAddresses).toHaveLength(2);
  } finally {
    env().LAUREL_SECRET = secrets;
  }
});

test("one address has 600 tries a minute, for whichever accounts, and a network of IPv6 is one", async () => {
  const tenant = await createAccountTenant();
  guessInVain();
  const tryFrom = (address: string, index: number) =>
    postSignIn(tenant, { email: `person-${index}@example.com`, address });

  const statuses = new Set<number>();
  for (let index = 0; index < 600; index++) {
    statuses.add((await tryFrom(`2001:db8:6:6::${index.toString(16)}`, index)).status);
  }
  vi.mocked(verify).mockClear();
  const refused = await tryFrom("2001:db8:6:6:abcd::1", 600);

  expect(statuses).toEqual(new Set([401]));
  expect(refused).toMatchObject({ status: 429, cookies: [] });
  expect(refused.headers.get("ratelimit-policy")).toBe('"sign-in-address";q=600;w=60');
  expect(verify).not.toHaveBeenCalled();
  expect(await tryFrom("2001:db8:6:7::1", 601)).toMatchObject({ status: 401 });
});
