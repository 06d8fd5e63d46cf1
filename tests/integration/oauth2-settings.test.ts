import { afterAll, beforeEach, expect, test } from "vitest";

import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { unsealSecret } from "#lib/domain/secrets.ts";
import { openBrowser } from "#tests/support/browser.ts";
import { createTenant, getTenant, type TestTenant } from "#tests/support/factories.ts";
import { createClub, jane, startOpenIdProvider } from "#tests/support/openid-provider.ts";

// Goal: settings of an identity server that will not do are told where they stand in the file, before anybody signs in by
// them; the client's secret goes in and is never seen again.

const provider = await startOpenIdProvider();

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
});
afterAll(() => provider.stop());

const clientSecret = "a client secret of the tests";
const byIssuer = { providerName: "ID", issuer: "https://idp.example", clientId: "laurel", clientSecret };
const byAddresses = {
  ...{ providerName: "ID", clientId: "laurel", clientSecret },
  authorizationUrl: "https://idp.example/authorize",
  tokenUrl: "https://idp.example/token",
  userinfoUrl: "https://idp.example/userinfo",
};

function apply(tenant: Pick<TestTenant, "code" | "host">, oauth2: unknown) {
  const { code, host } = tenant;
  const file = { code, name: "Test", hostnames: [host], authMode: "interactive", oauth2 };
  return applyProgramme(JSON.stringify({ tenants: [file] }));
}

async function storedOf({ id }: TestTenant): Promise<Record<string, unknown>> {
  return (await db().tenant.findUniqueOrThrow({ where: { id } })).oauth2 as Record<string, unknown>;
}

const everyAddress = ["issuer", "authorizationUrl", "tokenUrl", "userinfoUrl", "jwksUrl", "signOutUrl"];
const askedByLaurel = ["issuer", "tokenUrl", "userinfoUrl", "jwksUrl"];
const whole = {
  ...byAddresses,
  ...byIssuer,
  jwksUrl: "https://idp.example/jwks",
  signOutUrl: "https://idp.example/bye",
};
const httpWords = "Enter an https:// address (http:// on localhost).";

test.each<[string, unknown]>([
  ["issuer: Enter the issuer, or else authorizationUrl and tokenUrl.", { ...byIssuer, issuer: undefined }],
  [
    "issuer: Enter the issuer, or else authorizationUrl and tokenUrl.",
    { ...byAddresses, tokenUrl: undefined },
  ],
  [
    "issuer: Enter the issuer, or else authorizationUrl and tokenUrl.",
    { ...byAddresses, authorizationUrl: undefined },
  ],
  [
    "issuer: Enter the issuer that signs with the keys of jwksUrl.",
    { ...byAddresses, jwksUrl: "https://idp.example/jwks" },
  ],
  ["userinfoUrl: Enter userinfoUrl, or issuer and jwksUrl", { ...byAddresses, userinfoUrl: undefined }],
  [
    "userinfoUrl: Enter userinfoUrl, or issuer and jwksUrl",
    { ...byAddresses, userinfoUrl: undefined, issuer: "https://idp.example" },
  ],
  ...everyAddress.flatMap((field): [string, unknown][] => [
    [`${field}: ${httpWords}`, { ...whole, [field]: "http://idp.example/x" }],
    [`${field}: ${httpWords}`, { ...whole, [field]: "http://localhost.idp.example/x" }],
    [`${field}: ${httpWords}`, { ...whole, [field]: "javascript:alert(1)" }],
    [`${field}: ${httpWords}`, { ...whole, [field]: "https://a:b@idp.example/x" }],
    [`${field}: ${httpWords}`, { ...whole, [field]: "idp.example/x" }],
    [`${field}: Enter a web address.`, { ...whole, [field]: 5 }],
    [`${field}: `, { ...whole, [field]: `https://idp.example/${"x".repeat(2_048)}` }],
  ]),
  ...askedByLaurel.flatMap((field) =>
    [
      ...["https://10.0.0.1/x", "https://192.168.1.1/x", "https://169.254.169.254/latest/meta-data/"],
      ...["https://[fd00::1]/x", "https://2852039166/x", "https://0.0.0.0/x", "https://100.64.0.1/x"],
    ].map((address): [string, unknown] => [
      `${field}: The host's address is not a public one.`,
      { ...whole, [field]: address },
    ]),
  ),
  ["tokenUrl: Port 6379 belongs to another protocol.", { ...whole, tokenUrl: "https://idp.example:6379/" }],
  ["claims.1st: Name an attribute with a letter", { ...byIssuer, claims: { "1st": "x" } }],
  ["claims.shoe size: Name an attribute with a letter", { ...byIssuer, claims: { "shoe size": "x" } }],
  ["claims.constructor: This name is not allowed.", { ...byIssuer, claims: { constructor: "x" } }],
  ["claims.prototype: This name is not allowed.", { ...byIssuer, claims: { prototype: "x" } }],
  ["claims.team: ", { ...byIssuer, claims: { team: "" } }],
  ["claims.team: ", { ...byIssuer, claims: { team: 5 } }],
  ["claims.team: ", { ...byIssuer, claims: { team: "x".repeat(129) } }],
  ["claims: ", { ...byIssuer, claims: ["team"] }],
  ["clientId: Enter a text.", { ...byIssuer, clientId: undefined }],
  ["clientId: Enter a text; it is empty.", { ...byIssuer, clientId: "" }],
  ["clientSecret: Enter a text.", { ...byIssuer, clientSecret: undefined }],
  ["clientSecret: Enter a text; it is empty.", { ...byIssuer, clientSecret: "" }],
  ["providerName: Enter a text.", { ...byIssuer, providerName: undefined }],
  ["providerName: Enter a name.", { ...byIssuer, providerName: " " }],
  ["scope: Enter a text; it is empty.", { ...byIssuer, scope: "" }],
  ["scope: Remove the control characters.", { ...byIssuer, scope: "openid\nemail" }],
  ["clientAuthentication: There is no such field.", { ...byIssuer, clientAuthentication: "none" }],
])(
  "the mistake oauth2.%s is told with its path and without the secret, and changes nothing",
  async (line, oauth2) => {
    const before = await db().tenant.count();

    const applied = createTenant({ authMode: "interactive", oauth2 });

    const error = await applied.then(
      () => null,
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ name: "ConfigurationError" });
    expect(error?.message).toContain(`tenants[0].oauth2.${line}`);
    expect(error?.message).not.toContain(clientSecret);
    expect(await db().tenant.count()).toBe(before);
  },
);

test("a mapping that reaches for a prototype is none", async () => {
  const code = "proto";
  const file = {
    code,
    name: "T",
    hostnames: [`${code}.localhost`],
    authMode: "interactive",
    oauth2: byIssuer,
  };
  const text = JSON.stringify({ tenants: [file] });

  await applyProgramme(text.replace('"clientId"', '"claims":{"__proto__":"x"},"clientId"'));

  const { oauth2 } = await getTenant(`${code}.localhost`);
  expect(Object.entries(oauth2?.claims ?? { none: "" })).toEqual([]);
  expect(Object.getPrototypeOf(oauth2?.claims)).toBe(Object.prototype);
});

test.each([
  ["an issuer", byIssuer],
  ["single addresses", byAddresses],
  ["all of them", whole],
  ["keys instead of userinfo", { ...whole, userinfoUrl: undefined }],
  ["an issuer, and one address over what it says", { ...byIssuer, userinfoUrl: "https://idp.example/me" }],
  ["claims of every field", { ...byIssuer, claims: { authIdentifier: "a", givenName: "b", team: "c.d" } }],
  ["a claim whose name is an address", { ...byIssuer, claims: { team: "https://idp.example/team" } }],
  [
    "an identity server inside, where only browsers go",
    { ...whole, authorizationUrl: "https://10.0.0.1/authorize" },
  ],
  ["this computer's own", { ...byIssuer, issuer: "http://localhost:4001" }],
])("%s will do", async (_what, oauth2) => {
  const tenant = await createTenant({ authMode: "interactive", oauth2 });

  const { clientSecret: _secret, ...open } = oauth2;
  expect(tenant.oauth2).toMatchObject({ ...JSON.parse(JSON.stringify(open)), clientSecret });
});

test("what the file leaves out is asked of discovery, with the usual scope", async () => {
  const { oauth2 } = await createTenant({ authMode: "interactive", oauth2: byIssuer });

  expect(oauth2).toEqual({
    ...{ ...byIssuer, scope: "openid profile email", claims: {} },
    ...{ authorizationUrl: null, tokenUrl: null, userinfoUrl: null, jwksUrl: null, signOutUrl: null },
  });
});

test("the client secret is sealed in the database, and told to nobody", async () => {
  const tenant = await createTenant({ authMode: "interactive", oauth2: byIssuer });

  const { madeSecrets } = await apply(tenant, byIssuer);

  const stored = await storedOf(tenant);
  expect(madeSecrets).toEqual([]);
  expect(JSON.stringify(stored)).not.toContain(clientSecret);
  expect(Object.keys(stored).sort()).toEqual(["clientId", "issuer", "providerName", "sealedClientSecret"]);
  expect(unsealSecret(String(stored.sealedClientSecret))).toBe(clientSecret);
});

test("a secret belongs to its client id: it is kept with that, and taken anew with another", async () => {
  const tenant = await createTenant({ authMode: "interactive", oauth2: byIssuer });

  await apply(tenant, { ...byIssuer, providerName: "New", clientSecret: "one that comes too late" });
  expect((await getTenant(tenant.host)).oauth2).toMatchObject({ providerName: "New", clientSecret });
  await apply(tenant, { ...byIssuer, clientId: "another", clientSecret: "another secret" });
  expect((await getTenant(tenant.host)).oauth2).toMatchObject({
    ...{ clientId: "another", clientSecret: "another secret" },
  });
});

test("settings are a whole: named again, they replace what was there; not named, they stay; null takes them away", async () => {
  const tenant = await createTenant({
    authMode: "interactive",
    oauth2: { ...byIssuer, scope: "openid", claims: { team: "team" }, signOutUrl: "https://idp.example/bye" },
  });

  await apply(tenant, undefined);
  expect((await getTenant(tenant.host)).oauth2).toMatchObject({ scope: "openid", claims: { team: "team" } });
  await apply(tenant, byIssuer);
  expect((await getTenant(tenant.host)).oauth2).toMatchObject({ claims: {}, signOutUrl: null });
  await apply(tenant, null);
  expect((await getTenant(tenant.host)).oauth2).toBeNull();
});

test("another mapping counts from the next sign-in on", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider, { person: { ...jane, team: "red" } });

  await apply(tenant, provider.settings({ claims: { team: "team" } }));
  await browser.signIn(provider, { person: { ...jane, team: "red" } });

  expect(await db().member.findMany({ where: { tenantId: tenant.id } })).toMatchObject([
    { attributes: { team: "red" } },
  ]);
});
