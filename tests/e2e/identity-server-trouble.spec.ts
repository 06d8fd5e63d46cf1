import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { exportJWK, generateKeyPair } from "jose";

import { createIdentityServer } from "#demo/identity-server/server.ts";
import {
  cleanUp,
  type LaurelServer,
  newFolder,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";

// Goal: whatever an identity server does, the person reads one plain sentence, has a way on, and nobody is signed in.
// Method: a Laurel and an identity server of the test's own; the server is the demo's, and its answers can be bent.

const clientSecret = "a-client-secret-of-the-tests-that-is-long-enough";

let club: string;
let identityPort: number;
let laurel: LaurelServer;
let identityServer: Server;
let keysFile: string;
let clockFile: string;
let isTokenEndpointAway = false;

test.beforeAll(async () => {
  const laurelPort = await findFreePort();
  identityPort = await findFreePort();
  club = `http://club.localhost:${laurelPort}`;
  const folder = newFolder();
  keysFile = join(folder, "keys.json");
  clockFile = join(folder, "clock");
  writeFileSync(clockFile, "0");
  await startIdentityServer();
  laurel = await startLaurel({
    PORT: String(laurelPort),
    LAUREL_PROVISION: writeProgramme(newFolder(), {
      ...{
        code: "club",
        name: "Club",
        hostnames: ["club.localhost"],
        authMode: "interactive",
        publicUrl: club,
      },
      oauth2: {
        ...{ providerName: "Demo ID", issuer: `http://localhost:${identityPort}` },
        ...{ clientId: "laurel-club", clientSecret },
      },
    }),
    ALLOW_LOOPBACK_URLS: "1",
    LAUREL_TEST_CLOCK: clockFile,
  });
});

test.afterAll(async () => {
  await stopIdentityServer();
  await cleanUp();
});

/** Both name their addresses before they listen. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** `bend` may change what the token endpoint answers. */
async function startIdentityServer(bend: (json: string) => string = (json) => json): Promise<void> {
  const client = { name: "Club", url: club, clientId: "laurel-club", clientSecret };
  identityServer = createIdentityServer({ port: identityPort, keysFile, clients: [client] });
  const [answer] = identityServer.listeners("request") as RequestListener[];
  identityServer.removeAllListeners("request");
  identityServer.on("request", (request, response) => {
    const isToken = request.url?.startsWith("/token");
    if (isToken && isTokenEndpointAway) return void request.socket.destroy();
    if (isToken) bendBody(response, bend);
    void answer?.(request, response);
  });
  identityServer.listen(identityPort);
  await once(identityServer, "listening");
}

function bendBody(response: ServerResponse, bend: (json: string) => string): void {
  const end = response.end.bind(response) as (body: string) => ServerResponse;
  response.end = ((body: string | Buffer) => {
    const bent = bend(String(body));
    response.setHeader("Content-Length", Buffer.byteLength(bent));
    return end(bent);
  }) as typeof response.end;
}

async function stopIdentityServer(): Promise<void> {
  identityServer.closeAllConnections();
  identityServer.close();
  if (identityServer.listening) await once(identityServer, "close");
}

async function goToIdentityServer(page: Page): Promise<void> {
  await page.goto(`${club}/wallet`);
  await page.getByRole("button", { name: /with Demo ID$/ }).click();
}

async function expectRefusal(page: Page, code: string, sentence: string): Promise<void> {
  await page.waitForURL(new RegExp(`/login\\?error=${code}&callbackUrl=%2Fwallet$`));
  await expect(page.getByRole("main").getByRole("alert")).toContainText(sentence);
  await expect(page.getByRole("button", { name: "Try again with Demo ID" })).toBeVisible();
  const cookies = await page.context().cookies(club);
  expect(cookies.map(({ name }) => name)).not.toContain("__Host-session");
}

test("a sign-in that took too long is begun again", async ({ page }) => {
  await goToIdentityServer(page);
  await expect(page.getByRole("button", { name: "Dora Demo" })).toBeVisible();
  writeFileSync(clockFile, String(16 * 60_000));
  await page.waitForTimeout(300); // Laurel reads its clock's file a few times a second

  await page.getByRole("button", { name: "Dora Demo" }).click();

  await expectRefusal(page, "state_invalid", "took too long");
  writeFileSync(clockFile, "0");
  await page.waitForTimeout(300);
});

test("an ID token whose signature is not the server's signs nobody in, and the log says why", async ({
  page,
}) => {
  await stopIdentityServer();
  await startIdentityServer((json) =>
    json.replace(/("id_token":"[^"]+\.)([^".])/, (_all, head: string, first: string) => {
      return `${head}${first === "A" ? "B" : "A"}`;
    }),
  );
  await goToIdentityServer(page);

  await page.getByRole("button", { name: "Dora Demo" }).click();

  await expectRefusal(page, "provider_answer_invalid", "could not be trusted");
  const line = laurel
    .output()
    .split("\n")
    .findLast((each) => each.includes("sign-in refused"));
  expect(JSON.parse(line ?? "{}")).toMatchObject({
    failure: "provider_answer_invalid",
    cause: expect.stringContaining("signature_wrong"),
  });
  expect(line).not.toMatch(/eyJ|code=|@|secret-of-the-tests/);
});

test("new signing keys are found by themselves", async ({ page }) => {
  await stopIdentityServer();
  const keys = JSON.parse(readFileSync(keysFile, "utf8"));
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const rotated = { ...(await exportJWK(privateKey)), kid: "rotated", use: "sig", alg: "RS256" };
  writeFileSync(keysFile, JSON.stringify({ ...keys, signing: [rotated] }));
  await startIdentityServer();
  await goToIdentityServer(page);

  await page.getByRole("button", { name: "Dora Demo" }).click();

  await page.waitForURL(`${club}/wallet`);
});

test("a server that is away is said to be, and when it is back everything works", async ({ page }) => {
  isTokenEndpointAway = true;
  await goToIdentityServer(page);

  await page.getByRole("button", { name: "Dora Demo" }).click();

  await expectRefusal(page, "provider_unavailable", "cannot be reached");
  isTokenEndpointAway = false;
  await page.getByRole("button", { name: "Try again with Demo ID" }).click();
  await page.waitForURL(`${club}/wallet`);
});
