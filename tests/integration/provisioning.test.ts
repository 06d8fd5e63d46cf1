import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { reportEvent } from "#lib/domain/events/report-event.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { unsealSecret } from "#lib/domain/secrets.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import { postAuth } from "#tests/support/calls.ts";
import { codeOf } from "#tests/support/engine.ts";
import { createTenant, getTenant } from "#tests/support/factories.ts";

// Goal: a programme file can be applied again and again, and a mistake in it changes nothing.

const whole = {
  code: "acme",
  name: "Acme Rewards",
  hostnames: ["rewards.localhost"],
  authMode: "embedded",
  cookieDomain: null,
  publicUrl: "http://rewards.localhost:3000",
  hostUrl: "http://shop.localhost:4000",
  hostOrigins: ["http://shop.localhost:4000"],
  allowedOrigins: [],
  locale: "en",
  sessions: { embeddedSeconds: 259200, interactiveSeconds: 86400, idleSeconds: null },
  urlActivation: "once",
  createMembersFromTokens: false,
  selfRegistration: false,
  emailConfirmation: "required",
  clientSecrets: [{ name: "shop", secret: "at-least-32-characters-long-this-one" }],
  apiKeys: [
    {
      name: "shop",
      key: "at-least-32-characters-long-this-key",
      scopes: [],
      ratePerSecond: 100,
      burst: 400,
    },
  ],
  adminApiKeys: [],
  userAuth: {
    algorithm: "HS256",
    issuer: "https://idp.example",
    sharedKey: "a shared key of 32 characters and more",
  },
  oauth2: null,
  admins: [{ email: "owner@acme.example", password: "a password", role: "OWNER" }],
  eventTypes: [
    {
      name: "PURCHASE",
      description: "…",
      schema: { type: "object" },
      private: true,
      secret: "the-secret-of-an-event-type-32-long",
    },
  ],
  rules: [
    {
      name: "1 point per euro",
      eventType: "PURCHASE",
      conditions: { all: [{ field: "payload.total", operator: "gte", value: 10 }] },
      effect: { type: "POINTS", pointsPerUnit: 1, unitField: "payload.total", rounding: "DOWN", max: 1000 },
      limits: { perMember: { times: 5, period: "DAY" }, budgetPoints: null },
      start: null,
      end: null,
      priority: 0,
      pendingDays: 0,
    },
    { name: "Welcome", eventType: "REGISTERED_ACCOUNT", effect: { type: "POINTS", points: 100 } },
    { name: "A coffee", eventType: "PURCHASE", effect: { type: "REWARD", reward: "coffee" } },
  ],
  pointsExpiry: { afterDays: 365 },
  tiers: [{ name: "Silver", pointsRequirement: 1000 }],
  rewardCategories: [{ name: "Treats" }],
  rewards: [
    {
      externalId: "coffee",
      name: "Free coffee",
      summary: "…",
      type: "VOUCHER",
      category: "Treats",
      price: 150,
      description: "…",
      terms: "One\nper visit.",
      pictureUrl: null,
      value: 3.5,
      codeType: "POOL",
      codes: ["AAA-1", "AAA-2"],
      stock: 2,
      perMemberLimit: 1,
      tier: null,
      availability: { start: null, end: null },
    },
  ],
  members: [
    {
      authIdentifier: "user-1",
      profile: {
        givenName: "Ana",
        familyName: "Silva",
        emailAddress: "ana@example.com",
        birthdate: "1990-02-03",
        hat: "m",
      },
      points: 500,
      password: "another password",
    },
  ],
};

/** A file with the whole tenant under a code and host of its own. */
function fileFor(code: string, change: Record<string, unknown> = {}): string {
  const apiKeys = [{ ...whole.apiKeys[0], key: `an-API-key-of-32-characters-for-${code}` }];
  const tenant = { ...whole, code, hostnames: [`${code}.localhost`], apiKeys, ...change };
  return JSON.stringify({ tenants: [tenant] });
}

async function countEverything() {
  const tables = [
    "tenant",
    "member",
    "reward",
    "rewardCode",
    "rule",
    "tier",
    "ledgerEntry",
    "admin",
    "apiKey",
  ] as const;
  return Promise.all(tables.map((table) => (db()[table] as { count(): Promise<number> }).count()));
}

test("the whole file is applied, and again without a change", async () => {
  const first = await applyProgramme(fileFor("whole"));
  const counts = await countEverything();
  const second = await applyProgramme(fileFor("whole"));

  expect(first).toEqual({ tenants: [{ code: "whole", isNew: true }], madeSecrets: [] });
  expect(second.tenants).toEqual([{ code: "whole", isNew: false }]);
  expect(await countEverything()).toEqual(counts);
  const { id: tenantId } = await getTenant("whole.localhost");
  const member = await db().member.findFirstOrThrow({
    where: { tenantId },
    include: { wallet: true, account: true },
  });
  expect(member).toMatchObject({
    authIdentifier: "user-1",
    birthdate: new Date("1990-02-03"),
    attributes: { hat: "m" },
    wallet: { balancePoints: 500n, lifetimePoints: 500n },
    account: { emailAddress: "ana@example.com", passwordHash: expect.stringMatching(/^\$argon2id\$/) },
  });
  expect(await db().event.count({ where: { tenantId } })).toBe(0); // no REGISTERED_ACCOUNT
});

test("what the file does not name stays, what it names is updated, what applies once is kept", async () => {
  await applyProgramme(fileFor("again"));
  const { rewards: _rewards, members: _members, hostUrl: _hostUrl, ...rest } = whole;
  const tenant = {
    ...rest,
    code: "again",
    hostnames: ["again.localhost"],
    name: "Renamed",
    clientSecrets: [{ name: "shop", secret: "another-secret-that-comes-too-late-here" }],
    userAuth: {
      ...whole.userAuth,
      issuer: "https://new.example",
      sharedKey: "a different key that comes too late",
    },
    members: [
      {
        ...whole.members[0],
        points: 9999,
        password: "a later password",
        profile: { ...whole.members[0]?.profile, hat: null },
      },
    ],
  };

  await applyProgramme(JSON.stringify({ tenants: [tenant] }));

  const found = await getTenant("again.localhost");
  expect(found).toMatchObject({ name: "Renamed", hostUrl: "http://shop.localhost:4000" });
  const row = await db().tenant.findUniqueOrThrow({ where: { code: "again" } });
  const userAuth = row.userAuth as { issuer: string; sealedSharedKey: string };
  expect(userAuth.issuer).toBe("https://new.example");
  expect(unsealSecret(userAuth.sealedSharedKey)).toBe("a shared key of 32 characters and more");
  expect(JSON.stringify(row)).not.toContain("a shared key");
  expect(await db().reward.count({ where: { tenantId: found.id } })).toBe(1);
  const member = await db().member.findFirstOrThrow({
    where: { tenantId: found.id },
    include: { wallet: true },
  });
  expect(member).toMatchObject({ attributes: {}, wallet: { balancePoints: 500n } });
  const client = { ...found, host: "again.localhost", clientId: "at-least-32-characters-long-this-one" };
  expect(await postAuth(client)).toMatchObject({ status: 200 });
});

test("secrets that the file leaves out are made, work, and are told once", async () => {
  const change = {
    clientSecrets: [{ name: "shop" }],
    apiKeys: [{ name: "app" }],
    adminApiKeys: [{ name: "bot" }],
    admins: [{ email: "made@acme.example", role: "VIEWER" }],
    eventTypes: [{ name: "PURCHASE" }],
    userAuth: { algorithm: "HS256", issuer: "https://idp.example" },
  };

  const { madeSecrets } = await applyProgramme(fileFor("made", change));
  const again = await applyProgramme(fileFor("made", change));

  expect(madeSecrets.map(({ what }) => what)).toEqual([
    "made: shared key of the user authentication (HS256)",
    'made: client id "shop" (X-Client-ID)',
    'made: API key "app" (X-Api-Key)',
    'made: admin API key "bot" (X-AUTH-TOKEN)',
    "made: password of made@acme.example",
    "made: secret of the event type PURCHASE",
  ]);
  expect(again.madeSecrets).toEqual([]);
  const clientId = madeSecrets[1]?.secret ?? "";
  const tenant = { ...(await getTenant("made.localhost")), host: "made.localhost", clientId };
  expect(await postAuth(tenant)).toMatchObject({ status: 200 });
});

/** Applies the file with this one event type, and reports one as a server with `secret` would. */
async function reportTo(code: string, eventType: Record<string, unknown>) {
  const eventTypes = [{ name: "VISIT", ...eventType }];
  const { madeSecrets } = await applyProgramme(fileFor(code, { eventTypes, rules: [] }));
  const { id: tenantId } = await getTenant(`${code}.localhost`);
  const reportWith = (eventTypeSecret: string) =>
    codeOf(
      reportEvent({
        ...{ tenantId, by: { kind: "server", eventTypeSecret }, type: "VISIT", payload: {} },
        ...{ subject: "user-1", externalId: null, occurredAt: null, key: null },
      }),
    );
  return { madeSecrets, reportWith };
}

const typeSecret = "the-first-secret-of-this-event-type";

test("an event type that becomes private gets the secret of the file, and keeps it", async () => {
  const withoutOne = await reportTo("closing", { private: false });
  const first = await reportTo("closing", { private: true, secret: typeSecret });
  const later = await reportTo("closing", { secret: "a-later-secret-that-comes-too-late" });
  const open = await reportTo("closing", { private: false });
  const closed = await reportTo("closing", { private: true });

  expect(await withoutOne.reportWith(typeSecret)).toBe("done");
  for (const { madeSecrets } of [withoutOne, first, later, open, closed]) expect(madeSecrets).toEqual([]);
  expect(await closed.reportWith("a-later-secret-that-comes-too-late")).toBe("event_type_private");
});

test("an event type that becomes private without a secret in the file gets one made, told once", async () => {
  await reportTo("making", { private: false });

  const { madeSecrets, reportWith } = await reportTo("making", { private: true });
  const again = await reportTo("making", { private: true });

  expect(madeSecrets).toEqual([
    { what: "making: secret of the event type VISIT", secret: expect.stringMatching(/^.{32,}$/) },
  ]);
  expect(again.madeSecrets).toEqual([]);
  expect(await reportWith(madeSecrets[0]?.secret ?? "")).toBe("done");
  expect(await reportWith(typeSecret)).toBe("event_type_private");
});

const rule = { name: "r", eventType: "PURCHASE" };
test.each([
  ["tenants[0].rules[0].effect.points: ", { rules: [{ ...rule, effect: { type: "POINTS", points: 1.5 } }] }],
  ["tenants[0].rules[0].effect.points: ", { rules: [{ ...rule, effect: { type: "POINTS" } }] }],
  [
    "tenants[0].rules[0].effect.reward: ",
    { rules: [{ ...rule, effect: { type: "REWARD", reward: "gone" } }] },
  ],
  [
    "tenants[0].rules[0].eventType: ",
    { rules: [{ name: "r", eventType: "NO_SUCH", effect: { type: "POINTS", points: 1 } }] },
  ],
  [
    "tenants[0].rules[0].conditions.all[0].value: ",
    {
      rules: [
        {
          ...rule,
          conditions: { all: [{ field: "payload.x", operator: "gt", value: "5" }] },
          effect: { type: "POINTS", points: 1 },
        },
      ],
    },
  ],
  [
    "tenants[0].rules[0].end: ",
    {
      rules: [
        {
          ...rule,
          effect: { type: "POINTS", points: 1 },
          start: "2026-02-01T00:00:00Z",
          end: "2026-01-01T00:00:00Z",
        },
      ],
    },
  ],
  ["tenants[0].colour: There is no such field.", { colour: "red" }],
  ["tenants[0].code: ", { code: "session" }],
  ["tenants[0].code: ", { code: "Acme" }],
  ["tenants[0].authMode: ", { authMode: "both" }],
  ["tenants[0].hostnames[0]: ", { hostnames: ["Upper.example"] }],
  ["tenants[0].hostOrigins[0]: ", { hostOrigins: ["http://shop.example"] }],
  ["tenants[0].hostOrigins[0]: ", { hostOrigins: ["https://shop.example/path"] }],
  ["tenants[0].cookieDomain: ", { hostnames: ["a.example.co.uk"], cookieDomain: "co.uk" }],
  ["tenants[0].cookieDomain: ", { hostnames: ["a.example.com"], cookieDomain: "other.com" }],
  ["tenants[0].cookieDomain: ", { hostnames: ["127.0.0.1"], cookieDomain: "127.0.0.1" }],
  ["tenants[0].sessions.idleSeconds: ", { sessions: { idleSeconds: 119 } }],
  ["tenants[0].sessions.embeddedSeconds: ", { sessions: { embeddedSeconds: 2_592_001 } }],
  ["tenants[0].clientSecrets[0].secret: ", { clientSecrets: [{ name: "x", secret: "short" }] }],
  [
    "tenants[0].clientSecrets[0].secret: Enter at least 32 characters; there are 5.",
    { clientSecrets: [{ name: "x", secret: "short" }] },
  ],
  [
    "tenants[0].clientSecrets[0].secret: Use letters",
    { clientSecrets: [{ name: "x", secret: "with a space, and a comma, 32 long" }] },
  ],
  ["tenants[0].hostnames: This field is missing.", { hostnames: undefined }],
  ["tenants[0].hostOrigins[0]: ", { hostOrigins: ["https://*.example"] }],
  ["tenants[0].clientSecrets[1].name: ", { clientSecrets: [{ name: "x" }, { name: "x" }] }],
  [
    "tenants[0].userAuth.sharedKey: ",
    { userAuth: { algorithm: "HS256", issuer: "i", sharedKey: "a".repeat(40) } },
  ],
  [
    "tenants[0].userAuth.jwksUrl: ",
    { userAuth: { algorithm: "RS256", issuer: "i", jwksUrl: "http://idp.example/jwks" } },
  ],
  [
    "tenants[0].eventTypes[0].schema: ",
    { eventTypes: [{ name: "PURCHASE", schema: { $ref: "https://x.example/s.json" } }] },
  ],
  [
    "tenants[0].eventTypes[0].schema: ",
    { eventTypes: [{ name: "PURCHASE", schema: { type: "string", pattern: "^(a)\\1$" } }] },
  ],
  ["tenants[0].eventTypes[0].name: ", { eventTypes: [{ name: "POINTS_EXPIRED" }] }],
  ["tenants[0].rewards[0].price: ", { rewards: [{ ...whole.rewards[0], price: -1 }] }],
  ["tenants[0].rewards[0].tier: ", { rewards: [{ ...whole.rewards[0], tier: "Diamond" }] }],
  ["tenants[0].rewards[0].codePattern: ", { rewards: [{ ...whole.rewards[0], codeType: "GENERATED" }] }],
  [
    "tenants[0].members[0].profile.birthdate: ",
    { members: [{ ...whole.members[0], profile: { ...whole.members[0]?.profile, birthdate: "x" } }] },
  ],
  ["tenants[0].members[0].points: ", { members: [{ ...whole.members[0], points: 1.5 }] }],
])("the mistake %s… is told with its path, and nothing is changed", async (line, change) => {
  const counts = await countEverything();

  const applied = applyProgramme(fileFor("mistaken", { rewards: whole.rewards, ...change }));

  await expect(applied).rejects.toMatchObject({
    name: "ConfigurationError",
    message: expect.stringContaining(line),
  });
  expect(await countEverything()).toEqual(counts);
});

test("a host belongs to one tenant, in the file and in the database", async () => {
  await applyProgramme(fileFor("owner"));

  await expect(applyProgramme(fileFor("thief", { hostnames: ["owner.localhost"] }))).rejects.toThrow(
    "tenants[0].hostnames[0]: owner.localhost belongs to the tenant owner.",
  );
});

test("an API key names one tenant", async () => {
  await applyProgramme(fileFor("first"));
  const apiKeys = [{ name: "stolen", key: "an-API-key-of-32-characters-for-first" }];

  await expect(applyProgramme(fileFor("second", { apiKeys }))).rejects.toThrow("tenants[0].apiKeys[0].key: ");
});

test.each(["{", "[]", '{"tenants":[],"tenants":[]}', '{"tenants":[]}'])(
  "%s is no programme file",
  async (text) => {
    await expect(applyProgramme(text)).rejects.toMatchObject({ name: "ConfigurationError" });
  },
);

test("the demo's programme applies", async () => {
  const text = readFileSync("demo/programme.json", "utf8");

  const { tenants } = await applyProgramme(text);

  expect(tenants).toEqual([
    { code: "acme", isNew: true },
    { code: "club", isNew: true },
    { code: "bistro", isNew: true },
  ]);
});

test("a tenant answers on its hosts, whatever their case and port, and not on others", async () => {
  const one = await createTenant();
  await createTenant();

  expect(await findTenantByHost(`${one.host.toUpperCase()}:3000`)).toMatchObject({ id: one.id });
  expect(await findTenantByHost("unknown.localhost")).toBeNull();
});
