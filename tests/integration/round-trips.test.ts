import { beforeAll, expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { getHome } from "#lib/domain/home/get-home.ts";
import { listStatement } from "#lib/domain/ledger/list-statement.ts";
import { getShelfReward, listShelf } from "#lib/domain/rewards/shelf.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";
import { callSession, cookieOf, openLink, postAuth } from "#tests/support/calls.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";

// Goal: what people wait for asks the database at most twice; what is kept in memory for seconds counts as there.
// Method: Prisma tells every statement it sends.

let statements = 0;
let tenant: TestTenant;

beforeAll(async () => {
  const client = db() as unknown as { $on(event: "query", listener: () => void): void };
  client.$on("query", () => {
    statements += 1;
  });
  const rewards = [{ externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150 }];
  tenant = await createTenant({ rewards });
});

async function countStatements(run: () => Promise<unknown>): Promise<number> {
  statements = 0;
  await run();
  return statements;
}

test("POST /api/auth takes one round trip, for a new member and a known one", async () => {
  expect(await countStatements(() => postAuth(tenant))).toBe(1);
  expect(await countStatements(() => postAuth(tenant))).toBe(1);
});

test("an activation takes two", async () => {
  const { json } = await postAuth(tenant);

  expect(await countStatements(() => openLink(tenant, `session=${json.data.session}`))).toBe(2);
});

test("asking for the session takes one", async () => {
  const cookie = cookieOf(await postAuth(tenant));

  expect(await countStatements(() => callSession(tenant, "GET", cookie))).toBe(1);
});

test("every page takes two at most: who it is, and what it shows", async () => {
  const cookie = cookieOf(await postAuth(tenant));
  const credentials = await readCookieCredentials(new Headers({ cookie }));
  const signIn = async () => {
    const signedIn = await readSession(tenant.id, credentials, { isActivity: true });
    if (!signedIn) throw new Error("Nobody is signed in.");
    return signedIn;
  };
  const { session, wallet } = await signIn();
  const [reward] = await listShelf(tenant.id, wallet);
  const { id } = session.member;

  expect(await countStatements(signIn)).toBe(1);
  expect(await countStatements(() => getHome(tenant.id, id, wallet))).toBe(1);
  expect(await countStatements(() => listShelf(tenant.id, wallet))).toBe(1);
  expect(await countStatements(() => getShelfReward(tenant.id, reward?.id ?? "", wallet, session.id))).toBe(
    1,
  );
  expect(await countStatements(() => listStatement(tenant.id, id, { beforeSequence: null, limit: 20 }))).toBe(
    1,
  );
});
