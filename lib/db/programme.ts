/**
 * The writes of provisioning. Each finds an item by the key that people know it by, then makes or updates it, and tells
 * which of the two it was: what a file leaves out of an existing item stays as it is.
 */
import { Prisma, type Tx } from "#lib/db/client.ts";

export type Saved = { id: string; isNew: boolean };

type Row = Record<string, unknown>;
type Keyed = { id: string };

/** Makes what was not found under a new id, or updates what was. */
async function save(
  found: Keyed | null,
  create: (id: string) => Promise<unknown>,
  update: (id: string) => Promise<unknown>,
  newId: string,
): Promise<Saved> {
  if (found) {
    await update(found.id);
    return { id: found.id, isNew: false };
  }
  await create(newId);
  return { id: newId, isNew: true };
}

// Any fixed number: who applies a programme file holds this advisory lock.
const programmeLockId = 7_215_002;

/** One file at a time, also where several processes start with one. */
export async function lockProgrammes(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${programmeLockId}::bigint)`;
}

export function findTenantByCode(tx: Tx, code: string) {
  return tx.tenant.findUnique({ where: { code } });
}

export function insertTenant(tx: Tx, data: Prisma.TenantUncheckedCreateInput) {
  return tx.tenant.create({ data });
}

export function updateTenant(tx: Tx, id: string, data: Prisma.TenantUncheckedUpdateInput) {
  return tx.tenant.update({ where: { id }, data });
}

/** The code of the tenant that has a host name already, if it is another one. */
export async function findOtherOwnerOfHost(
  tx: Tx,
  tenantId: string,
  hostname: string,
): Promise<string | null> {
  const host = await tx.tenantHost.findUnique({ where: { hostname }, include: { tenant: true } });
  return host && host.tenantId !== tenantId ? host.tenant.code : null;
}

export async function replaceHosts(tx: Tx, tenantId: string, hostnames: readonly string[]): Promise<void> {
  await tx.tenantHost.deleteMany({ where: { tenantId } });
  await tx.tenantHost.createMany({
    data: hostnames.map((hostname, position) => ({ tenantId, hostname, position })),
  });
}

export async function saveClientSecret(
  tx: Tx,
  item: { tenantId: string; name: string; newId: string; secretHash: string; at: Date },
): Promise<Saved> {
  const { tenantId, name, newId, secretHash, at } = item;
  const found = await tx.clientSecret.findUnique({ where: { tenantId_name: { tenantId, name } } });
  return save(
    found,
    (id) => tx.clientSecret.create({ data: { tenantId, id, name, secretHash, createdAt: at } }),
    async () => undefined,
    newId,
  );
}

export async function saveApiKey(
  tx: Tx,
  item: {
    tenantId: string;
    name: string;
    newId: string;
    keyHash: string;
    change: { scopes?: string[]; ratePerSecond?: number; burst?: number };
    first: { scopes: string[]; ratePerSecond: number; burst: number };
    at: Date;
  },
): Promise<Saved> {
  const { tenantId, name, newId, keyHash, change, first, at } = item;
  const found = await tx.apiKey.findUnique({ where: { tenantId_name: { tenantId, name } } });
  return save(
    found,
    (id) => tx.apiKey.create({ data: { tenantId, id, name, keyHash, ...first, ...change, createdAt: at } }),
    (id) => tx.apiKey.update({ where: { tenantId_id: { tenantId, id } }, data: change }),
    newId,
  );
}

/** Whether a key, which must name one tenant, is in use under another name or in another tenant. */
export async function isKeyTaken(
  tx: Tx,
  table: "apiKey" | "adminApiKey",
  key: { tenantId: string; name: string; keyHash: string },
): Promise<boolean> {
  const { tenantId, name, keyHash } = key;
  const where = { keyHash, NOT: { tenantId, name } };
  const taken = table === "apiKey" ? await tx.apiKey.count({ where }) : await tx.adminApiKey.count({ where });
  return taken > 0;
}

export async function saveAdminApiKey(
  tx: Tx,
  item: { tenantId: string; name: string; newId: string; keyHash: string; at: Date },
): Promise<Saved> {
  const { tenantId, name, newId, keyHash, at } = item;
  const found = await tx.adminApiKey.findUnique({ where: { tenantId_name: { tenantId, name } } });
  return save(
    found,
    (id) => tx.adminApiKey.create({ data: { tenantId, id, name, keyHash, createdAt: at } }),
    async () => undefined,
    newId,
  );
}

export async function findAdminId(tx: Tx, email: string): Promise<string | null> {
  const admin = await tx.admin.findUnique({ where: { email }, select: { id: true } });
  return admin?.id ?? null;
}

export async function insertAdmin(
  tx: Tx,
  admin: { id: string; email: string; passwordHash: string; at: Date },
): Promise<void> {
  const { id, email, passwordHash, at } = admin;
  await tx.admin.create({ data: { id, email, passwordHash, createdAt: at, updatedAt: at } });
}

export async function saveAdminRole(
  tx: Tx,
  item: { tenantId: string; adminId: string; role: string },
): Promise<void> {
  const { tenantId, adminId, role } = item;
  await tx.adminRole.upsert({
    where: { tenantId_adminId: { tenantId, adminId } },
    create: item,
    update: { role },
  });
}

export async function saveEventType(
  tx: Tx,
  item: {
    tenantId: string;
    name: string;
    newId: string;
    change: { description?: string; schema?: object | null; isPrivate?: boolean };
    /** For a type that is private and has none yet. */
    secretHash: string;
    at: Date;
  },
): Promise<Saved & { hasNewSecret: boolean }> {
  const { tenantId, name, newId, at } = item;
  const { schema, ...rest } = item.change;
  const change = { ...rest, ...(schema === undefined ? {} : { schema: jsonOrNull(schema) }) };
  const found = await tx.eventType.findUnique({ where: { tenantId_name: { tenantId, name } } });
  const isPrivate = change.isPrivate ?? found?.isPrivate ?? true;
  const hasNewSecret = isPrivate && !found?.secretHash;
  const data = { ...change, ...(hasNewSecret ? { secretHash: item.secretHash } : {}), updatedAt: at };
  const saved = await save(
    found,
    (id) =>
      tx.eventType.create({
        data: { tenantId, id, name, description: "", isPrivate, createdAt: at, ...data },
      }),
    (id) => tx.eventType.update({ where: { tenantId_id: { tenantId, id } }, data }),
    newId,
  );
  return { ...saved, hasNewSecret };
}

export async function findEventType(
  tx: Tx,
  tenantId: string,
  name: string,
): Promise<{ schema: Prisma.JsonValue } | null> {
  const where = { tenantId_name: { tenantId, name } };
  return tx.eventType.findUnique({ where, select: { schema: true } });
}

export async function saveRule(
  tx: Tx,
  item: {
    tenantId: string;
    name: string;
    newId: string;
    change: {
      eventType: string;
      effect: object;
      conditions?: object | null;
      limits?: object | null;
      startsAt?: Date | null;
      endsAt?: Date | null;
      priority?: number;
      pendingDays?: number;
    };
    at: Date;
  },
): Promise<Saved> {
  const { tenantId, name, newId, at } = item;
  const { conditions, limits, ...rest } = item.change;
  const change = {
    ...rest,
    ...(conditions === undefined ? {} : { conditions: jsonOrNull(conditions) }),
    ...(limits === undefined ? {} : { limits: jsonOrNull(limits) }),
  };
  const found = await tx.rule.findUnique({ where: { tenantId_name: { tenantId, name } } });
  const saved = await save(
    found,
    (id) =>
      tx.rule.create({
        data: { tenantId, id, name, priority: 0, pendingDays: 0, ...change, createdAt: at, updatedAt: at },
      }),
    (id) => tx.rule.update({ where: { tenantId_id: { tenantId, id } }, data: { ...change, updatedAt: at } }),
    newId,
  );
  // Without a budget nobody counts; what the rule gave before it had one counts too.
  await tx.$executeRaw`
    UPDATE "rules" r SET "budgetUsedPoints" = (
      SELECT COALESCE(sum(a."points"), 0) FROM "rule_activations" a
      WHERE a."tenantId" = r."tenantId" AND a."ruleId" = r."id" AND a."reversedAt" IS NULL)
    WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = ${saved.id}::uuid AND r."limits"->>'budgetPoints' IS NOT NULL`;
  return saved;
}

/** What a rule has given and was not taken back. */
export async function sumGivenPoints(tx: Tx, tenantId: string, ruleName: string): Promise<number> {
  const { _sum } = await tx.ruleActivation.aggregate({
    where: { tenantId, rule: { name: ruleName }, reversedAt: null },
    _sum: { points: true },
  });
  return Number(_sum.points ?? 0);
}

export async function saveTier(
  tx: Tx,
  item: { tenantId: string; name: string; newId: string; pointsRequirement: number; at: Date },
): Promise<Saved> {
  const { tenantId, name, newId, at } = item;
  const pointsRequirement = BigInt(item.pointsRequirement);
  const found = await tx.tier.findUnique({ where: { tenantId_name: { tenantId, name } } });
  return save(
    found,
    (id) => tx.tier.create({ data: { tenantId, id, name, pointsRequirement, createdAt: at, updatedAt: at } }),
    (id) =>
      tx.tier.update({
        where: { tenantId_id: { tenantId, id } },
        data: { pointsRequirement, updatedAt: at },
      }),
    newId,
  );
}

export async function saveRewardCategory(
  tx: Tx,
  item: { tenantId: string; name: string; newId: string; position: number; at: Date },
): Promise<Saved> {
  const { tenantId, name, newId, position, at } = item;
  const found = await tx.rewardCategory.findUnique({ where: { tenantId_name: { tenantId, name } } });
  return save(
    found,
    (id) =>
      tx.rewardCategory.create({ data: { tenantId, id, name, position, createdAt: at, updatedAt: at } }),
    (id) =>
      tx.rewardCategory.update({
        where: { tenantId_id: { tenantId, id } },
        data: { position, updatedAt: at },
      }),
    newId,
  );
}

export async function findTierId(tx: Tx, tenantId: string, name: string): Promise<string | null> {
  const tier = await tx.tier.findUnique({
    where: { tenantId_name: { tenantId, name } },
    select: { id: true },
  });
  return tier?.id ?? null;
}

export async function findRewardCategoryId(tx: Tx, tenantId: string, name: string): Promise<string | null> {
  const where = { tenantId_name: { tenantId, name } };
  const category = await tx.rewardCategory.findUnique({ where, select: { id: true } });
  return category?.id ?? null;
}

export async function findReward(
  tx: Tx,
  tenantId: string,
  externalId: string,
): Promise<{ id: string; issuedCount: number } | null> {
  const where = { tenantId_externalId: { tenantId, externalId } };
  return tx.reward.findUnique({ where, select: { id: true, issuedCount: true } });
}

export async function saveReward(
  tx: Tx,
  item: {
    tenantId: string;
    externalId: string;
    newId: string;
    change: Omit<Prisma.RewardUncheckedUpdateInput, "tenantId" | "id" | "externalId"> & Row;
    first: Omit<
      Prisma.RewardUncheckedCreateInput,
      "tenantId" | "id" | "externalId" | "createdAt" | "updatedAt"
    >;
    at: Date;
  },
): Promise<Saved> {
  const { tenantId, externalId, newId, change, first, at } = item;
  const found = await tx.reward.findUnique({ where: { tenantId_externalId: { tenantId, externalId } } });
  return save(
    found,
    (id) => tx.reward.create({ data: { ...first, tenantId, id, externalId, createdAt: at, updatedAt: at } }),
    (id) =>
      tx.reward.update({ where: { tenantId_id: { tenantId, id } }, data: { ...change, updatedAt: at } }),
    newId,
  );
}

const codesPerStatement = 2_000; // so that the embedded database is never busy for long

/** The first of these codes that belongs to another reward of the programme, or is one that all see; null if none is. */
export async function findForeignCode(
  tx: Tx,
  tenantId: string,
  rewardId: string,
  codes: readonly string[],
): Promise<string | null> {
  for (let start = 0; start < codes.length; start += codesPerStatement) {
    const some = codes.slice(start, start + codesPerStatement);
    const found = await tx.rewardCode.findFirst({
      where: { tenantId, code: { in: [...some] }, NOT: { rewardId } },
      select: { code: true },
    });
    if (found) return found.code;
    const shown = await tx.reward.findFirst({
      where: { tenantId, staticCode: { in: [...some] } },
      select: { staticCode: true },
    });
    if (shown) return shown.staticCode;
  }
  return null;
}

/** Whether a code is one of those that one member each has, or will have. */
export async function isCodeOfOne(tx: Tx, tenantId: string, code: string): Promise<boolean> {
  const where = { tenantId_code: { tenantId, code } };
  return (await tx.rewardCode.findUnique({ where, select: { code: true } })) !== null;
}

/** Adds codes to a reward's pool, at its end; those that it has, or had, are passed over. How many were added. */
export async function addRewardCodes(
  tx: Tx,
  item: { tenantId: string; rewardId: string; codes: readonly string[]; at: Date },
): Promise<number> {
  const { tenantId, rewardId, codes, at } = item;
  let added = 0;
  for (let start = 0; start < codes.length; start += codesPerStatement) {
    added += await tx.$executeRaw`
      INSERT INTO "reward_codes" ("tenantId", "code", "rewardId", "position", "createdAt")
      SELECT ${tenantId}::uuid, n."code", ${rewardId}::uuid, n."place" + COALESCE((
          SELECT max(c."position") FROM "reward_codes" c
          WHERE c."tenantId" = ${tenantId}::uuid AND c."rewardId" = ${rewardId}::uuid), 0), ${at}::timestamptz
      FROM unnest(${codes.slice(start, start + codesPerStatement)}::text[]) WITH ORDINALITY AS n("code", "place")
      ON CONFLICT DO NOTHING`;
  }
  await tx.reward.update({
    where: { tenantId_id: { tenantId, id: rewardId } },
    data: { codesLeft: { increment: added } },
  });
  return added;
}

export function findMember(tx: Tx, tenantId: string, authIdentifier: string) {
  return tx.member.findUnique({ where: { tenantId_authIdentifier: { tenantId, authIdentifier } } });
}

function jsonOrNull(value: object | null) {
  return value === null ? Prisma.DbNull : (value as Prisma.InputJsonValue);
}
