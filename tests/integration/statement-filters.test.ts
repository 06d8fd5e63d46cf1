import { beforeAll, expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { tidyDatabase } from "#lib/db/tidy.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { listStatement, type statementFilters } from "#lib/domain/ledger/list-statement.ts";
import { adjust, buy, createMember, createProgramme, report, rewardIdOf } from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";

// Goal: a statement of one kind of movements has just those, page by page, and costs the same however many others there are.

type Filter = (typeof statementFilters)[number];
const long = 150;
let tenant: TestTenant;
let reader: MemberId;

beforeAll(async () => {
  tenant = await createProgramme({
    rewards: [{ externalId: "tea", name: "Tea", type: "GENERIC_OFFER", price: 5 }],
  });
  reader = await createMember(tenant, 100);
  const tea = await rewardIdOf(tenant, "tea");
  for (const total of [1, 2, 3]) {
    await report(tenant, reader, { payload: { total } });
    await buy(tenant, reader, tea);
  }
  await adjust(tenant, reader, -7);
});

function pageOf(memberId: MemberId, filter: Filter, beforeSequence: number | null = null, limit = 20) {
  return listStatement(tenant.id, memberId, { beforeSequence, limit, filter });
}

async function pointsOf(filter: Filter): Promise<number[]> {
  return (await pageOf(reader, filter)).entries.map(({ points }) => points);
}

test("each filter has its own movements, and together they have all", async () => {
  expect(await pointsOf("earned")).toEqual([3, 2, 1]);
  expect(await pointsOf("spent")).toEqual([-5, -5, -5]);
  expect(await pointsOf("other")).toEqual([-7, 100]);
  expect(await pointsOf("all")).toEqual([-7, -5, 3, -5, 2, -5, 1, 100]);
});

test("a filtered statement goes on where its last page ended", async () => {
  const first = await pageOf(reader, "spent", null, 2);
  const second = await pageOf(reader, "spent", first.nextBeforeSequence, 2);

  expect([first, second].map(({ entries }) => entries.length)).toEqual([2, 1]);
  expect(second.nextBeforeSequence).toBeNull();
  expect(new Set([...first.entries, ...second.entries].map(({ id }) => id)).size).toBe(3);
});

test.each<Filter>(["earned", "spent", "other"])(
  "what was %s once is found without reading the rest of a long history",
  async (filter) => {
    const memberId = await createMember(tenant, filter === "other" ? 10 : 0);
    if (filter === "earned") await report(tenant, memberId);
    if (filter === "spent") {
      await report(tenant, memberId);
      await buy(tenant, memberId, await rewardIdOf(tenant, "tea"));
    }
    for (let count = 0; count < long; count++) {
      await (filter === "earned" ? adjust(tenant, memberId, 1) : report(tenant, memberId));
    }
    await rowsRead();
    await tidyDatabase();
    const before = await rowsRead();

    const { entries } = await pageOf(memberId, filter);

    expect(entries).toHaveLength(1);
    const read = (await rowsRead()) - before;
    expect(read).toBeGreaterThan(0); // it was counted
    expect(read).toBeLessThan(10);
  },
);

/** How many rows of the ledger were read by its indexes so far. */
async function rowsRead(): Promise<number> {
  await db().$queryRaw`SELECT pg_stat_force_next_flush()::text`;
  await db().$queryRaw`SELECT pg_stat_clear_snapshot()::text`;
  const rows = await db().$queryRaw<{ rows: number }[]>`
    SELECT sum("idx_tup_read")::float8 AS "rows" FROM "pg_stat_user_indexes" WHERE "relname" = 'ledger_entries'`;
  return rows[0]?.rows ?? 0;
}
