import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import PostalMime from "postal-mime";
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
import { embeddedTenant, interactiveTenant } from "#tests/support/tenants.ts";

// Goal: at every door that looks at a password or another credential, or writes a mail, a limit that is reached stays reached:
// whatever a caller says of where it comes from, and however it writes the address, the body or a name.
// Method: the built server in its own process, which trusts no proxy, and another that does. A call that would be welcome is
// sent once before the limit is reached, so that the door is seen to open, and then in every disguise.

const password = "a walk along the canal";
const storeKey = "the-key-of-the-store-in-these-tests";
const clubKey = "the-key-of-the-club-in-these-tests";
const plenty = { ratePerSecond: 100_000, burst: 100_000 };
const callsOfAShop = 25;

// A name that Unicode has other letters for: ﬁ, the Kelvin sign, and an i without its dot.
const spelled = "fink.island@example.com";
const people = [
  ...["updater", "changer", "setter", "mover", "leaver-1", "leaver-2", "member"],
  ...["known-1", "known-2", "known-3"],
].map((name) => `${name}@example.com`);
const members = [...people, spelled].map((emailAddress) => ({
  ...{ authIdentifier: emailAddress, password },
  profile: { givenName: "Jane", familyName: "Doe", emailAddress },
}));
const admin = { email: spelled, password, role: "OWNER" };
const store = {
  ...embeddedTenant,
  ...{ members, admins: [admin], selfRegistration: true },
  apiKeys: [{ name: "app", key: storeKey, ...plenty }],
};
const club = { ...interactiveTenant, members, apiKeys: [{ name: "app", key: clubKey, ...plenty }] };

let direct: LaurelServer;
let proxied: LaurelServer;
let lastPlace = 0;

const programme = writeProgramme(newFolder(), store, club);

beforeAll(async () => {
  const MEMBER_TOKEN_CALLS_PER_MINUTE = String(callsOfAShop);
  direct = await startLaurel({ LAUREL_PROVISION: programme, MEMBER_TOKEN_CALLS_PER_MINUTE });
});
beforeAll(async () => {
  proxied = await startLaurel({ LAUREL_PROVISION: programme, TRUSTED_PROXIES: "127.0.0.1" });
});
afterAll(cleanUp);

type Fields = Record<string, unknown>;
type Headers = NonNullable<HttpCall["headers"]>;
type Asked = { headers?: Headers; body: Fields };

type Door = {
  method?: string;
  path: string;
  /** What the call gets while the limit is not reached. */
  seen: number;
  /** What a call gets at what only looks like the door's address: there are others, which look at no password. */
  beside?: number;
  /** A call that is welcome; each is another one, where one can be made only once. */
  asked: () => Asked | Promise<Asked>;
};

type Limit = {
  name: string;
  /** What uses it up: the door's own address and an empty body, which is counted, unless it says otherwise. */
  spent?: { path: string } & Asked;
  doors: Door[];
};

const clubHost = "club.localhost";
const profile = { givenName: "Jane", familyName: "Doe" };
const customer = { firstName: "Jane", lastName: "Doe", plainPassword: password, agreement1: true };
const rootUser = { name: "Jane", surname: "Doe" };
let lastPerson = 0;

function somebodyNew(): string {
  lastPerson += 1;
  return `new-${lastPerson}@example.com`;
}

const limits: Limit[] = [
  {
    name: "bad-client-ids",
    spent: { path: "/api/auth", headers: { "X-Client-ID": "no-client's" }, body: {} },
    doors: [
      {
        ...{ path: "/api/auth", seen: 401 },
        asked: () => ({
          headers: { "X-Client-ID": `guess-${lastPlace}` },
          body: { selector: { authIdentifier: "x" } },
        }),
      },
    ],
  },
  {
    name: "sign-in-address",
    spent: { path: "/multi/login_with_password", headers: { "api-key": storeKey }, body: {} },
    doors: [
      {
        ...{ path: "/multi/login_with_password", seen: 200 },
        asked: () => ({
          headers: { "api-key": storeKey },
          body: { email: "known-1@example.com", password: { value: password } },
        }),
      },
      {
        ...{ path: "/multi/passwords/update", seen: 200 },
        asked: async () => ({
          headers: {
            "api-key": storeKey,
            Authorization: `Bearer ${await endUserToken("updater@example.com")}`,
          },
          body: { oldPassword: { value: password }, newPassword: { value: password } },
        }),
      },
      {
        ...{ path: "/api/acme/member/password", method: "PUT", seen: 204, beside: 403 }, // another member's
        asked: async () => ({
          headers: { Authorization: `Bearer ${(await memberTokens("changer@example.com")).token}` },
          body: { currentPassword: password, plainPassword: password },
        }),
      },
      {
        ...{ path: "/api/auth/callback/credentials", seen: 200 },
        asked: () => ({
          headers: { Host: clubHost, Origin: `http://${clubHost}` },
          body: { email: "known-1@example.com", password, json: "true" },
        }),
      },
      {
        ...{ path: "/api/auth/account/password", seen: 200 },
        asked: async () => ({
          headers: await signedIn("setter@example.com"),
          body: { currentPassword: password, newPassword: password },
        }),
      },
      {
        ...{ path: "/api/auth/account/email", seen: 200 },
        asked: async () => ({
          headers: await signedIn("mover@example.com"),
          body: { currentPassword: password, newEmailAddress: somebodyNew() },
        }),
      },
      {
        ...{ path: "/api/session/member", method: "DELETE", seen: 200 },
        asked: async () => ({
          headers: await signedIn("leaver-1@example.com").catch(() => signedIn("leaver-2@example.com")),
          body: { currentPassword: password },
        }),
      },
    ],
  },
  {
    name: "sign-up",
    spent: {
      ...{ path: "/api/auth/account/confirmation-mail", body: {} },
      headers: { Host: clubHost, Origin: `http://${clubHost}` },
    },
    doors: [
      {
        ...{ path: "/api/auth/account", seen: 200 },
        asked: () => fromClub({ ...profile, emailAddress: somebodyNew(), password }),
      },
      {
        ...{ path: "/api/auth/account/confirmation-mail", seen: 200 },
        asked: () => fromClub({ emailAddress: "new-1@example.com" }),
      },
    ],
  },
  {
    name: "password-reset",
    spent: { path: "/api/auth/account/password-reset-mail", ...fromClub({}) },
    doors: [
      {
        ...{ path: "/api/auth/account/password-reset-mail", seen: 200 },
        asked: () => fromClub({ emailAddress: "known-1@example.com" }),
      },
    ],
  },
  {
    name: "end-user-sign-up",
    spent: {
      ...{ path: "/multi/consumers", headers: { "api-key": storeKey } },
      body: { rootUser: { ...rootUser, email: "known-1@example.com" }, password: { value: password } },
    },
    doors: [
      {
        ...{ path: "/multi/consumers", seen: 200 },
        asked: () => ({
          headers: { "api-key": storeKey },
          body: { rootUser: { ...rootUser, email: somebodyNew() }, password: { value: password } },
        }),
      },
      {
        ...{ path: "/api/acme/member/register", seen: 200 },
        asked: () => ({ body: { customer: { ...customer, email: somebodyNew() } } }),
      },
    ],
  },
  {
    name: "member-password-reset",
    doors: [
      {
        ...{ path: "/api/acme/member/password/reset/request", seen: 204 },
        asked: () => ({ body: { username: "known-1@example.com" } }),
      },
    ],
  },
  {
    name: "admin-refresh-address",
    doors: [
      {
        ...{ path: "/api/token/refresh", seen: 200 },
        asked: async () => ({ body: { refresh_token: (await adminTokens()).refresh_token } }),
      },
    ],
  },
  {
    name: "admin-login-address",
    doors: [
      {
        ...{ path: "/api/admin/login_check", seen: 200 },
        asked: () => ({ body: { username: spelled, password } }),
      },
    ],
  },
  {
    name: "member-refresh-address",
    doors: [
      {
        ...{ path: "/api/acme/token/refresh", seen: 200 },
        asked: async () => ({
          body: { refresh_token: (await memberTokens("member@example.com")).refresh_token },
        }),
      },
    ],
  },
  {
    name: "member-login-address",
    doors: [
      {
        ...{ path: "/api/acme/member/login_check", seen: 200 },
        asked: () => ({ body: { username: "known-2@example.com", password } }),
      },
    ],
  },
];

function fromClub(body: Fields): Asked {
  return { headers: { Host: clubHost, Origin: `http://${clubHost}` }, body };
}

async function endUserToken(email: string): Promise<string> {
  const body = { email, password: { value: password } };
  const answer = await post(direct, "/multi/login_with_password", { headers: { "api-key": storeKey }, body });
  return JSON.parse(answer.text).token;
}

async function memberTokens(username: string) {
  return JSON.parse(
    (await post(direct, "/api/acme/member/login_check", { body: { username, password } })).text,
  );
}

async function adminTokens() {
  const body = { username: spelled, password };
  return JSON.parse((await post(direct, "/api/admin/login_check", { body })).text);
}

/** The headers of a page's own call, in a browser that somebody signs in with. */
async function signedIn(email: string, server = direct): Promise<Headers> {
  const { headers = {}, body } = fromClub({ email, password, json: "true" });
  const answer = await post(server, "/api/auth/callback/credentials", {
    headers: { ...headers, ...from(somewhere()) },
    body,
  });
  const cookie = answer.headers["set-cookie"]?.find((each) => each.startsWith("__Host-session="));
  if (!cookie) throw new Error(`${email} cannot sign in.`);
  return { ...headers, Cookie: cookie.split(";")[0] ?? "" };
}

/** A place that nothing was counted for, where a proxy is trusted. */
function somewhere(): string {
  lastPlace += 1;
  return `198.51.${Math.floor(lastPlace / 256)}.${lastPlace % 256}`;
}

function from(place: string): Headers {
  return { "X-Forwarded-For": place };
}

type Written = { method: string; path: string; headers: Headers; text: string };

function written({ method = "POST", path }: { method?: string; path: string }, asked: Asked): Written {
  const headers = { "Content-Type": "application/json", ...asked.headers };
  return { method, path, headers, text: JSON.stringify(asked.body) };
}

function write(server: LaurelServer, { method, path, headers, text }: Written): Promise<HttpAnswer> {
  const isInChunks = "Transfer-Encoding" in headers;
  const length = isInChunks ? {} : { "Content-Length": String(Buffer.byteLength(text)) }; // Node leaves it out of a DELETE
  return call(server.port, path, { method, headers: { ...length, ...headers }, body: text });
}

function post(server: LaurelServer, path: string, asked: Asked): Promise<HttpAnswer> {
  return write(server, written({ path }, asked));
}

// ── Disguises. Those of the first kind are the same call, which gets the same answer; of others nothing may be looked at.

const placeHeaders = [
  ...["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"],
  ...["X-Cluster-Client-IP", "Fastly-Client-IP", "X-Remote-IP", "X-Remote-Addr", "X-Originating-IP"],
  ...["X-Original-Forwarded-For", "X-Forwarded", "X-Forwarded-Host", "X-Envoy-External-Address"],
  ...["X-Laurel-Client-Address", "X_Laurel_Client_Address", "x-vercel-forwarded-for"],
];
const places: (string | string[])[] = [
  ...["203.0.113.7", "203.0.113.8, 203.0.113.9", "203.0.113.10:4711", "127.0.0.1", "::1", "unknown", ""],
  ...["2001:db8::7", "[2001:db8:1::7]:4711", "::ffff:203.0.113.11", "for=203.0.113.12;proto=https"],
  ...['for="[2001:db8:2::7]:4711"', "203.0.113.13,", ",203.0.113.14", "203.0.113.15 203.0.113.16"],
  ["203.0.113.17", "203.0.113.18"],
];

const sameCalls: Record<string, (asked: Written) => Written> = {
  ...Object.fromEntries(
    placeHeaders.map((name, index) => [
      `from elsewhere by ${name}`,
      (asked) => withHeaders(asked, { [name]: `192.0.2.${index}` }),
    ]),
  ),
  ...Object.fromEntries(
    places.map((place) => [
      `from ${JSON.stringify(place)} by every header`,
      (asked) => withHeaders(asked, Object.fromEntries(placeHeaders.map((name) => [name, place]))),
    ]),
  ),
  "a header that is for the next hop": (asked) =>
    withHeaders(asked, { ...from("203.0.113.19"), Connection: "close, X-Laurel-Client-Address" }),
  "another method's name": (asked) =>
    withHeaders(asked, {
      "X-HTTP-Method-Override": "GET",
      "X-HTTP-Method": "PUT",
      "X-Method-Override": "PUT",
    }),
  "the names of headers in capitals": ({ headers, ...asked }) => ({
    ...asked,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name === "Host" ? name : name.toUpperCase(), value]),
    ),
  }),
  "a query": (asked) => ({ ...asked, path: `${asked.path}?x=1&_method=PUT` }),
  "Next's own query": (asked) => ({ ...asked, path: `${asked.path}?nxtPstoreCode=club&__nextLocale=x` }),
  "a path with a dot": (asked) => ({ ...asked, path: asked.path.replace("/", "/./") }),
  "a path with two dots": (asked) => ({ ...asked, path: `/x/..${asked.path}` }),
  "a path with two dots that are encoded": (asked) => ({ ...asked, path: `/x/%2E%2e${asked.path}` }),
  "a store in capitals": (asked) => ({ ...asked, path: asked.path.replace("/acme/", "/ACME/") }),
  "a store whose letter is encoded": (asked) => ({
    ...asked,
    path: asked.path.replace("/acme/", "/%61cme/"),
  }),
  "a body in chunks": (asked) => withHeaders(asked, { "Transfer-Encoding": "chunked" }),
  "white space around the JSON": (asked) => ({ ...asked, text: `\r\n\t ${asked.text} \n` }),
  "letters of the JSON that are escaped": (asked) => ({
    ...asked,
    text: asked.text.replaceAll("a", "\\u0061"),
  }),
  "a charset that is named": (asked) =>
    withHeaders(asked, { "Content-Type": 'APPLICATION/JSON;Charset="UTF-8"' }),
};

const otherCalls: Record<string, (asked: Written) => Written> = {
  ...Object.fromEntries(
    [
      ...["/", "//", "/.", "/..", ";x=1", "%20", "%00", "%2e", "%2f", "\\", "%5c", ".rsc", ".json", "%3Fx"],
      ...["\u00e9", "%C0%AF"],
    ].map((end) => [
      `a path that ends in ${end}`,
      (asked: Written) => ({ ...asked, path: `${asked.path}${end}` }),
    ]),
  ),
  "a path in capitals": (asked) => ({ ...asked, path: asked.path.toUpperCase() }),
  "a word of the path with a capital": (asked) => ({
    ...asked,
    path: asked.path.replace(/\/([a-z])(?=[a-z_-]+$)/, (_all, letter) => `/${letter.toUpperCase()}`),
  }),
  "a letter of the path that is encoded": (asked) => ({
    ...asked,
    path: asked.path.replace(
      /\/([a-z])(?=[a-z_-]+$)/,
      (_all, letter) => `/%${letter.charCodeAt(0).toString(16)}`,
    ),
  }),
  "a letter of the path that is encoded twice": (asked) => ({
    ...asked,
    path: asked.path.replace(
      /\/([a-z])(?=[a-z_-]+$)/,
      (_all, letter) => `/%25${letter.charCodeAt(0).toString(16)}`,
    ),
  }),
  "two slashes before the path": (asked) => ({ ...asked, path: `/${asked.path}` }),
  "two slashes in the path": (asked) => ({ ...asked, path: asked.path.replace(/\/(?=[^/]+$)/, "//") }),
  "a backslash in the path": (asked) => ({ ...asked, path: asked.path.replace(/\/(?=[^/]+$)/, "\\") }),
  "a slash that is encoded": (asked) => ({ ...asked, path: asked.path.replace(/\/(?=[^/]+$)/, "%2f") }),
  "an address with its host": (asked) => ({ ...asked, path: `http://rewards.localhost${asked.path}` }),
  "another method that says it is this one": (asked) =>
    withHeaders({ ...asked, method: "PATCH" }, { "X-HTTP-Method-Override": asked.method }),
  "a form": (asked) => ({
    ...withHeaders(asked, { "Content-Type": "application/x-www-form-urlencoded" }),
    text: new URLSearchParams(JSON.parse(asked.text)).toString(),
  }),
  "a form that names each field twice": (asked) => ({
    ...withHeaders(asked, { "Content-Type": "application/x-www-form-urlencoded" }),
    text: new URLSearchParams([
      ...Object.keys(JSON.parse(asked.text)).map((name) => [name, "x"]),
      ...Object.entries(JSON.parse(asked.text) as Record<string, string>),
    ]).toString(),
  }),
  "JSON that names each field twice": (asked) => ({
    ...asked,
    text: `{${Object.keys(JSON.parse(asked.text))
      .map((name) => `${JSON.stringify(name)}:"x",`)
      .join("")}${asked.text.slice(1)}`,
  }),
  "a body in a list": (asked) => ({ ...asked, text: `[${asked.text}]` }),
  "values in lists": (asked) => ({
    ...asked,
    text: JSON.stringify(
      Object.fromEntries(Object.entries(JSON.parse(asked.text)).map(([name, value]) => [name, [value]])),
    ),
  }),
  "a byte order mark": (asked) => ({ ...asked, text: `\ufeff${asked.text}` }),
  "no body": (asked) => ({ ...asked, text: "" }),
  "a body that says it is packed": (asked) => withHeaders(asked, { "Content-Encoding": "gzip" }),
  ...Object.fromEntries(
    [
      ...[
        "text/plain",
        "application/ld+json",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-7",
      ],
      "application/json, text/plain",
    ].map((type) => [`a body of ${type}`, (asked: Written) => withHeaders(asked, { "Content-Type": type })]),
  ),
};

function withHeaders(asked: Written, headers: Headers): Written {
  return { ...asked, headers: { ...asked.headers, ...headers } };
}

/** What answers that nothing was looked at: the limit, or a call that is none. */
const unread = [400, 404, 405, 413, 415, 429];

test.each(limits)("whoever is over $name stays so in every disguise", async ({ spent, doors }) => {
  const asked: [Door, Written][] = [];
  for (const door of doors) {
    const { status, text } = await write(direct, written(door, await door.asked()));
    expect(status, `${door.path} ${text}`).toBe(door.seen);
    asked.push([door, written(door, await door.asked())]);
  }
  await useUp(spent ?? { path: doors[0]?.path ?? "", body: {} });

  for (const [door, call] of asked) {
    const sendAs = async (disguises: typeof sameCalls, allowed: (number | undefined)[]) => {
      const statuses = Object.entries(disguises).map(async ([disguise, disguised]) => {
        const status = limitedStatusOf(await write(direct, disguised(call)));
        return allowed.includes(status) ? [] : [`${door.path} by ${disguise}: ${status}`];
      });
      return (await Promise.all(statuses)).flat();
    };
    expect(await sendAs(sameCalls, [429])).toEqual([]);
    expect(await sendAs(otherCalls, [...unread, door.beside])).toEqual([]);
    expect(await statusesOnOneConnection(call)).toEqual([429, 429, 429, 429]);
    expect(await statusesOfTwoLengths(call)).not.toContain(door.seen);
  }
});

async function useUp({ path, ...asked }: { path: string } & Asked): Promise<void> {
  for (let sent = 0; sent < 1_000; sent += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(direct, path, asked)));
    if (answers.some(({ status }) => status === 429)) return;
  }
  throw new Error(`${path} has no limit.`);
}

/** A form that is over a limit is sent back to its page, which says so. */
function limitedStatusOf({ status, headers }: HttpAnswer): number {
  return headers.location?.includes("error=rate_limited") ? 429 : status;
}

/** The same call thrice without waiting for the answers, the third in chunks with an address after them; then as HTTP 1.0. */
async function statusesOnOneConnection({ method, path, headers, text }: Written): Promise<number[]> {
  const head = (version: string) => [`${method} ${path} HTTP/${version}`, ...headLines(headers)];
  const whole = [...head("1.1"), `Content-Length: ${text.length}`, "", text];
  const place = "X-Laurel-Client-Address: 203.0.113.20";
  const chunk = [text.length.toString(16), text, "0", place, ""];
  const inChunks = [
    ...head("1.1"),
    "Transfer-Encoding: chunked",
    "Trailer: X-Laurel-Client-Address",
    "",
    ...chunk,
  ];
  const old = [...head("1.0"), "Connection: keep-alive", `Content-Length: ${text.length}`, "", text];
  const many = await callRaw(direct.port, [...whole, ...whole, ...inChunks, ...lastCall]);
  return [
    ...statusesIn(many).slice(0, 3),
    ...statusesIn(await callRaw(direct.port, [...old, ...lastCall])).slice(0, 1),
  ];
}

/** A body with both lengths is where two readers of one connection fall out. */
async function statusesOfTwoLengths({ method, path, headers, text }: Written): Promise<number[]> {
  const lengths = [`Content-Length: ${text.length}`, "Transfer-Encoding: chunked", ""];
  const lines = [`${method} ${path} HTTP/1.1`, ...headLines(headers), ...lengths];
  const chunk = [text.length.toString(16), text, "0", ""];
  return statusesIn(await callRaw(direct.port, [...lines, ...chunk, ...lastCall]));
}

const lastCall = ["GET /api/health/live HTTP/1.1", "Host: rewards.localhost"];

function headLines(headers: Headers): string[] {
  const all = { Host: "rewards.localhost", ...headers };
  return Object.entries(all).map(([name, value]) => `${name}: ${value}`);
}

function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

// ── Names. Where a proxy is trusted, each call comes from elsewhere; what is counted is the account.

const sameNames = [...[spelled.toUpperCase(), "Fink.Island@Example.com", "fINK.iSLAND@eXAMPLE.COM", spelled]];
const otherNames = [
  ...[" ", "\t", "\n", "\u0000", "\u00a0", "\u2003", "\u3000"].flatMap((white) => [
    white + spelled,
    spelled + white,
  ]),
  ...["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e"].flatMap((unseen) => [
    ...[unseen + spelled, spelled + unseen, spelled.replace("k", `k${unseen}`)],
  ]),
  ...["\ufb01nk.island@example.com", "fin\u212a.island@example.com", "f\u0131nk.\u0131sland@example.com"],
  ...[
    "F\u0130NK.\u0130SLAND@EXAMPLE.COM",
    "fi\u0307nk.island@example.com",
    "\uff46\uff49nk.island@example.com",
  ],
  ...["fink.island\uff20example.com", "fink.island@ex\u0430mple.com", "fink.island@example.com."],
  ...["fink.i\u017fland@example.com", "fink%2eisland@example.com", "<fink.island@example.com>"],
  ...['"fink.island"@example.com', "fink.island@example.com,x@example.com", "fink._sland@example.com", "%"],
];

type NameDoor = {
  name: string;
  path: string;
  /** How many tries an account has there; what a wrong password gets, and what one too many. */
  count: number;
  wrong: number;
  full: number;
  /** How many of the good tries are among them: all, unless it says otherwise. */
  good?: number;
  /** Where all tries come from, if that is counted, too. */
  place?: string;
  asked: (name: string, password: string) => Asked;
};

const nameDoors: NameDoor[] = [
  {
    ...{ name: "a member's tokens", path: "/api/acme/member/login_check", count: 20, wrong: 401, full: 429 },
    asked: (username, password) => ({ body: { username, password } }),
  },
  {
    ...{ name: "a member's tokens, as version 3 asks", path: "/api/club/member/login_check" },
    ...{ count: 20, wrong: 401, full: 429 },
    asked: (_username, _password) => ({ body: { _username, _password } }),
  },
  {
    ...{ name: "an admin's tokens", path: "/api/admin/login_check", count: 20, wrong: 401, full: 429 },
    asked: (username, password) => ({ body: { username, password } }),
  },
  {
    ...{ name: "an end user's token", path: "/multi/login_with_password", place: "203.0.113.77" },
    ...{ good: 0, count: 5, wrong: 403, full: 423 },
    asked: (email, value) => ({ headers: { "api-key": storeKey }, body: { email, password: { value } } }),
  },
  {
    ...{ name: "a session", path: "/api/auth/callback/credentials", count: 20, wrong: 401, full: 429 },
    good: 1, // the first makes the place known, from where the others count by themselves
    asked: (email, password) => fromClub({ email, password, json: "true" }),
  },
];

test.each(nameDoors)(
  "whoever has guessed $name often enough gets in by no spelling of the name",
  async ({ path, count, wrong, full, good = sameNames.length, place, asked }) => {
    const guess = async (name: string, guessed: string, at = place ?? somewhere()) => {
      const { headers = {}, body } = asked(name, guessed);
      return (await post(proxied, path, { headers: { ...headers, ...from(at) }, body })).status;
    };
    for (const name of sameNames) expect(await guess(name, password, "203.0.113.77"), name).toBe(200);

    const statuses: number[] = [];
    for (let index = good; index < count; index++) {
      statuses.push(await guess(sameNames[index % sameNames.length] ?? "", "not the password"));
    }

    expect(statuses).toEqual(Array(count - good).fill(wrong));
    for (const name of sameNames) expect(await guess(name, password), name).toBe(full);
    for (const name of otherNames) {
      expect([wrong, full, 400], JSON.stringify(name)).toContain(await guess(name, password));
    }
  },
);

test("by no spelling and at no other door more than three mails an hour go out about a new password", async () => {
  const ask = async (emailAddress: string) => {
    const byToken = { headers: from(somewhere()), body: { username: emailAddress } };
    const { headers, body } = fromClub({ emailAddress });
    const onPage = { headers: { ...headers, ...from(somewhere()) }, body };
    const answers = [
      post(proxied, "/api/club/member/password/reset/request", byToken),
      post(proxied, "/api/auth/account/password-reset-mail", onPage),
    ];
    return (await Promise.all(answers)).map(({ status }) => status);
  };

  for (const name of sameNames) expect(await ask(name), name).toEqual([204, 200]);
  for (const status of (await Promise.all(otherNames.map(ask))).flat()) expect(status).toBeLessThan(500);
  await ask("known-3@example.com"); // whose mails go out after all others

  const sent = await vi.waitFor(
    async () => {
      const recipients = await recipientsIn(join(proxied.dataFolder, "outbox"));
      expect(recipients.filter((recipient) => recipient === "known-3@example.com")).toHaveLength(2);
      return recipients;
    },
    { timeout: 15_000, interval: 100 },
  );
  expect(sent.filter((recipient) => recipient === spelled)).toHaveLength(3);
});

async function recipientsIn(outbox: string): Promise<(string | undefined)[]> {
  const files = readdirSync(outbox).filter((name) => name.endsWith(".eml"));
  const mails = await Promise.all(files.map((name) => PostalMime.parse(readFileSync(join(outbox, name)))));
  return mails.map(({ to }) => to?.[0]?.address);
}

// ── Places, as a proxy tells them that is trusted.

const network = "2001:db8:aa:bb";

test.each([
  {
    what: "a network of IPv6",
    spent: Array.from({ length: 20 }, (_, index) => `${network}:${index.toString(16)}::${index}`),
    same: [
      `${network}::`,
      `${network}:ffff:ffff:ffff:ffff`,
      network.toUpperCase().concat("::1"),
      `${network}::7%eth0`,
      `[${network}::8]:4711`,
    ],
    others: ["2001:db8:aa:bc::1", "2001:db8:aa::bb"],
  },
  {
    what: "an address of IPv4",
    spent: Array(20).fill("203.0.113.99"),
    same: [
      "::ffff:203.0.113.99",
      "203.0.113.99:4711",
      "::FFFF:CB00:7163",
      "0:0:0:0:0:ffff:203.0.113.99",
      "198.18.0.1, 203.0.113.99",
    ],
    others: ["203.0.113.98", "203.0.113.99, 198.18.0.2"],
  },
])("$what is one place in every notation, and who says more than the proxy is not heard", async (each) => {
  let lastName = 0;
  const guess = async (place: string | string[], headers: Headers = {}) => {
    lastName += 1;
    const body = { username: `nobody-${lastName}@example.com`, password };
    const all = { "X-Forwarded-For": place, ...headers };
    return (await post(proxied, "/api/admin/login_check", { headers: all, body })).status;
  };
  for (const place of each.spent) expect(await guess(place), place).toBe(401);

  for (const place of each.same) {
    expect(await guess(place), place).toBe(429);
    expect(await guess(["198.18.0.3", place]), place).toBe(429);
    expect(await guess(place, { Forwarded: "for=198.18.0.4", "X-Real-IP": "198.18.0.4" }), place).toBe(429);
  }
  for (const place of each.others) expect(await guess(place), place).toBe(401);
});
