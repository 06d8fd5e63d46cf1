import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { tidyDatabase } from "#lib/db/tidy.ts";
import { getHome } from "#lib/domain/home/get-home.ts";
import { getWalletDetails } from "#lib/domain/ledger/get-wallet-details.ts";
import { listStatement } from "#lib/domain/ledger/list-statement.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";
import { cookieOf, postAuth } from "#tests/support/calls.ts";
import { buy, createMember, createProgramme, report, rewardIdOf } from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";

// Goal: no hot path ever reads a table from end to end, and with statistics as they are renewed each minute, none reads more
// than a few rows by an index.
// Method: let tables grow after the database has looked at them, and ask it what it read since.

const hotTables = [
  "events",
  "ledger_entries",
  "point_lots",
  "rule_activations",
  "wallets",
  "members",
  "benefits",
];

type Reads = { seqScans: number; indexScans: number; indexRows: number };

async function readsSoFar(): Promise<Reads> {
  await db().$queryRaw`SELECT pg_stat_force_next_flush()::text`;
  await db().$queryRaw`SELECT pg_stat_clear_snapshot()::text`;
  const rows = await db().$queryRaw<Reads[]>`
    SELECT sum(t."seq_scan")::float8 AS "seqScans", sum(i."scans")::float8 AS "indexScans",
      sum(i."rows")::float8 AS "indexRows"
    FROM "pg_stat_user_tables" t CROSS JOIN LATERAL (
      SELECT sum(x."idx_scan") AS "scans", sum(x."idx_tup_read") AS "rows" FROM "pg_stat_user_indexes" x
      WHERE x."relid" = t."relid") i
    WHERE t."relname" = ANY (${hotTables}::text[])`;
  return rows[0] as Reads;
}

async function liveThrough(tenant: TestTenant, days: number): Promise<void> {
  const rewardId = await rewardIdOf(tenant, "sticker");
  for (let day = 0; day < days; day++) {
    const memberId = await createMember(tenant);
    await report(tenant, memberId, { payload: { total: 50 }, externalId: `${tenant.code}-${memberId}` });
    await buy(tenant, memberId, rewardId);
    const cookie = cookieOf(await postAuth(tenant));
    const credentials = await readCookieCredentials(new Headers({ cookie }));
    const signedIn = await readSession(tenant, credentials, { isActivity: true });
    if (!signedIn) throw new Error("Nobody is signed in.");
    await getHome(tenant.id, memberId, signedIn.wallet);
    await getWalletDetails(tenant.id, memberId);
    await listStatement(tenant.id, memberId, { beforeSequence: null, limit: 20 });
  }
}

test("hot paths read a few rows each, however the tables have grown", async () => {
  const tenant = await createProgramme({
    rewards: [{ externalId: "sticker", name: "Sticker", type: "VOUCHER", price: 5, perMemberLimit: 3 }],
    rules: [
      {
        ...{ name: "Each day", eventType: "PURCHASE", effect: { type: "POINTS", points: 10 } },
        limits: { perMember: { times: 5, period: "DAY" } },
      },
    ],
  });
  await liveThrough(tenant, 2);
  await db().$executeRawUnsafe("ANALYZE"); // while there is next to nothing
  const atFirst = await readsSoFar();
  await liveThrough(tenant, 90);
  await readsSoFar(); // the database has counted all that was written, by which it is tidied
  await tidyDatabase();
  const before = await readsSoFar();

  await liveThrough(tenant, 60);
  const after = await readsSoFar();

  expect(after.indexScans - before.indexScans).toBeGreaterThan(1_000); // it was looked at
  expect(after.seqScans - atFirst.seqScans).toBe(0);
  expect((after.indexRows - before.indexRows) / (after.indexScans - before.indexScans)).toBeLessThan(3);
});
