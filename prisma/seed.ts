/**
 * The past of the demo's three people: months of purchases and rewards, posted to the ledger by the command that posts
 * all points. Run before the server starts; what is there already is not posted again.
 */

import { readFileSync } from "node:fs";
import { addSeconds, now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { findMember, findTenantByCode } from "#lib/db/programme.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { postPoints } from "#lib/domain/ledger/post-points.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { loadEnvFile, open } from "#lib/server/open.ts";

type Movement = { daysAgo: number; points: number; description: string };

const purchase = (daysAgo: number, euros: number): Movement => ({
  daysAgo,
  points: euros,
  description: "Purchase in the shop",
});
const reward = (daysAgo: number, points: number, name: string): Movement => ({
  daysAgo,
  points: -points,
  description: name,
});

const histories: Record<string, Movement[]> = {
  "demo-ada": [
    { daysAgo: 243, points: 100, description: "Welcome" },
    ...[240, 231, 222, 214, 203, 196, 188, 175, 166, 154, 147, 139, 128, 117, 105].map((day, index) =>
      purchase(day, 118 + ((index * 67) % 190)),
    ),
    reward(198, 750, "Stoneware mug"),
    reward(150, 600, "Canvas tote bag"),
    ...[96, 88, 79, 70, 61, 52, 44, 35, 27, 20, 12, 6, 2].map((day, index) =>
      purchase(day, 96 + ((index * 83) % 230)),
    ),
    reward(73, 1800, "Cinema evening"),
    reward(16, 150, "Any coffee"),
    { daysAgo: 5, points: 100, description: "100 extra for a big shop" },
  ],
  "demo-ben": [
    { daysAgo: 121, points: 100, description: "Welcome" },
    ...[118, 97, 83, 66, 48, 31, 17, 4].map((day, index) => purchase(day, 74 + ((index * 59) % 160))),
    reward(40, 500, "Cedar candle"),
  ],
  "demo-chloe": [{ daysAgo: 1, points: 100, description: "Welcome" }],
};

loadEnvFile();
const opened = await open();
if (!opened) {
  console.error("The demo is running already, or has not stopped yet.");
  process.exit(1);
}
const programmeFile = process.argv[2];
if (programmeFile) await applyProgramme(readFileSync(programmeFile, "utf8"));
await db().$transaction(
  async (tx) => {
    const tenant = await findTenantByCode(tx, "acme");
    if (!tenant) return;
    for (const [authIdentifier, history] of Object.entries(histories)) {
      const member = await findMember(tx, tenant.id, authIdentifier);
      if (!member) continue;
      const oldestFirst = [...history].sort((a, b) => b.daysAgo - a.daysAgo);
      for (const [index, { daysAgo, points, description }] of oldestFirst.entries()) {
        await postPoints(tx, {
          tenantId: tenant.id as TenantId,
          memberId: member.id as MemberId,
          kind: points > 0 ? "EARN" : "SPEND",
          points,
          reference: `demo:${authIdentifier}:${index}`,
          description,
          occurredAt: addSeconds(now(), -daysAgo * 86_400),
        });
      }
    }
  },
  { timeout: 60_000 },
);
await opened.close();
process.exit(0); // the schema engine leaves a timer behind
