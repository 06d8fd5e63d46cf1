import { createHmac, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import PostalMime from "postal-mime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import {
  call,
  cleanUp,
  type HttpAnswer,
  type HttpCall,
  type LaurelServer,
  newFolder,
  runCommand,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { onServer, urlOfDatabase } from "#tests/support/on-server.ts";
import { clientId, embeddedTenant, interactiveTenant } from "#tests/support/tenants.ts";

// Goal: the doors of Open Loyalty's and Weavr's clients as they are on the wire: refusals in their dialect also for what never
// reaches a handler, limits that no spelling gets around, and one member with one wallet, by whichever door.
// Method: the built server in its own process.

const password = "a walk along the canal";
const jane = { givenName: "Jane", familyName: "Doe", emailAddress: "jane.doe@example.com" };
const sharedKey = "a-shared-key-of-the-tests-that-is-long-enough";
const userAuth = { algorithm: "HS256", issuer: "https://idp.example/", sharedKey };
const shopOrigin = "https://app.example";
const members = [{ authIdentifier: "user-1", profile: jane, password, points: 500 }];
const store = {
  ...embeddedTenant,
  ...{ userAuth, members, allowedOrigins: [shopOrigin], selfRegistration: true },
  apiKeys: [{ name: "app", key: "the-key-of-the-app-in-these-tests" }],
  admins: [{ email: "owner@example.com", password: "an owner's own password", role: "OWNER" }],
};
const club = {
  ...interactiveTenant,
  members,
  apiKeys: [{ name: "app", key: "the-key-of-the-club-in-these-tests" }],
};
const storeKey = "the-key-of-the-app-in-these-tests";
const clubKey = "the-key-of-the-club-in-these-tests";

let server: LaurelServer;

beforeAll(async () => {
  server = await startLaurel({ LAUREL_PROVISION: writeProgramme(newFolder(), store, club) });
});
afterAll(cleanUp);

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON is what a test is about to look at
type Answer = HttpAnswer & { json: any };

async function send(
  path: string,
  sent: HttpCall & { json?: unknown; bearer?: string | undefined } = {},
  port = server.port,
) {
  const { json, bearer, headers = {}, ...rest } = sent;
  const answer = await call(port, path, {
    ...rest,
    ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
    headers: {
      ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      ...headers,
    },
  });
  return { ...answer, json: answer.text.startsWith("{") ? JSON.parse(answer.text) : null } as Answer;
}

function loginMember(code: string, port = server.port, withPassword = password): Promise<Answer> {
  const json = { username: jane.emailAddress, password: withPassword };
  return send(`/api/${code}/member/login_check`, { json }, port);
}

function onMulti(path: string, sent: Parameters<typeof send>[1] = {}, key = storeKey): Promise<Answer> {
  return send(`/multi${path}`, { ...sent, headers: { "api-key": key, ...sent?.headers } });
}

function userToken(sub: string): string {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { iss: userAuth.issuer, sub, iat: seconds, exp: seconds + 300 };
  const input = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const signature = createHmac("sha256", sharedKey).update(input.join(".")).digest("base64url");
  return `${input.join(".")}.${signature}`;
}

test.each([
  ["/api/acme/nothing", "GET", 404, "Not Found"],
  ["/api/acme/member/login_check/", "POST", 404, "Not Found"],
  ["/api/acme/member/login_check", "GET", 405, "Method Not Allowed"],
  ["/api/admin/login_check", "DELETE", 405, "Method Not Allowed"],
  ["/api/token/revoke", "POST", 405, "Method Not Allowed"],
])("%s by %s is refused in Open Loyalty's words", async (path, method, status, message) => {
  const isPost = method === "POST";
  const answer = await send(path, {
    method,
    ...(isPost ? { body: "{}", headers: { "Content-Type": "application/json" } } : {}),
  });

  expect([answer.status, answer.json]).toEqual([status, { code: status, message }]);
  expect(answer.headers["cache-control"]).toBe("private, no-store");
  if (status === 405) expect(answer.headers.allow).toMatch(/GET|POST/);
});

test.each([
  ["/multi/nothing", "GET", 404],
  ["/multi/", "GET", 404],
  ["/multi/login_with_password/", "POST", 404],
  ["/multi/login_with_password", "GET", 405],
  ["/multi/identities", "PUT", 405],
])("%s by %s is refused without a body", async (path, method, status) => {
  const answer = await onMulti(path.replace(/^\/multi/, ""), { method });

  expect([answer.status, answer.text]).toEqual([status, ""]);
});

test("bodies that are too large or no JSON are refused in the dialect", async () => {
  const large = { username: "x".repeat(70_000), password };
  expect((await send("/api/acme/member/login_check", { json: large })).json).toMatchObject({ code: 413 });
  const tooLarge = await onMulti("/login_with_password", { json: { email: "x".repeat(70_000) } });
  expect([tooLarge.status, tooLarge.text]).toEqual([413, ""]);
});

test("whoever names a page's origin that a programme lists may call, and nobody else's page", async () => {
  const preflight = (path: string, origin: string) =>
    send(path, { method: "OPTIONS", headers: { Origin: origin, "Access-Control-Request-Method": "POST" } });

  for (const path of ["/multi/login_with_password", "/api/acme/member/login_check"]) {
    const good = await preflight(path, shopOrigin);
    expect([good.status, good.headers["access-control-allow-origin"]]).toEqual([204, shopOrigin]);
    expect(String(good.headers["access-control-allow-headers"]).toLowerCase()).toContain("api-key");
    expect(
      (await preflight(path, "https://evil.example")).headers["access-control-allow-origin"],
    ).toBeUndefined();
  }
  const answer = await onMulti("/identities", { headers: { Origin: shopOrigin } });
  expect(answer.headers["access-control-allow-origin"]).toBe(shopOrigin);
  expect(answer.headers["access-control-expose-headers"]).toContain("Session-Expires-At");
});

test("the keys are published for everybody, and a rotation beside the running server ends no token", async () => {
  const keys = async () => (await send("/.well-known/jwks.json")).json;
  const { json } = await loginMember("acme");
  const before = await keys();

  const rotated = await runCommand(["lib/server/commands/run.ts", "keys:rotate"], {
    LAUREL_DATA_DIR: server.dataFolder,
  });

  expect(rotated.code).toBe(0);
  const after = await keys();
  expect(rotated.output).toContain(after.keys[0]?.kid);
  expect(after.keys.map(({ kid }: { kid: string }) => kid)).toContain(before.keys[0]?.kid);
  expect((await send("/api/token/revoke", { bearer: json.token })).status).toBe(204);
  expect((await send("/.well-known/jwks.json")).headers["cache-control"]).toMatch(/^public, max-age=\d+$/);
});

test("by the host's session, a user's token, Open Loyalty's and Weavr's, one member sees one wallet", async () => {
  const upserted = await send("/api/auth", {
    json: { selector: { authIdentifier: "user-1" }, profile: jane },
    headers: { "X-Client-ID": clientId },
  });
  const Cookie = `session=${upserted.json.data.session}`;
  const home = await call(server.port, "/", { headers: { Cookie } });
  const wallet = async (bearer: string) => {
    const answer = await send("/v1/users/me/wallet", { bearer, headers: { "X-Api-Key": storeKey } });
    return answer.json.data.points;
  };
  const credentials = { email: jane.emailAddress, password: { value: password } };
  const endUser = (await onMulti("/login_with_password", { json: credentials })).json;
  const store = (await loginMember("acme")).json;

  expect(home.text).toContain('data-testid="balance">500<');
  expect(await wallet(userToken("user-1"))).toBe(500);
  expect(await wallet(endUser.token)).toBe(500);
  const { id } = JSON.parse(Buffer.from(store.token.split(".")[1] ?? "", "base64url").toString());
  expect(id).toBe(endUser.identity.id);
});

test("in an interactive programme it is one wallet by the account's session and the same two tokens", async () => {
  const host = "club.localhost";
  const signedIn = await call(server.port, "/api/auth/callback/credentials", {
    ...{ method: "POST", host },
    headers: { Origin: `http://${host}`, "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ email: jane.emailAddress, password }).toString(),
  });
  const Cookie = signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const home = await call(server.port, "/", { host, headers: { Cookie } });
  const credentials = { email: jane.emailAddress, password: { value: password } };
  const endUser = (await onMulti("/login_with_password", { json: credentials }, clubKey)).json;
  const member = (await loginMember("club")).json;
  const wallet = await send("/v1/users/me/wallet", {
    bearer: endUser.token,
    headers: { "X-Api-Key": clubKey },
  });

  expect(home.text).toContain('data-testid="balance">500<');
  expect(wallet.json.data.points).toBe(500);
  const { id } = JSON.parse(Buffer.from(member.token.split(".")[1] ?? "", "base64url").toString());
  expect(id).toBe(endUser.identity.id);
});

test("an admin's token opens the admin level of /v1, as far as the role goes", async () => {
  const json = { username: "owner@example.com", password: "an owner's own password" };
  const { token } = (await send("/api/admin/login_check", { json })).json;

  const found = await send("/v1/users?authIdentifier=user-1", {
    bearer: token,
    headers: { "X-Api-Key": storeKey },
  });
  expect([found.status, found.json.data.length]).toEqual([200, 1]);
  const elsewhere = await send("/v1/users?authIdentifier=user-1", {
    ...{ bearer: token, headers: { "X-Api-Key": "the-key-of-the-club-in-these-tests" } },
  });
  expect(elsewhere.status).toBe(401);
});

/** The text of the mails to somebody, by their subjects, once they are as many. */
function mailsTo(address: string, count: number): Promise<Map<string | undefined, string>> {
  const outbox = join(server.dataFolder, "outbox");
  return vi.waitFor(
    async () => {
      const files = readdirSync(outbox).filter((name) => name.endsWith(".eml"));
      const mails = await Promise.all(
        files.map((name) => PostalMime.parse(readFileSync(join(outbox, name)))),
      );
      const found = mails.filter(({ to }) => to?.[0]?.address === address);
      expect(found).toHaveLength(count);
      return new Map(found.map(({ subject, text = "" }) => [subject, text]));
    },
    { timeout: 15_000, interval: 100 },
  );
}

/** The link in a mail of the store's: its page's address and its token. */
async function linkIn(address: string, count: number, subject: string) {
  const text = (await mailsTo(address, count)).get(subject) ?? "";
  const [link = "http://no.link/"] = /http:\S+token=\S+/.exec(text) ?? [];
  const { pathname, search, searchParams } = new URL(link);
  return { path: pathname + search, token: searchParams.get("token") ?? "" };
}

/** As the pages of the store's own host send it. */
function onPage(path: string, json: object): Promise<Answer> {
  const headers = { Origin: "http://rewards.localhost", "Sec-Fetch-Site": "same-origin" };
  return send(`/api/auth/account${path}`, { json, headers });
}

test("the links in mails lead on where no page signs in: to who holds one that works, and once", async () => {
  const address = "carl@example.com";
  const page = (path: string) => call(server.port, path);
  const login = async (withPassword: string) => {
    const json = { username: address, password: withPassword };
    return (await send("/api/acme/member/login_check", { json })).status;
  };
  const customer = { email: address, plainPassword: password, agreement1: true };
  expect((await send("/api/acme/member/register", { json: { customer } })).status).toBe(200);

  const confirm = await linkIn(address, 1, "Confirm your e-mail address for Acme Rewards");
  const asked = await page(confirm.path);
  expect([asked.status, asked.headers["content-security-policy"]]).toEqual([
    200,
    expect.stringContaining("frame-ancestors 'none'"),
  ]);
  expect(asked.text).toContain(address);
  expect(asked.text).not.toMatch(/href="\/(?:login|forgot-password|signup)/);
  expect(await onPage("/confirmation", { token: confirm.token })).toMatchObject({
    status: 400,
    json: { data: { problems: { password: "password_wrong" } } },
  });
  expect(await login(password)).toBe(401);
  expect((await onPage("/confirmation", { token: confirm.token, password })).status).toBe(200);
  expect(await login(password)).toBe(200);

  await send("/api/acme/member/password/reset/request", { json: { username: address } });
  const reset = await linkIn(address, 2, "A new password for Acme Rewards");
  expect((await page(reset.path)).status).toBe(200);
  const next = { token: reset.token, password: "a boat on the river" };
  expect(await send("/api/auth/account/password-reset", { json: next })).toMatchObject({
    status: 403,
    json: { code: "cross_site_request" },
  });
  expect((await onPage("/password-reset", { ...next, password: "short" })).json.data.problems).toEqual({
    password: "password_short",
  });
  expect((await onPage("/password-reset", next)).status).toBe(200);
  expect([await login(password), await login(next.password)]).toEqual([401, 200]);
  const told = (await mailsTo(address, 3)).get("Your password for Acme Rewards was changed");
  expect(told).not.toContain("http");

  for (const { path } of [confirm, reset]) {
    const used = await page(path);
    expect(used.status).toBe(404);
    expect(used.text).toContain("This link no longer works");
  }
  for (const path of ["/confirmation", "/password-reset"]) {
    for (const token of [confirm.token, reset.token]) {
      expect(await onPage(path, { ...next, token })).toMatchObject({
        status: 404,
        json: { code: "not_found" },
      });
    }
  }
});

test("signing up and another password go by mail, also where no page is", async () => {
  const rootUser = { name: "Ada", surname: "Demo", email: "ada@example.com" };
  const signedUp = await onMulti("/consumers", { json: { rootUser, password: { value: password } } });
  expect(signedUp.status).toBe(200);
  const { token } = signedUp.json;
  const body = { oldPassword: { value: password }, newPassword: { value: "a boat on the river" } };
  const updated = await onMulti("/passwords/update", { json: body, bearer: token });
  expect([updated.status, updated.headers["session-expires-at"]]).toEqual([200, expect.any(String)]);

  expect([...(await mailsTo(rootUser.email, 2)).keys()].toSorted()).toEqual([
    "Confirm your e-mail address for Acme Rewards",
    "Your password for Acme Rewards was changed",
  ]);
});

test("no header makes a caller another one, and no spelling an account", async () => {
  const own = await startLaurel({ LAUREL_PROVISION: writeProgramme(newFolder(), store) });
  const guess = (index: number) =>
    send(
      "/api/admin/login_check",
      {
        json: { username: `nobody-${index}@example.com`, password: "x" },
        headers: {
          "X-Forwarded-For": `203.0.113.${index}`,
          Forwarded: `for=203.0.113.${index}`,
          "X-Real-IP": `203.0.113.${index}`,
        },
      },
      own.port,
    );
  const statuses: number[] = [];
  for (let index = 0; index < 22; index++) statuses.push((await guess(index)).status);
  expect(statuses).toEqual([...Array(20).fill(401), 429, 429]);

  const names = [jane.emailAddress, jane.emailAddress.toUpperCase(), "Jane.Doe@example.com"];
  const members: number[] = [];
  for (let index = 0; index < 22; index++) {
    const json = { username: names[index % 3], password: "not the password" };
    members.push((await send("/api/acme/member/login_check", { json }, own.port)).status);
  }
  expect(members).toEqual([...Array(20).fill(401), 429, 429]);
  await own.kill();
});

const serverUrl = process.env.TEST_DATABASE_URL;

test.runIf(serverUrl)(
  "killed again and again in a loop of refreshes, each login has one token that is good",
  async () => {
    const url = serverUrl as string;
    const name = `laurel_test_${randomBytes(6).toString("hex")}`;
    const people = Array.from({ length: 6 }, (_, round) => ({
      ...{
        authIdentifier: `member-${round}`,
        profile: { ...jane, emailAddress: `member-${round}@example.com` },
      },
      password,
    }));
    await onServer(url, `CREATE DATABASE ${name}`);
    const databaseUrl = urlOfDatabase(url, name);
    const env = {
      ...{ DATABASE_URL: databaseUrl, LAUREL_SECRET: randomBytes(32).toString("base64") },
      ...{ LAUREL_PROVISION: writeProgramme(newFolder(), { ...store, members: people }) },
    };
    const client = new Client({ connectionString: databaseUrl });
    try {
      for (let round = 0; round < 6; round++) {
        const own = await startLaurel(env);
        if (round === 0) await client.connect();
        const json = { username: people[round]?.profile.emailAddress, password }; // each has twenty a minute
        let held = (await send("/api/acme/member/login_check", { json }, own.port)).json.refresh_token;
        let refreshed = 0;
        const looping = (async () => {
          for (;;) {
            const json = { refresh_token: held };
            const answer = await send("/api/acme/token/refresh", { json }, own.port).catch(() => null);
            if (answer?.status !== 200) return;
            held = answer.json.refresh_token;
            refreshed += 1;
          }
        })();
        while (refreshed <= round) await sleep(1);
        await sleep(round); // a little later each time
        await own.kill();
        await looping;
      }
      const { rows } = await client.query(`SELECT count(*) FILTER (WHERE "usedAt" IS NULL)::int AS "live"
        FROM "refresh_tokens" GROUP BY "familyId"`);
      expect(rows).toEqual(Array(6).fill({ live: 1 }));
    } finally {
      await client.end();
      await onServer(url, `DROP DATABASE ${name} WITH (FORCE)`);
    }
  },
);

test.runIf(serverUrl)("two processes on one server count tries together, and share sessions", async () => {
  const name = `laurel_test_${randomBytes(6).toString("hex")}`;
  const url = serverUrl as string;
  await onServer(url, `CREATE DATABASE ${name}`);
  const env = {
    DATABASE_URL: urlOfDatabase(url, name),
    LAUREL_SECRET: randomBytes(32).toString("base64"),
    LAUREL_PROVISION: writeProgramme(newFolder(), store),
  };
  const servers = [await startLaurel(env), await startLaurel(env)];
  const [one, two] = servers.map(({ port }) => port);
  try {
    const endUser = await send(
      "/multi/login_with_password",
      {
        json: { email: jane.emailAddress, password: { value: password } },
        headers: { "api-key": storeKey },
      },
      one,
    );
    const bearer = endUser.json.token;
    const at = (path: string, port?: number, method = "GET") =>
      send(path, { method, bearer, headers: { "api-key": storeKey } }, port);
    expect((await at("/multi/identities", two)).status).toBe(200);
    expect((await at("/multi/logout", two, "POST")).status).toBe(204);
    expect((await at("/multi/identities", one)).status).toBe(401);

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        loginMember("acme", index % 2 ? one : two, "not the password"),
      ),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(401), count(429)]).toEqual([20, 20]);
  } finally {
    await Promise.all(servers.map((each) => each.kill()));
    await onServer(url, `DROP DATABASE ${name} WITH (FORCE)`);
  }
});
