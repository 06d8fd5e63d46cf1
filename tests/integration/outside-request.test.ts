import { text } from "node:stream/consumers";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { type OutsideRequest, requestOutside } from "#lib/clients/outside-request.ts";
import { env } from "#lib/config/env.ts";
import { type Behaviour, behaviours, startIdentityProvider } from "#tests/support/identity-provider.ts";

// Goal: what we send to an address of somebody's choice arrives there and nowhere else, and an answer that says no is
// handed back as it is.
// Method: a server on this computer that misbehaves on request. Names, TLS and each form of address are
// key-sets.test.ts's, which asks in the same way.

const get: OutsideRequest = {
  method: "GET",
  headers: {},
  body: null,
  bytesMax: 64 * 1024,
  timeoutMs: 20_000,
};
const post: OutsideRequest = {
  ...get,
  method: "POST",
  headers: { "Content-Type": "application/x-www-form-urlencoded", Authorization: "Basic c2VjcmV0" },
  body: "grant_type=authorization_code&code=wörld",
};

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
});

test("the body and the headers of a POST arrive, and what else is said is ours", async () => {
  const provider = await startProvider();
  const received = keepRequest();
  provider.serve(received.behaviour);

  await requestOutside(`${provider.issuer}/token?version=1`, post);

  expect(received.request()).toEqual({
    method: "POST",
    url: "/token?version=1",
    headers: {
      host: new URL(provider.issuer).host,
      connection: "close",
      "user-agent": "Laurel",
      "accept-encoding": "identity",
      "content-type": "application/x-www-form-urlencoded",
      "content-length": "41",
      authorization: "Basic c2VjcmV0",
    },
    body: "grant_type=authorization_code&code=wörld",
  });
});

test("a POST of nothing says that it is empty, and a GET says nothing of a body", async () => {
  const provider = await startProvider();
  const received = keepRequest();
  provider.serve(received.behaviour);

  await requestOutside(provider.issuer, { ...post, headers: {}, body: null });
  expect(received.request()).toMatchObject({ headers: { "content-length": "0" }, body: "" });

  await requestOutside(provider.issuer, get);
  expect(received.request()).toMatchObject({ method: "GET", body: "" });
  expect(received.request().headers).not.toHaveProperty("content-length");
});

test("neither the host nor the frame of the message is the caller's to say", async () => {
  const provider = await startProvider();
  const received = keepRequest();
  provider.serve(received.behaviour);
  const headers = {
    Host: "metadata.internal",
    hOST: "metadata.internal",
    "Content-Length": "3",
    "Transfer-Encoding": "chunked",
    Connection: "keep-alive",
    Expect: "100-continue",
    "Accept-Encoding": "gzip",
    "user-agent": "Laurel webhooks",
  };

  await requestOutside(provider.issuer, { ...post, headers });

  const { host } = new URL(provider.issuer);
  expect(received.request()).toMatchObject({
    headers: { host, "content-length": "41", connection: "close", "user-agent": "Laurel webhooks" },
    body: post.body,
  });
  expect(received.request().headers).toMatchObject({ "accept-encoding": "identity" });
  expect(received.request().headers).not.toHaveProperty("transfer-encoding");
  expect(received.request().headers).not.toHaveProperty("expect");
});

test("the body of a GET has its length, so that it is not taken for a second request", async () => {
  const provider = await startProvider();
  const received = keepRequest();
  provider.serve(received.behaviour);

  await requestOutside(provider.issuer, { ...get, body: "POST /other HTTP/1.1\r\n\r\n" });

  expect(received.request()).toMatchObject({ method: "GET", body: "POST /other HTTP/1.1\r\n\r\n" });
  expect(provider.requests()).toBe(1);
});

test.each([
  ["value", { "X-Name": "a\r\nHost: elsewhere" }],
  ["name", { "X-Name: a\r\nHost": "elsewhere" }],
  ["name of ours with a space", { "Host ": "elsewhere" }],
])("a header that is no header by its %s is not sent", async (_what, headers) => {
  const provider = await startProvider();

  const answer = requestOutside(provider.issuer, { ...get, headers });

  await expect(answer).rejects.toMatchObject({ name: "OutsideFailure", reason: "connection" });
  expect(provider.requests()).toBe(0);
});

test.each([200, 201, 400, 401, 403, 404, 429, 500, 503])("an answer of %d comes back whole", async (code) => {
  const provider = await startProvider();
  const problem = { error: "invalid_grant", error_description: "wörld" };
  provider.serve((response) => {
    response.writeHead(code, { "Content-Type": "application/json", "Retry-After": "7" });
    response.end(JSON.stringify(problem));
  });

  const { status, headers, body } = await requestOutside(provider.issuer, post);

  expect(status).toBe(code);
  expect(headers.get("content-type")).toBe("application/json");
  expect(headers.get("Retry-After")).toBe("7");
  expect(JSON.parse(body.toString("utf8"))).toEqual(problem);
});

test("of an answer under a status that is not taken, nothing is read on", async () => {
  const provider = await startProvider();
  provider.serve((response) => response.writeHead(400).write("{")); // and no end

  const answer = requestOutside(provider.issuer, { ...post, statusesTaken: [200, 201] });

  await expect(answer).rejects.toMatchObject({
    reason: "status",
    code: "400",
    message: "The status of the answer is 400, not 200 or 201.",
  });
  await vi.waitFor(() => expect(provider.openConnections()).toBe(0));
});

test.each([301, 302, 303, 307, 308])(
  "an answer of %d takes the body and the headers nowhere",
  async (code) => {
    const provider = await startProvider();
    const elsewhere = await startProvider();

    for (const location of [
      "http://169.254.169.254/latest/meta-data/",
      "/other",
      `${elsewhere.issuer}/token`,
    ]) {
      provider.serve(behaviours.redirect(location, code));
      const answer = requestOutside(provider.issuer, post);
      await expect(answer).rejects.toMatchObject({ reason: "redirect", code: String(code) });
    }

    expect(provider.requests()).toBe(3);
    expect(elsewhere.requests()).toBe(0);
  },
);

test("a compressed answer is refused, whatever its status", async () => {
  const provider = await startProvider();

  for (const code of [200, 400]) {
    provider.serve((response) => response.writeHead(code, { "content-encoding": "gzip" }).end("{}"));
    await expect(requestOutside(provider.issuer, post)).rejects.toMatchObject({ reason: "encoding" });
  }
});

test.each([200, 400])("an answer of 1 MB under status %d is cut at the cap", async (code) => {
  const provider = await startProvider();
  provider.serve((response) => response.writeHead(code).end(Buffer.alloc(1024 * 1024, " ")));

  await expect(requestOutside(provider.issuer, post)).rejects.toMatchObject({
    reason: "too_large",
    message: "The answer is larger than 65536 bytes.",
  });
  await vi.waitFor(() => expect(provider.openConnections()).toBe(0));
});

test.each([
  ["never answers", behaviours.hang()],
  ["drips its answer", behaviours.drip(20)],
  ["says no and never ends", (response) => response.writeHead(400).write("{")],
] satisfies [string, Behaviour][])(
  "a server that %s is given up at the deadline",
  async (_what, behaviour) => {
    const provider = await startProvider();
    provider.serve(behaviour);

    const answer = requestOutside(provider.issuer, { ...post, timeoutMs: 300 });

    await expect(answer).rejects.toMatchObject({ reason: "timeout" });
    await vi.waitFor(() => expect(provider.openConnections()).toBe(0));
  },
);

test("a server that is away, or goes in the middle of its no, is a failure of the connection", async () => {
  const provider = await startProvider();
  provider.serve((response) => {
    response.writeHead(400, { "content-length": "100" }).write('{"error":');
    setTimeout(() => response.destroy(), 20);
  });
  const half = requestOutside(provider.issuer, post);
  await expect(half).rejects.toMatchObject({ reason: "connection", code: "ECONNRESET" });
  expect(provider.requests()).toBe(1); // and not again: it may have done what it was asked

  await provider.stop();
  const away = requestOutside(provider.issuer, post);
  await expect(away).rejects.toMatchObject({ reason: "connection", code: "ECONNREFUSED" });
});

test("without the flag, this computer is not asked", async () => {
  env().ALLOW_LOOPBACK_URLS = false;
  const provider = await startProvider();
  const { port } = new URL(provider.issuer);

  await expect(requestOutside(provider.issuer, post)).rejects.toMatchObject({ reason: "url" });
  for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
    const answer = requestOutside(`https://${host}:${port}/`, post);
    await expect(answer, host).rejects.toMatchObject({ reason: "address" });
  }

  expect(provider.requests()).toBe(0);
});

test("where the socket has reached an address that may not be asked, nothing has been sent", async () => {
  const provider = await startProvider();

  const answer = requestOutside(provider.issuer, post);
  env().ALLOW_LOOPBACK_URLS = false; // it may when it is looked at, and may not any more when it is reached

  await expect(answer).rejects.toMatchObject({ reason: "address" });
  await vi.waitFor(() => expect(provider.openConnections()).toBe(0));
  expect(provider.requests()).toBe(0);
});

async function startProvider() {
  const provider = await startIdentityProvider();
  onTestFinished(() => provider.stop());
  return provider;
}

/** A behaviour that says yes, and what it was last asked. */
function keepRequest() {
  let kept: { method?: string; url?: string; headers: object; body: string } | undefined;
  const behaviour: Behaviour = async (response) => {
    const { method = "", url = "", headers } = response.req;
    kept = { method, url, headers, body: await text(response.req) };
    response.end("{}");
  };
  const request = () => {
    if (!kept) throw new Error("nothing was asked");
    return kept;
  };
  return { behaviour, request };
}
