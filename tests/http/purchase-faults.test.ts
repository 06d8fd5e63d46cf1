import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";

import {
  call,
  cleanUp,
  type HttpAnswer,
  newFolder,
  runCommand,
  startLaurel,
  writeProgramme,
} from "#tests/support/laurel-server.ts";
import { embeddedTenant, mintSession } from "#tests/support/tenants.ts";

// Goal: whatever dies in the middle of a purchase, nobody pays twice or for nothing, and what was acknowledged is there.
// Method: the built server, killed twenty times under load, each time once as many purchases were answered as a seed draws,
// and a moment later, which the seed draws as well; each purchase that was not answered is tried again with its key after the
// next start; then every answer is asked for once more.

const kills = 20;
const openingPoints = 1_000_000;
const pricePoints = 7;
const membersCount = 4;
const seed = Number(process.env.TEST_SEED ?? Date.now() % 100_000);

const programme = {
  ...embeddedTenant,
  rewards: [
    {
      externalId: "sticker",
      name: "Sticker",
      type: "VOUCHER",
      price: pricePoints,
      codePattern: "XXXXXX-999999",
    },
  ],
  rules: [
    {
      name: "A point back",
      eventType: "PURCHASED_REWARD",
      effect: { type: "POINTS", points: 1 },
      limits: { perMember: { times: 10, period: "EVER" } },
    },
  ],
  members: Array.from({ length: membersCount }, (_, index) => ({
    authIdentifier: `member-${index}`,
    profile: { givenName: "Jane", familyName: "Doe", emailAddress: "jane.doe@example.com" },
    points: openingPoints,
  })),
};

afterAll(cleanUp);

/** The same numbers for the same seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function signIn(port: number, authIdentifier: string): Promise<string> {
  return `session=${await mintSession(port, authIdentifier)}`;
}

function buy(port: number, cookie: string, rewardId: string, key: string): Promise<HttpAnswer> {
  return call(port, "/api/session/purchases", {
    method: "POST",
    headers: {
      Cookie: cookie,
      Origin: "http://rewards.localhost",
      "Content-Type": "application/json",
      "Idempotency-Key": key,
    },
    body: JSON.stringify({ rewardId }),
  });
}

/** Its id is on the shelf's page, and nowhere else without an API. */
async function rewardIdOn(port: number, cookie: string): Promise<string> {
  const { text } = await call(port, "/rewards", { headers: { Cookie: cookie } });
  return /\/rewards\/([0-9a-f-]{36})/.exec(text)?.[1] ?? "";
}

test(`killed ${kills} times under purchases (seed ${seed}), nothing is paid twice, for nothing, or forgotten`, {
  timeout: 400_000,
}, async () => {
  const random = randomFrom(seed);
  const env = { LAUREL_DATA_DIR: newFolder(), LAUREL_PROVISION: writeProgramme(newFolder(), programme) };
  const cookies: string[] = [];
  let rewardId = "";
  const benefitOfKey = new Map<string, string>();
  const memberOfKey = new Map<string, number>();
  const unanswered = new Map<string, number>();
  let nextKey = 0;
  let answered = 0;

  const shop = async (port: number, member: number, key: string): Promise<boolean> => {
    unanswered.set(key, member);
    memberOfKey.set(key, member);
    const answer = await buy(port, cookies[member] ?? "", rewardId, key).catch(() => null);
    if (answer === null) return false;
    expect(answer.status, answer.text).toBe(200);
    benefitOfKey.set(key, JSON.parse(answer.text).data.benefit.id);
    unanswered.delete(key);
    answered += 1;
    return true;
  };
  for (let round = 0; round < kills; round++) {
    const server = await startLaurel(env);
    if (round === 0) {
      for (let member = 0; member < membersCount; member++) {
        cookies.push(await signIn(server.port, `member-${member}`));
      }
      rewardId = await rewardIdOn(server.port, cookies[0] ?? "");
    }
    const tryAgain = [...unanswered];
    const clients = Array.from({ length: 2 + Math.floor(random() * 6) }, async (_, client) => {
      for (const [key, member] of tryAgain.filter((_each, index) => index % 8 === client)) {
        if (!(await shop(server.port, member, key))) return;
      }
      while (await shop(server.port, Math.floor(random() * membersCount), `key-${nextKey++}`));
    });
    const enough = answered + 4 + Math.floor(random() * 12);
    while (answered < enough) await sleep(1);
    await sleep(random() * 40);
    await server.kill();
    await Promise.all(clients);
  }

  const server = await startLaurel(env);
  for (const [key, member] of unanswered) expect(await shop(server.port, member, key)).toBe(true);
  const bought = [...benefitOfKey];
  expect(bought.length).toBeGreaterThan(kills * 3);
  expect(new Set(benefitOfKey.values()).size).toBe(bought.length);
  for (const [key, benefitId] of bought) {
    const again = await buy(server.port, cookies[memberOfKey.get(key) ?? 0] ?? "", rewardId, key);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(JSON.parse(again.text).data.benefit.id).toBe(benefitId);
  }
  for (const [member, cookie] of cookies.entries()) {
    const count = bought.filter(([key]) => memberOfKey.get(key) === member).length;
    const balance = openingPoints - count * pricePoints + Math.min(count, 10);
    const { text } = await call(server.port, "/", { headers: { Cookie: cookie } });
    expect(text).toContain(`data-testid="balance">${balance.toLocaleString("en")}<`);
  }
  const check = await runCommand(["lib/server/commands/run.ts", "db:check"], {
    LAUREL_DATA_DIR: env.LAUREL_DATA_DIR,
  });
  expect(check).toEqual({ code: 0, output: "Every law of the ledger and of the rewards holds.\n" });
});
