import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import {
  call,
  callRaw,
  cleanUp,
  type HttpAnswer,
  type HttpCall,
  type LaurelServer,
  newFolder,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { onServer, urlOfDatabase } from "#tests/support/on-server.ts";
import { clientId, embeddedTenant, interactiveTenant } from "#tests/support/tenants.ts";

// Goal: what only the wire shows of the user API: headers that are there twice, bodies that do not end or end too early,
// slow and vanishing clients, tricks with paths and hosts, what every answer carries, and what the log does not.
// Method: the built server in its own process, with two programmes; raw sockets where a client would mend the request.

const sharedKey = "a shared key of the wire tests 0123456789 abcdef";
const issuer = "https://idp.example/";
const apiKey = "an-api-key-of-the-wire-tests-that-is-long-enough";
const clubKey = "a-key-of-the-club-in-the-wire-tests-that-is-long";
const purchaseSecret = "a-secret-of-purchases-in-the-wire-tests-long-one";
const appOrigin = "https://app.acme.example";
const clubOrigin = "https://club.example";
const plenty = { ratePerSecond: 100_000, burst: 100_000 };

const acme = {
  ...embeddedTenant,
  allowedOrigins: [appOrigin],
  apiKeys: [{ name: "shop", key: apiKey, ...plenty }],
  userAuth: { algorithm: "HS256", issuer, sharedKey },
  eventTypes: [
    { name: "PURCHASE", private: true, secret: purchaseSecret },
    { name: "VISITED_SHOP", private: false },
  ],
  rules: [{ name: "visit", eventType: "VISITED_SHOP", effect: { type: "POINTS", points: 1 } }],
};
const club = {
  ...interactiveTenant,
  allowedOrigins: [clubOrigin],
  apiKeys: [{ name: "club", key: clubKey, ...plenty }],
  tiers: [{ name: "Insider", pointsRequirement: 1 }],
};

const authIdentifier = "user-1";
const withKey = { "X-Api-Key": apiKey };
const token = tokenFor(authIdentifier);
const asUser = { ...withKey, Authorization: `Bearer ${token}` };
const asServer = { ...withKey, Authorization: `Bearer ${purchaseSecret}` };
const json = { "Content-Type": "application/json" };

let server: LaurelServer;
let drip: Wire;

beforeAll(async () => {
  const LAUREL_PROVISION = writeProgramme(newFolder(), acme, club);
  server = await startLaurel({ LAUREL_PROVISION });
  drip = dripAByteASecond();
});
afterAll(cleanUp);

function tokenFor(sub: string): string {
  const iat = Math.floor(Date.now() / 1000);
  const parts = [{ alg: "HS256" }, { iss: issuer, sub, iat, exp: iat + 3_600 }];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${createHmac("sha256", sharedKey).update(signed).digest("base64url")}`;
}

/** A call to any host: what the key names is what answers. */
function callApi(path: string, options: HttpCall = {}): Promise<HttpAnswer> {
  return call(server.port, path, { host: "api.localhost", ...options });
}

function postEvent(body: string, headers: Record<string, string | string[]> = {}): Promise<HttpAnswer> {
  return callApi("/v1/events", { method: "POST", headers: { ...asUser, ...json, ...headers }, body });
}

const visit = JSON.stringify({ type: "VISITED_SHOP" });

/** An event's report of so many bytes; too long a subject, for what is not too long a body. */
function reportOf(bytes: number): string {
  const report = (subject: string) => JSON.stringify({ type: "VISITED_SHOP", subject });
  return report("x".repeat(bytes - report("").length));
}

type RawAnswer = { status: number; headers: Map<string, string>; text: string };

/** The first answer in what came over a socket; the interim ones (100) are passed over. */
function parsed(answer: string): RawAnswer {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  if (/^HTTP\/1\.1 1\d\d/.test(head)) return parsed(rest.join("\r\n\r\n"));
  const [line = "", ...fields] = head.split("\r\n");
  const headers = fields.map((field): [string, string] => {
    const [name = "", ...value] = field.split(": ");
    return [name.toLowerCase(), value.join(": ")];
  });
  return { status: Number(line.split(" ")[1]), headers: new Map(headers), text: rest.join("\r\n\r\n") };
}

/** A connection that says what it is told to, and keeps what it hears. */
type Wire = {
  socket: Socket;
  heard(): string;
  say(bytes: string | Buffer): void;
  /** Until an answer, or so many, have come in full; by their Content-Length. */
  answers(count?: number): Promise<RawAnswer[]>;
  isClosed(): boolean;
};

function openWire(port = server.port): Wire {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  let isClosed = false;
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    heard += chunk;
  });
  socket.on("error", () => undefined); // a connection that is reset is one that is closed
  socket.on("close", () => {
    isClosed = true;
  });
  return {
    socket,
    heard: () => heard,
    say: (bytes) => void socket.write(bytes),
    isClosed: () => isClosed,
    answers: async (count = 1) => {
      await vi.waitFor(() => expect(answersIn(heard).length).toBeGreaterThanOrEqual(count), 20_000);
      return answersIn(heard);
    },
  };
}

/** The answers that are there in full. */
function answersIn(heard: string): RawAnswer[] {
  const found: RawAnswer[] = [];
  let rest = heard;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return found;
    const head = rest.slice(0, end);
    if (/^HTTP\/1\.1 1\d\d/.test(head)) {
      rest = rest.slice(end + 4);
      continue;
    }
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (rest.length < end + 4 + length) return found;
    found.push(parsed(rest.slice(0, end + 4 + length)));
    rest = rest.slice(end + 4 + length);
  }
}

function headOf(method: string, path: string, headers: Record<string, string> = {}): string {
  const fields = Object.entries({ Host: "api.localhost", ...asUser, ...headers });
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  return `${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`;
}

function codeOf({ text }: { text: string }): string {
  const { status, code } = JSON.parse(text);
  return status === "success" ? "done" : code;
}

async function expectServing(port = server.port): Promise<void> {
  const { status, text } = await call(port, "/v1/users/me", { headers: asUser });
  expect([status, JSON.parse(text).data?.authIdentifier]).toEqual([200, authIdentifier]);
}

/** Contract 1.5. */
function expectUsualHeaders(headers: Map<string, string>): void {
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toMatch(/default-src .*frame-ancestors 'none'$/);
  expect(headers.get("content-security-policy")).not.toMatch(/script-src[^;]*unsafe/);
  expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.has("x-powered-by")).toBe(false);
  expect(headers.has("set-cookie")).toBe(false);
}

function mapOf({ rawHeaders }: HttpAnswer): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.set((rawHeaders[index] ?? "").toLowerCase(), rawHeaders[index + 1] ?? "");
  }
  return headers;
}

// ── Headers.

test.each([
  ["two Authorization headers", [`Authorization: Bearer ${token}`, `authorization: Bearer ${token}`]],
  ["a good one and another", [`Authorization: Bearer ${token}`, "Authorization: Basic x"]],
  ["two tokens in one", [`Authorization: Bearer ${token},${token}`]],
  ["two with their scheme in one", [`Authorization: Bearer ${token}, Bearer ${token}`]],
  ["a bearer of two words", [`Authorization: Bearer ${token} x`]],
  ["two equal keys", [`X-Api-Key: ${apiKey}`, `x-api-key: ${apiKey}`]],
  ["two keys in one", [`X-Api-Key: ${apiKey},${clubKey}`]],
  ["a key with a space", [`X-Api-Key: ${apiKey} x`]],
  ["another credential, twice", ["X-Client-ID: a", "X-Client-ID: b"]],
])("%s are refused in JSend", async (what, lines) => {
  const others = what.includes("key") ? [`Authorization: Bearer ${token}`] : [`X-Api-Key: ${apiKey}`];
  const head = ["GET /v1/users/me HTTP/1.1", "Host: api.localhost"];

  const { status, headers, text } = parsed(await callRaw(server.port, [...head, ...others, ...lines]));

  expect([status, codeOf({ text })]).toEqual([400, "invalid_input"]);
  expect(Object.keys(JSON.parse(text).data.fields)).toHaveLength(1);
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expectUsualHeaders(headers);
});

test("what only the border refuses stands in the OpenAPI document of each call, too", async () => {
  const { paths } = JSON.parse((await callApi("/v1/openapi.json")).text);
  const operations: [string, { responses: object }][] = Object.entries(paths)
    .filter(([path]) => path.startsWith("/v1/"))
    .flatMap(([path, item]) =>
      Object.entries(item as object).map(([method, each]) => [`${method} ${path}`, each]),
    );

  expect(operations.length).toBeGreaterThan(20);
  for (const [endpoint, { responses }] of operations) {
    expect([endpoint, responses]).toEqual([
      endpoint,
      expect.objectContaining({
        400: expect.objectContaining({ description: expect.stringContaining("`invalid_input`") }),
      }),
    ]);
  }
});

test("two Idempotency-Keys are none", async () => {
  const { status, text } = await postEvent(visit, { "Idempotency-Key": ["a", "b"] });

  expect([status, codeOf({ text })]).toEqual([400, "invalid_input"]);
});

test("the scheme is read in any case; a token anywhere else is none", async () => {
  const lower = await callApi("/v1/users/me", { headers: { ...withKey, Authorization: `bEaReR  ${token}` } });
  const inQuery = await callApi(`/v1/users/me?access_token=${token}`, { headers: withKey });
  const inCookie = await callApi("/v1/users/me", { headers: { ...withKey, Cookie: `session=${token}` } });

  expect(lower.status).toBe(200);
  for (const answer of [inQuery, inCookie]) {
    expect([answer.status, codeOf(answer)]).toEqual([401, "token_missing"]);
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
  }
});

test.each([
  ["TRACE", "/v1/users/me", "GET, HEAD, PATCH, OPTIONS"],
  ["TRACE", "/v1/rewards", "GET, HEAD, OPTIONS"],
  ["PUT", "/v1/rewards", "GET, HEAD, OPTIONS"],
  ["POST", "/v1/users/me/wallet", "GET, HEAD, OPTIONS"],
  ["DELETE", "/v1/users/me", "GET, HEAD, PATCH, OPTIONS"],
  ["PROPFIND", "/v1/users", "GET, HEAD, POST, OPTIONS"],
  ["GET", "/v1/commands/purchase_reward", "POST, OPTIONS"],
  ["HEAD", "/v1/events/batch", "POST, OPTIONS"],
  ["POST", "/v1/openapi.json", "GET, HEAD, OPTIONS"],
])("%s %s is 405 in JSend and says what is taken", async (method, path, allowed) => {
  const answer = await callApi(path, { method, headers: asUser });

  expect([answer.status, answer.headers.allow]).toEqual([405, allowed]);
  expect(answer.text === "" ? method : codeOf(answer)).toBe(
    method === "HEAD" ? "HEAD" : "method_not_allowed",
  );
  expectUsualHeaders(mapOf(answer));
});

test("a method override changes nothing", async () => {
  const headers = { ...asUser, "X-HTTP-Method-Override": "DELETE", "X-Method-Override": "PATCH" };
  const answer = await callApi("/v1/users/me?_method=DELETE", { headers });

  expect([answer.status, JSON.parse(answer.text).data.authIdentifier]).toEqual([200, authIdentifier]);
});

test("HEAD is answered like GET, without a body", async () => {
  for (const headers of [asUser, withKey, {}]) {
    const got = await callApi("/v1/users/me", { headers });
    const headed = await callApi("/v1/users/me", { method: "HEAD", headers });

    expect(headed.status).toBe(got.status);
    expect(headed.text).toBe("");
    for (const name of ["content-length", "content-type", "www-authenticate", "ratelimit-policy"]) {
      expect([name, headed.headers[name]]).toEqual([name, got.headers[name]]);
    }
  }
});

// ── Hosts and paths.

test.each(["rewards.localhost", "club.localhost", "nobody.localhost", "10.0.0.1:8443", "REWARDS.localhost"])(
  "on the host %s the key says whose programme it is",
  async (host) => {
    const tiersBy = async (key: string) => {
      const { text } = await call(server.port, "/v1/tiers", { host, headers: { "X-Api-Key": key } });
      return JSON.parse(text).data.map(({ name }: { name: string }) => name);
    };

    expect(await tiersBy(apiKey)).toEqual(["Silver"]);
    expect(await tiersBy(clubKey)).toEqual(["Insider"]);
    expect((await call(server.port, "/v1/openapi.json", { host })).status).toBe(200);
  },
);

test("a key of one programme and a token of another are no pair", async () => {
  const headers = { ...asUser, "X-Api-Key": clubKey };
  const answer = await callApi("/v1/users/me", { host: "rewards.localhost", headers });

  expect([answer.status, codeOf(answer)]).toEqual([401, "token_invalid"]);
});

test.each([
  ...["/v1", "/v1/", "/v1/nothing", "/v1/rewards/x/y", "/v1/users/me/nothing", "/v1/Rewards", "/v1/USERS/me"],
  ...["/v1/rewards/", "/v1/users/me/", "/v1/users//", "/v1/commands", "/v1/rewards%2f"],
  ...["/v1/users/me;x", "/v1/users/me%00", "/v1/openapi", "/v1/users/me.rsc", "/v1/users/me.json"],
])("%s is nothing, and says so in JSend", async (path) => {
  const answer = await callApi(path, { host: "rewards.localhost", headers: asUser });

  // A name with something behind it may be a member's id, which a member may not ask for.
  expect([404, 403]).toContain(answer.status);
  expect(["not_found", "admin_required"]).toContain(codeOf(answer));
  expectUsualHeaders(mapOf(answer));
});

test.each([
  ...[
    "//v1/users/me",
    "/%2e/v1/users/me",
    "/./v1/users/me",
    "/x/../v1/users/me",
    "/V1/users/me",
    "/v1//users/me",
  ],
  ...[
    "/v1/users/%6de",
    "/v1/users/me%2fwallet",
    "/v1/%2e%2e/v1/users/me",
    "/v1/users/me?nxtPid=1",
    "/\\v1/users/me",
  ],
  ...[
    "/_next/data/x/v1/users/me.json",
    "/_next/../v1/users/me",
    "/api/../v1/users/me",
    "/v1/users/me#x",
    "*",
  ],
  ...[
    "http://api.localhost/v1/users/me",
    "/v1/users/me?__nextDefaultLocale=en",
    "/v1/users/me/..;/me",
    "/%76%31/rewards",
  ],
])("%s leads to nobody's data without credentials", async (target) => {
  const lines = [`GET ${target} HTTP/1.1`, "Host: rewards.localhost"];
  const { status, text } = parsed(await callRaw(server.port, lines));

  expect(status).toBeGreaterThanOrEqual(300);
  expect(status).toBeLessThan(500);
  for (const word of ["Jane", "Doe", "accountNumber", "coffee"]) expect(text).not.toContain(word);
  await expectServing();
});

test.each([
  ["x-middleware-subrequest", "proxy:proxy:proxy:proxy:proxy"],
  ["x-middleware-subrequest", "src/middleware:src/middleware:src/middleware"],
  ["X-Forwarded-For", "127.0.0.1"],
  ["X-Forwarded-Host", "club.localhost"],
  ["X-Forwarded-Proto", "https, http"],
  ["X-Forwarded-Uri", "/v1/openapi.json"],
  ["Forwarded", "for=127.0.0.1;host=club.localhost"],
  ["X-Original-URL", "/v1/openapi.json"],
  ["X-Rewrite-URL", "/v1/openapi.json"],
  ["X-Laurel-Client-Address", "127.0.0.1"],
  ["RSC", "1"],
  ["Next-Router-State-Tree", "%ff{"],
  ["Next-Router-Prefetch", "1"],
  ["Next-Action", "40abc"],
  ["Next-Resume", "1"],
  ["x-nextjs-data", "1"],
  ["x-invoke-path", "/v1/openapi.json"],
  ["x-matched-path", "/v1/openapi.json"],
  ["x-now-route-matches", "1=me"],
  ["Purpose", "prefetch"],
  ["Upgrade", "h2c"],
])("%s: %s changes nothing, with credentials and without", async (name, value) => {
  const headers = { [name]: value, ...(name === "Upgrade" ? { Connection: "Upgrade" } : {}) };
  const plain = await callApi("/v1/users/me", { headers: asUser });

  const known = await callApi("/v1/users/me", { headers: { ...asUser, ...headers } });
  const stranger = await callApi("/v1/users/me", { headers });

  expect([known.status, known.text]).toEqual([200, plain.text]);
  expect([stranger.status, codeOf(stranger)]).toEqual([401, "api_key_invalid"]);
});

// ── Other sites' pages.

test.each([
  ["/v1/users/me", appOrigin, "PATCH"],
  ["/v1/events", clubOrigin, "POST"],
  ["/v1/commands/purchase_reward", appOrigin, "POST"],
])("the preflight of %s passes for %s, on any host and without a key", async (path, origin, method) => {
  const headers = { Origin: origin, "Access-Control-Request-Method": method };
  const answer = await callApi(path, { method: "OPTIONS", host: "nobody.localhost", headers });

  expect([answer.status, answer.text]).toEqual([204, ""]);
  expect(answer.headers["access-control-allow-origin"]).toBe(origin);
  expect(answer.headers["access-control-allow-methods"]).toContain(method);
  for (const name of ["Authorization", "Content-Type", "Idempotency-Key", "X-Api-Key"]) {
    expect(answer.headers["access-control-allow-headers"]).toContain(name);
  }
  expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
  expect(answer.headers.vary).toContain("Origin");
  expect(answer.headers["cache-control"]).toBe("private, no-store");
  expectUsualHeaders(mapOf(answer));
});

test.each([
  "https://evil.example",
  "null",
  "",
  "*",
  `${appOrigin}:443`,
  `${appOrigin}/`,
  `${appOrigin}.evil.example`,
  "http://app.acme.example",
  "https://APP.acme.example",
  `${appOrigin}, ${clubOrigin}`,
  `https://${"a".repeat(5_000)}.example`,
])("the preflight of the origin %s is refused, without a CORS header", async (origin) => {
  const headers = { Origin: origin, "Access-Control-Request-Method": "GET" };
  const answer = await callApi("/v1/users/me", { method: "OPTIONS", headers });

  expect([answer.status, codeOf(answer)]).toEqual([403, "origin_not_allowed"]);
  expect([...mapOf(answer).keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
});

test("an answer can be read by pages of the key's own programme, also a refusal, and by no others", async () => {
  const read = (origin: string, headers: Record<string, string>) =>
    callApi("/v1/users/me", { headers: { ...headers, Origin: origin } });

  for (const answer of [await read(appOrigin, asUser), await read(appOrigin, withKey)]) {
    expect(answer.headers["access-control-allow-origin"]).toBe(appOrigin);
    expect(answer.headers["access-control-expose-headers"]).toContain("X-Request-Id");
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
  }
  const others = [await read(clubOrigin, asUser), await read("null", asUser), await read(appOrigin, {})];
  for (const answer of others) {
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    expect(answer.headers.vary).toContain("Origin");
  }
});

// ── Tokens that are too much.

test.each([
  ["a header of 20 KB", "a".repeat(20_000)],
  ["2 million dots", ".".repeat(2_000_000)],
  ["a token of 8 MB", "a".repeat(8_000_000)],
])("%s is refused, and the next call served", async (_what, long) => {
  const wire = openWire();
  wire.say(headOf("GET", "/v1/users/me", { Authorization: `Bearer ${long}` }));

  await vi.waitFor(() => expect(wire.isClosed() || answersIn(wire.heard()).length > 0).toBe(true), 15_000);

  // Who sends megabytes on may miss the answer: then the connection is reset.
  for (const { status, headers } of answersIn(wire.heard())) {
    expect(status).toBe(431);
    expectUsualHeaders(headers);
  }
  if (long.length < 100_000) expect(answersIn(wire.heard())).toHaveLength(1);
  wire.socket.destroy();
  await expectServing();
});

test.each([
  ["dots", ".".repeat(14_000)],
  ["a long token", "a".repeat(14_000)],
  ["three long parts", [1, 2, 3].map(() => "A".repeat(4_600)).join(".")],
])("as much as a header may hold of %s is no token", async (_what, long) => {
  const answer = await callApi("/v1/users/me", { headers: { ...withKey, Authorization: `Bearer ${long}` } });

  expect([answer.status, codeOf(answer)]).toEqual([401, "token_invalid"]);
  expect(answer.headers["www-authenticate"]).toBe('Bearer error="invalid_token"');
});

// ── Bodies.

test("a body of 64 KiB is read; one byte more is refused, and the connection stays whole", async () => {
  const wire = openWire();
  const post = (body: string) =>
    headOf("POST", "/v1/events", { ...json, "Content-Length": `${body.length}` }) + body;

  wire.say(post(reportOf(65_536)));
  const [read] = await wire.answers(1);
  wire.say(post(reportOf(65_537)));
  const [, refused] = await wire.answers(2);
  wire.say(headOf("GET", "/v1/users/me"));
  await vi.waitFor(() => expect(wire.isClosed() || answersIn(wire.heard()).length === 3).toBe(true), 10_000);

  expect([read?.status, codeOf(read as RawAnswer)]).toEqual([400, "invalid_input"]);
  expect([refused?.status, codeOf(refused as RawAnswer)]).toEqual([413, "body_too_large"]);
  expectUsualHeaders(refused?.headers ?? new Map());
  const [, , next] = answersIn(wire.heard());
  if (next) expect(next.status).toBe(200);
  wire.socket.destroy();
});

test("the next call of a connection is served at once after a body in chunks that was too large", async () => {
  const wire = openWire();
  const chunks = `10000\r\n${"x".repeat(65_536)}\r\n`.repeat(8);

  wire.say(`${headOf("POST", "/v1/events", { ...json, "Transfer-Encoding": "chunked" })}${chunks}0\r\n\r\n`);
  const [refused] = await wire.answers(1);
  wire.say(headOf("GET", "/v1/users/me"));
  const [, next] = await wire.answers(2); // within 20 s; left lying, the body would block it until the server's own limit

  expect([refused?.status, next?.status]).toEqual([413, 200]);
  wire.socket.destroy();
});

test.each([
  ["announced and not sent", { "Content-Length": "1000000000" }, ""],
  ["announced, and on its way", { "Content-Length": "10000000" }, "x".repeat(300_000)],
  [
    "announced, on its way, and with the wish to close",
    { "Content-Length": "10000000", Connection: "close" },
    "x".repeat(300_000),
  ],
  [
    "in chunks without an end",
    { "Transfer-Encoding": "chunked" },
    `10000\r\n${"x".repeat(65_536)}\r\n`.repeat(4),
  ],
  ["that waits to be asked for", { "Content-Length": "100000", Expect: "100-continue" }, ""],
])(
  "who sends a body that is too large, %s, gets the answer while still sending",
  async (_what, headers, sent) => {
    const wire = openWire();
    wire.say(headOf("POST", "/v1/events", { ...json, ...headers }) + sent);

    const [answer] = await wire.answers(1);

    expect([answer?.status, codeOf(answer as RawAnswer)]).toEqual([413, "body_too_large"]);
    wire.socket.destroy();
    await expectServing();
  },
);

test("a body that waits for the word is asked for, and read", async () => {
  const wire = openWire();
  wire.say(
    headOf("POST", "/v1/events", { ...json, "Content-Length": `${visit.length}`, Expect: "100-continue" }),
  );
  await vi.waitFor(() => expect(wire.heard()).toContain("100 Continue"), 5_000);
  wire.say(visit);

  const [answer] = await wire.answers(1);

  expect(answer?.status).toBe(200);
  wire.socket.destroy();
});

test("a batch of 1 MiB is read; one byte more is refused, also in chunks", async () => {
  const batchOf = (bytes: number) => {
    const events = Array.from({ length: 200 }, () => ({
      ...{ type: "NOTHING", subject: "user-1" },
      payload: { long: "x".repeat(5_000) },
    }));
    const body = JSON.stringify({ events });
    return body + " ".repeat(bytes - body.length);
  };
  const post = (body: string, headers: Record<string, string> = {}) =>
    callApi("/v1/events/batch", { method: "POST", headers: { ...asServer, ...json, ...headers }, body });

  const read = await post(batchOf(1_048_576));
  const refused = await post(batchOf(1_048_577));
  const inChunks = await post(batchOf(1_048_577), { "Transfer-Encoding": "chunked" });

  expect(read.status).toBe(200);
  expect(JSON.parse(read.text).data.results).toHaveLength(200);
  for (const answer of [refused, inChunks]) {
    expect([answer.status, codeOf(answer)]).toEqual([413, "body_too_large"]);
  }
});

test.each([
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
  ],
  ...["application/json; charset=latin1", "application/json; charset=utf-16", "text/json", "json", "", ";"],
  ...["application/xml", "application/problem+json"],
])("a body of the type %s is refused", async (type) => {
  const answer = await postEvent(visit, { "Content-Type": type });

  expect([answer.status, codeOf(answer)]).toEqual([415, "unsupported_media_type"]);
});

test.each(["application/json; charset=utf-8", 'application/json;charset="UTF-8"', "Application/JSON"])(
  "a body of the type %s is taken",
  async (type) => {
    expect((await postEvent(visit, { "Content-Type": type })).status).toBe(200);
  },
);

test("a body without a type is refused, and one that is compressed is no JSON", async () => {
  const untyped = await callApi("/v1/events", { method: "POST", headers: asUser, body: visit });
  const bomb = gzipSync(Buffer.alloc(20_000_000, " "));
  const wire = openWire();
  const headers = { ...json, "Content-Encoding": "gzip", "Content-Length": `${bomb.length}` };
  wire.say(headOf("POST", "/v1/events", headers));
  wire.say(bomb);

  const [answer] = await wire.answers(1);

  expect([untyped.status, codeOf(untyped)]).toEqual([415, "unsupported_media_type"]);
  expect([400, 415]).toContain(answer?.status);
  wire.socket.destroy();
});

test.each([
  ["a length that is too short", headOf("POST", "/v1/events", { ...json, "Content-Length": "5" }) + visit],
  ["a length that is none", headOf("POST", "/v1/events", { ...json, "Content-Length": "-1" })],
  ["a length in words", headOf("POST", "/v1/events", { ...json, "Content-Length": "12abc" })],
  [
    "two lengths",
    headOf("POST", "/v1/events", { ...json, "Content-Length": "5", "content-length": "24" }) + visit,
  ],
  [
    "a length and chunks",
    headOf("POST", "/v1/events", { ...json, "Content-Length": "5", "Transfer-Encoding": "chunked" }),
  ],
  [
    "chunks that are none",
    `${headOf("POST", "/v1/events", { ...json, "Transfer-Encoding": "chunked" })}zz\r\nabc\r\n`,
  ],
  ["a header's name with a space", "GET /v1/users/me HTTP/1.1\r\nHost: x\r\nX-Api Key: a\r\n\r\n"],
  ["a header over two lines", "GET /v1/users/me HTTP/1.1\r\nHost: x\r\nX-Api-Key: a\r\n b\r\n\r\n"],
  ["no host", "GET /v1/users/me HTTP/1.1\r\n\r\n"],
  ["another protocol", "GET /v1/users/me SIP/2.0\r\n\r\n"],
  ["no protocol at all", "hello\r\n\r\n"],
])("%s is a bad request, and the next call served", async (_what, bytes) => {
  const wire = openWire();
  wire.say(bytes);

  await vi.waitFor(() => expect(wire.heard()).toMatch(/^HTTP\/1\.1 \d{3}/), 10_000);

  // Where there is no way to tell where one request ends, the rest may pass for another, of no known method.
  expect([400, 405]).toContain(parsed(wire.heard()).status);
  expect(parsed(wire.heard()).headers.get("x-content-type-options")).toBe("nosniff");
  wire.socket.destroy();
  await expectServing();
});

test("who closes its own half is no 5xx, whether all was said by then or not", async () => {
  const whole = openWire();
  whole.say(headOf("POST", "/v1/events", { ...json, "Content-Length": `${visit.length}` }) + visit);
  whole.socket.end();
  const early = openWire();
  early.say(`${headOf("POST", "/v1/events", { ...json, "Content-Length": "1000" })}{"type":`);
  early.socket.end();

  await vi.waitFor(() => expect([whole.isClosed(), early.isClosed()]).toEqual([true, true]), 15_000);

  // Node takes it for going away; who hears something hears no 5xx.
  for (const wire of [whole, early]) {
    for (const { status } of answersIn(wire.heard())) expect(status).toBeLessThan(500);
  }
  await expectServing();
});

/** A body that comes a byte a second: opened at the start of the file, looked at in its end. */
function dripAByteASecond(): Wire {
  const wire = openWire();
  wire.say(headOf("POST", "/v1/events", { ...json, "Content-Length": "60000" }));
  const timer = setInterval(() => (wire.isClosed() ? clearInterval(timer) : wire.say(" ")), 1_000);
  wire.socket.on("close", () => clearInterval(timer));
  return wire;
}

test("uploads that are broken off leave no 5xx in the log", async () => {
  const before = server.output().length;
  for (let tries = 0; tries < 30; tries++) {
    const wire = openWire();
    const length = tries % 2 === 0 ? { "Content-Length": "60000" } : { "Transfer-Encoding": "chunked" };
    wire.say(`${headOf("POST", "/v1/events", { ...json, ...length })}${tries % 2 === 0 ? "" : "5\r\n"}{"typ`);
    await sleep(tries % 5);
    if (tries % 3 === 0) wire.socket.destroy();
    else wire.socket.resetAndDestroy();
  }
  await sleep(500);
  await expectServing();

  const lines = server.output().slice(before).trim().split("\n");
  const entries = lines.map((line) => JSON.parse(line));
  expect(entries.filter(({ msg }) => msg === "request").length).toBeGreaterThanOrEqual(30);
  expect(entries.filter(({ status }) => status >= 500)).toEqual([]);
  expect(entries.filter(({ level }) => level === "error").map(({ msg, error }) => [msg, error])).toEqual([]);
});

test("200 slow clients do not stop the others", async () => {
  const wires = Array.from({ length: 200 }, () => openWire());
  for (const [index, wire] of wires.entries()) {
    if (index % 2 === 0) wire.say("GET /v1/users/me HTTP/1.1\r\nHost: api.local");
    else wire.say(`${headOf("POST", "/v1/events", { ...json, "Content-Length": "60000" })}{"ty`);
  }
  await sleep(300);

  const statuses = await Promise.all(
    Array.from({ length: 40 }, async () => (await callApi("/v1/users/me", { headers: asUser })).status),
  );

  expect(statuses).toEqual(Array(40).fill(200));
  expect(wires.filter((wire) => wire.isClosed())).toEqual([]);
  for (const { socket } of wires) socket.destroy();
});

// ── JSON that is none, or could be read in two ways.

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const manyKeys = `{${Array.from({ length: 100_000 }, (_, index) => `"${index.toString(36)}":1`).join()}}`;

test.each([
  ["the same key twice", '{"type":"VISITED_SHOP","type":"PURCHASE"}'],
  ["the same key twice, written differently", '{"type":"VISITED_SHOP","\\u0074ype":"PURCHASE"}'],
  ["the same key twice, further in", '{"type":"VISITED_SHOP","payload":{"a":[{"b":1,"b":2}]}}'],
  ["33 levels", `{"type":"VISITED_SHOP","payload":${deep(32)}}`],
  ["10,000 levels", deep(9_000)],
  ["60,000 brackets", "[".repeat(60_000)],
  ["a byte order mark", `\ufeff${visit}`],
  ["a comma at the end", '{"type":"VISITED_SHOP",}'],
  ["a comment", '{"type":"VISITED_SHOP"/* x */}'],
  ["single quotes", "{'type':'VISITED_SHOP'}"],
  ["no quotes", "{type:1}"],
  ["NaN", '{"type":"VISITED_SHOP","payload":{"total":NaN}}'],
  ["a leading zero", '{"type":"VISITED_SHOP","payload":{"total":01}}'],
  ["a raw line feed in a text", '{"type":"VISITED\nSHOP"}'],
  ["two values", `${visit}${visit}`],
  ["nothing", ""],
  ["white space", "  "],
  ["an array", `[${visit}]`],
  ["a text", '"VISITED_SHOP"'],
  ["null", "null"],
  ["a form", "type=VISITED_SHOP"],
])("%s is no JSON object", async (_what, body) => {
  const answer = await postEvent(body);

  expect([answer.status, codeOf(answer)]).toEqual([400, "invalid_json"]);
});

test.each([
  ["a broken UTF-8", Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])],
  ["an overlong UTF-8", Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
  ["UTF-16", Buffer.from(visit, "utf16le")],
])("%s is no JSON object", async (_what, bytes) => {
  const wire = openWire();
  wire.say(headOf("POST", "/v1/events", { ...json, "Content-Length": `${bytes.length}` }));
  wire.say(bytes);

  const [answer] = await wire.answers(1);

  expect([answer?.status, codeOf(answer as RawAnswer)]).toEqual([400, "invalid_json"]);
  wire.socket.destroy();
});

test("32 levels are taken; a batch of a hundred thousand keys or levels is not, nor one of a million", async () => {
  const batch = (body: string) =>
    callApi("/v1/events/batch", { method: "POST", headers: { ...asServer, ...json }, body });
  const aMillionKeys = `{${Array.from({ length: 1_000_000 }, (_, index) => `"${index}":1`).join()}}`;
  const wire = openWire();
  const headers = {
    ...json,
    Authorization: asServer.Authorization,
    "Content-Length": `${aMillionKeys.length}`,
  };
  wire.say(headOf("POST", "/v1/events/batch", headers) + aMillionKeys);

  const [million] = await wire.answers(1);
  const taken = await postEvent(`{"type":"VISITED_SHOP","payload":${deep(31)}}`);
  const keys = await batch(manyKeys);
  const levels = await batch(deep(100_000));

  expect(taken.status).toBe(200);
  expect([keys.status, codeOf(keys)]).toEqual([400, "invalid_input"]);
  expect([levels.status, codeOf(levels)]).toEqual([400, "invalid_json"]);
  expect([million?.status, codeOf(million as RawAnswer)]).toEqual([413, "body_too_large"]);
  wire.socket.destroy();
  await expectServing();
});

// ── What every answer carries.

test.each<[string, string, HttpCall, number]>([
  ["a list", "/v1/rewards", { headers: withKey }, 200],
  ["a member", "/v1/users/me", { headers: asUser }, 200],
  ["no key", "/v1/rewards", {}, 401],
  ["no token", "/v1/users/me", { headers: withKey }, 401],
  ["not an admin", "/v1/users", { headers: asUser }, 403],
  ["nothing there", "/v1/nothing", {}, 404],
  ["no such reward", "/v1/rewards/x", { headers: withKey }, 404],
  ["a wrong method", "/v1/rewards", { method: "PUT" }, 405],
  ["a wrong query", "/v1/rewards?limit=0", { headers: withKey }, 400],
  ["a doubled query", "/v1/rewards?limit=1&limit=1", { headers: withKey }, 400],
])("the answer of %s has the headers that every answer has", async (_what, path, options, status) => {
  const answer = await callApi(path, options);

  expect(answer.status).toBe(status);
  expect(answer.headers["cache-control"]).toBe("private, no-store");
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(Number(answer.headers["content-length"])).toBe(Buffer.byteLength(answer.text));
  expectUsualHeaders(mapOf(answer));
  const isHolder = options.headers !== undefined;
  expect(answer.headers["ratelimit-policy"] !== undefined).toBe(isHolder);
});

test("a caller's own X-Request-Id is not taken over, and no two answers have the same", async () => {
  const headers = { ...withKey, "X-Request-Id": "mine\u00e9" };
  const ids = await Promise.all(
    Array.from({ length: 5 }, async () => (await callApi("/v1/tiers", { headers })).headers["x-request-id"]),
  );

  expect(new Set(ids).size).toBe(5);
  expect(ids).not.toContain("mine\u00e9");
});

test("the OpenAPI document is everybody's, from every page, and caches may keep it", async () => {
  const answer = await callApi("/v1/openapi.json", { host: "nobody.localhost", headers: { Origin: "null" } });
  const head = await callApi("/v1/openapi.json", { method: "HEAD" });

  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toMatch(/^application\/json(; charset=utf-8)?$/);
  expect(answer.headers["cache-control"]).toMatch(/^public, max-age=\d+$/);
  expect(answer.headers["access-control-allow-origin"]).toBe("*");
  expectUsualHeaders(mapOf(answer));
  expect(JSON.parse(answer.text)).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) });
  expect([head.status, head.text, head.headers["content-length"]]).toEqual([
    ...[200, "", answer.headers["content-length"]],
  ]);
});

test("the reference is a page of ours with a script of ours, and asks nobody else", async () => {
  const page = await call(server.port, "/docs");
  const script = await call(server.port, "/docs/scalar.js");

  const nonce = /'nonce-([^']+)'/.exec(String(page.headers["content-security-policy"]))?.[1];
  const tags = [...page.text.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag);
  expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(page.headers["cache-control"]).toBe("private, no-store");
  expect(tags.length).toBe(2);
  for (const tag of tags) expect(tag).toContain(`nonce="${nonce}"`);
  expect(tags.join()).toContain('src="/docs/scalar.js"');
  expect(page.text).toContain("/v1/openapi.json");
  expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect((await call(server.port, "/docs")).text).not.toContain(String(nonce));
  expect([script.status, script.headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
  expect(script.headers["cache-control"]).toMatch(/^public, max-age=\d+$/);
  expect(script.headers["x-content-type-options"]).toBe("nosniff");
  expect(script.text.length).toBeGreaterThan(100_000);
});

// ── The end of a server, and of its database.

test("SIGTERM lets calls finish that have begun, though their bodies are still on their way", async () => {
  const LAUREL_PROVISION = writeProgramme(newFolder(), acme, club);
  const stopping = await startLaurel({ LAUREL_PROVISION });
  const head = { ...json, "Content-Length": `${visit.length}`, Expect: "100-continue" };
  const running = Array.from({ length: 10 }, () => openWire(stopping.port));
  for (const wire of running) {
    wire.say(headOf("POST", "/v1/events", head));
    await vi.waitFor(() => expect(wire.heard()).toContain("100 Continue"), 10_000); // it has begun
    wire.say(visit.slice(0, 5));
  }

  const gone = new Promise((resolve) => stopping.process.once("exit", resolve));
  stopping.process.kill("SIGTERM");
  await vi.waitFor(() => expect(stopping.output()).toContain('"msg":"stopping"'), 10_000);
  const late = await call(stopping.port, "/v1/tiers", { headers: withKey }).catch((error) => error.code);
  for (const wire of running) wire.say(visit.slice(5));
  const answers = await Promise.all(running.map(async (wire) => (await wire.answers(1))[0] as RawAnswer));

  for (const { socket } of running) socket.destroy();

  expect(late).toBe("ECONNREFUSED");
  expect(answers.map((answer) => [answer.status, codeOf(answer)])).toEqual(Array(10).fill([200, "done"]));
  expect(await gone).toBe(0);
});

const serverUrl = process.env.TEST_DATABASE_URL;

test.runIf(serverUrl)(
  "with its database away every call is 503 in JSend, and it recovers by itself",
  async () => {
    const name = `laurel_test_${randomBytes(6).toString("hex")}`;
    const url = serverUrl as string;
    await onServer(url, `CREATE DATABASE ${name}`);
    const proxy = await startProxy(Number(new URL(url).port || 5432));
    const address = new URL(urlOfDatabase(url, name));
    address.port = String(proxy.port);
    const away = await startLaurel({
      DATABASE_URL: address.href,
      LAUREL_SECRET: randomBytes(32).toString("base64"),
      LAUREL_PROVISION: writeProgramme(newFolder(), acme, club),
    });
    const post = { method: "POST", headers: { ...asUser, ...json }, body: visit };
    const preflight = { Origin: appOrigin, "Access-Control-Request-Method": "GET" };
    try {
      expect((await call(away.port, "/v1/events", post)).status).toBe(200);
      proxy.cut();
      const answers = await Promise.all([
        call(away.port, "/v1/users/me", { headers: asUser }),
        call(away.port, "/v1/rewards", { headers: withKey }),
        call(away.port, "/v1/events", post),
        call(away.port, "/v1/rewards", {
          headers: { "X-Api-Key": "another-key-that-nobody-has-asked-for-yet" },
        }),
        call(away.port, "/v1/users/me", { method: "OPTIONS", headers: preflight }),
      ]);
      await sleep(5_500); // what is kept in memory is too old by now
      answers.push(await call(away.port, "/v1/tiers", { headers: withKey }));
      for (const answer of answers) {
        expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
        const body = { status: "error", code: "database_unavailable", message: expect.any(String) };
        expect(JSON.parse(answer.text)).toEqual(body);
        expect(answer.headers["cache-control"]).toBe("private, no-store");
        expectUsualHeaders(mapOf(answer));
      }
      expect((await call(away.port, "/v1/openapi.json")).status).toBe(200);

      proxy.mend();
      await vi.waitFor(
        async () => expect((await call(away.port, "/v1/events", post)).status).toBe(200),
        15_000,
      );
    } finally {
      await away.kill();
      proxy.close();
      await onServer(url, `DROP DATABASE ${name} WITH (FORCE)`);
    }
  },
);

/** A way to the database that can be cut and mended. */
async function startProxy(targetPort: number) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const proxy: Server = createServer((incoming) => {
    if (isCut) return incoming.destroy();
    const outgoing = connect(targetPort, "127.0.0.1");
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    return incoming.pipe(outgoing).pipe(incoming);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as { port: number };
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    cut,
    mend: () => {
      isCut = false;
    },
    close: () => {
      cut();
      proxy.close();
    },
  };
}

// ── The log of all that.

test("each call has a line with its route's template", async () => {
  const missing = randomUUID();
  const calls: [string, string, HttpCall][] = [
    ["/v1/rewards", "/v1/rewards?limit=1&cursor=secret-cursor", { headers: withKey }],
    ["/v1/rewards/{id}", `/v1/rewards/${missing}`, { headers: withKey }],
    ["/v1/users/{id}/wallet", `/v1/users/${missing}/wallet`, { headers: asUser }],
    ["/v1/users/me", "/v1/users/me", { headers: asUser }],
    ["/v1/users/me", "/v1/users/me", { method: "OPTIONS" }],
    ["/v1/openapi.json", "/v1/openapi.json", {}],
    ["(none)", `/v1/${missing}`, { headers: asUser }],
  ];

  for (const [route, path, options] of calls) {
    const { status, headers } = await callApi(path, options);
    const lineOf = () =>
      server
        .output()
        .split("\n")
        .find((line) => line.includes(String(headers["x-request-id"])) && line.includes('"msg":"request"'));
    await vi.waitFor(() => expect(lineOf()).toBeDefined());
    expect(JSON.parse(lineOf() ?? "")).toMatchObject({ method: options.method ?? "GET", route, status });
  }
  expect(server.output()).not.toContain(missing);
  expect(server.output()).not.toContain("secret-cursor");
});

test("a body of a byte a second is ended by the server", async () => {
  await vi.waitFor(() => expect(drip.isClosed()).toBe(true), { timeout: 75_000, interval: 500 });

  for (const { status } of answersIn(drip.heard())) expect(status).toBe(408);
  await expectServing();
});

test("the log of all that holds JSON lines, no 5xx, and nothing that is somebody's", async () => {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const lines = server.output().trim().split("\n");

  const entries = lines.map((line) => JSON.parse(line));
  expect(entries.length).toBeGreaterThan(300);
  expect(entries.filter(({ status }) => status >= 500)).toEqual([]);
  // Uploads that are broken off have a test of their own.
  expect(entries.filter(({ level, error }) => level === "error" && error?.message !== "aborted")).toEqual([]);
  for (const secret of [
    ...[token, claims, signature, apiKey, clubKey, sharedKey, purchaseSecret, clientId, "jane.doe"],
    ...["Jane", "example.com", authIdentifier, `Bearer ${header}`, apiKey.slice(0, 20), "VISITED_SHOP"],
  ]) {
    expect([secret, server.output().includes(secret)]).toEqual([secret, false]);
  }
});
