/** An identity provider on this computer, under the test's control: its keys, what it signs, and how it misbehaves. */
import { generateKeyPair, type JsonWebKey, type KeyObject, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { CompactSign } from "jose";

import { now } from "#lib/config/clock.ts";

/** What it does with a request; `keySet` is the document it would answer with. */
export type Behaviour = (response: ServerResponse, keySet: () => Promise<object>) => unknown;

export type IdentityProvider = {
  issuer: string;
  jwksUrl: string;
  /** How many requests have come, whatever became of them. */
  requests(): number;
  /** The path and the headers of each of them. */
  received(): { path: string; headers: IncomingMessage["headers"] }[];
  /** Bytes handed to the network for all of them. */
  bytesSent(): number;
  /** How many connections are not closed yet. */
  openConnections(): number;
  /** The kid of the key that signs now. */
  kid(): string;
  /** That key as the set shows it. */
  publicJwk(): Promise<JsonWebKey>;
  /** That key's halves, for forgeries. */
  publicKey(): Promise<KeyObject>;
  privateKey(): Promise<KeyObject>;
  /** A new key signs from now on, and its kid is answered; the set drops the old one, unless it is to be kept. */
  rotate(options?: { isOldKept?: boolean }): string;
  /**
   * A token of the current key: RS256, iss, sub "user-1", iat now, exp in five minutes. A claim or header parameter that
   * is given as undefined is left out. `payload` stands in for the claims, text as it is; `key` for the key.
   */
  sign(
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
    options?: { payload?: string; key?: KeyObject | Uint8Array },
  ): Promise<string>;
  /** How it answers from now on: with its keys, where nothing is said. */
  serve(behaviour?: Behaviour): void;
  stop(): Promise<void>;
};

type KeyPair = { publicKey: KeyObject; privateKey: KeyObject };
type SigningKey = { kid: string; pair(): Promise<KeyPair> };

// RSA keys take long to make. One that a stopped provider had is as good as new under another kid.
const spareKeyPairs: Promise<KeyPair>[] = [];

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const keyPairs: Promise<KeyPair>[] = [];
  const sockets: Socket[] = [];
  const received: ReturnType<IdentityProvider["received"]> = [];
  let behaviour: Behaviour = sendKeys;

  function newSigningKey(): SigningKey {
    let made: Promise<KeyPair> | undefined;
    const pair = () => {
      if (made) return made;
      made = spareKeyPairs.pop() ?? makeRsaKeyPair();
      keyPairs.push(made);
      return made;
    };
    return { kid: randomUUID(), pair };
  }

  let published = [newSigningKey()];
  const current = () => published.at(-1) as SigningKey;
  const keySet = async () => ({ keys: await Promise.all(published.map(publicJwkOf)) });

  const server = createServer(async (request, response) => {
    received.push({ path: request.url ?? "", headers: request.headers });
    await behaviour(response, keySet);
  });
  server.on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;

  return {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    requests: () => received.length,
    received: () => received,
    bytesSent: () => sockets.reduce((bytes, socket) => bytes + socket.bytesWritten, 0),
    openConnections: () => sockets.filter((socket) => !socket.closed).length,
    kid: () => current().kid,
    publicJwk: () => publicJwkOf(current()),
    publicKey: async () => (await current().pair()).publicKey,
    privateKey: async () => (await current().pair()).privateKey,
    rotate({ isOldKept = false } = {}) {
      const key = newSigningKey();
      published = isOldKept ? [...published, key] : [key];
      return key.kid;
    },
    async sign(claims = {}, header = {}, options = {}) {
      const { kid, pair } = current();
      const iat = Math.floor(now().getTime() / 1000);
      const payload =
        options.payload ?? JSON.stringify({ iss: issuer, sub: "user-1", iat, exp: iat + 300, ...claims });
      const wholeHeader = JSON.parse(JSON.stringify({ alg: "RS256", kid, ...header })); // without what is undefined
      return new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader(wholeHeader)
        .sign(options.key ?? (await pair()).privateKey);
    },
    serve(next = sendKeys) {
      behaviour = next;
    },
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      spareKeyPairs.push(...keyPairs.splice(0));
    },
  };
}

/** How a provider can answer, besides with its keys as they should be. */
export const behaviours = {
  /** Any document. */
  document:
    (value: unknown): Behaviour =>
    (response) =>
      sendJson(response, value),

  /** Text or bytes under status 200: HTML, nothing, half a document. */
  body:
    (content: string | Uint8Array, headers: Record<string, string> = {}): Behaviour =>
    (response) =>
      response.writeHead(200, { "content-type": "text/html", ...headers }).end(content),

  /** Its keys, under this status. */
  status:
    (code: number): Behaviour =>
    async (response, keySet) =>
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(await keySet())),

  /** A redirect, with its keys in the body for whoever should read that. */
  redirect:
    (location: string, code = 302): Behaviour =>
    async (response, keySet) =>
      response.writeHead(code, { location }).end(JSON.stringify(await keySet())),

  /** The request is taken, and nothing ever said. */
  hang: (): Behaviour => () => undefined,

  /** Its keys, one byte in each interval. */
  drip:
    (everyMs: number): Behaviour =>
    async (response, keySet) => {
      response.writeHead(200, { "content-type": "application/json" });
      for (const character of JSON.stringify(await keySet())) {
        if (response.destroyed) return;
        response.write(character);
        await wait(everyMs);
      }
      response.end();
    },

  /** A document of so many bytes, sent as fast as they are taken, until it is through or cut. */
  flood:
    (bytes: number): Behaviour =>
    async (response) => {
      const piece = Buffer.alloc(64 * 1024, " ");
      const cut = once(response, "close");
      response.writeHead(200, { "content-type": "application/json" });
      for (let sent = 0; sent < bytes && !response.destroyed; sent += piece.length) {
        if (!response.write(piece)) await Promise.race([once(response, "drain"), cut]);
      }
      response.end('{"keys":[]}');
    },

  /** Its keys, compressed although nobody asked for that. */
  gzip: (): Behaviour => async (response, keySet) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(JSON.stringify(await keySet()))),

  /** What `then` does, after a delay. */
  delayed:
    (delayMs: number, then: Behaviour = sendKeys): Behaviour =>
    async (...parts) => {
      await wait(delayMs);
      await then(...parts);
    },

  /** What `then` does, once the promise is resolved. */
  held:
    (until: Promise<unknown>, then: Behaviour = sendKeys): Behaviour =>
    async (...parts) => {
      await until;
      await then(...parts);
    },
};

const sendKeys: Behaviour = async (response, keySet) => sendJson(response, await keySet());

/** A key pair that belongs to nobody's set, for forgeries. */
export function makeRsaKeyPair(modulusLength = 2048): Promise<KeyPair> {
  return promisify(generateKeyPair)("rsa", { modulusLength });
}

async function publicJwkOf({ kid, pair }: SigningKey): Promise<JsonWebKey> {
  const { publicKey } = await pair();
  return { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}
