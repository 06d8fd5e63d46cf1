import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import PostalMime, { type Email } from "postal-mime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { directionOf, locales } from "#app/_i18n/locales.ts";
import {
  call,
  cleanUp,
  type HttpAnswer,
  type LaurelServer,
  newFolder,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { embeddedTenant, interactiveTenant } from "#tests/support/tenants.ts";

// Goal: the doors of Laurel accounts as they are on the wire, and the mails as they reach somebody.
// Method: the built server in its own process, which writes its mails into files, behind a proxy that it trusts: so each
// call comes from a place of its own.

const password = "a walk along the canal";
const jane = { givenName: "Jane", familyName: "Doe", emailAddress: "jane@example.com" };
const club = {
  ...interactiveTenant,
  name: "Café <3 & Co",
  hostnames: ["club.localhost", "club-too.localhost"],
  publicUrl: "http://club.localhost:4321",
  locale: "fr",
  members: [{ authIdentifier: "jane", profile: jane, password }],
};
const idpClub = {
  ...{ code: "idp", name: "Another Club", hostnames: ["idp.localhost"], authMode: "interactive" },
  oauth2: {
    ...{ providerName: "Acme", issuer: "https://login.example.com", clientId: "laurel" },
    clientSecret: "a secret of the identity server",
  },
  members: club.members,
};

let server: LaurelServer;
let janesCookie: string; // of a sign-in that no test ends
let nextAddress = 0;

beforeAll(async () => {
  const programme = writeProgramme(newFolder(), embeddedTenant, club, idpClub);
  server = await startLaurel({ LAUREL_PROVISION: programme, TRUSTED_PROXIES: "127.0.0.1" });
  janesCookie = await signIn(jane.emailAddress);
});
afterAll(cleanUp);

/** A place that nothing was counted for. */
function somewhere(): string {
  nextAddress += 1;
  return `198.51.${Math.floor(nextAddress / 256)}.${nextAddress % 256}`;
}

type Sent = { host?: string; body?: unknown; headers?: Record<string, string | null>; method?: string };
type Answer = HttpAnswer & { json: { status: string; code: string; data: Record<string, unknown> } };

/** From the programme's own page, unless `headers` say otherwise; null takes one away. */
async function post(path: string, { host = "club.localhost", body = {}, headers = {}, method }: Sent = {}) {
  const isForm = path === "/callback/credentials";
  const all = {
    Origin: `http://${host}`,
    "Content-Type": isForm ? "application/x-www-form-urlencoded" : "application/json",
    "X-Forwarded-For": somewhere(),
    ...headers,
  };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  const text = isForm ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body);
  const answer = await call(server.port, `/api/auth${path}`, {
    ...{ method: method ?? "POST", host, headers: Object.fromEntries(sent) },
    ...(body === "" ? {} : { body: typeof body === "string" ? body : text }),
  });
  const isJson = answer.text.startsWith("{");
  return { ...answer, json: isJson ? JSON.parse(answer.text) : null } as Answer;
}

/** The cookie of a sign-in, as a browser would send it back. */
async function signIn(email: string, withPassword = password): Promise<string> {
  return cookieOf(await post("/callback/credentials", { body: { email, password: withPassword } }));
}

/** The mails to somebody, the oldest first, once there are as many. */
function mailsTo(address: string, count: number): Promise<Email[]> {
  const outbox = join(server.dataFolder, "outbox");
  return vi.waitFor(
    async () => {
      const names = readdirSync(outbox).filter((name) => name.endsWith(".eml"));
      const files = names.toSorted().map((name) => readFileSync(join(outbox, name)));
      const emails = await Promise.all(files.map((file) => PostalMime.parse(file)));
      const found = emails.filter(({ to }) => to?.[0]?.address === address);
      expect(found).toHaveLength(count);
      return found;
    },
    { timeout: 15_000, interval: 100 },
  );
}

function linkIn(mail: Email | undefined): URL {
  const [link = "http://no.link/"] = /http:\S+token=\S+/.exec(mail?.text ?? "") ?? [];
  return new URL(link);
}

function tokenIn(mail: Email | undefined): string {
  return linkIn(mail).searchParams.get("token") ?? "";
}

/** What each door takes when all is well; those behind a session get one. */
const doors: Record<string, Record<string, string>> = {
  "/account": { ...jane, emailAddress: "anybody@example.com", password },
  "/account/confirmation": { token: "x" },
  "/account/confirmation-mail": { emailAddress: "nobody@example.com" },
  "/account/email": { currentPassword: password, newEmailAddress: "new@example.com" },
  "/account/password": { currentPassword: password, newPassword: "a boat on the river" },
  "/account/password-reset": { token: "x", password },
  "/account/password-reset-mail": { emailAddress: "nobody@example.com" },
};
const paths = Object.keys(doors);
const everyPath = [...paths, "/callback/credentials"];

function bodyOf(path: string) {
  return doors[path] ?? { email: jane.emailAddress, password, json: "true" };
}

function expectRefusal(answer: Answer, status: number, code: string): void {
  expect(answer).toMatchObject({ status, json: { status: "fail", code } });
  expect(answer.headers["cache-control"]).toBe("private, no-store");
  expect(answer.headers["set-cookie"]).toBeUndefined();
}

test.each(everyPath)("POST %s is for the programme's own pages alone", async (path) => {
  const strangers: Record<string, string | null>[] = [
    { Origin: "null" },
    { Origin: "http://evil.example" },
    { Origin: "http://www.club.localhost" },
    { Origin: "http://club-too.localhost" },
    { Origin: "http://club.localhost:8080" },
    { Origin: "http://club.localhost/" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "none" },
    { Origin: null, "Sec-Fetch-Site": "same-origin" },
    ...(path === "/callback/credentials" ? [] : [{ Origin: null }]), // that one takes next-auth's own token instead
  ];

  for (const headers of strangers) {
    const answer = await post(path, { body: bodyOf(path), headers: { Cookie: janesCookie, ...headers } });
    expectRefusal(answer, 403, "cross_site_request");
  }
});

test("who sends no Origin signs in with next-auth's own token, and not without it", async () => {
  const headers = { Origin: null };
  const csrf = await call(server.port, "/api/auth/csrf", { host: "club.localhost" });
  const Cookie = csrf.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const { csrfToken } = JSON.parse(csrf.text);
  const body = bodyOf("/callback/credentials");

  const without = await post("/callback/credentials", { body, headers });
  const other = await post("/callback/credentials", {
    body: { ...body, csrfToken: "x" },
    headers: { ...headers, Cookie },
  });
  const withToken = await post("/callback/credentials", {
    body: { ...body, csrfToken },
    headers: { ...headers, Cookie },
  });

  for (const { status, headers: received, text } of [without, other]) {
    expect(status).toBe(401);
    expect(text).toContain("error=state_invalid");
    expect(received["set-cookie"]).toBeUndefined();
  }
  expect(withToken.status).toBe(200);
  expect(withToken.headers["set-cookie"]).toEqual([expect.stringMatching(/^__Host-session=/)]);
});

test.each(paths)("POST %s takes what it names, as texts, and nothing else", async (path) => {
  const body = bodyOf(path);
  const names = Object.keys(body);
  const each = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]));
  const wrong: [unknown, string[]][] = [
    [{ ...body, extra: 1 }, ["extra"]],
    [{ ...body, tenantId: "x", isRestricted: false }, ["isRestricted", "tenantId"]],
    [{}, names],
    [each(null), names],
    [each(5), names],
    [each(["a text"]), names],
    [each({ toString: "a text" }), names],
    [each("x".repeat(1_025)), names],
    [each("a\u0000text"), names],
    [each("a\r\nBcc: x@example.com"), names],
  ];

  for (const [sent, fields] of wrong) {
    const answer = await post(path, { body: sent, headers: { Cookie: janesCookie } });
    expectRefusal(answer, 400, "invalid_input");
    expect(Object.keys(answer.json.data.fields as object).toSorted()).toEqual(fields.toSorted());
  }
});

test.each(paths)("POST %s takes JSON alone, and no more than 64 KiB of it", async (path) => {
  const form = new URLSearchParams(bodyOf(path)).toString();
  const [name = "", value = ""] = Object.entries(bodyOf(path))[0] ?? [];
  const twice = `{"${name}":"${value}","${name}":"${value}"}`;
  const bad: [string, string, number, string][] = [
    ["application/json", "", 400, "invalid_json"],
    ["application/json", "{", 400, "invalid_json"],
    ["application/json", "[]", 400, "invalid_json"],
    ["application/json", '"a text"', 400, "invalid_json"],
    ["application/json", twice, 400, "invalid_json"],
    ["application/json", `{"a":${"[".repeat(32)}${"]".repeat(32)}}`, 400, "invalid_json"],
    ["application/json", '{"__proto__":{"token":"x"}}', 400, "invalid_input"],
    ["application/x-www-form-urlencoded", form, 415, "unsupported_media_type"],
    ["text/plain", JSON.stringify(bodyOf(path)), 415, "unsupported_media_type"],
    ["multipart/form-data; boundary=x", "--x--", 415, "unsupported_media_type"],
    ["application/json; charset=latin1", "{}", 415, "unsupported_media_type"],
    ["application/json", JSON.stringify(bodyOf(path)).padEnd(65_537, " "), 413, "body_too_large"],
  ];

  for (const [contentType, body, status, code] of bad) {
    const answer = await post(path, { body, headers: { Cookie: janesCookie, "Content-Type": contentType } });
    expectRefusal(answer, status, code);
  }
});

test.each(everyPath)("%s takes POST alone", async (path) => {
  for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const answer = await post(path, { method, body: "" });
    expectRefusal(answer, 405, "method_not_allowed");
    expect(answer.headers.allow).toBe("POST");
  }
  expect((await post(path, { method: "HEAD", body: "" })).status).toBe(405);
});

test.each(everyPath)("POST %s is nothing in a programme without Laurel accounts", async (path) => {
  const body = bodyOf(path);

  for (const host of ["rewards.localhost", "idp.localhost"]) {
    expectRefusal(await post(path, { host, body }), 404, "not_found");
    expectRefusal(await post(path, { host, body: "", method: "PUT" }), 404, "not_found");
  }
});

test.each(["/login?error=constructor", "/login?error=__proto__", "/login?error=x&error=y"])(
  "%s is the sign-in page like any other",
  async (path) => {
    const page = await call(server.port, path, { host: "club.localhost" });

    expect(page.status).toBe(200);
    expect(page.text).toContain("/api/auth/callback/credentials");
  },
);

test.each(["/confirm-email", "/reset-password"])("%s says so where the link is none", async (path) => {
  for (const query of ["", "?token=", "?token=x", `?token=${"A".repeat(43)}`, "?token=x&token=y"]) {
    expect((await call(server.port, path + query, { host: "club.localhost" })).status).toBe(401);
  }
});

test.each(["/account/email", "/account/password"])("POST %s is for who is signed in", async (path) => {
  const body = bodyOf(path);

  expectRefusal(await post(path, { body }), 401, "session_invalid");
  expectRefusal(await post(path, { body, headers: { Cookie: "__Host-session=x" } }), 401, "session_invalid");
});

test.each([
  ["/account", "sign-up"],
  ["/account/confirmation-mail", "sign-up"],
  ["/account/password-reset-mail", "password-reset"],
])(
  "of six POST %s a minute from one address the last is refused, and says when to come again",
  async (path, name) => {
    const headers = { "X-Forwarded-For": `2001:db8:${name.length}:${path.length}::1` };
    const tries: Answer[] = [];
    for (let index = 0; index < 6; index++) {
      const body = { ...bodyOf(path), emailAddress: `person-${index}-of-${path.length}@example.com` };
      tries.push(await post(path, { body, headers }));
    }

    const refused = tries.at(-1) as Answer;
    expect(tries.map(({ status }) => status)).toEqual([...Array(5).fill(200), 429]);
    expectRefusal(refused, 429, "rate_limited");
    expect(refused.headers["retry-after"]).toMatch(/^[1-9]\d?$/);
    expect(refused.headers["ratelimit-policy"]).toBe(`"${name}";q=5;w=60`);
    expect(refused.headers.ratelimit).toMatch(new RegExp(`^"${name}";r=0;t=[1-9]\\d?$`));
    const sameNetwork = { "X-Forwarded-For": `2001:db8:${name.length}:${path.length}:ffff::2` };
    expect(await post(path, { body: bodyOf(path), headers: sameNetwork })).toMatchObject({ status: 429 });
    expect(await post(path, { body: bodyOf(path) })).toMatchObject({ status: 200 });
  },
);

test("without a trusted proxy no header makes a caller another one", async () => {
  const direct = await startLaurel({ LAUREL_PROVISION: writeProgramme(newFolder(), club) });
  const path = "/api/auth/account/password-reset-mail";
  const ask = (address: string, target = path) =>
    call(direct.port, target, {
      ...{ method: "POST", host: "club.localhost", body: JSON.stringify({ emailAddress: "x@example.com" }) },
      headers: {
        ...{ Origin: "http://club.localhost", "Content-Type": "application/json" },
        ...{ "X-Forwarded-For": address, "X-Real-IP": address, Forwarded: `for=${address}` },
        "X-Laurel-Client-Address": address,
      },
    });

  const statuses: number[] = [];
  for (let index = 1; index <= 6; index++) statuses.push((await ask(`192.0.2.${index}`)).status);

  expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  expect((await ask("192.0.2.7", `/${path}`)).status).toBe(404);
  expect((await ask("192.0.2.8", `${path}/`)).status).not.toBe(200);
});

test("nobody sees in an answer whether an address has an account", async () => {
  const known = { ...jane, emailAddress: jane.emailAddress };
  const unknown = { ...jane, emailAddress: "never-seen@example.com" };
  const sameForAll = ({ status, headers, text }: Answer) => {
    const { date: _date, "x-request-id": _id, "content-security-policy": _nonce, ...others } = headers;
    const cookies = headers["set-cookie"]?.map((cookie) => cookie.replace(/=[\w-]{43};/, "=…;"));
    return { status, text, headers: { ...others, "set-cookie": cookies } };
  };

  for (const path of ["/account/confirmation-mail", "/account/password-reset-mail"]) {
    const answers = [
      await post(path, { body: { emailAddress: unknown.emailAddress } }),
      await post(path, { body: { emailAddress: known.emailAddress } }),
    ];
    expect(answers[0]).toMatchObject({ status: 200, json: { status: "success", data: {} } });
    expect(sameForAll(answers[1] as Answer)).toEqual(sameForAll(answers[0] as Answer));
  }
  const made = await post("/account", { body: { ...unknown, password } });
  const there = await post("/account", { body: { ...known, password } });
  expect(made.json).toEqual({ status: "success", data: { emailConfirmation: "required" } });
  expect(made.headers["set-cookie"]).toEqual([
    expect.stringMatching(
      /^__Host-sign-up=[\w-]{43}; Path=\/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ]);
  expect(sameForAll(there)).toEqual(sameForAll(made));
});

test("a form that is no sign-in leads back to the page, and one that is leads on", async () => {
  const form = { email: jane.emailAddress, callbackUrl: "/rewards" };

  const wrong = await post("/callback/credentials", { body: { ...form, password: "not the password" } });
  const good = await post("/callback/credentials", { body: { ...form, password } });

  expect(wrong.status).toBe(303);
  expect(wrong.headers.location).toBe("/login?error=credentials_invalid&callbackUrl=%2Frewards");
  expect(wrong.headers["set-cookie"]).toBeUndefined();
  expect(good.status).toBe(303);
  expect(good.headers.location).toBe("/rewards");
  for (const { headers } of [wrong, good]) expect(headers["cache-control"]).toBe("private, no-store");
  const Cookie = cookieOf(good);
  const page = await call(server.port, "/rewards", { host: "club.localhost", headers: { Cookie } });
  expect(page.status).toBe(200);
});

test("a new password is set from an open page, with the old one at hand", async () => {
  const person = { ...jane, emailAddress: "changes@example.com" };
  await signUpAndConfirm(person);
  const [Cookie, another] = [await signIn(person.emailAddress), await signIn(person.emailAddress)];
  const change = { currentPassword: password, newPassword: "a boat on the river" };
  const isSignedIn = async (cookie: string) => {
    const answer = await call(server.port, "/api/session", {
      ...{ host: "club.localhost", headers: { Cookie: cookie } },
    });
    return JSON.parse(answer.text).data.authenticated;
  };

  const wrong = await post("/account/password", {
    ...{ body: { ...change, currentPassword: "not the password" }, headers: { Cookie } },
  });
  const common = await post("/account/password", {
    ...{ body: { ...change, newPassword: "Password1" }, headers: { Cookie } },
  });
  expectRefusal(wrong, 400, "invalid_input");
  expectRefusal(common, 400, "invalid_input");
  expect([wrong, common].map(({ json }) => json.data)).toEqual([
    {
      fields: { currentPassword: "This is not your password." },
      problems: { currentPassword: "password_wrong" },
    },
    {
      fields: { newPassword: "This password is among the first to be guessed. Choose another." },
      problems: { newPassword: "password_common" },
    },
  ]);
  expect(await isSignedIn(another)).toBe(true);
  const good = await post("/account/password", { body: change, headers: { Cookie } });

  expect(good).toMatchObject({ status: 200, json: { status: "success", data: {} } });
  expect([await isSignedIn(Cookie), await isSignedIn(another)]).toEqual([true, false]);
  expect(await signIn(person.emailAddress)).toBe("");
  expect(await signIn(person.emailAddress, change.newPassword)).not.toBe("");
});

test.each(locales)(
  "who asks in %s gets every mail in it, with links that work, and nothing that runs",
  async (locale) => {
    const headers = { "Accept-Language": `${locale}-XX, ${locale};q=0.9, nl;q=0.5` };
    const person = { ...jane, givenName: "<b>x</b>&", emailAddress: `person-${locale}@example.com` };
    const mover = { ...person, emailAddress: `mover-${locale}@example.com` };
    const host = "club-too.localhost"; // a link leads to the public address all the same
    const send = (path: string, body: object, more = {}) =>
      post(path, { host, body, headers: { ...headers, ...more } });

    const signedUp = await send("/account", { ...person, password });
    const [confirm] = await mailsTo(person.emailAddress, 1);
    await expectPage(linkIn(confirm), "/confirm-email");
    const browser = { Cookie: cookieOf(signedUp) };
    const confirmed = await send("/account/confirmation", { token: tokenIn(confirm) }, browser);
    expect(confirmed.json).toMatchObject({ data: { emailAddress: person.emailAddress } });
    expect(confirmed.headers["set-cookie"]).toEqual([
      "__Host-sign-up=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
    ]);
    await send("/account", { ...jane, emailAddress: person.emailAddress, password });
    const [, exists] = await mailsTo(person.emailAddress, 2);
    await send("/account/password-reset-mail", { emailAddress: person.emailAddress });
    const [, , reset] = await mailsTo(person.emailAddress, 3);
    await expectPage(linkIn(reset), "/reset-password");
    const token = tokenIn(reset);
    expect((await send("/account/password-reset", { token, password: "a boat on the river" })).status).toBe(
      200,
    );
    const [, , , changed] = await mailsTo(person.emailAddress, 4);

    await signUpAndConfirm(mover, headers);
    const Cookie = await signIn(mover.emailAddress);
    const newEmailAddress = `moved-${locale}@example.com`;
    await send("/account/email", { currentPassword: password, newEmailAddress }, { Cookie });
    const [newEmail] = await mailsTo(newEmailAddress, 1);
    await expectPage(linkIn(newEmail), "/confirm-email");
    await send("/account/confirmation", { token: tokenIn(newEmail) }, { Cookie });
    const [, emailChanged] = await mailsTo(mover.emailAddress, 2);

    const forgotten = `${club.publicUrl}/forgot-password`;
    const six = { confirm, exists, reset, changed, newEmail, emailChanged };
    const texts = JSON.parse(readFileSync(`app/_i18n/messages/${locale}.json`, "utf8")).mail;
    const say = (text: string, url = "") =>
      text.replace("{programme}", club.name).replace("{name}", person.givenName).replace("{url}", url);
    for (const [kind, mail] of Object.entries(six)) {
      const { subject, text, action, small } = texts[kind];
      const url = kind === "exists" ? `${club.publicUrl}/login` : linkIn(mail).href;
      const hello = kind === "confirm" || kind === "newEmail" ? texts.helloThere : say(texts.hello);
      const parts = [hello, say(text), ...(action ? [`${action}:\n${url}`] : [])];
      expect(mail?.from).toEqual({ name: club.name, address: "no-reply@club.localhost" });
      expect(mail?.subject).toBe(say(subject));
      expect(mail?.text?.trimEnd()).toBe([...parts, say(small, forgotten), club.name].join("\n\n"));
      const html = mail?.html ?? "";
      expect(html).toContain(`<html lang="${locale}" dir="${directionOf(locale)}">`);
      expect(html).toContain(`<title>${escaped(say(subject))}</title>`);
      expect(html).toContain(`<p>${escaped(hello)}</p>`);
      expect(html).not.toMatch(/<b>|<script|<img|<3|Café <|club-too/);
      const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
      expect(links).toEqual(action ? [url] : []);
      if (action) expect(html).toContain(` dir="ltr">${url}</p>`); // an address reads that way in every language
    }
  },
);

test("who asks in no language of ours is answered in the programme's own", async () => {
  const person = { ...jane, emailAddress: "no-language@example.com" };

  await post("/account", { body: { ...person, password }, headers: { "Accept-Language": "nl, ja;q=0.5" } });

  const [mail] = await mailsTo(person.emailAddress, 1);
  expect(mail?.html).toContain('<html lang="fr" dir="ltr">');
  expect(mail?.text).toContain("Bonjour,");
});

test("the log holds no address, no password and no link", async () => {
  const person = { ...jane, emailAddress: "nowhere-in-the-log@example.com" };
  const wrong = "nowhere in the log either";
  await post("/account", { body: { ...person, password } });
  const [mail] = await mailsTo(person.emailAddress, 1);
  await call(server.port, `/confirm-email${linkIn(mail).search}`, { host: "club.localhost" });
  await post("/account/confirmation", { body: { token: tokenIn(mail), password } });
  await post("/callback/credentials", { body: { email: person.emailAddress, password: wrong } });

  await vi.waitFor(() => expect(server.output()).toContain('"failure":"credentials_invalid"'));
  expect(server.output()).toContain("/api/auth/account/confirmation");
  for (const secret of [person.emailAddress, "nowhere-in", password, wrong, tokenIn(mail)]) {
    expect(server.output()).not.toContain(secret);
  }
});

async function signUpAndConfirm(person: typeof jane, headers: Record<string, string> = {}): Promise<void> {
  await post("/account", { body: { ...person, password }, headers });
  const [mail] = await mailsTo(person.emailAddress, 1);
  await post("/account/confirmation", { body: { token: tokenIn(mail), password }, headers });
}

/** The first cookie of an answer, as a browser would send it back. */
function cookieOf({ headers }: Answer): string {
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

/** A link leads to the programme's public address, where a page waits that changes nothing by being opened. */
async function expectPage(link: URL, path: string): Promise<void> {
  expect([link.origin, link.pathname]).toEqual([club.publicUrl, path]);
  for (const method of ["GET", "HEAD"]) {
    const page = await call(server.port, `${path}${link.search}`, { host: "club.localhost", method });
    expect(page.status).toBe(200);
  }
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("'", "&#x27;");
}
