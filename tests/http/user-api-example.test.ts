import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { programmeFileSchema } from "#lib/domain/programme/programme-file.ts";
import type { TokenFaultCode } from "#lib/domain/tokens/user-token.ts";
import { openApiDocument } from "#lib/http/openapi/document.ts";
import {
  cleanUp,
  type LaurelServer,
  newFolder,
  runCommand,
  startLaurel,
} from "#tests/support/laurel-server.ts";

// Goal: what docs/user-api.md shows works, and what it lists is what there is.
// Method: the example as it is against the built server with the demo's people; the page's own blocks and tables.

const example = "docs/examples/user-api.mjs";
const page = readFileSync("docs/user-api.md", "utf8");

const pastMs = 120_000; // the demo's people live through more than a year

let server: LaurelServer;
let url: string;

beforeAll(async () => {
  const dataFolder = newFolder();
  const seeded = await runCommand(["prisma/seed.ts", "demo/programme.json"], { LAUREL_DATA_DIR: dataFolder });
  expect(seeded).toMatchObject({ code: 0 });
  server = await startLaurel({ LAUREL_DATA_DIR: dataFolder });
  url = `http://127.0.0.1:${server.port}`;
}, pastMs);
afterAll(cleanUp);

test("the example earns points, buys a reward with them and reads the wallet, each time it runs", async () => {
  const first = await runCommand([example], { LAUREL_URL: url });
  const second = await runCommand([example], { LAUREL_URL: url });

  const [points, vouchers] = walletIn(first.output);
  expect(first).toEqual({
    code: 0,
    output: [
      "The purchase gave 220 points.", // 120 of them for 120 euros, 100 for the first big shop of the week
      "Bought: Butter croissant, for 120 points.",
      `The wallet now holds ${points} points and ${vouchers} vouchers.`,
      "",
    ].join("\n"),
  });
  expect(second.code).toBe(0);
  expect(walletIn(second.output)[1]).toBe(vouchers + 1);
});

test("the example says in one line which call was refused, and why", async () => {
  const { code, output } = await runCommand([example], {
    LAUREL_URL: url,
    LAUREL_ISSUER: "http://elsewhere",
  });

  expect(code).toBe(1);
  expect(output).toContain(
    "Error: GET /v1/rewards?limit=100: token_invalid (The bearer token is not valid here.)\n",
  );
});

test("a refused token leaves the line in the log that the page describes", async () => {
  const { output } = await runCommand([example], { LAUREL_URL: url, LAUREL_SHARED_KEY: "another" });

  expect(output).toContain("token_invalid");
  const line = await vi.waitFor(() => logLineIn(server.output(), "signature_wrong"));
  const shown = logLineIn(page, "issuer_wrong");
  expect(line).toEqual({ ...shown, ...expectedToVary, fault: "signature_wrong" });
});

test("the example fits on a screen and needs no package", () => {
  const source = readFileSync(example, "utf8");

  expect(source.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  expect(source.match(/(?<=from ")[^"]+/g)).toEqual(["node:crypto"]);
});

test("every part of a programme file on the page is one that Laurel takes", () => {
  const parts = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(
    ([, json = ""]) => JSON.parse(json) as object,
  );

  expect(parts.filter((part) => "userAuth" in part)).toHaveLength(6);
  for (const part of parts) {
    const tenant = {
      code: "acme",
      name: "Acme",
      hostnames: ["rewards.localhost"],
      authMode: "embedded",
      ...part,
    };
    expect(programmeFileSchema.safeParse({ tenants: [tenant] }).error?.issues).toBeUndefined();
  }
});

test("the page's refusals are those that the OpenAPI document names for /v1, and what the border says before", () => {
  const atTheBorder = ["403 origin_not_allowed", "405 method_not_allowed"];
  const listed = rowsOf(/^\| (\d{3}) `(\w+)` \|/gm).map(([status, code]) => `${status} ${code}`);

  expect(listed.sort()).toEqual([...new Set([...documentedRefusals(), ...atTheBorder])].sort());
});

test("the page explains every fault that a token can have", () => {
  const faults: Record<TokenFaultCode, true> = {
    ...{ not_set_up: true, not_a_token: true, header_unreadable: true, algorithm_wrong: true },
    ...{ header_unsupported: true, type_wrong: true, key_id_missing: true, claims_unreadable: true },
    ...{ subject_wrong: true, issuer_wrong: true, time_wrong: true, not_yet_valid: true, expired: true },
    ...{ lifetime_too_long: true, audience_wrong: true, key_unknown: true, signature_wrong: true },
  };
  const [, ofFaults = ""] = page.split("| `fault` |");

  expect(rowsOf(/^\| `(\w+)` \|/gm, ofFaults).flat()).toEqual(Object.keys(faults));
});

/** Points and vouchers, as the example's last line says. */
function walletIn(output: string): [number, number] {
  const [, points, vouchers] = /holds (\d+) points and (\d+) vouchers/.exec(output) ?? [];
  return [Number(points), Number(vouchers)];
}

const expectedToVary = { time: expect.any(String), requestId: expect.any(String) };

/** The line of a log that tells this fault; throws where there is none. */
function logLineIn(text: string, fault: TokenFaultCode): object {
  const line = text.split("\n").find((each) => each.startsWith("{") && each.includes(fault));
  return JSON.parse(line ?? "") as object;
}

function rowsOf(row: RegExp, text = page): string[][] {
  return [...text.matchAll(row)].map(([, ...cells]) => cells);
}

/** Such as "404 reward_not_found", of every call under /v1. */
function documentedRefusals(): string[] {
  type Answers = Record<string, { content?: { "application/json": { examples?: object } } }>;
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, { responses: Answers }>> };
  return Object.entries(paths)
    .filter(([path]) => path.startsWith("/v1/"))
    .flatMap(([, methods]) => Object.values(methods))
    .flatMap(({ responses }) => Object.entries(responses))
    .flatMap(([status, { content }]) =>
      Object.keys(content?.["application/json"].examples ?? {}).map((code) => `${status} ${code}`),
    );
}
