/** The subject: a Laurel with a small programme on an empty database, and the requests it is measured with. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";

import { makeTemporaryFolder, startServer, undoLater } from "#tests/bench/cleanup.ts";
import { connections, type Load, measure } from "#tests/bench/load.ts";

export type Floor = "handler" | "page";

export type Path = {
  name: string;
  floor: Floor;
  /** Makes ready what requests for so many seconds need. */
  prepare(seconds: number): Promise<{ load: Load; requests?: number }>;
};

const clientId = randomBytes(32).toString("base64url");
const buyersCount = 20;
const pages = ["/", "/rewards", "/wallet", "/activity", "/card", "/profile"];
const activationsPerSecond = 200; // a token works once, so this many are minted for each second

export const storeCode = "bench";
export const password = randomBytes(12).toString("base64url");

export const members = Array.from({ length: 200 }, (_, index) => ({
  authIdentifier: `bench-${index}`,
  profile: { givenName: "Ada", familyName: `Bench ${index}`, emailAddress: `ada-${index}@bench.example` },
}));
const rewards = Array.from({ length: 12 }, (_, index) => ({
  externalId: `reward-${index}`,
  name: `Reward ${index}`,
  summary: "A hot or iced coffee of your choice.",
  type: "VOUCHER",
  price: 100 + index * 150,
  codeType: "GENERATED",
  codePattern: "XXXX-9999",
}));
const penny = {
  ...{ externalId: "penny", name: "Penny", type: "VOUCHER", price: 1, codePattern: "XXXXXXXX-99999999" },
  availability: { end: "2999-01-01T00:00:00Z" },
};
export const buyers = Array.from({ length: buyersCount }, (_, index) => ({
  authIdentifier: `buyer-${index}`,
  profile: { givenName: "Bob", familyName: `Bench ${index}`, emailAddress: `bob-${index}@bench.example` },
  points: 1_000_000_000,
}));
export const apiKey = randomBytes(32).toString("base64url");
export const eventSecret = randomBytes(32).toString("base64url");
const unlimited = { ratePerSecond: 1_000_000, burst: 1_000_000 };

const programmeFor = (provider: { issuer: string; jwksUrl: string }) => ({
  tenants: [
    {
      code: storeCode,
      name: "Bench",
      hostnames: ["127.0.0.1"],
      authMode: "embedded",
      clientSecrets: [{ name: "bench", secret: clientId }],
      tiers: [
        { name: "Bronze", pointsRequirement: 0 },
        { name: "Silver", pointsRequirement: 5000 },
      ],
      rewards: [...rewards, penny],
      members: [...members.map((member) => ({ ...member, points: 1200, password })), ...buyers],
      apiKeys: [{ name: "bench", key: apiKey, ...unlimited }],
      userAuth: { algorithm: "RS256", issuer: provider.issuer, jwksUrl: provider.jwksUrl },
      eventTypes: [
        {
          ...{ name: "PURCHASE", private: true, secret: eventSecret },
          schema: { type: "object", required: ["total"], properties: { total: { type: "number" } } },
        },
      ],
      rules: [
        {
          ...{ name: "1 point per euro", eventType: "PURCHASE" },
          effect: { type: "POINTS", pointsPerUnit: 1, unitField: "payload.total" },
        },
        {
          ...{ name: "Large purchase", eventType: "PURCHASE" },
          conditions: { all: [{ field: "payload.total", operator: "gte", value: 50 }] },
          effect: { type: "POINTS", points: 25 },
        },
      ],
    },
  ],
});

/** Answers with Laurel's address. */
export async function startLaurel(
  databaseUrl: string,
  provider: { issuer: string; jwksUrl: string },
): Promise<string> {
  const folder = makeTemporaryFolder();
  const programmeFile = join(folder, "programme.json");
  writeFileSync(programmeFile, JSON.stringify(programmeFor(provider)));
  return startServer("lib/server/start.ts", "/api/health/ready", {
    DATABASE_URL: databaseUrl,
    LAUREL_DATA_DIR: join(folder, "data"),
    LAUREL_PROVISION: programmeFile,
    ALLOW_LOOPBACK_URLS: "1",
    MEMBER_TOKEN_CALLS_PER_MINUTE: "999999",
    LAUREL_SECRET: randomBytes(32).toString("base64url"),
    LOG_LEVEL: "silent",
  });
}

/** A database for this run alone on the server of `serverUrl`; answers with its address. */
export async function createDatabase(serverUrl: string): Promise<{ url: string; version: string }> {
  const name = `laurel_bench_${randomBytes(4).toString("hex")}`;
  const client = new Client({ connectionString: serverUrl });
  let created: Promise<unknown> = Promise.resolve();
  undoLater(async () => {
    await created.catch(() => undefined);
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.end();
  });
  created = client.connect().then(() => client.query(`CREATE DATABASE ${name}`));
  await created;
  const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, version: rows[0]?.server_version ?? "" };
}

/** A session token of a member, as the host's server would get it. */
export async function memberToken(laurelUrl: string): Promise<string> {
  const [token = ""] = await mintTokens(laurelUrl, 1);
  return token;
}

export async function laurelPaths(laurelUrl: string): Promise<Path[]> {
  const token = await memberToken(laurelUrl);
  const read = (path: string, floor: Floor): Path => ({
    name: `GET ${path}`,
    floor,
    prepare: async () => ({ load: { url: `${laurelUrl}${path}`, headers: { cookie: `session=${token}` } } }),
  });
  return [
    {
      name: "POST /api/auth",
      floor: "handler",
      prepare: async () => ({ load: upsertLoad(laurelUrl) }),
    },
    {
      name: "GET /api/auth?session=…",
      floor: "handler",
      async prepare(seconds) {
        const requests = seconds * activationsPerSecond;
        const tokens = await mintTokens(laurelUrl, requests);
        return { load: activationLoad(laurelUrl, tokens), requests };
      },
    },
    read("/api/session", "handler"),
    {
      name: "POST /api/session/purchases",
      floor: "handler",
      prepare: async () => ({ load: await purchaseLoad(laurelUrl, token) }),
    },
    ...pages.map((path) => read(path, "page")),
  ];
}

/** Sign-ins of members who are there already, with nothing new to tell. */
function upsertLoad(laurelUrl: string): Load {
  const bodies = members.map(({ authIdentifier, profile }) =>
    JSON.stringify({ selector: { authIdentifier }, profile }),
  );
  let sent = 0;
  return {
    url: `${laurelUrl}/api/auth`,
    method: "POST",
    headers: { "content-type": "application/json", "x-client-id": clientId },
    vary: () => ({ body: bodies[sent++ % bodies.length] ?? "" }),
  };
}

/** Purchases of one cheap reward by several members, each with a key of its own, from the microsite's own pages. */
async function purchaseLoad(laurelUrl: string, token: string): Promise<Load> {
  const page = await fetch(`${laurelUrl}/rewards`, { headers: { cookie: `session=${token}` } });
  const rewardId = /\/rewards\/([0-9a-f-]{36})">Penny</.exec(await page.text())?.[1];
  if (!rewardId) throw new Error("The reward to buy is not on its page.");
  const tokens = await Promise.all(buyers.map((buyer) => signIn(laurelUrl, buyer)));
  let sent = 0;
  return {
    url: `${laurelUrl}/api/session/purchases`,
    method: "POST",
    headers: { "content-type": "application/json", origin: laurelUrl },
    vary: () => ({
      body: JSON.stringify({ rewardId }),
      headers: {
        "idempotency-key": randomBytes(16).toString("hex"),
        cookie: `session=${tokens[sent++ % tokens.length]}`,
      },
    }),
  };
}

async function signIn(
  laurelUrl: string,
  { authIdentifier, profile }: { authIdentifier: string; profile: object },
): Promise<string> {
  const answer = await fetch(`${laurelUrl}/api/auth`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-client-id": clientId },
    body: JSON.stringify({ selector: { authIdentifier }, profile }),
  });
  const { data } = (await answer.json()) as { data: { session: string } };
  return data.session;
}

function activationLoad(laurelUrl: string, tokens: string[]): Load {
  const vary = () => {
    const token = tokens.pop();
    if (!token) throw new Error("There are too few tokens.");
    return { path: `/api/auth?session=${token}` };
  };
  return { url: `${laurelUrl}/api/auth`, vary };
}

async function mintTokens(laurelUrl: string, count: number): Promise<string[]> {
  const tokens: string[] = [];
  const onBody = (body: string) => tokens.push(JSON.parse(body).data.session);
  // Each connection prepares a request that it does not send, and takes a token for it.
  await measure({ ...upsertLoad(laurelUrl), onBody }, { requests: count + 2 * connections });
  return tokens;
}
