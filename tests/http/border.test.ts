import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import {
  call,
  callRaw,
  cleanUp,
  type LaurelServer,
  newFolder,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { clientId, embeddedTenant, interactiveTenant, mintSession } from "#tests/support/tenants.ts";

// Goal: what every answer carries, and what only the start script can see: doubled headers, odd methods, hosts, tricks.
// Method: the built server in its own process; raw sockets where a client would mend the request.

const metricsToken = "a-token-for-the-metrics";

let server: LaurelServer;

beforeAll(async () => {
  const programme = writeProgramme(newFolder(), embeddedTenant, interactiveTenant);
  server = await startLaurel({ LAUREL_PROVISION: programme, METRICS_TOKEN: metricsToken });
});
afterAll(cleanUp);

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

test.each([
  "/",
  "/nothing",
  "/signed-out",
  "/api/session",
  "/api/nothing",
  "/api/auth?session=x",
  "/favicon.svg",
])("the answer of %s has the headers that every answer has", async (path) => {
  const { headers } = await call(server.port, path);

  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["referrer-policy"]).toBe(
    path.startsWith("/api/auth") ? "no-referrer" : "strict-origin-when-cross-origin",
  );
  expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers["x-powered-by"]).toBeUndefined();
  expect(headers["content-security-policy"]).toMatch(/script-src 'self' 'nonce-[^']+'; /);
  expect(headers["content-security-policy"]).not.toMatch(/script-src[^;]*unsafe-inline/);
  if (path !== "/favicon.svg") expect(headers["cache-control"]).toBe("private, no-store");
});

test.each([
  ["/", "rewards.localhost", "http://shop.localhost:4000"],
  ["/api/auth?session=x", "rewards.localhost", "http://shop.localhost:4000"],
  ["/signed-out", "rewards.localhost", "http://shop.localhost:4000"],
  ["/nothing", "rewards.localhost", "http://shop.localhost:4000"],
  ["/signed-out", "club.localhost", "'none'"],
  ["/", "nobody.localhost", "'none'"],
])("%s on %s may be framed by %s", async (path, host, ancestors) => {
  const { headers } = await call(server.port, path, { host });

  expect(headers["content-security-policy"]).toMatch(new RegExp(`frame-ancestors ${ancestors}$`));
});

test("every script of a page carries the nonce of its answer", async () => {
  const token = await mintSession(server.port);

  const { headers, text } = await call(server.port, "/", { headers: { Cookie: `session=${token}` } });

  const nonce = /'nonce-([^']+)'/.exec(headers["content-security-policy"] as string)?.[1];
  const scripts = [...text.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag);
  expect(scripts.length).toBeGreaterThan(3);
  for (const tag of scripts) expect(tag).toContain(`nonce="${nonce}"`);
});

test.each([
  ["/", "Hello, Jane", "Home · Acme Rewards"],
  ["/card", "My card", "My card · Acme Rewards"],
  ["/rewards", "Rewards", "Rewards · Acme Rewards"],
  ["/wallet", "Wallet", "Wallet · Acme Rewards"],
  ["/activity", "Activity", "Activity · Acme Rewards"],
  ["/profile", "Profile", "Profile · Acme Rewards"],
])("%s is whole without a script: one h1, a title, a language, a main", async (path, heading, title) => {
  const token = await mintSession(server.port);

  const { status, text } = await call(server.port, path, { headers: { Cookie: `session=${token}` } });

  const html = withoutScripts(text);
  expect(status).toBe(200);
  expect([...html.matchAll(/<h1[^>]*>(.*?)<\/h1>/g)].map(([, inner]) => inner)).toEqual([heading]);
  expect(html).toContain(`<title>${title}</title>`);
  expect(html).toMatch(/<html lang="en" dir="ltr"/);
  expect(html).toContain('<main id="content"');
  if (path === "/") expect(html).toContain(">500<");
});

test.each(["/", "/card", "/rewards", "/rewards/x", "/wallet", "/activity", "/profile"])(
  "a stranger on %s gets a 401 page with the way to the host",
  async (path) => {
    const { status, text } = await call(server.port, path);

    const html = withoutScripts(text);
    expect(status).toBe(401);
    expect(html).toContain("Please open this page from shop.localhost");
    expect(html).toContain('href="http://shop.localhost:4000/"');
    expect(html).toContain("<title>Please sign in first · Acme Rewards</title>");
    expect(html).not.toContain("Jane");
  },
);

test("a stranger to an interactive programme is sent to its sign-in page", async () => {
  const { status, headers } = await call(server.port, "/rewards?x=1", { host: "club.localhost" });

  expect([303, 307]).toContain(status);
  expect(headers.location).toBe("/login?callbackUrl=%2Frewards%3Fx%3D1");
});

test("a reward that is none is a 404 page, and /reward?id= leads to its new address", async () => {
  const headers = { Cookie: `session=${await mintSession(server.port)}` };

  const missing = await call(server.port, "/rewards/00000000-0000-7000-8000-000000000000", { headers });
  const moved = await call(server.port, "/reward?id=a%2Fb", { headers });

  expect(missing.status).toBe(404);
  expect(withoutScripts(missing.text)).toContain("There is nothing here");
  expect(moved.status).toBe(308);
  expect(moved.headers.location).toBe("/rewards/a%2Fb");
});

test("the page speaks the browser's language, and Arabic from the right", async () => {
  const inArabic = await call(server.port, "/signed-out", {
    headers: { "Accept-Language": "ar-EG, en;q=0.5" },
  });
  const inNone = await call(server.port, "/signed-out", { headers: { "Accept-Language": "xx" } });

  expect(inArabic.text).toMatch(/<html lang="ar" dir="rtl"/);
  expect(inNone.text).toMatch(/<html lang="en" dir="ltr"/);
});

test("a broken link is a 401 page that says so and sets nothing", async () => {
  const { status, headers, text } = await call(
    server.port,
    "/api/auth?session=x&redirect_path=/wallet%3C/script%3E",
    {
      headers: { Accept: "text/html" },
    },
  );

  expect(status).toBe(401);
  expect(headers["set-cookie"]).toBeUndefined();
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(text).toContain("This link no longer works");
  expect(text).toContain('href="http://shop.localhost:4000/"');
  expect(text).not.toContain("wallet</script>");
});

test("another member here is asked, and only the page's own form switches, once", async () => {
  const mine = await mintSession(server.port, "user-1");
  const link = `/api/auth?session=${await mintSession(server.port, "user-2")}&redirect_path=/activity`;
  const page = await call(server.port, link, { headers: { Accept: "text/html", Cookie: `session=${mine}` } });
  const confirmation = /name="confirmation" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
  const confirm = (origin: string) =>
    call(server.port, "/api/auth/activate", {
      method: "POST",
      headers: {
        Origin: origin,
        "Content-Type": "application/x-www-form-urlencoded",
        Cookie: `session=${mine}`,
      },
      body: new URLSearchParams({ confirmation, redirect_path: "/activity" }).toString(),
    });

  expect(page.status).toBe(200);
  expect(page.headers["set-cookie"]).toBeUndefined();
  expect(page.headers["referrer-policy"]).toBe("same-origin");
  expect(page.text).toContain("Continue as Jane D.?");
  expect(await confirm("http://shop.localhost:4000")).toMatchObject({ status: 403 });
  const switched = await confirm("http://rewards.localhost");
  expect(switched).toMatchObject({ status: 303, headers: { location: "/activity" } });
  expect(switched.headers["set-cookie"]).toHaveLength(2);
  expect(await confirm("http://rewards.localhost")).toMatchObject({ status: 401 });
});

test.each([
  ["two X-Client-ID headers", ["X-Client-ID: a", `X-Client-ID: ${clientId}`]],
  ["two Authorization headers", ["Authorization: Bearer a", "Authorization: Bearer b"]],
  ["two client ids in one", [`X-Client-ID: ${clientId},${clientId}`]],
  ["a client id with a space", ["X-Client-ID: a b"]],
  ["two X-Api-Key headers", ["X-Api-Key: a", "x-api-key: a"]],
  ["a bearer of two words", ["Authorization: Bearer a b"]],
])("%s are refused as invalid_input", async (_what, lines) => {
  const answer = await callRaw(server.port, ["POST /api/auth HTTP/1.1", "Host: rewards.localhost", ...lines]);

  expect(statusOf(answer)).toBe(400);
  expect(answer).toContain('"code":"invalid_input"');
});

test.each([
  ["POST", "/", "GET, HEAD"],
  ["DELETE", "/rewards", "GET, HEAD"],
  ["PUT", "/api/auth", "GET, HEAD, POST, DELETE, OPTIONS"],
  ["GET", "/api/auth/activate", "POST"],
  ["PATCH", "/api/session", "GET, HEAD, POST, DELETE"],
  ["PROPFIND", "/wallet", "GET, HEAD"],
  ["TRACE", "/", "GET, HEAD"],
  ["TRACE", "/api/session", "GET, HEAD, POST, DELETE"],
])("%s %s is 405 and says what is taken", async (method, path, allowed) => {
  const { status, headers } = await call(server.port, path, { method });

  expect(status).toBe(405);
  expect(headers.allow).toBe(allowed);
});

test("a method override changes nothing", async () => {
  const { status } = await call(server.port, "/api/session?_method=DELETE", {
    headers: { "X-HTTP-Method-Override": "DELETE", Origin: "http://rewards.localhost" },
  });

  expect(status).toBe(200);
});

test.each([
  ["an unknown host", "nobody.localhost", "/", 404],
  ["an unknown host's endpoint", "nobody.localhost", "/api/session", 404],
  ["health on any host", "nobody.localhost", "/api/health/live", 200],
  ["readiness on any host", "10.0.0.1", "/api/health/ready", 200],
  ["a host in capitals and with a port", "REWARDS.localhost:8443", "/signed-out", 200],
])("%s", async (_what, host, path, status) => {
  expect((await call(server.port, path, { host })).status).toBe(status);
});

test("what callers say of themselves is not believed", async () => {
  const guess = (headers: Record<string, string>) =>
    call(server.port, "/api/auth", { method: "POST", headers: { "X-Client-ID": "wrong", ...headers } });

  const statuses = [];
  for (let index = 0; index < 12; index++) {
    const forged = `203.0.113.${index}`;
    const { status } = await guess({
      "X-Forwarded-For": forged,
      "X-Real-IP": forged,
      "X-Laurel-Client-Address": forged,
    });
    statuses.push(status);
  }

  expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  const { status } = await call(server.port, "/", {
    host: "nobody.localhost",
    headers: { "X-Forwarded-Host": "rewards.localhost" },
  });
  expect(status).toBe(404);
});

test.each([
  ["an absolute address of another host", ["GET http://evil.example/ HTTP/1.1", "Host: rewards.localhost"]],
  ["two slashes", ["GET //evil.example HTTP/1.1", "Host: rewards.localhost"]],
  ["a bad escape", ["GET /%ff HTTP/1.1", "Host: rewards.localhost"]],
  ["a backslash", ["GET /\\evil HTTP/1.1", "Host: rewards.localhost"]],
  ["a segment's data", ["GET /wallet.segments/x.segment.rsc HTTP/1.1", "Host: rewards.localhost"]],
  ["a page's data", ["GET /wallet.rsc HTTP/1.1", "Host: rewards.localhost"]],
  [
    "a skipped middleware",
    ["GET /wallet HTTP/1.1", "Host: rewards.localhost", "x-middleware-subrequest: proxy:proxy"],
  ],
  [
    "a broken router state",
    ["GET /wallet HTTP/1.1", "Host: rewards.localhost", "RSC: 1", "Next-Router-State-Tree: %ff{"],
  ],
  [
    "a router's prefetch",
    ["GET /wallet HTTP/1.1", "Host: rewards.localhost", "RSC: 1", "Next-Router-Prefetch: 1"],
  ],
  [
    "a segment's prefetch",
    ["GET /wallet HTTP/1.1", "Host: rewards.localhost", "RSC: 1", "Next-Router-Segment-Prefetch: /_tree"],
  ],
  [
    "a server action",
    ["POST /wallet HTTP/1.1", "Host: rewards.localhost", "Next-Action: 40abc", "Content-Length: 0"],
  ],
  ["Next's own parameters", ["GET /rewards/1?nxtPrewardId=2 HTTP/1.1", "Host: rewards.localhost"]],
  [
    "the image optimizer",
    ["GET /_next/image?url=http://127.0.0.1/&w=64&q=1 HTTP/1.1", "Host: rewards.localhost"],
  ],
  ["no host", ["GET / HTTP/1.1"]],
  ["a host that is none", ["GET / HTTP/1.1", "Host: a b"]],
  [
    "200 cookies",
    ["GET / HTTP/1.1", "Host: rewards.localhost", `Cookie: ${Array(200).fill("session=x").join("; ")}`],
  ],
  ["an upgrade", ["GET / HTTP/1.1", "Host: rewards.localhost", "Upgrade: websocket", "Connection: Upgrade"]],
])("%s gives nothing away and no 5xx", async (_what, lines) => {
  const answer = await callRaw(server.port, lines);

  expect(statusOf(answer)).toBeGreaterThanOrEqual(300); // Next sends its router to an address of its own
  expect(statusOf(answer)).toBeLessThan(500);
  expect(answer).not.toContain("Jane");
  expect(await call(server.port, "/api/health/live")).toMatchObject({ status: 200 });
});

test.each([
  "%5B5%5D",
  "%5B%22%22%2C%7B%7D%2Cnull%2C%22refetch%22%2Ctrue%5D",
  "%5B%5B%5B%22a%22%5D%5D%2C5%2C%7B%7D%5D",
])(
  "a router state of the wrong shape (%s) is no 5xx, also at the address Next sends it to",
  async (state) => {
    const headers = { RSC: "1", "Next-Router-State-Tree": state };
    const first = await call(server.port, "/wallet", { headers });
    const second = await call(server.port, first.headers.location ?? "/wallet", { headers });

    for (const { status } of [first, second]) expect(status).toBeLessThan(500);
  },
);

test.each([
  ["two hosts", ["GET / HTTP/1.1", "Host: rewards.localhost", "Host: club.localhost"], 400],
  ["an unknown method", ["FOO / HTTP/1.1", "Host: rewards.localhost"], 405],
  ["headers too large", ["GET / HTTP/1.1", "Host: rewards.localhost", `X-Long: ${"a".repeat(20_000)}`], 431],
  ["a tunnel", ["CONNECT evil.example:443 HTTP/1.1", "Host: evil.example:443"], 405],
  ["an upgrade", ["GET /api/health/live HTTP/1.1", "Host: x", "Upgrade: h2c", "Connection: Upgrade"], 200],
  ["TRACE on the metrics", ["TRACE /metrics HTTP/1.1", "Host: rewards.localhost"], 405],
])("%s is answered, with the headers that every answer has", async (_what, lines, status) => {
  const answer = await callRaw(server.port, lines);

  expect(statusOf(answer)).toBe(status);
  expect(answer.toLowerCase()).toMatch(/x-content-type-options: nosniff/);
  expect(answer.toLowerCase()).toMatch(/x-request-id: [0-9a-f-]{36}/);
  if (status === 405) expect(answer).toMatch(/^Allow: /im);
});

test("callers that ask for a tunnel and vanish do not take the server with them", async () => {
  for (let tries = 0; tries < 20; tries++) {
    const socket = connect(server.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n");
    await sleep(tries % 3);
    socket.resetAndDestroy();
  }
  await sleep(200);

  expect(server.output()).not.toContain("ECONNRESET");
  expect(await call(server.port, "/api/health/live")).toMatchObject({ status: 200 });
});

test("a raw backslash in a redirect_path leads to the start page", async () => {
  const link = `/api/auth?session=${await mintSession(server.port)}&redirect_path=/\\evil.example`;
  const answer = await callRaw(server.port, [`GET ${link} HTTP/1.1`, "Host: rewards.localhost"]);

  expect(statusOf(answer)).toBe(303);
  expect(answer).toMatch(/^location: \/\r$/im);
});

test("a router's request for what is not there is a 404, and so is a well-known file", async () => {
  expect(await call(server.port, "/nothing", { headers: { RSC: "1" } })).toMatchObject({ status: 404 });
  const { status, headers } = await call(server.port, "/favicon.ico");
  expect(status).toBe(404);
  expect(headers["content-security-policy"]).toContain("frame-ancestors http://shop.localhost:4000");
});

test.each([
  ["application/json", "json"],
  ["application/json, text/html;q=0.5", "json"],
  ["text/html;q=0, application/json", "json"],
  ["text/html, application/json", "html"],
  ["*/*", "html"],
])("a broken link says so to Accept: %s in %s, and its address to nobody", async (accept, kind) => {
  const { status, headers } = await call(server.port, "/api/auth?session=x", { headers: { Accept: accept } });

  expect(status).toBe(401);
  expect(headers["content-type"]).toContain(kind);
  expect(headers["referrer-policy"]).toBe("no-referrer");
});

test("a switch that is confirmed inside another site's page keeps its cookie to that page", async () => {
  const inFrame = {
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "iframe",
  };
  const cookie = { Cookie: `__Host-session_p=${await mintSession(server.port, "user-1")}` };
  const link = `/api/auth?session=${await mintSession(server.port, "user-3")}`;
  const page = await call(server.port, link, { headers: { Accept: "text/html", ...inFrame, ...cookie } });
  const fields = [...page.text.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
    name,
    value,
  ]);

  const switched = await call(server.port, "/api/auth/activate", {
    method: "POST",
    headers: {
      Origin: "http://rewards.localhost",
      "Content-Type": "application/x-www-form-urlencoded",
      ...cookie,
    },
    body: new URLSearchParams(fields).toString(),
  });

  expect(switched.status).toBe(303);
  expect(switched.headers["set-cookie"]).toEqual([
    expect.stringMatching(/^__Host-session_p=.*; Partitioned$/),
  ]);
});

test("stdout holds JSON lines and nothing else", () => {
  const lines = server.output().trim().split("\n");
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
});

test("a body that never ends is cut at 64 KiB", async () => {
  const chunk = `4000\r\n${"a".repeat(0x4000)}\r\n`;
  const lines = [
    ...["POST /api/auth HTTP/1.1", "Host: rewards.localhost", `X-Client-ID: ${clientId}`],
    ...["Content-Type: application/json", "Transfer-Encoding: chunked", "", chunk.repeat(8)],
  ];

  expect(statusOf(await callRaw(server.port, lines))).toBe(413);
});

test("the metrics are for who has the token", async () => {
  const withToken = (token: string) =>
    call(server.port, "/metrics", { headers: { Authorization: `Bearer ${token}` } });

  expect((await call(server.port, "/metrics")).status).toBe(404);
  expect((await withToken("another-token-altogether")).status).toBe(404);
  const metrics = await withToken(metricsToken);
  expect(metrics.status).toBe(200);
  expect(metrics.text).toMatch(/laurel_http_requests_total\{method="GET",route="\/",status="401"\} \d+/);
});

test("the log has a line for each request, by its template, and no secret in it", async () => {
  const token = await mintSession(server.port, "somebody-special");
  await call(server.port, `/api/auth?session=${token}`);
  await call(server.port, "/rewards/not-a-template", { headers: { Cookie: `session=${token}` } });
  const { headers } = await call(server.port, "/api/session");

  const ownLine = () =>
    server
      .output()
      .split("\n")
      .find((line) => line.includes(String(headers["x-request-id"])));
  await vi.waitFor(() => expect(ownLine()).toBeDefined());
  expect(JSON.parse(ownLine() ?? "")).toMatchObject({ method: "GET", route: "/api/session", status: 200 });
  for (const secret of [
    token,
    token.slice(0, 40),
    clientId,
    "somebody-special",
    "jane.doe",
    "not-a-template",
  ]) {
    expect(server.output()).not.toContain(secret);
  }
});

function withoutScripts(html: string): string {
  return html.replaceAll(/<script\b.*?<\/script>/gs, "").replaceAll("<!-- -->", "");
}
