import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";

import {
  call,
  cleanUp,
  type HttpAnswer,
  newFolder,
  runCommand,
  runNode,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { onServer, urlOfDatabase } from "#tests/support/on-server.ts";
import { clientId, embeddedTenant, interactiveTenant } from "#tests/support/tenants.ts";

// Goal: what was acknowledged is there after any death, wrong settings stop the start with a sentence, and commands work
// beside a running server. Method: the built server, killed at random; the commands as npm runs them.

const start = ["lib/server/start.ts"];
const provision = ["lib/server/commands/run.ts", "provision"];
const check = ["lib/server/commands/run.ts", "db:check"];

afterAll(cleanUp);

function upsert(port: number, authIdentifier: string, id = clientId): Promise<HttpAnswer> {
  const profile = { givenName: "Jane", familyName: "Doe", emailAddress: "jane.doe@example.com" };
  return call(port, "/api/auth", {
    method: "POST",
    headers: { "X-Client-ID": id, "Content-Type": "application/json" },
    body: JSON.stringify({ selector: { authIdentifier }, profile }),
  });
}

test("killed at any moment of the first start, the next start works", async () => {
  for (const afterMs of [300, 700, 1200, 1800, 2600]) {
    const dataFolder = newFolder();
    const programme = writeProgramme(newFolder(), embeddedTenant);
    const env = { PORT: "0", LAUREL_DATA_DIR: dataFolder, LAUREL_PROVISION: programme };
    const first = runNode(start, env);
    await sleep(afterMs);
    first.process.kill("SIGKILL");
    await new Promise((resolve) => first.process.once("exit", resolve));

    const second = await startLaurel(env);

    expect(await upsert(second.port, "user-1")).toMatchObject({ status: 200 });
    expect(readdirSync(dataFolder).filter((name) => name.includes("unfinished"))).toEqual([]);
    await second.kill();
  }
});

test("killed in the instant in which PostgreSQL writes its own lock file, the next start works", async () => {
  const env = { LAUREL_DATA_DIR: newFolder(), LAUREL_PROVISION: writeProgramme(newFolder(), embeddedTenant) };
  const first = await startLaurel(env);
  await first.kill();
  writeFileSync(join(env.LAUREL_DATA_DIR, "postgres", "postmaster.pid"), ""); // made, and not yet written

  const second = await startLaurel(env);

  expect(await upsert(second.port, "user-1")).toMatchObject({ status: 200 });
});

test("killed under load, every member that was acknowledged is there, and the laws hold", async () => {
  const env = { LAUREL_DATA_DIR: newFolder(), LAUREL_PROVISION: writeProgramme(newFolder(), embeddedTenant) };
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < 3; round++) {
    const server = await startLaurel(env);
    let next = 0;
    const client = async () => {
      for (;;) {
        const identifier = `round-${round}-${next++}`;
        const answer = await upsert(server.port, identifier).catch(() => null);
        if (answer === null) return;
        expect(answer.status).toBe(200);
        acknowledged.set(identifier, JSON.parse(answer.text).data.user.id);
      }
    };
    const clients = Promise.all(Array.from({ length: 6 }, client));
    await sleep(600 + round * 350);
    await server.kill();
    await clients;
  }

  const server = await startLaurel(env);
  expect(acknowledged.size).toBeGreaterThan(20);
  for (const [identifier, id] of acknowledged) {
    expect(JSON.parse((await upsert(server.port, identifier)).text).data.user.id).toBe(id);
  }
  expect(await runCommand(check, { LAUREL_DATA_DIR: env.LAUREL_DATA_DIR })).toEqual({
    code: 0,
    output: "Every law of the ledger and of the rewards holds.\n",
  });
});

test("a second server on the same folder stops with a sentence, and a killed one's folder is free at once", async () => {
  const env = { LAUREL_DATA_DIR: newFolder(), LAUREL_PROVISION: writeProgramme(newFolder(), embeddedTenant) };
  const first = await startLaurel(env);

  const second = await runCommand(start, { ...env, PORT: "0" });

  expect(second.code).toBe(1);
  expect(second.output).toContain("Another process has the data folder");
  await first.kill();
  const contenders = [runNode(start, { ...env, PORT: "0" }), runNode(start, { ...env, PORT: "0" })];
  await vi.waitFor(
    () => expect(contenders.filter(({ process }) => process.exitCode === 1)).toHaveLength(1),
    20_000,
  );
  await vi.waitFor(
    () => expect(contenders.map(({ output }) => output()).join("")).toContain("listening"),
    20_000,
  );
});

test("programme files are applied beside a running server and without one, from a file and from standard input", async () => {
  const folder = newFolder();
  const dataFolder = newFolder();
  const file = writeProgramme(folder, { ...embeddedTenant, clientSecrets: [{ name: "made" }] });
  const env = { LAUREL_DATA_DIR: dataFolder };

  const alone = await runCommand([...provision, file], env);
  const server = await startLaurel(env);
  const secret = /X-Client-ID\): (\S+)/.exec(alone.output)?.[1] ?? "";
  const whileItRuns = JSON.stringify({ tenants: [{ ...embeddedTenant, name: "Renamed" }] });
  const beside = await runCommand([...provision, "-"], env, whileItRuns);
  const again = await runCommand([...provision, file], env);

  expect(alone).toMatchObject({ code: 0, output: expect.stringContaining("acme: made") });
  expect(await upsert(server.port, "user-1", secret)).toMatchObject({ status: 200 });
  expect(beside).toMatchObject({ code: 0, output: expect.stringContaining("acme: updated") });
  expect((await call(server.port, "/signed-out")).text).toContain("Acme Rewards");
  expect(await upsert(server.port, "user-1")).toMatchObject({ status: 200 });
  expect(again.output).not.toContain("shown this once");
});

test("a mistake in a programme file is told with its path by the command, and stops a start", async () => {
  const broken = {
    ...embeddedTenant,
    rules: [{ name: "r", eventType: "REGISTERED_ACCOUNT", effect: { type: "POINTS", points: 0 } }],
  };
  const file = writeProgramme(newFolder(), broken);
  const line = "tenants[0].rules[0].effect.points: Enter 1 point or more.";

  const command = await runCommand([...provision, file], { LAUREL_DATA_DIR: newFolder() });
  const atStart = await runCommand(start, {
    LAUREL_DATA_DIR: newFolder(),
    LAUREL_PROVISION: file,
    PORT: "0",
  });
  const missing = await runCommand([...provision, "no-such-file.json"], { LAUREL_DATA_DIR: newFolder() });

  expect(command).toEqual({ code: 1, output: `Nothing was changed:\n${line}\n` });
  expect(atStart).toEqual({ code: 1, output: `${line}\n` });
  expect(missing).toEqual({ code: 1, output: "The programme file no-such-file.json cannot be read.\n" });
});

test("secrets made at a start go to a file that its owner alone can read, and not to the log", async () => {
  const dataFolder = newFolder();
  const programme = writeProgramme(newFolder(), { ...embeddedTenant, clientSecrets: [{ name: "made" }] });

  const server = await startLaurel({ LAUREL_DATA_DIR: dataFolder, LAUREL_PROVISION: programme });

  const name = readdirSync(dataFolder).find((each) => each.startsWith("made-secrets")) ?? "";
  const secret = readFileSync(join(dataFolder, name), "utf8").trim().split(": ").at(-1) ?? "";
  expect(statSync(join(dataFolder, name)).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataFolder, "secret")).mode & 0o777).toBe(0o600);
  expect(await upsert(server.port, "user-1", secret)).toMatchObject({ status: 200 });
  expect(server.output()).not.toContain(secret);
});

test.each([
  ["PORT", { PORT: "nine" }, "PORT is a port: a number from 0 to 65535."],
  ["a missing secret", { DATABASE_URL: "postgres://127.0.0.1:1/x" }, "LAUREL_SECRET is missing."],
  ["a short secret", { LAUREL_SECRET: "short" }, "LAUREL_SECRET is too short"],
  [
    "a public test clock",
    { LAUREL_TEST_CLOCK: "x", PUBLIC_SCHEME: "https" },
    "LAUREL_TEST_CLOCK moves the clock",
  ],
  [
    "a server that is not there",
    { DATABASE_URL: "postgres://127.0.0.1:1/x", LAUREL_SECRET: randomBytes(32).toString("base64") },
    "The database of DATABASE_URL could not be opened",
  ],
])("%s stops the start with a sentence", async (_what, env, sentence) => {
  const { code, output } = await runCommand(start, { PORT: "0", LAUREL_DATA_DIR: newFolder(), ...env });

  expect(code).toBe(1);
  expect(output).toContain(sentence);
  expect(output).not.toContain("    at "); // a sentence, no stack
});

test("SIGTERM stops it gracefully: exit 0, and the folder opens again", async () => {
  const env = { LAUREL_DATA_DIR: newFolder(), LAUREL_PROVISION: writeProgramme(newFolder(), embeddedTenant) };
  const server = await startLaurel(env);
  const answers = Promise.allSettled(
    Array.from({ length: 10 }, (_, index) => upsert(server.port, `user-${index}`)),
  );
  await sleep(5);

  server.process.kill("SIGTERM");
  const code = await new Promise((resolve) => server.process.once("exit", resolve));

  expect(code).toBe(0);
  for (const answer of await answers) {
    if (answer.status === "fulfilled") expect(answer.value.status).toBe(200); // the rest came too late
  }
  const again = await startLaurel(env);
  expect(await upsert(again.port, "user-1")).toMatchObject({ status: 200 });
});

test("the test clock moves sessions through their lives", async () => {
  const clock = join(newFolder(), "clock");
  const programme = writeProgramme(newFolder(), { ...embeddedTenant, sessions: { embeddedSeconds: 300 } });
  writeFileSync(clock, "0");
  const server = await startLaurel({ LAUREL_PROVISION: programme, LAUREL_TEST_CLOCK: clock });
  const token = JSON.parse((await upsert(server.port, "user-1")).text).data.session;
  const isSignedIn = async () => {
    const { text } = await call(server.port, "/api/session", { headers: { Cookie: `session=${token}` } });
    return JSON.parse(text).data.authenticated;
  };

  expect(await isSignedIn()).toBe(true);
  writeFileSync(clock, "301000");
  await sleep(1_000);
  expect(await isSignedIn()).toBe(false);
  writeFileSync(clock, "0");
  await sleep(1_000);
  expect(await isSignedIn()).toBe(false);
});

const serverUrl = process.env.TEST_DATABASE_URL;

test.runIf(serverUrl)(
  "with its database away it answers 503, opens nothing, and recovers by itself",
  async () => {
    const name = `laurel_test_${randomBytes(6).toString("hex")}`;
    const url = serverUrl as string;
    await onServer(url, `CREATE DATABASE ${name}`);
    const proxy = await startProxy(Number(new URL(url).port || 5432));
    const address = new URL(urlOfDatabase(url, name));
    address.port = String(proxy.port);
    const server = await startLaurel({
      DATABASE_URL: address.href,
      LAUREL_SECRET: randomBytes(32).toString("base64"),
      LAUREL_PROVISION: writeProgramme(newFolder(), embeddedTenant, interactiveTenant),
    });
    const token = JSON.parse((await upsert(server.port, "user-1")).text).data.session;
    const headers = { Cookie: `session=${token}` };
    try {
      proxy.cut();
      const [session, page, written, ready, live] = await Promise.all([
        call(server.port, "/api/session", { headers }),
        call(server.port, "/", { headers }),
        upsert(server.port, "user-2"),
        call(server.port, "/api/health/ready"),
        call(server.port, "/api/health/live"),
      ]);
      for (const answer of [session, written]) {
        expect(answer.status).toBe(503);
        expect(JSON.parse(answer.text)).toMatchObject({ status: "error", code: "database_unavailable" });
      }
      expect(page.status).toBe(503);
      expect(page.text).not.toContain("Jane");
      for (const path of ["/login", "/reset-password?token=x", "/confirm-email?token=x"]) {
        const cookie = `__Host-session=${token}`;
        const stranger = await call(server.port, path, {
          host: "club.localhost",
          headers: { Cookie: cookie },
        });
        expect([stranger.status, stranger.text.includes("<h1")]).toEqual([503, true]);
      }
      expect(ready.status).toBe(503);
      expect(JSON.parse(ready.text)).toEqual({ status: "down", down: ["database"] });
      expect(live.status).toBe(200);
      await sleep(5_500); // what is kept in memory is too old by now
      expect(await call(server.port, "/", { headers })).toMatchObject({ status: 503 });

      proxy.mend();
      await vi.waitFor(
        async () => expect(await call(server.port, "/", { headers })).toMatchObject({ status: 200 }),
        15_000,
      );
    } finally {
      await server.kill();
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

test("the build is there", () => {
  expect(existsSync(".next/BUILD_ID")).toBe(true);
});
