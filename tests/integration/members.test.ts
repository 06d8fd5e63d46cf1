import { randomUUID } from "node:crypto";
import { afterEach, expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { createMember } from "#lib/domain/members/create-member.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { getMember, listMembers } from "#lib/domain/members/find-members.ts";
import { memberOf } from "#lib/domain/members/member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { type MemberChange, updateMember } from "#lib/domain/members/update-member.ts";
import { cookieOf, isSignedIn, postAuth } from "#tests/support/calls.ts";
import { codeOf, createProgramme, daysLater, walletRow } from "#tests/support/engine.ts";
import { profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: a member is made and changed whole or not at all, whatever happens at the same moment.
// Method: the domain's own commands, where the user API's tests do not reach: races of different commands, rules whose
// points do not fit, wallets in which something has fallen due.

const core = profile;
const half = 2 ** 52;
const tooMuch = (eventType: string) =>
  [1, 2, 3].map((number) => ({
    name: `Half ${number}`,
    eventType,
    effect: { type: "POINTS", points: half },
  }));

afterEach(() => {
  daysLater(0);
});

function create(tenant: TestTenant, authIdentifier: string, attributes: Record<string, unknown> = {}) {
  return createMember({ tenantId: tenant.id, authIdentifier, profile: { core, attributes } });
}

function update(tenant: TestTenant, memberId: MemberId, change: MemberChange, isOwn = false) {
  return updateMember({ tenantId: tenant.id, memberId, change, isOwn });
}

const city = (name: string): MemberChange => ({ profile: { core: { city: name }, attributes: {} } });

test("a new member has a wallet and an account number of its own, and attributes of null are left out", async () => {
  const tenant = await createProgramme();

  const [one, two] = [
    await create(tenant, "user-1", { colour: "green", nick: null }),
    await create(tenant, "user-2"),
  ];

  expect(one.attributes).toEqual({ colour: "green" });
  expect([one.accountNumber, two.accountNumber].every((number) => /^[1-9]\d{6}$/.test(number))).toBe(true);
  expect(one.accountNumber).not.toBe(two.accountNumber);
  expect(await walletRow(tenant, one.id)).toMatchObject({ balancePoints: 0, entryCount: 0 });
  expect(
    await db().event.findMany({ where: { memberId: one.id }, select: { type: true, payload: true } }),
  ).toEqual([{ type: "REGISTERED_ACCOUNT", payload: {} }]);
});

test("a member whose welcome would not fit in a wallet is not made at all", async () => {
  const tenant = await createProgramme({ rules: tooMuch("REGISTERED_ACCOUNT") });

  const code = await codeOf(create(tenant, "user-1"));

  expect(code).toBe("invalid_input");
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(0);
  expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("a change whose reward would not fit in the wallet is refused, and the profile stays", async () => {
  const tenant = await createProgramme({ rules: tooMuch("PROFILE_UPDATED") });
  const { id } = await create(tenant, "user-1");

  const code = await codeOf(update(tenant, id, { ...city("Leeds"), flags: { vip: true } }));

  expect(code).toBe("invalid_input");
  expect(await getMember(tenant.id, id)).toMatchObject({
    profile: { city: null },
    flags: { genderProvided: false },
  });
  expect(await db().event.count({ where: { tenantId: tenant.id, type: "PROFILE_UPDATED" } })).toBe(0);
});

test("the host's server and an admin who make one member at once make one", async () => {
  const tenant = await createProgramme();
  const selector = { authIdentifier: "user-1" };

  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      index % 2
        ? codeOf(create(tenant, "user-1"))
        : postAuth(tenant, { body: { selector, profile } }).then(({ status }) => String(status)),
    ),
  );

  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(1);
  expect(outcomes.filter((outcome) => outcome === "200")).toHaveLength(5);
  expect(outcomes.filter((outcome) => outcome === "done").length).toBeLessThanOrEqual(1);
  expect(outcomes.filter((outcome) => !["200", "done", "auth_identifier_taken"].includes(outcome))).toEqual(
    [],
  );
  expect(await db().event.count({ where: { tenantId: tenant.id, type: "REGISTERED_ACCOUNT" } })).toBe(1);
});

test("a restricted member changes nothing of its own; an admin does", async () => {
  const tenant = await createProgramme();
  const { id } = await create(tenant, "user-1");
  await restrictMember(tenant.id, id, true);

  const own = await codeOf(update(tenant, id, city("Leeds"), true));
  const before = await getMember(tenant.id, id);
  const byAdmin = await update(tenant, id, city("York"));

  expect(own).toBe("member_restricted");
  expect(before.profile.city).toBeNull();
  expect(byAdmin.profile.city).toBe("York");
});

test("a change and an erasure at once leave a member who is gone, with nothing of the change", async () => {
  const tenant = await createProgramme();

  for (let round = 0; round < 5; round++) {
    const { id } = await create(tenant, `user-${round}`);
    const outcomes = await Promise.all([
      codeOf(update(tenant, id, { ...city("Leeds"), externalIdentifier: "crm-7", flags: { vip: true } })),
      codeOf(eraseMember(tenant.id, id)),
      codeOf(update(tenant, id, { authIdentifier: `other-${round}` }, false)),
    ]);

    expect(outcomes[1]).toBe("done");
    expect(["done", "member_not_found"]).toEqual(expect.arrayContaining([outcomes[0], outcomes[2]]));
    expect(await db().member.findFirst({ where: { id } })).toMatchObject({
      ...{ authIdentifier: null, externalIdentifier: null, city: null, flags: {}, attributes: {} },
    });
  }
});

test("a sign-in and a restriction at once leave nobody signed in", async () => {
  const tenant = await createProgramme();
  const selector = { authIdentifier: "user-1" };
  const { id } = await create(tenant, "user-1");

  const [answers] = await Promise.all([
    Promise.all(Array.from({ length: 5 }, () => postAuth(tenant, { body: { selector, profile } }))),
    update(tenant, id, { isRestricted: true }),
  ]);

  const signedIn = await Promise.all(answers.map((answer) => isSignedIn(tenant, cookieOf(answer))));
  expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 403)).toEqual(
    [],
  );
  expect(signedIn).toEqual(Array(5).fill(false));
});

test("sessions end with the reason why", async () => {
  const tenant = await createProgramme();
  const reasons: unknown[] = [];
  const changes: [string, MemberChange][] = [
    ["user-1", { isRestricted: true }],
    ["user-2", { authIdentifier: "user-9" }],
    ["user-3", { authIdentifier: "user-8", isRestricted: true }],
    ["user-4", { externalIdentifier: "crm-7", isRestricted: false, authIdentifier: "user-4" }],
  ];

  for (const [authIdentifier, change] of changes) {
    const { json } = await postAuth(tenant, { body: { selector: { authIdentifier }, profile } });
    await update(tenant, json.data.user.id, change);
    reasons.push(
      await db().session.findFirst({ where: { memberId: json.data.user.id }, select: { endReason: true } }),
    );
  }

  expect(reasons).toEqual(
    ["member_restricted", "member_rekeyed", "member_restricted", null].map((endReason) => ({ endReason })),
  );
});

test("a member can be changed when points have fallen due, and they are settled", async () => {
  const welcome = {
    name: "Welcome",
    eventType: "REGISTERED_ACCOUNT",
    effect: { type: "POINTS", points: 50 },
  };
  const more = { name: "More", eventType: "PROFILE_UPDATED", effect: { type: "POINTS", points: 7 } };
  const tenant = await createProgramme({ rules: [welcome, more], pointsExpiry: { afterDays: 30 } });
  const { id } = await create(tenant, "user-1");
  daysLater(31);

  const changed = await update(tenant, id, city("Leeds"));

  expect(changed.profile.city).toBe("Leeds");
  expect(await walletRow(tenant, id)).toMatchObject({
    balancePoints: 7,
    expiredPoints: 50,
    lifetimePoints: 57,
  });
  expect(await checkLaws()).toEqual([]);
});

test("an attribute that only changes inside is a changed profile; another order of its names is none", async () => {
  const tenant = await createProgramme();
  const { id } = await create(tenant, "user-1", { shop: { name: "Leeds", open: [1, 2] } });
  const countAfter = async (attributes: Record<string, unknown>) => {
    await update(tenant, id, { profile: { core: {}, attributes } });
    return db().event.count({ where: { tenantId: tenant.id, type: "PROFILE_UPDATED" } });
  };

  expect(await countAfter({ shop: { open: [1, 2], name: "Leeds" } })).toBe(0);
  expect(await countAfter({ shop: { open: [2, 1], name: "Leeds" } })).toBe(1);
  expect(await countAfter({ shop: { open: [2, 1], name: "Leeds", zip: null } })).toBe(2);
});

test("members are found in pages of any size, and nobody of another programme among them", async () => {
  const [tenant, other] = [await createProgramme(), await createProgramme()];
  const made: string[] = [];
  for (let number = 0; number < 5; number++) made.push((await create(tenant, `user-${number}`)).id);
  await create(other, "user-0");

  const first = await listMembers(tenant.id, {}, { before: null, limit: 3 });
  const second = await listMembers(tenant.id, {}, { before: first.next, limit: 3 });
  const filtered = await listMembers(tenant.id, { authIdentifier: "user-0" }, { before: null, limit: 3 });

  const ids = [...first.items, ...second.items].map(({ id }) => id);
  expect(ids).toEqual(made.toReversed());
  expect([first.next, second.next]).toEqual([made[2], null]);
  expect(filtered).toEqual({ items: [await getMember(tenant.id, made[0] as string)], next: null });
});

test("a member who is not there, has left or is another programme's is found by nobody", async () => {
  const [tenant, other] = [await createProgramme(), await createProgramme()];
  const [{ id: left }, { id: foreign }] = [await create(tenant, "user-1"), await create(other, "user-1")];
  await eraseMember(tenant.id, left);
  const ids = [randomUUID(), left, foreign, "user-1", "", "x".repeat(100)];
  const [row] = await db().member.findMany({ where: { id: left } });

  const found = await Promise.all(ids.map((id) => codeOf(getMember(tenant.id, id))));
  const changed = await Promise.all(
    [left, foreign].map((id) => codeOf(update(tenant, id as MemberId, city("Leeds")))),
  );
  const erased = await Promise.all(
    [left, foreign].map((id) => codeOf(eraseMember(tenant.id as TenantId, id as MemberId))),
  );

  expect([...found, ...changed, ...erased]).toEqual(Array(10).fill("member_not_found"));
  expect((await getMember(other.id, foreign)).profile.city).toBeNull();
  expect(() => memberOf(row as never)).toThrow("A deleted member has no profile to show.");
});

test("too many attributes are refused with a sentence, and none is kept", async () => {
  const tenant = await createProgramme();
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a${index}`, index]));

  const refusal = await create(tenant, "user-1", many).catch((error: unknown) => error);

  expect(refusal).toBeInstanceOf(DomainError);
  expect(refusal).toMatchObject({
    code: "invalid_input",
    details: { fields: { profile: expect.any(String) } },
  });
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("after all this every law of the ledger holds", async () => {
  expect(await db().ledgerEntry.count()).toBeGreaterThan(0);
  expect(await checkLaws()).toEqual([]);
});
