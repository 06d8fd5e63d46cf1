import { randomUUID } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import { Client } from "pg";
import { afterEach, expect, inject, test } from "vitest";

import { closeDatabase, db, openEmbeddedDatabase, openServerDatabase } from "#lib/db/client.ts";
import {
  migrateEmbeddedDatabase,
  migrateServerDatabase,
  readSources,
  type Sources,
} from "#lib/db/migrations.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { adjustPoints } from "#lib/domain/ledger/adjust-points.ts";
import { onServer, urlOfDatabase } from "#tests/support/on-server.ts";

// Goal: a database from before lots existed becomes one in which every point is explained, and nobody loses
// any; and the database's functions are those of this version, made once.
// Method: a fresh database with the first migration alone, filled by hand as its writer did; then the newest
// version on top of it, beside a model that lays what was taken over what was earned, one point after the
// other.

const serverUrl = inject("databaseServerUrl");
const newest = readSources();
const first: Sources = { migrations: newest.migrations.slice(0, 1), functions: "" };
const msPerDay = 86_400_000;

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await closeDatabase();
  for (const close of closings.splice(0)) await close();
});

type TestDatabase = {
  migrate(sources: Sources): Promise<string[]>;
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** As the process's one database. */
  open(): Promise<void> | void;
};

async function createDatabase(): Promise<TestDatabase> {
  return serverUrl ? createOnServer(serverUrl) : createInMemory();
}

async function createInMemory(): Promise<TestDatabase> {
  const pglite = await PGlite.create();
  closings.push(async () => pglite.closed || (await pglite.close()));
  return {
    migrate: (sources) => migrateEmbeddedDatabase(pglite, sources),
    query: async <Row>(sql: string, values: unknown[] = []) => (await pglite.query<Row>(sql, values)).rows,
    open: () => openEmbeddedDatabase(pglite),
  };
}

async function createOnServer(server: string): Promise<TestDatabase> {
  const name = `laurel_test_${randomUUID().replaceAll("-", "")}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = urlOfDatabase(server, name);
  const client = new Client({ connectionString: url });
  await client.connect();
  closings.push(
    () => client.end(),
    () => onServer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  );
  return {
    migrate: (sources) => migrateServerDatabase(url, sources),
    query: async <Row>(sql: string, values: unknown[] = []) =>
      (await client.query(sql, values)).rows as unknown as Row[],
    open: () => openServerDatabase(url, { isPatient: false }),
  };
}

type OldEntry = { kind: string; points: number };

async function insertOldTenant(database: TestDatabase, pointsExpireAfterDays: number | null) {
  const id = randomUUID();
  await database.query(
    `INSERT INTO tenants (id, code, name, "authMode", locale, "embeddedSeconds", "interactiveSeconds",
      "urlActivation", "createMembersFromTokens", "emailConfirmation", "pointsExpireAfterDays", "createdAt", "updatedAt")
    VALUES ($1, $2, 'Old', 'embedded', 'en', 3600, 3600, 'once', false, 'off', $3, now(), now())`,
    [id, `t-${id.slice(0, 13)}`, pointsExpireAfterDays],
  );
  return id;
}

let membersMade = 0;

/** A wallet as the old writer left it: totals in the wallet, no lots. */
async function insertOldWallet(database: TestDatabase, tenantId: string, entries: readonly OldEntry[]) {
  const memberId = randomUUID();
  membersMade += 1;
  await database.query(
    `INSERT INTO members ("tenantId", id, "authIdentifier", "accountNumber", "givenName", "familyName",
      "emailAddress", "createdAt", "updatedAt")
    VALUES ($1, $2, $3, $4, 'Jane', 'Doe', 'jane.doe@example.com', now(), now())`,
    [tenantId, memberId, memberId, String(membersMade).padStart(7, "0")],
  );
  const sumOf = (...kinds: string[]) =>
    entries.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { points }) => sum + points, 0);
  const balances = entries.map((_, index) =>
    entries.slice(0, index + 1).reduce((sum, e) => sum + e.points, 0),
  );
  // One statement, because the wallet has to show its newest entry at the end of each transaction.
  await database.query(
    `WITH wallet AS (
      INSERT INTO wallets ("tenantId", "memberId", "balancePoints", "lifetimePoints", "spentPoints",
        "expiredPoints", "entryCount")
      VALUES ($1, $2, $3, $4, $5, $6, $7))
    INSERT INTO ledger_entries ("tenantId", id, "memberId", sequence, kind, points, "balanceAfterPoints",
      "occurredAt", "createdAt")
    SELECT $1, gen_random_uuid(), $2, n.sequence, n.kind, n.points, n.balance,
      TIMESTAMPTZ '2026-01-01' + n.sequence * interval '1 day', now()
    FROM unnest($8::text[], $9::bigint[], $10::bigint[]) WITH ORDINALITY
      AS n(kind, points, balance, sequence)`,
    [
      ...[tenantId, memberId, balances.at(-1) ?? 0, sumOf("OPENING", "EARN"), -sumOf("SPEND")],
      ...[-sumOf("EXPIRY"), entries.length],
      ...[entries.map(({ kind }) => kind), entries.map(({ points }) => points), balances],
    ],
  );
  return memberId;
}

/** What pays each entry that takes: the place of the entry that brought it, and how many points of it. */
function payFirstInFirstOut(entries: readonly OldEntry[]) {
  const lots: { place: number; remaining: number }[] = [];
  const spends: { by: number; from: number; points: number }[] = [];
  for (const [place, { points }] of entries.entries()) {
    if (points > 0) lots.push({ place, remaining: points });
    let needed = Math.max(0, -points);
    for (const lot of lots) {
      const paid = Math.min(needed, lot.remaining);
      if (paid > 0) spends.push({ by: place, from: lot.place, points: paid });
      lot.remaining -= paid;
      needed -= paid;
    }
  }
  return { lots, spends };
}

const wish = fc.record({
  kind: fc.constantFrom("OPENING", "EARN", "EARN", "SPEND", "SPEND", "EXPIRY", "ADJUSTMENT", "ADJUSTMENT"),
  size: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 100 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 ** 50 }) },
    { weight: 2, arbitrary: fc.constant(Number.POSITIVE_INFINITY) }, // all there is
  ),
  isTaking: fc.boolean(),
});

/** Entries that never take more than there is. */
const history = fc.array(wish, { maxLength: 30, size: "max" }).map((wishes) => {
  const entries: OldEntry[] = [];
  let balance = 0;
  for (const { kind, size, isTaking } of wishes) {
    const takes = kind === "SPEND" || kind === "EXPIRY" || (kind === "ADJUSTMENT" && isTaking);
    const points = takes ? -Math.min(size, balance) : Math.min(size, 1_000);
    if (points === 0) continue;
    entries.push({ kind, points });
    balance += points;
  }
  return entries;
});

test("wallets of any history are explained by lots that were laid first in, first out", async () => {
  const database = await createDatabase();
  await database.migrate(first);
  const seed = Date.now(); // told where the test fails
  const histories = fc.sample(history, { seed, numRuns: 60 });
  const tenants = [await insertOldTenant(database, 30), await insertOldTenant(database, null)];
  const wallets = [];
  for (const [place, entries] of histories.entries()) {
    const tenantId = tenants[place % 2] as string;
    wallets.push({ tenantId, entries, memberId: await insertOldWallet(database, tenantId, entries) });
  }
  const before = Date.now();

  const applied = await database.migrate(newest);

  const after = Date.now();
  await database.open();
  expect(applied).toEqual(newest.migrations.slice(1).map(({ name }) => name));
  expect(await checkLaws()).toEqual([]);
  for (const { tenantId, memberId, entries } of wallets) {
    const where = { tenantId, memberId };
    const rows = await db().ledgerEntry.findMany({ where, orderBy: { sequence: "asc" } });
    const lots = await db().pointLot.findMany({ where });
    const spends = await db().lotSpend.findMany({
      where: { tenantId, lotId: { in: lots.map(({ id }) => id) } },
    });
    const wallet = await db().wallet.findUniqueOrThrow({ where: { tenantId_memberId: where } });

    const placeOf = (entryId: string) => rows.findIndex(({ id }) => id === entryId);
    const lotPlace = (lotId: string) => placeOf(lots.find(({ id }) => id === lotId)?.entryId ?? "");
    const byPlace = <Item extends { place: number }>(items: Item[]) =>
      items.sort((one, other) => one.place - other.place);
    const bySpend = <Item extends { by: number; from: number }>(items: Item[]) =>
      items.sort((one, other) => one.by - other.by || one.from - other.from);
    const expected = payFirstInFirstOut(entries);
    const found = {
      lots: lots.map((lot) => ({ place: placeOf(lot.entryId), remaining: Number(lot.remainingPoints) })),
      spends: spends.map((spend) => ({
        ...{ by: placeOf(spend.entryId), from: lotPlace(spend.lotId), points: Number(spend.points) },
      })),
    };
    expect(byPlace(found.lots), `seed ${seed}`).toEqual(expected.lots);
    expect(bySpend(found.spends), `seed ${seed}`).toEqual(bySpend(expected.spends));

    const expiries = lots.map(({ expiresAt }) => expiresAt?.getTime() ?? null);
    const isTermFromNow = (moment: number | null) =>
      tenantId === tenants[0]
        ? moment !== null && moment >= before + 30 * msPerDay - 1 && moment <= after + 30 * msPerDay + 1
        : moment === null;
    expect(expiries.every(isTermFromNow)).toBe(true);
    const isLeft = lots.some(({ remainingPoints }) => remainingPoints > 0);
    expect(wallet.nextExpiryAt !== null).toBe(isLeft && tenantId === tenants[0]);
  }
  expect(histories.filter((entries) => payFirstInFirstOut(entries).spends.length > 3).length).toBeGreaterThan(
    10,
  );
});

test("a wallet that was brought up spends its old points, the oldest first", async () => {
  const database = await createDatabase();
  await database.migrate(first);
  const tenantId = await insertOldTenant(database, 30);
  const memberId = await insertOldWallet(database, tenantId, [
    { kind: "OPENING", points: 50 },
    { kind: "EARN", points: 30 },
    { kind: "SPEND", points: -60 },
  ]);
  await database.migrate(newest);
  await database.open();

  const adjusted = await adjustPoints({
    tenant: { id: tenantId as TenantId, tierWindowDays: null, tiers: [] },
    memberId: memberId as MemberId,
    points: -15,
    impact: "SPEND",
    comment: "Sorry.",
    key: null,
  });

  expect(adjusted).toMatchObject({ balancePoints: 5 });
  const lots = await db().pointLot.findMany({ orderBy: { earnedAt: "asc" } });
  expect(lots.map(({ remainingPoints }) => Number(remainingPoints))).toEqual([0, 5]);
  expect(await checkLaws()).toEqual([]);
});

test("a code that two rewards had stays with one of them, and every pool knows how many it has", async () => {
  const database = await createDatabase();
  await database.migrate(first);
  const tenantId = await insertOldTenant(database, null);
  const otherTenantId = await insertOldTenant(database, null);
  const insertReward = async (owner: string, codes: string[]) => {
    const id = randomUUID();
    await database.query(
      `INSERT INTO rewards ("tenantId", id, type, name, summary, description, terms, "pricePoints",
        "codeType", "createdAt", "updatedAt") VALUES ($1, $2, 'VOUCHER', 'Coffee', '', '', '', 5, 'POOL', now(), now())`,
      [owner, id],
    );
    await database.query(
      `INSERT INTO reward_codes ("tenantId", "rewardId", code, "createdAt")
        SELECT $1, $2, unnest($3::text[]), now()`,
      [owner, id, codes],
    );
    return id;
  };
  const pools = [
    await insertReward(tenantId, ["A-1", "A-2", "SHARED"]),
    await insertReward(tenantId, ["SHARED", "B-1", "TWICE"]),
    await insertReward(tenantId, ["TWICE", "SHARED"]),
    await insertReward(otherTenantId, ["SHARED"]),
  ];

  await database.migrate(newest);

  await database.open();
  expect(await checkLaws()).toEqual([]);
  const codes = await db().rewardCode.findMany({ where: { tenantId } });
  expect(codes.map(({ code }) => code).sort()).toEqual(["A-1", "A-2", "B-1", "SHARED", "TWICE"]);
  expect(await db().rewardCode.count({ where: { tenantId: otherTenantId } })).toBe(1);
  for (const id of pools) {
    const owned = await db().rewardCode.findMany({ where: { rewardId: id }, orderBy: { position: "asc" } });
    const { codesLeft } = await db().reward.findFirstOrThrow({ where: { id } });
    expect(owned.map(({ position }) => position)).toEqual(owned.map((_, index) => index + 1));
    expect(codesLeft).toBe(owned.length);
  }
});

test("functions are made anew when their text changes, and left alone when it does not", async () => {
  const database = await createDatabase();
  await database.migrate(newest);
  const stateOf = async () => {
    const [row] = await database.query<{ oid: number; stamp: string; answer: string | null }>(
      `SELECT n.oid, obj_description(n.oid, 'pg_namespace') AS stamp,
        (SELECT min(p.prosrc) FROM pg_proc p
          WHERE p.pronamespace = n.oid AND p.proname = 'an_answer') AS answer
      FROM pg_namespace n WHERE n.nspname = 'laurel_functions'`,
    );
    return row;
  };
  const withAnswer = (answer: number) => ({
    ...newest,
    functions: `${newest.functions}
      CREATE FUNCTION laurel_functions.an_answer() RETURNS int LANGUAGE sql AS $$SELECT ${answer}$$;`,
  });
  const made = await stateOf();

  const applied = await database.migrate(newest);
  const again = await stateOf();
  await database.migrate(withAnswer(1));
  const changed = await stateOf();
  await database.migrate(withAnswer(2));
  const changedAgain = await stateOf();
  await database.migrate(newest);
  const back = await stateOf();

  expect(applied).toEqual([]);
  expect(made?.stamp).toMatch(/^[0-9a-f]{64}$/);
  expect(again).toEqual(made);
  expect(changed).toMatchObject({ answer: "SELECT 1" });
  expect(changedAgain).toMatchObject({ answer: "SELECT 2" });
  expect(new Set([made, changed, changedAgain, back].map((state) => state?.oid)).size).toBe(4);
  expect(back).toMatchObject({ stamp: made?.stamp, answer: null });
});

test("functions that cannot be made leave the old ones in place, with their stamp", async () => {
  const database = await createDatabase();
  await database.migrate(newest);
  const stampQuery = "SELECT obj_description(to_regnamespace('laurel_functions'), 'pg_namespace') AS stamp";
  const before = await database.query<{ stamp: string }>(stampQuery);

  const broken = { ...newest, functions: `${newest.functions}\nCREATE FUNCTION nonsense;` };
  await expect(database.migrate(broken)).rejects.toThrow();
  await database.query("ROLLBACK");
  await database.migrate(newest);

  expect(await database.query(stampQuery)).toEqual(before);
  await database.open();
  expect(await checkLaws()).toEqual([]);
});
