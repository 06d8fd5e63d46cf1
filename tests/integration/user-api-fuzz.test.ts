import { createHmac, randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { openApiDocument } from "#lib/http/openapi/document.ts";
import { userApiOperations } from "#lib/http/user-api/operations.ts";
import { adminToken } from "#tests/support/admins.ts";
import { postAuth } from "#tests/support/calls.ts";
import { adjust, rewardIdOf } from "#tests/support/engine.ts";
import { profile } from "#tests/support/factories.ts";
import {
  type ApiAnswer,
  type ApiCall,
  type ApiTenant,
  callApi,
  createApiTenant,
  purchaseSecret,
  signFor,
} from "#tests/support/user-api.ts";

// Goal: whatever is sent to whichever endpoint, the answer is JSend with a code that the OpenAPI document lists there,
// never a 5xx, for at most 50 ms of CPU; and afterwards everything is as before.
// Method: good tokens, bodies, queries and ids, mutated at random from a seed that is printed. A call that takes too long
// is made three times more, and the best of them counts, on a scale of how fast this machine is. In the end the kinds of
// answers are counted, so that the test is known to have got past the first check of each call.

const seed = Number(process.env.TEST_SEED ?? 20_261_121);
const cpuMsMax = 50;

type World = {
  tenant: ApiTenant;
  /** Of user-1, who has points. */
  token: string;
  /** Of the programme's owner. */
  admin: string;
  /** user-5, whom admins change. */
  targetId: string;
  ids: Record<"reward" | "category" | "event" | "benefit", string>;
  code: string;
};
let world: World;

const prototypesBefore = prototypes();
const seen = new Map<string, number>();

beforeAll(async () => {
  console.info(`TEST_SEED=${seed}`);
  world = await createWorld();
  for (let round = 0; round < 12; round++) {
    for (const { id } of userApiOperations) if (id !== "deleteUser") await callOf(id, goodCall(id)); // warm
  }
}, 120_000);

afterAll(() => {
  const outcomes = [...seen].sort(([a], [b]) => (a < b ? -1 : 1));
  if (process.env.TEST_VERBOSE) console.info(outcomes.map(([what, times]) => `${what}: ${times}`).join("\n"));
});

async function createWorld(): Promise<World> {
  const [apiKey, tillKey] = [randomBytes(24).toString("base64url"), randomBytes(24).toString("base64url")];
  const plenty = { ratePerSecond: 1_000_000, burst: 1_000_000 };
  const settings = {
    apiKeys: [
      { name: "shop", key: apiKey, ...plenty },
      { name: "till", key: tillKey, scopes: ["till"], ...plenty },
    ],
    eventTypes: [
      {
        ...{ name: "PURCHASE", private: true, secret: purchaseSecret },
        schema: {
          type: "object",
          properties: { total: { type: "number" }, currency: { pattern: "^[A-Z]{3}$" } },
        },
      },
      { name: "VISITED_SHOP", private: false },
    ],
    pointsExpiry: { afterDays: 30 },
    rules: [
      {
        ...{ name: "by total", eventType: "PURCHASE" },
        effect: { type: "POINTS", pointsPerUnit: 1.5, unitField: "payload.total", rounding: "NEAREST" },
      },
      { name: "visit", eventType: "VISITED_SHOP", effect: { type: "POINTS", points: 3 } },
      {
        ...{ name: "profile", eventType: "PROFILE_UPDATED", effect: { type: "POINTS", points: 1 } },
        limits: { perMember: { times: 1, period: "DAY" } },
      },
    ],
    rewardCategories: [{ name: "Treats" }],
    rewards: [
      { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 1, category: "Treats" },
      { externalId: "static", name: "Static", type: "VOUCHER", price: 1, codeType: "STATIC", code: "ALWAYS" },
    ],
    tiers: [{ name: "Silver", pointsRequirement: 10 }],
  };
  const made = await createApiTenant(settings, ["OWNER"]);
  const tenant = { ...made, apiKey, tillKey };
  const [userId, targetId] = [await join(tenant, "user-1"), await join(tenant, "user-5")];
  for (const id of [userId, targetId]) await adjust(tenant, id as never, 1_000_000);
  const token = await signFor(tenant, { exp: Math.floor(Date.now() / 1000) + 3_600 });
  const call = async (endpoint: string, body?: object) =>
    (await callApi(tenant, endpoint, { bearer: token, ...(body ? { body } : {}) })).json.data;

  const reward = await rewardIdOf(tenant, "coffee");
  const { event } = await call("POST /v1/events", { type: "VISITED_SHOP" });
  const { benefit } = await call("POST /v1/commands/purchase_reward", {
    rewardId: await rewardIdOf(tenant, "static"),
  });
  await call("POST /v1/commands/redeem_benefit", { benefitId: benefit.id });
  const [category] = await call("GET /v1/reward_categories");
  const ids = { reward, event: event.id, benefit: benefit.id, category: category.id };
  return { tenant, token, admin: await adminToken(tenant), targetId, ids, code: "ALWAYS" };
}

async function join(tenant: ApiTenant, authIdentifier: string): Promise<string> {
  const { json } = await postAuth(tenant, { body: { selector: { authIdentifier }, profile } });
  return json.data.user.id;
}

// ── Good calls, to be spoilt.

type Call = { bearer?: string; key?: string; id?: string; query?: string; body?: Record<string, unknown> };

/** A call of the operation that would be answered, though perhaps with a refusal of the programme's. */
function goodCall(operationId: string): Call {
  const { tenant, token, admin, targetId, ids, code } = world;
  const asUser = { bearer: token };
  const asAdmin = { bearer: admin };
  const comment = "By a test.";
  const goodCalls: Record<string, Call> = {
    listRewards: asUser,
    getReward: { ...asUser, id: ids.reward },
    listRewardCategories: {},
    listRewardsOfCategory: { id: ids.category },
    listTiers: {},
    getMe: asUser,
    changeMe: {
      ...asUser,
      body: { profile: { givenName: "Jane", city: "Leeds", pet: { name: "Rex" } } },
    },
    getMyWallet: asUser,
    predictMyExpiry: asUser,
    reportEvent: {
      bearer: purchaseSecret,
      body: {
        ...{
          type: "PURCHASE",
          subject: "user-1",
          payload: { total: 12.5, currency: "EUR", items: [{ n: 1 }] },
        },
        ...{ externalId: "order-1", occurredAt: new Date().toISOString() },
      },
    },
    reportEvents: {
      bearer: purchaseSecret,
      body: { events: [{ type: "PURCHASE", subject: "user-1", payload: { total: 1 } }, { type: "NOTHING" }] },
    },
    listMyEvents: asUser,
    getMyEvent: { ...asUser, id: ids.event },
    purchaseReward: { ...asUser, body: { rewardId: ids.reward, comment } },
    redeemBenefit: { ...asUser, body: { benefitId: ids.benefit } },
    listMyBenefits: asUser,
    getMyBenefit: { ...asUser, id: ids.benefit },
    validateVoucher: { key: tenant.tillKey, body: { code, allowFutureValidation: true } },
    listUsers: asAdmin,
    createUser: { ...asAdmin, body: { authIdentifier: "user-1", profile: { ...profile, gender: "OTHER" } } },
    getUser: { ...asAdmin, id: targetId },
    changeUser: {
      ...{ ...asAdmin, id: targetId },
      body: {
        ...{ flags: { isStaff: true }, externalIdentifier: "x-5", authIdentifier: "user-5" },
        ...{ profile: { city: "Leeds" }, isRestricted: false },
      },
    },
    deleteUser: { ...asAdmin, id: randomUUID() },
    getUserWallet: { ...asAdmin, id: targetId },
    adjustPoints: { ...asAdmin, body: { actorId: targetId, points: 5, comment, impactType: "EARN" } },
    reverseEvent: { ...asAdmin, body: { eventId: ids.event, comment } },
    cancelBenefit: { ...asAdmin, body: { benefitId: ids.benefit, comment } },
  };
  const call = goodCalls[operationId];
  if (!call) throw new Error(`Say what a good call of ${operationId} is.`);
  return call;
}

type More = { headers?: Record<string, string>; text?: string; isBearerLeftOut?: boolean };

function callOf(
  operationId: string,
  { id = "", query = "", ...call }: Call,
  more: More = {},
): Promise<ApiAnswer> {
  const { method, path } = userApiOperations.find((each) => each.id === operationId) ?? {
    method: "",
    path: "",
  };
  const { key, bearer, body } = call;
  const sent: ApiCall = {
    ...(key === undefined ? {} : { key }),
    ...(bearer === undefined || more.isBearerLeftOut ? {} : { bearer }),
    ...(more.headers ? { headers: more.headers } : {}),
    ...(more.text !== undefined ? { body: more.text } : body ? { body: JSON.stringify(body) } : {}),
  };
  return callApi(world.tenant, `${method} ${path.replace("{id}", encodeURIComponent(id))}${query}`, sent);
}

// ── What every answer has to be.

type Described = { responses: Record<string, { content?: Record<string, { examples?: object }> }> };
const document = openApiDocument() as { paths: Record<string, Record<string, Described>> };

function isDescribed(operationId: string, status: number, code: string): boolean {
  const { method = "", path = "" } = userApiOperations.find(({ id }) => id === operationId) ?? {};
  const described = document.paths[path]?.[method.toLowerCase()];
  return Object.hasOwn(described?.responses[status]?.content?.["application/json"]?.examples ?? {}, code);
}

/** What is wrong with an answer, whatever the call was; null where nothing is. */
function faultOf(operationId: string, { status, headers, json }: ApiAnswer): string | null {
  const type = headers.get("content-type");
  if (type !== "application/json; charset=utf-8") return `it is ${type}`;
  if (headers.get("cache-control") !== "private, no-store") return "caches may keep it";
  const keys = Object.keys(json).sort().join();
  if (status === 200) {
    return json.status === "success" && ["data,status", "data,page,status"].includes(keys) ? null : keys;
  }
  if (status >= 500) return `it is ${status}`;
  if (json.status !== "fail" || keys !== "code,data,message,status") return `it is no JSend: ${keys}`;
  return isDescribed(operationId, status, json.code) ? null : `${status} ${json.code} is not described`;
}

/** How much slower than a machine of 2026 this one is: 1 for that one, and for a faster one. */
const slowness = Math.max(1, bestOf(5, () => cpuMsOf(hashALot)) / 12);

function hashALot(): void {
  for (let index = 0; index < 6_000; index++) createHmac("sha256", "k").update(`${index}`).digest();
}

function cpuMsOf(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  return cpuMsSince(before);
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

function bestOf(times: number, measure: () => number): number {
  return Math.min(...Array.from({ length: times }, measure));
}

/** Calls, and throws where the answer or the time it took is not what every call gets. */
async function fire(operationId: string, call: Call, more: More = {}): Promise<ApiAnswer> {
  const before = process.threadCpuUsage();
  const answer = await callOf(operationId, call, more);
  let cpuMs = cpuMsSince(before);
  for (let tries = 0; tries < 3 && cpuMs > cpuMsMax * slowness; tries++) {
    const again = process.threadCpuUsage();
    await callOf(operationId, call, more);
    cpuMs = Math.min(cpuMs, cpuMsSince(again));
  }
  const fault = faultOf(operationId, answer);
  const isSlow = cpuMs > cpuMsMax * slowness;
  if (fault !== null) throw new Error(`${operationId}: ${fault}: ${answer.text.slice(0, 300)}`);
  if (isSlow) throw new Error(`${operationId} took ${cpuMs} ms of CPU.`);
  const outcome = `${operationId} ${answer.status === 200 ? "done" : answer.json.code}`;
  seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  return answer;
}

function prototypes(): string[] {
  return [Object.prototype, Array.prototype, Function.prototype].flatMap((each) =>
    Reflect.ownKeys(each).map(String),
  );
}

// ── What is sent.

const uuid = "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b03";
const hostileTexts = [
  ...[
    "",
    " ",
    "\u0000",
    "a\u0000b",
    "\u0007",
    "\r\nX-Injected: 1",
    "\n",
    "\u007f",
    "\u0085",
    "\u2028",
    "\ufeff",
  ],
  ...[
    "\ud800",
    "a\udfffb",
    "\ufffe",
    "\u202etxt",
    "e\u0301",
    "\u0130",
    "ß",
    "ﬃ",
    "＠",
    "👩‍👩‍👧‍👦",
    "\u00a0x",
    "x ",
  ],
  ...[
    "' OR 1=1 --",
    "'; DROP TABLE members; --",
    "\\",
    '"',
    "`",
    "$1",
    "$\u007b7*7}",
    "{{7*7}}",
    "%00",
    "%s%n",
    "%",
  ],
  ...["../../etc/passwd", "..\\..", "/", "//", "?", "#", ";", "|id", "$(id)", "file:///etc/passwd", "\\x00"],
  ...[
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "javascript:alert(1)",
    "http://169.254.169.254/",
    "//e.vil",
  ],
  ...[
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "null",
    "undefined",
    "NaN",
    "true",
  ],
  ...[
    "-0",
    "0",
    "1",
    "-1",
    "1e400",
    "0x10",
    "9007199254740993",
    "99999999999999999999",
    "1.5",
    "Infinity",
    "1e-9",
  ],
  ...[
    uuid,
    uuid.toUpperCase(),
    `{${uuid}}`,
    `urn:uuid:${uuid}`,
    uuid.replaceAll("-", ""),
    "0".repeat(36),
    "user-1",
  ],
  ...[
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    `${uuid}\u0000`,
    `${uuid} `,
  ],
  ...["2026-02-30T00:00:00Z", "+275760-09-13T00:00:00.000Z", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00Z"],
  ...[
    "2026-11-21T09:30:00+99:99",
    "2026-11-21T09:30:00",
    "2026-11-21",
    "1900-02-29",
    "-000001-01-01T00:00:00Z",
  ],
  ...["a@b", "a@b.c".padStart(300, "x"), "REGISTERED_ACCOUNT", "PURCHASE", "VISITED_SHOP", "EARN", "ALWAYS"],
  ...[
    "x".repeat(513),
    "😀".repeat(512),
    "a".repeat(5_000),
    "9".repeat(400),
    "(".repeat(300),
    "%".repeat(300),
  ],
];
const hostileNumbers = [
  ...[
    0,
    -0,
    1,
    -1,
    1.5,
    0.1,
    5e-324,
    1e21,
    1e308,
    -1e308,
    2 ** 31,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
  ],
];
const dangerous = JSON.parse(
  '{"__proto__":{"isAdmin":true,"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
);

const text = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
);
const leaf = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(...hostileNumbers) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], dangerous) },
);
const fieldName = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "constructor",
    "prototype",
    "id",
    "points",
    "isRestricted",
    "tenantId",
    "",
    "a.b",
  ),
  text,
);
const nested = fc
  .record({ depth: fc.integer({ min: 1, max: 200 }), isArray: fc.boolean(), inner: leaf })
  .map(({ depth, isArray, inner }) => {
    let value = inner;
    // fast-check itself gives up on what is much deeper; texts that go deeper are made as texts.
    for (let level = 0; level < depth; level++) value = isArray ? [value] : { a: value };
    return value;
  });
const json = fc.oneof(
  { weight: 4, arbitrary: leaf },
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 6 }) as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 60 }) as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: fc.dictionary(fieldName, leaf, { maxKeys: 80 }) as fc.Arbitrary<unknown> },
);

/** Of the right form, with moments that databases and dates have trouble with. */
const cursors = [
  "0",
  "1",
  "62167219200000",
  "253402300799999",
  "253402300800000",
  "8640000000000000",
  "9".repeat(16),
]
  .map((moment) => `${moment}.${uuid}`)
  .concat(uuid, `-1.${uuid}`, `0.${uuid}\u0000`)
  .map(base64url);

/** One change of a JSON object, at some place in it. */
const change = fc.record({
  path: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 4 }),
  what: fc.constantFrom("replace", "replace", "replace", "remove", "add"),
  name: fieldName,
  value: json,
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function changed(body: unknown, { path, what, name, value }: Change): unknown {
  const copy = structuredClone(body);
  let at = copy as Record<string, unknown>;
  for (const [index, step] of path.entries()) {
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    const inner = key === undefined ? undefined : at[key];
    const goesOn = index < path.length - 1 && typeof inner === "object" && inner !== null;
    if (goesOn && Object.keys(inner).length > 0) {
      at = inner as Record<string, unknown>;
      continue;
    }
    // Defined, not assigned: `__proto__` is to be a field of the JSON like any other.
    const field = { value, enumerable: true, configurable: true, writable: true };
    if (what === "add" && !Array.isArray(at)) Object.defineProperty(at, name, field);
    else if (what === "remove" && key !== undefined) delete at[key];
    else if (key !== undefined) Object.defineProperty(at, key, field);
    break;
  }
  return copy;
}

/** Changes of a text: bits, cuts, insertions, doublings, swaps. */
const edit = fc.record({
  kind: fc.constantFrom("bit", "cut", "insert", "delete", "double", "reverse", "case"),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.integer({ min: 1, max: 12 }),
  inserted: fc.oneof(
    fc.constantFrom(
      ".",
      "=",
      "+",
      "/",
      " ",
      ",",
      "%",
      "{",
      "}",
      "[",
      "]",
      '"',
      ":",
      "\\",
      "\\u0000",
      "1e999",
    ),
    fc.constantFrom("\ufeff", "\u00a0", "//", "/*", "NaN", "'", "-", "_", "..", '{"a":1,', "Bearer "),
    fc.string({ maxLength: 6 }),
  ),
});
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

function edited(whole: string, { kind, at: share, length, inserted }: Edit): string {
  const at = Math.floor(share * whole.length);
  const [before, piece, after] = [whole.slice(0, at), whole.slice(at, at + length), whole.slice(at + length)];
  switch (kind) {
    case "bit": {
      const code = whole.charCodeAt(at) ^ (1 << (length % 7));
      return whole.slice(0, at) + String.fromCharCode(code) + whole.slice(at + 1);
    }
    case "cut":
      return length % 2 === 0 ? before : whole.slice(at);
    case "insert":
      return before + inserted + piece + after;
    case "delete":
      return before + after;
    case "double":
      return before + piece + piece + after;
    case "reverse":
      return before + [...piece].reverse().join("") + after;
    default:
      return before + piece.toUpperCase() + after;
  }
}

/** What a header may hold at all: the rest no client could send. */
function asHeader(value: string): string {
  return value.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, "?");
}

function base64url(value: string): string {
  return Buffer.from(value).toString("base64url");
}

/** A token of these texts, with a good signature unless told otherwise. */
function tokenOf(header: string, claims: string, isSigned = true): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  const key = isSigned ? world.tenant.sharedKey : "another key";
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

const jsonTexts = [
  ...["null", "[]", '"x"', "1", "{", "", "\ufeff{}", "{}", '{"__proto__":{"sub":"user-1"}}', "nul", "tru"],
  ...[
    "[".repeat(6_000),
    '{"a":'.repeat(1_500),
    `${'{"a":'.repeat(33)}1${"}".repeat(33)}`,
    `[${"1,".repeat(4_000)}1]`,
  ],
  ...[
    '{"sub":"user-1","sub":"user-5"}',
    '{"exp":1e400}',
    `{"exp":${"9".repeat(5_000)}}`,
    '{"iat":-0,"exp":1e308}',
  ],
  ...[
    '{"sub":"\\ud800"}',
    '{"sub":"\\u0000"}',
    `{"${"k".repeat(9_000)}":1}`,
    '{"a":01}',
    "{'a':1}",
    '{"a":1,}',
  ],
];

/** Tokens of which none is good. */
const badToken = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(edit, { minLength: 1, maxLength: 3 })
      .map((edits) => () => edits.reduce(edited, world.token)),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.nat({ max: 5 }), { minLength: 0, maxLength: 6 })
      .map(
        (order) => () => order.map((index) => [...world.token.split("."), "", "e30", "AA"][index]).join("."),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...jsonTexts), fc.boolean(), fc.boolean())
      .map(([part, isHeader, isSigned]) => () => {
        const good = isHeader ? '{"sub":"user-1"}' : '{"alg":"HS256"}';
        return isHeader ? tokenOf(part, good, isSigned) : tokenOf(good, part, isSigned);
      }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(json, json, fc.boolean()).map(
      ([header, claims, isSigned]) =>
        () =>
          tokenOf(JSON.stringify(header), JSON.stringify(claims), isSigned),
    ),
  },
  { weight: 2, arbitrary: text.map((value) => () => value) },
);

const everyOperation = fc.constantFrom(...userApiOperations.map(({ id }) => id));
const withBearer = fc.constantFrom(
  ...userApiOperations.filter(({ level }) => level !== "anonymous").map(({ id }) => id),
);
const withBody = fc.constantFrom(
  ...userApiOperations.filter(({ body }) => body !== undefined).map(({ id }) => id),
);

function check(property: fc.IAsyncPropertyWithHooks<never> | object, numRuns: number): Promise<void> {
  return fc.assert(property as fc.IAsyncProperty<unknown>, {
    seed,
    numRuns,
    interruptAfterTimeLimit: 150_000,
  });
}

const patience = 240_000;

// ── The tests.

test(
  "no mutated token opens anything, and none does harm",
  async () => {
    const property = fc.asyncProperty(withBearer, badToken, async (operationId, make) => {
      const bearer = asHeader(make());
      fc.pre(bearer.trim() !== world.token);
      const { status, json: body } = await fire(operationId, { ...goodCall(operationId), bearer });
      expect([status, body.code]).toEqual([401, "token_invalid"]);
    });

    await check(property, 1_300);
  },
  patience,
);

test(
  "no single bit of a token can be turned, also none that base64url would not need",
  async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const opened: string[] = [];

    for (const [place, character] of [...world.token].entries()) {
      if (character === ".") continue;
      for (const bit of [1, 2, 4, 8, 16, 32]) {
        const turned = alphabet[alphabet.indexOf(character) ^ bit];
        const bearer = `${world.token.slice(0, place)}${turned}${world.token.slice(place + 1)}`;
        const { status } = await fire("getMe", { bearer });
        if (status !== 401) opened.push(bearer);
      }
    }

    expect(opened).toEqual([]);
    expect((await fire("getMe", { bearer: world.token })).status).toBe(200);
  },
  patience,
);

test(
  "a token that is signed well, with any header and claims, is taken for a member's or refused",
  async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const usual = { iss: "https://idp.example/", sub: "user-1", iat: seconds, exp: seconds + 300 };
    const onHeader = fc.record({ header: change, claims: fc.constant(null) });
    const onClaims = fc.record({ header: fc.constant(null), claims: change });
    const property = fc.asyncProperty(withBearer, fc.oneof(onHeader, onClaims), async (operationId, how) => {
      const header = how.header ? changed({ alg: "HS256", typ: "JWT" }, how.header) : { alg: "HS256" };
      const claims = how.claims ? changed(usual, how.claims) : usual;
      const bearer = tokenOf(JSON.stringify(header), JSON.stringify(claims));
      const { status, json: body } = await fire(operationId, { ...goodCall(operationId), bearer });
      const { iss, sub, iat, exp } = claims as Record<string, unknown>;
      const isOfAKind = typeof sub === "string" && Number.isFinite(iat) && Number.isFinite(exp);
      if (!isOfAKind || iss !== usual.iss) expect(status).toBe(401);
      if (status === 401) expect(body.code).toBe("token_invalid");
    });

    await check(property, 700);
  },
  patience,
);

test(
  "any text as Authorization, X-Api-Key or Idempotency-Key is no 5xx, and opens nothing",
  async () => {
    const header = fc.constantFrom("authorization", "x-api-key", "idempotency-key");
    const value = fc.oneof(
      text,
      text.map((after) => `Bearer ${after}`),
      fc.constantFrom(
        "Bearer",
        "Bearer ",
        "Bearer %%",
        "Basic dXNlcjpwYXNz",
        "bearer",
        "Bearer a b",
        "Bearer\ta",
        "Bearer,",
      ),
      fc.constantFrom(
        '"',
        '""',
        '"a',
        '"a\\"',
        '"\\"',
        "a,b",
        '"a", "b"',
        "x".repeat(129),
        `"${"x".repeat(128)}"`,
      ),
    );
    const property = fc.asyncProperty(everyOperation, header, value, async (operationId, name, sent) => {
      const more = { headers: { [name]: asHeader(sent) }, isBearerLeftOut: name === "authorization" };
      const { status } = await fire(operationId, goodCall(operationId), more);
      const { level } = userApiOperations.find(({ id }) => id === operationId) ?? {};
      if (name === "x-api-key") expect(status).toBe(401);
      if (name === "authorization" && level !== "anonymous") expect(status).toBe(401);
    });

    await check(property, 700);
  },
  patience,
);

test(
  "a good body with anything replaced, removed or added is answered as the document says",
  async () => {
    const changes = fc.array(change, { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(withBody, changes, async (operationId, each) => {
      const call = goodCall(operationId);
      const body = each.reduce<unknown>(changed, call.body) as Record<string, unknown>;
      await fire(operationId, { ...call, body });
    });

    await check(property, 1_500);
  },
  patience,
);

test(
  "any JSON, and any text that nearly is some, is refused or taken, never a 5xx",
  async () => {
    const anyText = fc.oneof(
      json.map((value) => () => JSON.stringify(value)),
      fc.constantFrom(...jsonTexts).map((value) => () => value),
      fc
        .constantFrom("[".repeat(60_000), '{"a":'.repeat(12_000), `{"a":"${"\\u0041".repeat(10_000)}"}`)
        .map((value) => () => value),
      fc.string({ unit: "binary", maxLength: 200 }).map((value) => () => value.toWellFormed()),
    );
    const anEdit = fc.array(edit, { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(
      withBody,
      fc.oneof({ weight: 1, arbitrary: anyText }, { weight: 2, arbitrary: anEdit }),
      async (operationId, how) => {
        const call = goodCall(operationId);
        const whole = JSON.stringify(call.body);
        await fire(operationId, call, { text: Array.isArray(how) ? how.reduce(edited, whole) : how() });
      },
    );

    await check(property, 1_300);
  },
  patience,
);

test(
  "any query, cursor and id is answered as the document says",
  async () => {
    const cursor = fc.oneof(
      text,
      text.map(base64url),
      fc
        .tuple(
          fc.constantFrom(...hostileTexts, "8640000000000000", "8640000000000001", "253402300800000"),
          text,
        )
        .map(([moment, id]) => base64url(`${moment}.${id}`)),
      fc.constantFrom(...cursors),
    );
    const parameter = fc.oneof(
      fc.tuple(fc.constant("limit"), text),
      fc.tuple(fc.constant("cursor"), cursor),
      fc.tuple(fc.constantFrom("authIdentifier", "emailAddress", "accountNumber", "redeemable"), text),
      fc.tuple(fieldName, text),
    );
    const read = fc.constantFrom(
      ...userApiOperations.filter(({ body }) => body === undefined).map(({ id }) => id),
    );
    const id = fc.oneof(text, fc.constant(null), fc.constant(null));
    const parameters = fc.array(parameter, { maxLength: 3 });
    const property = fc.asyncProperty(read, parameters, id, async (operationId, pairs, anId) => {
      const call = goodCall(operationId);
      const query = new URLSearchParams(
        pairs.map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]),
      );
      // Not a segment of its own, or another endpoint's.
      const isOne = anId !== null && !["", ".", "..", "me", "batch"].includes(anId);
      const where = isOne ? { id: anId.toWellFormed() } : {};
      await fire(operationId, { ...call, ...where, query: pairs.length > 0 ? `?${query}` : "" });
    });

    await check(property, 1_300);
  },
  patience,
);

/** Where a body has something that is no object, as paths. */
function leavesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function replaced(body: object, path: string[], value: unknown): Record<string, unknown> {
  const copy = structuredClone(body) as Record<string, unknown>;
  const last = path.at(-1) ?? "";
  const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  holder[last] = value;
  return copy;
}

const oneByOne = userApiOperations.map(({ id }) => id);

test.each(oneByOne)(
  "each hostile text at each place of %s is taken or refused",
  async (operationId) => {
    const call = goodCall(operationId);
    const { path = "", query } = userApiOperations.find(({ id }) => id === operationId) ?? {};
    const places = leavesOf(call.body ?? {}).filter((place) => place.length > 0);
    const values = [...hostileTexts, "x".repeat(60_000), ...hostileNumbers, dangerous, null, true, [], {}];
    let calls = 0;

    for (const place of places) {
      for (const value of values) {
        calls += 1;
        await fire(operationId, { ...call, body: replaced(call.body ?? {}, place, value) });
      }
    }
    const texts = hostileTexts.map((each) => each.toWellFormed());
    for (const name of query ? Object.keys((query as unknown as { shape: object }).shape) : []) {
      const sent = name === "cursor" ? [...texts, ...texts.map(base64url), ...cursors] : texts;
      for (const value of sent) {
        calls += 1;
        await fire(operationId, { ...call, query: `?${new URLSearchParams({ [name]: value })}` });
      }
    }
    for (const id of path.includes("{id}") ? texts : []) {
      if (id === "" || id.length > 1_000) continue;
      calls += 1;
      await fire(operationId, { ...call, id });
    }
    const isPlain = places.length === 0 && !query && !path.includes("{id}");
    expect(calls).toEqual(isPlain ? 0 : expect.toSatisfy((count) => count > 50));
  },
  patience,
);

/** Every object of a body, as paths; those of a batch's events are looked at one by one, after it was taken. */
function objectsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null || path[0] === "events") return [];
  const inside = Object.entries(value).flatMap(([key, inner]) => objectsOf(inner, [...path, key]));
  return Array.isArray(value) ? inside : [path, ...inside];
}

test.each(userApiOperations.filter(({ body }) => body !== undefined).map(({ id }) => id))(
  "a field that could reach a prototype is refused at any place of the body of %s",
  async (operationId) => {
    const call = goodCall(operationId);

    for (const path of objectsOf(call.body)) {
      for (const name of ["__proto__", "constructor", "prototype"]) {
        const body = structuredClone(call.body) as Record<string, unknown>;
        const at = path.reduce((inner, key) => inner[key] as Record<string, unknown>, body);
        Object.defineProperty(at, name, { value: { isAdmin: true }, enumerable: true });
        const { status, json: answer } = await fire(operationId, { ...call, body });
        expect([path.join("."), name, status, answer.code]).toEqual([
          path.join("."),
          name,
          400,
          "invalid_input",
        ]);
      }
    }
  },
);

test("after all that, the good token works, no prototype has changed, and the laws hold", async () => {
  const { status, json: body } = await callOf("getMe", goodCall("getMe"));

  expect([status, body.data?.authIdentifier]).toEqual([200, "user-1"]);
  expect(prototypes()).toEqual(prototypesBefore);
  expect(({} as { polluted?: unknown; isAdmin?: unknown }).polluted).toBeUndefined();
  expect(await checkLaws()).toEqual([]);
});

test("the calls have met more than the first check", () => {
  const timesOf = (outcome: string) =>
    [...seen].filter(([what]) => what.endsWith(` ${outcome}`)).reduce((sum, [, times]) => sum + times, 0);
  const outcomes = [...new Set([...seen.keys()].map((what) => what.split(" ")[1]))];

  for (const outcome of ["done", "invalid_input", "invalid_json", "token_invalid", "api_key_invalid"]) {
    expect([outcome, timesOf(outcome)]).toEqual([outcome, expect.toSatisfy((times) => times > 100)]);
  }
  expect(outcomes).toEqual(
    expect.arrayContaining(["member_unknown", "event_type_not_found", "member_not_found", "not_found"]),
  );
  for (const { id } of userApiOperations) expect([...seen.keys()].join()).toContain(`${id} `);
});
