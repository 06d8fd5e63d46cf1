import { expect, test } from "vitest";
import { db } from "#lib/db/client.ts";
import { upsertMemberRow } from "#lib/db/member-upsert.ts";
import { findMemberByAuthIdentifier } from "#lib/db/members.ts";
import { type MemberId, newId } from "#lib/domain/ids.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { mintToken } from "#lib/http/session-cookie.ts";
import { isSignedIn, postAuth } from "#tests/support/calls.ts";
import { createTenant, profile } from "#tests/support/factories.ts";

// Goal: POST /api/auth makes one member of one identifier and lets it in, whatever is sent and however often at once.
// Method: the route handler on a real database; all parallel calls start before any ends.

const upsert = (authIdentifier: string, more: object = {}) => ({
  body: { selector: { authIdentifier }, profile: { ...profile, ...more } },
});

test("a new member is made and signed in, with the two cookies of the shared domain", async () => {
  const tenant = await createTenant();

  const answer = await postAuth(tenant, upsert("user-42", { gender: "FEMALE" }));

  const token = answer.json.data.session;
  expect(answer.status).toBe(200);
  expect(token).toMatch(/^[A-Za-z0-9._~*-]{1,1024}$/);
  expect(answer.json).toEqual({
    status: "success",
    data: {
      user: {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        authIdentifier: "user-42",
        externalIdentifier: "user-42",
        isRestricted: false,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        updatedAt: answer.json.data.user.createdAt,
        flags: { genderProvided: true },
      },
      session: token,
    },
  });
  expect(answer.headers.get("cache-control")).toBe("private, no-store");
  expect(answer.cookies).toEqual([
    `session=${token}; Max-Age=259200; Path=/; HttpOnly; Secure; SameSite=None`,
    `session_legacy=${token}; Max-Age=259200; Path=/; HttpOnly; Secure`,
  ]);
  expect(await isSignedIn(tenant, `session=${token}`)).toBe(true);
});

test("the cookies carry the tenant's cookie domain and its lifetime", async () => {
  const tenant = await createTenant({
    hostnames: ["rewards.shared.localhost"],
    cookieDomain: "shared.localhost",
    sessions: { embeddedSeconds: 300 },
  });

  const { cookies } = await postAuth(tenant);

  expect(cookies[0]).toMatch(
    /; Max-Age=300; Domain=shared\.localhost; Path=\/; HttpOnly; Secure; SameSite=None$/,
  );
  expect(cookies[1]).toMatch(/; Max-Age=300; Domain=shared\.localhost; Path=\/; HttpOnly; Secure$/);
});

test("fifty calls for one person at once make one member and fifty sessions", async () => {
  const tenant = await createTenant();

  const answers = await Promise.all(Array.from({ length: 50 }, () => postAuth(tenant, upsert("crowd"))));

  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
  expect(new Set(answers.map(({ json }) => json.data.user.id)).size).toBe(1);
  const tokens = answers.map(({ json }) => json.data.session);
  expect(new Set(tokens).size).toBe(50);
  const isLive = await Promise.all(tokens.map((token) => isSignedIn(tenant, `session=${token}`)));
  expect(isLive).toEqual(Array(50).fill(true));
  expect(await db().event.count({ where: { tenantId: tenant.id, type: "REGISTERED_ACCOUNT" } })).toBe(1);
});

test("sent fields replace the old ones, omitted ones stay, null clears and removes", async () => {
  const tenant = await createTenant();
  await postAuth(
    tenant,
    upsert("user-1", { city: "Leeds", country: "GB", birthdate: "1980-01-01", shoe: 42, hat: "m" }),
  );

  await postAuth(tenant, upsert("user-1", { givenName: "Janet", city: null, shoe: null }));

  const member = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } });
  expect(member).toMatchObject({
    givenName: "Janet",
    city: null,
    country: "GB",
    birthdate: new Date("1980-01-01"),
    attributes: { hat: "m" },
  });
});

test("an update that changes nothing leaves updatedAt alone; one that does is PROFILE_UPDATED", async () => {
  const tenant = await createTenant();
  const first = await postAuth(tenant, upsert("user-1"));
  const same = await postAuth(tenant, upsert("user-1"));
  const changed = await postAuth(tenant, upsert("user-1", { city: "York" }));

  expect(same.json.data.user.updatedAt).toBe(first.json.data.user.updatedAt);
  expect(changed.json.data.user.updatedAt).not.toBe(first.json.data.user.updatedAt);
  const events = await db().event.findMany({ where: { tenantId: tenant.id }, orderBy: { createdAt: "asc" } });
  expect(events.map(({ type }) => type)).toEqual(["REGISTERED_ACCOUNT", "PROFILE_UPDATED"]);
});

test("an e-mail address is no identity: two members may have the same", async () => {
  const tenant = await createTenant();

  const one = await postAuth(tenant, upsert("one"));
  const other = await postAuth(tenant, upsert("other"));

  expect(other.json.data.user.id).not.toBe(one.json.data.user.id);
});

test("identifiers are compared byte by byte: what only looks alike is somebody else", async () => {
  const tenant = await createTenant();
  const alike = ["user", "User", "use\u0301r", "us\u00e9r", "ｕser", "a/../b", "%2e%2e", "' OR 1=1--", "😀"];

  for (const authIdentifier of alike) {
    const { json } = await postAuth(tenant, upsert(authIdentifier));
    expect(json.data.user.authIdentifier).toBe(authIdentifier);
  }

  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(alike.length);
});

test("a wrong optional field keeps nobody out: it stays as it was, and is named in the warnings", async () => {
  const tenant = await createTenant();
  await postAuth(tenant, upsert("user-1", { birthdate: "1980-01-01" }));

  const { status, json } = await postAuth(
    tenant,
    upsert("user-1", {
      birthdate: "1980-02-30",
      country: "UK",
      gender: "F",
      pictureUrl: "http://x.example/a.png",
    }),
  );

  expect(status).toBe(200);
  expect(Object.keys(json.data.warnings).sort()).toEqual([
    "profile.birthdate",
    "profile.country",
    "profile.gender",
    "profile.pictureUrl",
  ]);
  const member = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } });
  expect(member).toMatchObject({ birthdate: new Date("1980-01-01"), country: null, gender: null });
});

test("nobody is born tomorrow, or before 1900", async () => {
  const tenant = await createTenant();
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

  for (const birthdate of [tomorrow, "1899-12-31", "80-01-01"]) {
    const { json } = await postAuth(tenant, upsert("user-1", { birthdate }));
    expect(Object.keys(json.data.warnings)).toEqual(["profile.birthdate"]);
  }
  const { json } = await postAuth(
    tenant,
    upsert("user-1", { birthdate: new Date().toISOString().slice(0, 10) }),
  );
  expect(json.data.warnings).toBeUndefined();
});

test("fields with the names of rights and balances are attributes, and touch nothing else", async () => {
  const names = ["id", "points", "balancePoints", "role", "tenantId", "createdAt", "isRestricted", "flags"];
  const tenant = await createTenant();
  const sent = Object.fromEntries(names.map((name) => [name, name === "flags" ? { vip: true } : "999"]));

  const { json } = await postAuth(tenant, upsert("user-1", sent));

  const member = await db().member.findFirstOrThrow({
    where: { tenantId: tenant.id },
    include: { wallet: true },
  });
  expect(json.data.user).toMatchObject({ isRestricted: false, flags: { genderProvided: false } });
  expect(member.attributes).toEqual(sent);
  expect(member.wallet?.balancePoints).toBe(0n);
});

test("a member has at most 64 attributes after merging, and a refusal changes nothing", async () => {
  const tenant = await createTenant();
  const attributes = (prefix: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, index]));
  await postAuth(tenant, upsert("user-1", attributes("a", 40)));

  const refused = await postAuth(tenant, upsert("user-1", { ...attributes("b", 25), givenName: "Nobody" }));
  const taken = await postAuth(tenant, upsert("user-1", { ...attributes("b", 25), a0: null }));

  expect(refused).toMatchObject({ status: 400, json: { code: "invalid_input" }, cookies: [] });
  expect(taken.status).toBe(200);
  expect(await postAuth(tenant, upsert("user-2", attributes("c", 65)))).toMatchObject({ status: 400 });
});

test("a restricted member gets no session, and nothing of it changes", async () => {
  const tenant = await createTenant();
  const { json } = await postAuth(tenant, upsert("user-1"));
  await restrictMember(tenant.id, json.data.user.id as MemberId, true);

  const refused = await postAuth(tenant, upsert("user-1", { givenName: "Changed" }));

  expect(refused).toMatchObject({
    status: 403,
    json: { status: "fail", code: "member_restricted" },
    cookies: [],
  });
  expect(await isSignedIn(tenant, `session=${json.data.session}`)).toBe(false);
  const member = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id } });
  expect(member.givenName).toBe("Jane");
  expect(await db().session.count({ where: { tenantId: tenant.id, endedAt: null } })).toBe(0);
});

test("restricting while the member signs in leaves no live session", async () => {
  const tenant = await createTenant();
  const { json } = await postAuth(tenant, upsert("user-1"));
  const memberId = json.data.user.id as MemberId;

  await Promise.all([
    ...Array.from({ length: 10 }, () => postAuth(tenant, upsert("user-1"))),
    restrictMember(tenant.id, memberId, true),
    ...Array.from({ length: 10 }, () => postAuth(tenant, upsert("user-1"))),
  ]);

  expect(await db().session.count({ where: { tenantId: tenant.id, endedAt: null } })).toBe(0);
});

test("a deleted member's identifier is free: the next call makes a new member, and the old one has nothing personal", async () => {
  const tenant = await createTenant();
  const { json } = await postAuth(tenant, upsert("user-1", { city: "Leeds", hat: "m" }));
  await eraseMember(tenant.id, json.data.user.id as MemberId);
  expect(await isSignedIn(tenant, `session=${json.data.session}`)).toBe(false);
  expect(await db().session.count({ where: { tenantId: tenant.id, endedAt: null } })).toBe(0);

  const again = await postAuth(tenant, upsert("user-1"));

  expect(again.json.data.user.id).not.toBe(json.data.user.id);
  const erased = await db().member.findFirstOrThrow({
    where: { tenantId: tenant.id, id: json.data.user.id },
  });
  expect(erased).toMatchObject({
    authIdentifier: null,
    givenName: null,
    emailAddress: null,
    city: null,
    attributes: {},
  });
  expect(await findMemberByAuthIdentifier(tenant.id, "user-1")).toMatchObject({
    id: again.json.data.user.id,
  });
});

test("two new members who draw the same account numbers at once get different ones", async () => {
  const tenant = await createTenant();
  const { credential } = await mintToken();
  const clientSecretId = tenant.clientSecrets[0]?.id as string;
  const at = new Date();
  const unnamed = { deviceName: null, provider: null, replaces: [] };
  const upsertNew = async (authIdentifier: string) => {
    const row = await upsertMemberRow({
      ...{
        tenantId: tenant.id,
        authIdentifier,
        profile,
        attributes: {},
        removedAttributes: [],
        attributesMax: 64,
      },
      ...{
        newMemberId: newId(),
        eventId: newId(),
        drawAccountNumbers: () => ["1111111", "2222222"],
        clientSecretId,
        at,
      },
      session: { ...credential, id: newId(), kind: "embedded", idleSeconds: null, expiresAt: at, ...unnamed },
      gives: "nothing",
    });
    return row && "accountNumber" in row ? row.accountNumber : null;
  };

  const numbers = await Promise.all([upsertNew("one"), upsertNew("two")]);

  expect(numbers.sort()).toEqual(["1111111", "2222222"]);
});
