/** The part of a programme file that says what members can earn and get: tiers, rewards, event types, rules. */
import {
  addRewardCodes,
  findEventType,
  findForeignCode,
  findReward,
  findRewardCategoryId,
  findTierId,
  isCodeOfOne,
  saveEventType,
  saveReward,
  saveRewardCategory,
  saveRule,
  saveTier,
  sumGivenPoints,
} from "#lib/db/programme.ts";
import { mayHaveField } from "#lib/domain/events/event-type-schema.ts";
import { isIntrinsic } from "#lib/domain/events/intrinsic-event-types.ts";
import { newId } from "#lib/domain/ids.ts";
import { present } from "#lib/domain/present.ts";
import { type Applying, mistake, secretOrNew, tellSecret } from "#lib/domain/programme/applying.ts";
import type { RewardInFile, TenantInFile } from "#lib/domain/programme/programme-file.ts";
import { payloadFieldsOf } from "#lib/domain/rules/rule-schema.ts";
import { hashSecret } from "#lib/domain/secrets.ts";

export async function applyCatalogue(applying: Applying, tenant: TenantInFile): Promise<void> {
  const { tx, at, tenantId } = applying;

  for (const { name, pointsRequirement } of tenant.tiers ?? []) {
    await saveTier(tx, { tenantId, name, newId: newId(), pointsRequirement, at });
  }
  for (const [position, { name }] of (tenant.rewardCategories ?? []).entries()) {
    await saveRewardCategory(tx, { tenantId, name, newId: newId(), position, at });
  }
  for (const [index, reward] of (tenant.rewards ?? []).entries()) {
    await applyReward(applying, reward, `${applying.path}.rewards[${index}]`);
  }
  await applyEventTypes(applying, tenant);
  await applyRules(applying, tenant);
}

async function applyReward(applying: Applying, reward: RewardInFile, path: string): Promise<void> {
  const { tx, at, tenantId } = applying;
  const { externalId, category, tier, price, stock, availability, code, codes } = reward;

  const categoryId = category ? await findRewardCategoryId(tx, tenantId, category) : category;
  if (category && !categoryId) throw mistake(`${path}.category`, `There is no category "${category}".`);
  const tierId = tier ? await findTierId(tx, tenantId, tier) : tier;
  if (tier && !tierId) throw mistake(`${path}.tier`, `There is no tier "${tier}".`);

  const found = await findReward(tx, tenantId, externalId);
  if (found && stock != null && stock < found.issuedCount) {
    throw mistake(`${path}.stock`, `${found.issuedCount} are handed out already; enter as many or more.`);
  }

  if (code !== undefined && (await isCodeOfOne(tx, tenantId, code))) {
    throw mistake(`${path}.code`, `The code "${code}" is one that a single member has, or will have.`);
  }

  const change = present({
    name: reward.name,
    type: reward.type,
    pricePoints: BigInt(price),
    summary: reward.summary,
    description: reward.description,
    terms: reward.terms,
    pictureUrl: reward.pictureUrl,
    value: reward.value,
    codeType: reward.codeType,
    codePattern: reward.codePattern,
    staticCode: code,
    stockTotal: stock,
    perMemberLimit: reward.perMemberLimit,
    validForDays: reward.validForDays,
    categoryId,
    tierId,
    availableFrom: availability === null ? null : toDate(availability?.start),
    availableUntil: availability === null ? null : toDate(availability?.end),
  });
  const first = {
    ...{ name: reward.name, type: reward.type, pricePoints: BigInt(price) },
    ...{ summary: "", description: "", terms: "", ...firstCodeType(reward) },
    ...change,
  };
  const saved = await saveReward(tx, { tenantId, externalId, newId: newId(), change, first, at });
  if (codes) {
    const own = [...new Set(codes)];
    const foreign = await findForeignCode(tx, tenantId, saved.id, own);
    if (foreign !== null) {
      const place = codes.indexOf(foreign);
      throw mistake(`${path}.codes[${place}]`, `Another reward has the code "${foreign}" already.`);
    }
    await addRewardCodes(tx, { tenantId, rewardId: saved.id, codes: own, at });
  }
}

/** How a new reward comes by its codes where the file does not say: a voucher without any gets codes made for it. */
function firstCodeType({ type, codes, code }: RewardInFile): { codeType: string; codePattern?: string } {
  if (codes) return { codeType: "POOL" };
  if (code !== undefined || type === "GENERIC_OFFER") return { codeType: "STATIC" };
  return { codeType: "GENERATED", codePattern: "XXXX-9999" };
}

async function applyEventTypes(applying: Applying, tenant: TenantInFile): Promise<void> {
  const { tx, at, tenantId, path } = applying;
  for (const [index, eventType] of (tenant.eventTypes ?? []).entries()) {
    const { name, description, schema, secret } = eventType;
    if (isIntrinsic(name)) {
      throw mistake(`${path}.eventTypes[${index}].name`, `${name} is one of Laurel's own event types.`);
    }
    const made = secretOrNew(secret);
    const saved = await saveEventType(tx, {
      ...{ tenantId, name, newId: newId(), at },
      change: present({ description, schema, isPrivate: eventType.private }),
      secretHash: hashSecret(made.secret),
    });
    if (saved.hasNewSecret) tellSecret(applying, `secret of the event type ${name}`, made);
  }
}

async function applyRules(applying: Applying, tenant: TenantInFile): Promise<void> {
  const { tx, at, tenantId } = applying;
  for (const [index, rule] of (tenant.rules ?? []).entries()) {
    const path = `${applying.path}.rules[${index}]`;
    const { name, eventType, conditions, effect, limits, start, end, priority, pendingDays } = rule;

    const known = isIntrinsic(eventType) ? { schema: null } : await findEventType(tx, tenantId, eventType);
    if (!known) throw mistake(`${path}.eventType`, `There is no event type ${eventType}.`);
    const unknown = payloadFieldsOf(rule).find(({ field }) => !mayHaveField(known.schema, field));
    if (unknown) {
      throw mistake(`${path}.${unknown.path}`, `The payload of ${eventType} has no field ${unknown.field}.`);
    }
    if (effect.type === "REWARD" && !(await findReward(tx, tenantId, effect.reward))) {
      throw mistake(`${path}.effect.reward`, `There is no reward "${effect.reward}".`);
    }
    const budgetPoints = limits?.budgetPoints ?? null;
    const givenPoints = budgetPoints === null ? 0 : await sumGivenPoints(tx, tenantId, name);
    if (budgetPoints !== null && budgetPoints < givenPoints) {
      const given = `${givenPoints} points are given already; enter as many or more.`;
      throw mistake(`${path}.limits.budgetPoints`, given);
    }

    await saveRule(tx, {
      ...{ tenantId, name, newId: newId(), at },
      change: {
        ...{ eventType, effect },
        ...present({
          conditions,
          limits,
          priority,
          pendingDays,
          startsAt: toDate(start),
          endsAt: toDate(end),
        }),
      },
    });
  }
}

/** Null stays null (no limit), and what the file left out stays left out. */
function toDate(moment: string | null | undefined): Date | null | undefined {
  return moment ? new Date(moment) : (moment as null | undefined);
}
