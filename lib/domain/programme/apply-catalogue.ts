/** The part of a programme file that says what members can earn and get: tiers, rewards, event types, rules. */
import {
  addRewardCodes,
  findRewardCategoryId,
  findTierId,
  hasEventType,
  hasReward,
  saveEventType,
  saveReward,
  saveRewardCategory,
  saveRule,
  saveTier,
} from "#lib/db/programme.ts";
import { intrinsicEventTypes } from "#lib/domain/events/intrinsic-event-types.ts";
import { newId } from "#lib/domain/ids.ts";
import { type Applying, mistake, secretOrNew, tellSecret } from "#lib/domain/programme/applying.ts";
import { present } from "#lib/domain/programme/present.ts";
import type { RewardInFile, TenantInFile } from "#lib/domain/programme/programme-file.ts";
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
    categoryId,
    tierId,
    availableFrom: availability === null ? null : toDate(availability?.start),
    availableUntil: availability === null ? null : toDate(availability?.end),
  });
  const first = {
    ...{ name: reward.name, type: reward.type, pricePoints: BigInt(price) },
    ...{ summary: "", description: "", terms: "", codeType: "POOL" },
    ...change,
  };
  const saved = await saveReward(tx, { tenantId, externalId, newId: newId(), change, first, at });
  if (codes) await addRewardCodes(tx, { tenantId, rewardId: saved.id, codes: [...new Set(codes)], at });
}

async function applyEventTypes(applying: Applying, tenant: TenantInFile): Promise<void> {
  const { tx, at, tenantId, path } = applying;
  for (const [index, eventType] of (tenant.eventTypes ?? []).entries()) {
    const { name, description, schema, secret } = eventType;
    if (intrinsicEventTypes.includes(name)) {
      throw mistake(`${path}.eventTypes[${index}].name`, `${name} is one of Laurel's own event types.`);
    }
    const isPrivate = eventType.private ?? true;
    const made = secretOrNew(secret);
    const saved = await saveEventType(tx, {
      ...{ tenantId, name, newId: newId(), at },
      change: present({ description, schema, isPrivate: eventType.private }),
      secretHash: isPrivate ? hashSecret(made.secret) : null,
    });
    if (saved.isNew && isPrivate) tellSecret(applying, `secret of the event type ${name}`, made);
  }
}

async function applyRules(applying: Applying, tenant: TenantInFile): Promise<void> {
  const { tx, at, tenantId } = applying;
  for (const [index, rule] of (tenant.rules ?? []).entries()) {
    const path = `${applying.path}.rules[${index}]`;
    const { name, eventType, conditions, effect, limits, start, end, priority, pendingDays } = rule;

    const isKnown = intrinsicEventTypes.includes(eventType) || (await hasEventType(tx, tenantId, eventType));
    if (!isKnown) throw mistake(`${path}.eventType`, `There is no event type ${eventType}.`);
    if (effect.type === "REWARD" && !(await hasReward(tx, tenantId, effect.reward))) {
      throw mistake(`${path}.effect.reward`, `There is no reward "${effect.reward}".`);
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
