/**
 * What a phone's browser makes of the pages: Lighthouse, with its own picture of a slow phone, on a member's pages. The median of
 * a few runs, as machines are noisy: of Lighthouse's findings only the speed is.
 */
import { chromium } from "@playwright/test";
import lighthouse, { type Result } from "lighthouse";

import { undoLater } from "#tests/bench/cleanup.ts";
import { median } from "#tests/bench/report.ts";
import { findChromium, howToGetChromium } from "#tests/support/find-chromium.ts";

const pages = ["/", "/rewards", "/wallet"];
const categories = ["performance", "accessibility", "best-practices"] as const;

/** The table, with the bare page of the same rounds for a floor, and what Lighthouse found fault with. */
export async function lighthouseTable(
  { laurelUrl, floorUrl, sessionToken }: { laurelUrl: string; floorUrl: string; sessionToken: string },
  { rounds, debuggingPort }: { rounds: number; debuggingPort: number },
): Promise<string> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(howToGetChromium);
  let browser: Awaited<ReturnType<typeof chromium.launch>> | undefined;
  undoLater(() => browser?.close());
  browser = await chromium.launch({
    executablePath,
    chromiumSandbox: false,
    args: [`--remote-debugging-port=${debuggingPort}`, "--disable-background-networking"],
  });

  const looked = [
    { name: "bare page", url: floorUrl, results: [] as Result[] },
    ...pages.map((page) => ({ name: `\`${page}\``, url: `${laurelUrl}${page}`, results: [] as Result[] })),
  ];
  for (let round = 1; round <= rounds; round++) {
    for (const { name, url, results } of looked) {
      console.error(`Lighthouse ${round} of ${rounds}: ${name}`);
      results.push(await lookAt(url, url === floorUrl ? null : sessionToken, debuggingPort));
    }
  }
  const rows = looked.map(({ name, results }) => rowOf(name, results));
  const [, ...ours] = looked;
  const faults = new Set(
    ours.flatMap(({ name, results }) => results.flatMap(faultsOf).map((fault) => `${name}: ${fault}`)),
  );
  const table = [
    "| page | performance | accessibility | best practices | LCP ms | TBT ms | CLS | script KiB |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
  const found = faults.size > 0 ? [...faults].map((fault) => `- ${fault}`).join("\n") : "- nothing";
  return `${table}\n\nFound fault with, besides speed:\n\n${found}`;
}

async function lookAt(url: string, sessionToken: string | null, port: number): Promise<Result> {
  const flags = {
    ...{ port, logLevel: "error" as const, onlyCategories: [...categories] },
    extraHeaders: sessionToken === null ? {} : { Cookie: `session=${sessionToken}` },
  };
  const result = await lighthouse(url, flags);
  if (!result) throw new Error(`Lighthouse says nothing of ${url}.`);
  const { lhr } = result;
  if (lhr.runtimeError) throw new Error(`Lighthouse failed at ${url}: ${lhr.runtimeError.message}`);
  return lhr;
}

function rowOf(name: string, results: readonly Result[]): string {
  const medianOf = (read: (result: Result) => number | null | undefined) =>
    median(results.map((result) => read(result) ?? Number.NaN));
  const scores = categories.map((category) =>
    Math.round(medianOf(({ categories: all }) => all[category]?.score) * 100),
  );
  const numberOf = (audit: string) => medianOf(({ audits }) => audits[audit]?.numericValue);
  const cells = [
    ...scores,
    Math.round(numberOf("largest-contentful-paint")),
    Math.round(numberOf("total-blocking-time")),
    numberOf("cumulative-layout-shift").toFixed(3),
    Math.round(medianOf(scriptBytes) / 1024),
  ];
  return `| ${name} | ${cells.join(" | ")} |`;
}

function scriptBytes({ audits }: Result): number {
  const details = audits["resource-summary"]?.details ?? audits["network-requests"]?.details;
  const items = (details as { items?: { resourceType?: string; transferSize?: number }[] } | undefined)
    ?.items;
  return (items ?? [])
    .filter(({ resourceType }) => resourceType?.toLowerCase() === "script")
    .reduce((sum, { transferSize = 0 }) => sum + transferSize, 0);
}

/** Audits of accessibility and best practices that are not passed. */
function faultsOf({ categories: all, audits }: Result): string[] {
  const refs = (["accessibility", "best-practices"] as const).flatMap((name) => all[name]?.auditRefs ?? []);
  return refs
    .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 1)
    .map(({ id }) => `${id}: ${audits[id]?.title}`);
}
