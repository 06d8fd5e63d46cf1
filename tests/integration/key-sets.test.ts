import { type KeyObject, randomUUID } from "node:crypto";
import dns, { type LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer, type Server, Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { compactVerify } from "jose";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { createKeySets, type KeySetSource } from "#lib/clients/key-sets.ts";
import { fetchOutsideJson } from "#lib/clients/outside-json.ts";
import { DocumentUnavailable } from "#lib/clients/remembered-documents.ts";
import { env } from "#lib/config/env.ts";
import { log } from "#lib/config/log.ts";
import { readKeySet } from "#lib/domain/tokens/read-key-set.ts";
import {
  behaviours,
  type IdentityProvider,
  startIdentityProvider,
} from "#tests/support/identity-provider.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: an identity provider that is slow, broken or hostile costs a tenant as little as can be, another tenant nothing,
// and us neither memory nor a look into our own network.
// Method: a provider on this computer that misbehaves on request, a clock that stands still, and, for names, a resolver
// that answers what the test says. Nothing leaves this computer.

const limits = { bytesMax: 256 * 1024, timeoutMs: 20_000 };
const impatient = { ...limits, timeoutMs: 300 };
const minutes = 60_000;
const hours = 60 * minutes;

// Keys are texts here: what a key is does not matter to the memory.
const keySets = createKeySets("tests", readTexts);

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
  stopTheClock();
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("a document is fetched, and its server learns nothing of us", async () => {
  const provider = await startProvider();
  provider.serve(behaviours.document({ hello: "wörld" }));

  expect(await fetchOutsideJson(`${provider.issuer}/jwks?version=1`, limits)).toEqual({ hello: "wörld" });

  const headers = {
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "Laurel",
    host: new URL(provider.issuer).host,
    connection: "close",
  };
  expect(provider.received()).toEqual([{ path: "/jwks?version=1", headers }]);
});

test.each([204, 206, 400, 401, 404, 500, 503])("an answer of %d is no document", async (code) => {
  const provider = await startProvider();
  provider.serve(behaviours.status(code));

  await expect(fetchOutsideJson(provider.jwksUrl, limits)).rejects.toMatchObject({
    reason: "status",
    code: String(code),
    message: `The status of the answer is ${code}, not 200.`,
  });
});

test.each([300, 301, 302, 303, 304, 307, 308])("an answer of %d is not followed anywhere", async (code) => {
  const provider = await startProvider();
  const elsewhere = await startProvider();
  const metadata = "http://169.254.169.254/latest/meta-data/";

  for (const location of [`${provider.issuer}/other`, "/other", elsewhere.jwksUrl, metadata]) {
    provider.serve(behaviours.redirect(location, code));
    const fetched = fetchOutsideJson(provider.jwksUrl, limits);
    await expect(fetched).rejects.toMatchObject({ reason: "redirect", code: String(code) });
  }

  expect(provider.requests()).toBe(4);
  expect(elsewhere.requests()).toBe(0);
});

test.each([
  ["HTML", "<!doctype html><title>keys</title>"],
  ["nothing", ""],
  ["half a document", '{"keys":[{"kty":"RSA","n":"'],
  ["what is not UTF-8", Buffer.from('{"keys":["\xff"]}', "latin1")],
  ["UTF-16", Buffer.from('{"keys":[]}', "utf16le")],
])("an answer that is %s is not JSON, and is not quoted", async (_what, content) => {
  const provider = await startProvider();
  provider.serve(behaviours.body(content));

  await expect(fetchOutsideJson(provider.jwksUrl, limits)).rejects.toMatchObject({
    reason: "not_json",
    message: "The answer is not JSON in UTF-8.",
  });
});

test("a compressed answer is refused, because a small one may be a large one", async () => {
  const provider = await startProvider();
  provider.serve(behaviours.gzip());

  const fetched = fetchOutsideJson(provider.jwksUrl, limits);

  await expect(fetched).rejects.toMatchObject({ reason: "encoding" });
});

test("an answer of as many bytes as are allowed is taken, and one byte more is not", async () => {
  const provider = await startProvider();
  const documentOf = (bytes: number) => behaviours.body(`"${"x".repeat(bytes - 2)}"`);

  provider.serve(documentOf(limits.bytesMax));
  expect(await fetchOutsideJson(provider.jwksUrl, limits)).toHaveLength(limits.bytesMax - 2);

  provider.serve(documentOf(limits.bytesMax + 1));
  const fetched = fetchOutsideJson(provider.jwksUrl, limits);
  await expect(fetched).rejects.toMatchObject({ reason: "too_large" });
});

test("an answer of 300 MB is cut soon after the cap", async () => {
  const provider = await startProvider();
  provider.serve(behaviours.flood(300 * 1024 * 1024));

  const fetched = fetchOutsideJson(provider.jwksUrl, limits);

  await expect(fetched).rejects.toMatchObject({ reason: "too_large" });
  await vi.waitFor(() => expect(provider.openConnections()).toBe(0));
  expect(provider.bytesSent()).toBeGreaterThan(limits.bytesMax);
  expect(provider.bytesSent()).toBeLessThan(20 * 1024 * 1024); // what the system's buffers hold
});

test.each([
  ["is an error", 500, {}],
  ["is a redirect", 302, { location: "/" }],
  ["is compressed", 200, { "content-encoding": "gzip" }],
])("of an answer that %s, nothing is read on", async (_what, code, headers) => {
  const provider = await startProvider();
  provider.serve((response) => response.writeHead(code, headers).write("{")); // and no end

  await expect(fetchOutsideJson(provider.jwksUrl, limits)).rejects.toMatchObject({ name: "OutsideFailure" });

  await vi.waitFor(() => expect(provider.openConnections()).toBe(0));
});

test.each([
  ["never answers", behaviours.hang()],
  ["drips its answer", behaviours.drip(20)],
])("a server that %s is given up at the deadline", async (_what, behaviour) => {
  const provider = await startProvider();
  provider.serve(behaviour);

  const fetched = fetchOutsideJson(provider.jwksUrl, impatient);

  await expect(fetched).rejects.toMatchObject({ reason: "timeout" });
  await vi.waitFor(() => expect(provider.openConnections()).toBe(0));
});

test("a resolver that never answers is given up at the deadline", async () => {
  vi.spyOn(dns, "lookup").mockImplementation((() => undefined) as unknown as typeof dns.lookup);

  const fetched = fetchOutsideJson("https://keys.test/jwks", impatient);

  await expect(fetched).rejects.toMatchObject({ reason: "timeout" });
});

test("a name that is not known is a failure of the connection", async () => {
  vi.spyOn(dns, "lookup").mockImplementation(((_name: string, _options: object, callback: Callback) => {
    callback(Object.assign(new Error("getaddrinfo ENOTFOUND keys.test"), { code: "ENOTFOUND" }), []);
  }) as unknown as typeof dns.lookup);

  const fetched = fetchOutsideJson("https://keys.test/jwks", limits);

  await expect(fetched).rejects.toMatchObject({ reason: "connection", code: "ENOTFOUND" });
});

test("a server that is away, or goes in the middle, is a failure of the connection", async () => {
  const provider = await startProvider();
  provider.serve((response) => {
    response.writeHead(200, { "content-length": "100" }).write('{"keys":');
    setTimeout(() => response.destroy(), 20);
  });
  const half = fetchOutsideJson(provider.jwksUrl, limits);
  await expect(half).rejects.toMatchObject({ reason: "connection", code: "ECONNRESET" });

  provider.serve((response) => response.destroy());
  const none = fetchOutsideJson(provider.jwksUrl, limits);
  await expect(none).rejects.toMatchObject({ reason: "connection", code: "ECONNRESET" });

  await provider.stop();
  const away = fetchOutsideJson(provider.jwksUrl, limits);
  await expect(away).rejects.toMatchObject({ reason: "connection", code: "ECONNREFUSED" });
});

test("a server that changes to another protocol is a failure of the connection", async () => {
  const server = createServer();
  server.on("connection", (socket) => {
    socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
  });
  const fetched = fetchOutsideJson(`http://127.0.0.1:${await listen(server)}/jwks`, limits);

  await expect(fetched).rejects.toMatchObject({ reason: "connection" });
});

test("over https the server's name is checked, and a certificate that nobody vouches for is refused", async () => {
  const server = createSecureServer({ key: certificateKey, cert: certificate }, (_request, response) => {
    response.end('{"keys":[]}');
  });
  const port = await listen(server);
  namesResolveTo(["127.0.0.1"]);

  const unknown = fetchOutsideJson(`https://keys.test:${port}/jwks`, limits);
  await expect(unknown).rejects.toMatchObject({ reason: "connection", code: "DEPTH_ZERO_SELF_SIGNED_CERT" });

  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, certificate]);
  onTestFinished(() => setDefaultCACertificates(trusted));
  expect(await fetchOutsideJson(`https://keys.test:${port}/jwks`, limits)).toEqual({ keys: [] });
  const misnamed = fetchOutsideJson(`https://other.test:${port}/jwks`, limits);
  await expect(misnamed).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

test.each([
  ...["", "keys", "//keys.test/jwks", "https://", "https://[::1", "ftp://keys.test/", "file:///etc/passwd"],
  ...["data:application/json,{}", "javascript:1", "https://user@keys.test/", "https://:secret@keys.test/"],
  ...["https://keys.test:22/", "https://keys.test:25/", "https://keys.test:1023/", "https://keys.test:0/"],
  ...["https://keys.test:6379/", "https://keys.test:5432/", "http://127.0.0.1:11211/"],
])("%j is not an address that is asked", async (url) => {
  const sockets = watchSockets();

  await expect(fetchOutsideJson(url, limits)).rejects.toMatchObject({ reason: "url" });

  expect(sockets).toEqual([]);
});

test("without the flag, http is not asked and this computer is not either", async () => {
  env().ALLOW_LOOPBACK_URLS = false;
  const provider = await startProvider();
  const { port } = new URL(provider.issuer);

  const plain = fetchOutsideJson(provider.jwksUrl, limits);
  await expect(plain).rejects.toMatchObject({ reason: "url" });
  for (const host of ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"]) {
    const fetched = fetchOutsideJson(`https://${host}:${port}/`, limits);
    await expect(fetched, host).rejects.toMatchObject({ reason: "address" });
  }

  expect(provider.openConnections()).toBe(0);
  expect(provider.requests()).toBe(0);
});

test.each([
  ...["10.0.0.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "0.0.0.0"],
  ...["[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[::]"],
  ...["[2002:a9fe:a9fe::]", "[::a9fe:a9fe]", "[::ffff:0:a9fe:a9fe]", "168.63.129.16"],
])("the host %s is refused also with the flag, before there is a socket", async (host) => {
  const sockets = watchSockets();

  for (const scheme of ["http", "https"]) {
    const fetched = fetchOutsideJson(`${scheme}://${host}/jwks`, limits);
    await expect(fetched).rejects.toMatchObject({ reason: "address" });
  }

  expect(sockets).toEqual([]);
});

test("with the flag, http is for this computer alone", async () => {
  const sockets = watchSockets();

  const literal = fetchOutsideJson("http://8.8.8.8/jwks", limits);
  await expect(literal).rejects.toMatchObject({ reason: "address" });
  namesResolveTo(["8.8.8.8"]);
  const named = fetchOutsideJson("http://keys.test/jwks", limits);
  await expect(named).rejects.toMatchObject({ reason: "address" });

  expect(sockets).toEqual([{ refused: "OutsideFailure" }]);
});

test.each([
  [["127.0.0.1"]],
  [["::1"]],
  [["10.1.2.3", "192.168.1.1", "fd00::1"]],
  [["169.254.169.254"]],
  [["::ffff:169.254.169.254"]],
  [["64:ff9b::a9fe:a9fe"]],
  [["100.100.100.200"]],
  [["0.0.0.0"]],
])("a name that resolves to %j is refused at the socket", async (addresses) => {
  env().ALLOW_LOOPBACK_URLS = false;
  namesResolveTo(addresses);
  const sockets = watchSockets();

  const fetched = fetchOutsideJson("https://keys.test/jwks", limits);

  await expect(fetched).rejects.toMatchObject({ reason: "address" });
  expect(sockets).toEqual([{ refused: "OutsideFailure" }]);
});

test("where a name has public and private addresses, the socket is given the public ones", async () => {
  namesResolveTo(["10.0.0.1", "8.8.8.8", "fe80::1", "2001:4860:4860::8888"]);
  const sockets = watchSockets();

  await expect(fetchOutsideJson("https://keys.test/jwks", limits)).rejects.toMatchObject({ code: "ETEST" });

  expect(sockets).toEqual([{ given: ["8.8.8.8", "2001:4860:4860::8888"] }]);
});

test("a name that is public when it is checked and private when it is asked again does not get through", async () => {
  env().ALLOW_LOOPBACK_URLS = false;
  const lookups = namesResolveTo(["8.8.8.8"], ["127.0.0.1"]);
  const sockets = watchSockets();

  await expect(fetchOutsideJson("https://keys.test/jwks", limits)).rejects.toMatchObject({ code: "ETEST" });

  expect(lookups).toHaveBeenCalledTimes(1);
  expect(sockets).toEqual([{ given: ["8.8.8.8"] }]);
});

test("a socket that reached another address than it was given is closed before it says anything", async () => {
  env().ALLOW_LOOPBACK_URLS = false;
  const received: Buffer[] = [];
  const server = createSocketServer((socket) => {
    socket.on("data", (bytes) => received.push(bytes)).on("error", () => undefined);
  });
  const port = await listen(server);
  namesResolveTo(["8.8.8.8"]);
  watchSockets("127.0.0.1");

  const fetched = fetchOutsideJson(`https://keys.test:${port}/jwks`, limits);

  await expect(fetched).rejects.toMatchObject({ reason: "address" });
  expect(received).toEqual([]);
});

test("a key is found by its kid, and fetched once", async () => {
  const { source, provider } = await startTenant({ a: "key a", b: "key b" });

  expect(keySets.knownKids(source)).toEqual([]);
  expect(await keySets.find(source, "a")).toBe("key a");
  expect(await keySets.find(source, "b")).toBe("key b");
  expect(keySets.knownKids(source)).toEqual(["a", "b"]);
  expect(provider.requests()).toBe(1);
});

test("200 who ask at once share one fetch", async () => {
  const { source, provider } = await startTenant({ a: "key a" });

  const found = await Promise.all(Array.from({ length: 200 }, () => keySets.find(source, "a")));

  expect(new Set(found)).toEqual(new Set(["key a"]));
  expect(provider.requests()).toBe(1);
});

test("keys serve for ten minutes without a fetch that anybody waits for", async () => {
  const { source, provider } = await startTenant({ a: "old" });
  await keySets.find(source, "a");

  moveTo(0, 8 * minutes - 1);
  expect(await keySets.find(source, "a")).toBe("old");
  await fetch(provider.issuer); // time for a renewal to arrive, if there were one
  expect(provider.received().map(({ path }) => path)).toEqual(["/jwks", "/"]);

  const renewal = Promise.withResolvers<void>();
  provider.serve(behaviours.held(renewal.promise, keysOf({ a: "new" })));
  moveTo(0, 8 * minutes);
  expect(await keySets.find(source, "a")).toBe("old");
  moveTo(0, 10 * minutes - 1);
  expect(await keySets.find(source, "a")).toBe("old");

  renewal.resolve();
  await vi.waitFor(async () => expect(await keySets.find(source, "a")).toBe("new"));
  expect(provider.requests()).toBe(3);
});

test("past ten minutes those who ask wait for one renewal, and a key that left is gone", async () => {
  const { source, provider } = await startTenant({ a: "key a", b: "key b" });
  await keySets.find(source, "a");

  provider.serve(keysOf({ b: "key b" }));
  moveTo(0, 10 * minutes);
  const found = await Promise.all(["a", "b", "a", "b"].map((kid) => keySets.find(source, kid)));

  expect(found).toEqual([null, "key b", null, "key b"]);
  expect(provider.requests()).toBe(3); // the renewal, and the one fetch that an unknown kid is worth
});

test.each([
  ["status 500", behaviours.status(500)],
  ["a redirect", behaviours.redirect("/elsewhere")],
  ["HTML", behaviours.body("<html>")],
  ["nothing", behaviours.body("")],
  ["half a document", behaviours.body('{"keys":[')],
  ["keys that are no list", behaviours.document({ keys: {} })],
  ["a closed connection", (response: { destroy(): unknown }) => response.destroy()],
])(
  "where the provider answers with %s, cached keys serve on, until a day has passed",
  async (_what, broken) => {
    const { source, provider } = await startTenant({ a: "key a" });
    await keySets.find(source, "a");

    provider.serve(broken);
    for (const afterMs of [10 * minutes, 60 * minutes, 24 * hours - 1]) {
      moveTo(0, afterMs);
      expect(await keySets.find(source, "a")).toBe("key a");
      expect(await keySets.find(source, "unknown")).toBeNull();
    }
    expect(keySets.knownKids(source)).toEqual(["a"]);

    moveTo(0, 24 * hours);
    await expect(keySets.find(source, "a")).rejects.toBeInstanceOf(DocumentUnavailable);
    expect(keySets.knownKids(source)).toEqual([]);

    provider.serve(keysOf({ a: "new" }));
    moveTo(0, 24 * hours + 30_000);
    expect(await keySets.find(source, "a")).toBe("new");
  },
);

test("while renewals fail there is one try in 30 seconds, and who asks in between does not wait", async () => {
  const { source, provider } = await startTenant({ a: "key a" });
  await keySets.find(source, "a");

  provider.serve(behaviours.status(500));
  moveTo(0, 10 * minutes);
  await keySets.find(source, "a");
  expect(provider.requests()).toBe(2);

  provider.serve(behaviours.hang());
  moveTo(0, 10 * minutes + 29_999);
  expect(await keySets.find(source, "a")).toBe("key a");
  expect(provider.requests()).toBe(2);

  provider.serve(keysOf({ a: "new" }));
  moveTo(0, 10 * minutes + 30_000);
  expect(await keySets.find(source, "a")).toBe("new");
  expect(provider.requests()).toBe(3);
});

test("a background renewal that fails is tried again 30 seconds later", async () => {
  const { source, provider } = await startTenant({ a: "old" });
  const warnings = vi.spyOn(log(), "warn");
  await keySets.find(source, "a");

  provider.serve(behaviours.status(500));
  moveTo(0, 8 * minutes);
  await keySets.find(source, "a");
  await vi.waitFor(() => expect(warnings).toHaveBeenCalledTimes(1));
  moveTo(0, 8 * minutes + 29_999);
  await keySets.find(source, "a");
  expect(provider.requests()).toBe(2);

  provider.serve(keysOf({ a: "new" }));
  moveTo(0, 8 * minutes + 30_000);
  await keySets.find(source, "a");
  await vi.waitFor(async () => expect(await keySets.find(source, "a")).toBe("new"));
  expect(provider.requests()).toBe(3);
});

test("after a rotation the first token of the new key makes one fetch, and passes", async () => {
  const { source, provider } = await startTenant({ old: "old key" });
  await keySets.find(source, "old");

  provider.serve(keysOf({ new: "new key" }));
  const found = await Promise.all(["new", "new", "old", "new"].map((kid) => keySets.find(source, kid)));

  expect(found).toEqual(["new key", "new key", "old key", "new key"]);
  expect(provider.requests()).toBe(2);
  expect(await keySets.find(source, "old")).toBeNull();
});

test("a second rotation within the 30 seconds is seen after them", async () => {
  const { source, provider } = await startTenant({ first: "1" });
  await keySets.find(source, "first");
  provider.serve(keysOf({ second: "2" }));
  await keySets.find(source, "second");

  provider.serve(keysOf({ third: "3" }));
  moveTo(0, 29_999);
  expect(await keySets.find(source, "third")).toBeNull();

  moveTo(0, 30_000);
  expect(await keySets.find(source, "third")).toBe("3");
  expect(provider.requests()).toBe(3);
});

test("10,000 kids that somebody made up cost one fetch in 30 seconds, and other tenants none", async () => {
  const { source, provider } = await startTenant({ a: "key a" });
  const other = await startTenant({ a: "key of the other" });
  await keySets.find(source, "a");
  await keySets.find(other.source, "a");
  const attack = (count: number) =>
    Promise.all(Array.from({ length: count }, () => keySets.find(source, randomUUID())));

  const refused = [...(await attack(5_000)), ...(await attack(5_000))];
  expect(new Set(refused)).toEqual(new Set([null]));
  expect(refused).toHaveLength(10_000);
  expect(provider.requests()).toBe(2);

  moveTo(0, 30_000);
  await attack(1_000);
  expect(provider.requests()).toBe(3);

  // The other tenant's own unknown kid still has its fetch.
  other.provider.serve(keysOf({ a: "key of the other", b: "rotated" }));
  expect(await keySets.find(other.source, "b")).toBe("rotated");
  expect(other.provider.requests()).toBe(2);
});

test("an unknown kid waits for a fetch that runs, and asks anew where that one began before it came", async () => {
  const { source, provider } = await startTenant({ old: "old key" });
  await keySets.find(source, "old");
  const renewal = Promise.withResolvers<void>();
  provider.serve(behaviours.held(renewal.promise, keysOf({ old: "old key" })));
  moveTo(0, 8 * minutes);
  await keySets.find(source, "old");
  await vi.waitFor(() => expect(provider.requests()).toBe(2));

  provider.serve(keysOf({ new: "new key" }));
  const found = Promise.all([keySets.find(source, "new"), keySets.find(source, "new")]);
  renewal.resolve();

  expect(await found).toEqual(["new key", "new key"]);
  expect(provider.requests()).toBe(3);
});

test("a kid that a fetch brings which runs already is worth no other fetch", async () => {
  const { source, provider } = await startTenant({ old: "old key" });
  await keySets.find(source, "old");
  const renewal = Promise.withResolvers<void>();
  provider.serve(behaviours.held(renewal.promise, keysOf({ new: "new key" })));
  moveTo(0, 8 * minutes);
  await keySets.find(source, "old");

  const found = keySets.find(source, "new");
  renewal.resolve();

  expect(await found).toBe("new key");
  await fetch(provider.issuer); // time for another to arrive, if there were one
  expect(provider.received().map(({ path }) => path)).toEqual(["/jwks", "/jwks", "/"]);
});

test("the kid that made the first fetch itself is not asked for again", async () => {
  const { source, provider } = await startTenant({ a: "key a" });

  expect(await keySets.find(source, "unknown")).toBeNull();
  expect(provider.requests()).toBe(1);
});

test.each([
  "__proto__",
  "constructor",
  "toString",
  "../../dev/null",
  "' OR 1=1--",
  "a\0b",
  "",
  "k".repeat(10_000),
])("the kid %j is only a name", async (kid) => {
  const { source } = await startTenant({ a: "key a" });

  expect(await keySets.find(source, kid)).toBeNull();
  expect(keySets.knownKids(source)).toEqual(["a"]);
});

test("500 who ask in a cold outage cost one fetch, and later ones wait for nothing", async () => {
  const { source, provider } = await startTenant({});
  const warnings = vi.spyOn(log(), "warn");
  provider.serve(behaviours.hang());
  const askers = () =>
    Promise.allSettled(Array.from({ length: 500 }, (_, index) => keySets.find(source, `kid ${index}`)));

  const [first, ...others] = await askers();

  const refusal = { name: "DocumentUnavailable", reason: "timeout", retryAfterSeconds: 2 };
  expect(first).toMatchObject({ status: "rejected", reason: refusal });
  expect(others.every((other) => other.status === "rejected" && isAlike(other.reason, refusal))).toBe(true);
  const later = await askers();
  expect(later.every((other) => other.status === "rejected")).toBe(true);
  expect(provider.requests()).toBe(1);
  expect(warnings).toHaveBeenCalledTimes(1);
});

test("in a cold outage tries come after 2, 4, 8, 16 and then every 30 seconds, and all others are told how long", async () => {
  const { source, provider } = await startTenant({});
  provider.serve(behaviours.status(503));
  const ask = () => keySets.find(source, "a").catch(({ retryAfterSeconds }) => retryAfterSeconds);

  let afterMs = 0;
  for (const [index, seconds] of [2, 4, 8, 16, 30, 30, 30].entries()) {
    expect(await ask()).toBe(seconds);
    expect(provider.requests()).toBe(index + 1);
    moveTo(0, afterMs + 500);
    expect(await ask()).toBe(seconds); // the half second that has passed is rounded up
    afterMs += seconds * 1000;
    moveTo(0, afterMs - 1);
    expect(await ask()).toBe(1);
    expect(provider.requests()).toBe(index + 1);
    moveTo(0, afterMs);
  }

  provider.serve(keysOf({ a: "key a" }));
  expect(await ask()).toBe("key a");
  provider.serve(behaviours.status(503));
  moveTo(2);
  expect(await ask()).toBe(2); // a success has reset it
});

test("after the clock was set back, keys are fetched anew, and a failure does not hold for ever", async () => {
  const { source, provider } = await startTenant({ a: "old" });
  moveTo(1);
  await keySets.find(source, "a");
  provider.serve(behaviours.status(500));
  moveTo(0);
  await expect(keySets.find(source, "a")).rejects.toMatchObject({ retryAfterSeconds: 2 });

  provider.serve(keysOf({ a: "new" }));
  moveTo(-1);
  expect(await keySets.find(source, "a")).toBe("new");

  expect(await keySets.find(source, "unknown")).toBeNull();
  moveTo(-2);
  provider.serve(keysOf({ a: "newer", b: "key b" }));
  expect(await keySets.find(source, "b")).toBe("key b");
});

test("two tenants of one address, and one tenant of two, share nothing", async () => {
  const { source, provider } = await startTenant({ a: "key a" });
  const sibling = { ...source, tenantId: randomUUID() };
  const moved = { ...source, url: `${source.url}/moved` };
  await keySets.find(source, "a");

  provider.serve(behaviours.status(500));

  expect(await keySets.find(source, "a")).toBe("key a");
  await expect(keySets.find(sibling, "a")).rejects.toBeInstanceOf(DocumentUnavailable);
  await expect(keySets.find(moved, "a")).rejects.toBeInstanceOf(DocumentUnavailable);
});

test("one kid in two tenants is two keys, and each verifies its own tenant's tokens only", async () => {
  const real = createKeySets<KeyObject>("tests of real keys", readKeySet);
  const [one, two] = [await startProvider(), await startProvider()];
  for (const provider of [one, two]) {
    provider.serve(behaviours.document({ keys: [{ ...(await provider.publicJwk()), kid: "same" }] }));
  }
  const sourceOf = (provider: IdentityProvider) => ({ tenantId: provider.issuer, url: provider.jwksUrl });
  const keyOfOne = (await real.find(sourceOf(one), "same")) as KeyObject;
  const keyOfTwo = (await real.find(sourceOf(two), "same")) as KeyObject;

  const token = await one.sign({}, { kid: "same" });

  expect((await compactVerify(token, keyOfOne)).protectedHeader).toEqual({ alg: "RS256", kid: "same" });
  await expect(compactVerify(token, keyOfTwo)).rejects.toMatchObject({
    code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  });
});

test("two memories of other names do not mix, and one name is one memory, whoever makes it", async () => {
  const { source, provider } = await startTenant({ a: "key a" });
  await keySets.find(source, "a");

  const again = createKeySets("tests", readTexts);
  const lengths = createKeySets(
    "tests of lengths",
    (document) => new Map([...readTexts(document)].map(([kid, key]) => [kid, key.length])),
  );

  expect(await again.find(source, "a")).toBe("key a");
  expect(provider.requests()).toBe(1);
  expect(await lengths.find(source, "a")).toBe(5);
  expect(provider.requests()).toBe(2);
});

test("of thousands of tenants, those that nobody has asked for longest are forgotten", async () => {
  const { source } = await startTenant({ a: "key a" });
  await keySets.find(source, "a");
  const others = Array.from({ length: 2_000 }, () => ({ tenantId: randomUUID(), url: "not an address" }));

  await Promise.allSettled(others.map((other) => keySets.find(other, "a")));

  expect(keySets.knownKids(source)).toEqual([]);
});

test("a failed fetch is logged once, with its reason and code, and without the address", async () => {
  const { source, provider } = await startTenant({});
  const secretUrl = `${source.url}?key=secret`;
  const warnings = vi.spyOn(log(), "warn");

  provider.serve(behaviours.status(500));
  await Promise.allSettled(["a", "b", "c"].map((kid) => keySets.find({ ...source, url: secretUrl }, kid)));
  provider.serve(behaviours.document({ keys: {} }));
  await Promise.allSettled(["a", "b", "c"].map((kid) => keySets.find(source, kid)));

  const { tenantId } = source;
  const document = "key set of tests";
  const error = expect.objectContaining({ name: "Error", message: "no list of keys" });
  expect(warnings.mock.calls).toEqual([
    [{ document, tenantId, reason: "status", code: "500" }, "document not fetched"],
    [{ document, tenantId, reason: "document", code: undefined, error }, "document not fetched"],
  ]);
});

test("a set that is too large, or of too many keys, is refused whole", async () => {
  const real = createKeySets<KeyObject>("tests of real keys", readKeySet);
  const provider = await startProvider();
  const jwk = await provider.publicJwk();
  const find = () => real.find({ tenantId: randomUUID(), url: provider.jwksUrl }, String(jwk.kid));

  provider.serve(behaviours.document({ keys: [jwk, ...Array(100).fill({})] }));
  await expect(find()).rejects.toMatchObject({ reason: "document" });
  provider.serve(behaviours.document({ keys: [jwk], padding: "x".repeat(256 * 1024) }));
  await expect(find()).rejects.toMatchObject({ reason: "too_large" });
  provider.serve(behaviours.document({ keys: [jwk, ...Array(99).fill({})] }));
  expect(await find()).toMatchObject({ type: "public" });
});

type Callback = (error: Error | null, addresses: LookupAddress[]) => void;

async function startProvider(): Promise<IdentityProvider> {
  const provider = await startIdentityProvider();
  onTestFinished(() => provider.stop());
  return provider;
}

/** A new tenant, and its provider with these keys. */
async function startTenant(keys: Record<string, string>) {
  const provider = await startProvider();
  provider.serve(keysOf(keys));
  const source: KeySetSource = { tenantId: randomUUID(), url: provider.jwksUrl };
  return { provider, source };
}

function keysOf(keys: Record<string, string>) {
  return behaviours.document({ keys: Object.entries(keys) });
}

function readTexts(document: unknown): Map<string, string> {
  const { keys } = document as { keys?: [string, string][] };
  if (!Array.isArray(keys)) throw new Error("no list of keys");
  return new Map(keys);
}

function isAlike(value: object, expected: object): boolean {
  return Object.entries(expected).every(([name, part]) => Reflect.get(value, name) === part);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Every name resolves to these addresses: to the first list at the first look-up, to the last one from then on. */
function namesResolveTo(...answers: string[][]) {
  const remaining = [...answers];
  return vi.spyOn(dns, "lookup").mockImplementation(((
    _name: string,
    _options: object,
    callback: Callback,
  ) => {
    const addresses = (remaining.length > 1 ? remaining.shift() : remaining[0]) ?? [];
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  }) as unknown as typeof dns.lookup);
}

type Seen = { given: string[] } | { refused: string };

/**
 * Lists what each new socket was given to connect to, and then has it fail (ETEST) so that nothing leaves this computer,
 * or connect to another address, as if the network had sent it there.
 */
function watchSockets(instead?: string): Seen[] {
  const seen: Seen[] = [];
  const connect = Socket.prototype.connect;
  vi.spyOn(Socket.prototype, "connect").mockImplementation(function (this: Socket, ...given: unknown[]) {
    const options = (Array.isArray(given[0]) ? given[0][0] : given[0]) as {
      lookup?: typeof dns.lookup;
      host: string;
    };
    const lookup = options.lookup ?? dns.lookup;
    const watched = (name: string, lookupOptions: object, callback: Callback) => {
      lookup(name, { ...lookupOptions, all: true }, (error, addresses) => {
        seen.push(error ? { refused: error.name } : { given: addresses.map(({ address }) => address) });
        if (error) return callback(error, []);
        if (instead) return callback(null, [{ address: instead, family: 4 }]);
        callback(Object.assign(new Error("not from a test"), { code: "ETEST" }), []);
      });
    };
    Object.assign(options, { lookup: watched });
    return connect.apply(this, given as Parameters<typeof connect>);
  });
  return seen;
}

// For the name keys.test, until 2120; nothing else trusts it.
const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGL1l0JAPqv2mdb2k
Wn2VPo7z+itN9IW342PmPJOJszChRANCAAS6sAQWIOKGvT6DspDlS0GRWbeEjq6V
2JFBxdirOcix6chRdSHOKABTGWsJe1/QDX3s+M9oLk7PmgJGxla7WsS8
-----END PRIVATE KEY-----`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIBXjCCAQSgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlrZXlzLnRl
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWtleXMudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLqwBBYg4oa9PoOy
kOVLQZFZt4SOrpXYkUHF2Ks5yLHpyFF1Ic4oAFMZawl7X9ANfez4z2guTs+aAkbG
VrtaxLyjRTBDMAwGA1UdEwQFMAMBAf8wFAYDVR0RBA0wC4IJa2V5cy50ZXN0MB0G
A1UdDgQWBBR+obe2e8CYbs+AbstFAdRbQyvkUjAKBggqhkjOPQQDAgNIADBFAiEA
pCGUeuCc8XnrK96jmEkQVT6/6jgAkFO9v6fyhDiFjfwCIFDaDAmzSdffO+0phc0y
rZyBSUhTJgDl/SFB5+BH8eEp
-----END CERTIFICATE-----`;
