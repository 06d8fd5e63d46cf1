import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { createKeySets } from "#lib/clients/key-sets.ts";
import {
  type DocumentSource,
  DocumentUnavailable,
  rememberDocuments,
} from "#lib/clients/remembered-documents.ts";
import { env } from "#lib/config/env.ts";
import { log } from "#lib/config/log.ts";
import { type Behaviour, behaviours, startIdentityProvider } from "#tests/support/identity-provider.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: what holds for key sets holds for any document of an identity provider.
// Method: documents that have a version, and a provider that answers with the next one on request. What a fetch guards
// against, and the rules under many askers, are key-sets.test.ts's: it asks through the same memory.

const minutes = 60_000;
const hours = 60 * minutes;

type Versioned = { version: number };

const documents = rememberDocuments<Versioned>("tests of documents", readVersioned);

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
  stopTheClock();
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("a document is read once, and handed out as it was read", async () => {
  const { source, provider } = await startTenant(versions(1));

  const first = await documents.get(source);

  expect(first).toEqual({ version: 1 });
  expect(await documents.get(source)).toBe(first);
  expect(provider.requests()).toBe(1);
});

test("what reads is told where the document is from", async () => {
  const { source } = await startTenant(versions(1));
  const read = vi.fn((_document: unknown, from: DocumentSource) => from.url);

  const urls = rememberDocuments(randomUUID(), read);

  expect(await urls.get(source)).toBe(source.url);
  expect(read.mock.calls).toEqual([[{ version: 1 }, source]]);
});

test("a look into the memory fetches nothing, and finds what can be used", async () => {
  const { source, provider } = await startTenant(versions(1));
  expect(documents.peek(source)).toBeNull();
  expect(provider.requests()).toBe(0);

  const value = await documents.get(source);
  expect(documents.peek(source)).toBe(value);

  moveTo(0, 24 * hours - 1);
  expect(documents.peek(source)).toBe(value);
  moveTo(0, 24 * hours);
  expect(documents.peek(source)).toBeNull();
  expect(provider.requests()).toBe(1);
});

test("a document that is not enough is fetched anew, and the new one is handed out", async () => {
  const { source, provider } = await startTenant(versions(1, 2));
  await documents.get(source);

  expect(await documents.get(source, isAtLeast(1))).toEqual({ version: 1 });
  expect(provider.requests()).toBe(1);
  expect(await documents.get(source, isAtLeast(2))).toEqual({ version: 2 });
  expect(provider.requests()).toBe(2);
});

test("a document that stays not enough is handed out as it is, and fetched once in 30 seconds", async () => {
  const { source, provider } = await startTenant(versions(1, 2, 3));
  await documents.get(source);

  const found = await Promise.all(Array.from({ length: 50 }, () => documents.get(source, isAtLeast(9))));
  expect(found.every(({ version }) => version === 2)).toBe(true);
  moveTo(0, 29_999);
  expect(await documents.get(source, isAtLeast(9))).toEqual({ version: 2 });
  expect(provider.requests()).toBe(2);

  moveTo(0, 30_000);
  expect(await documents.get(source, isAtLeast(9))).toEqual({ version: 3 });
  expect(provider.requests()).toBe(3);
});

test("the first document is not fetched twice because it is not enough", async () => {
  const { source, provider } = await startTenant(versions(1, 2));

  expect(await documents.get(source, isAtLeast(9))).toEqual({ version: 1 });
  expect(provider.requests()).toBe(1);
});

test("one tenant's document that is not enough takes no fetch from another tenant of the same address", async () => {
  const { source, provider } = await startTenant(versions(1, 2, 3, 4));
  const sibling = { ...source, tenantId: randomUUID() };
  await documents.get(source);
  await documents.get(sibling);

  expect(await documents.get(source, isAtLeast(9))).toEqual({ version: 3 });
  expect(await documents.get(sibling, isAtLeast(9))).toEqual({ version: 4 });
  expect(provider.requests()).toBe(4);
});

test("where a document that is not enough cannot be fetched anew, the old one is handed out", async () => {
  const { source, provider } = await startTenant(versions(1));
  await documents.get(source);

  provider.serve(behaviours.status(500));

  expect(await documents.get(source, isAtLeast(9))).toEqual({ version: 1 });
  expect(provider.requests()).toBe(2);
});

test("a document that is refused when it is read is a failure, and the old one serves on for a day", async () => {
  const { source, provider } = await startTenant(versions(1));
  const old = await documents.get(source);

  provider.serve(behaviours.document({ version: "two" }));
  for (const afterMs of [10 * minutes, 10 * minutes + 30_000, 24 * hours - 1]) {
    moveTo(0, afterMs);
    expect(await documents.get(source)).toBe(old);
  }
  expect(provider.requests()).toBe(4);
  moveTo(0, 24 * hours);
  await expect(documents.get(source)).rejects.toMatchObject({ reason: "document" });

  provider.serve(versions(3));
  moveTo(0, 24 * hours + 30_000);
  expect(await documents.get(source)).toEqual({ version: 3 });
});

test("without a document a refused one is an outage, with its pauses", async () => {
  const { source, provider } = await startTenant(behaviours.document("nothing of the kind"));
  const ask = () => documents.get(source).catch((error: unknown) => error);

  expect(await ask()).toBeInstanceOf(DocumentUnavailable);
  expect(await ask()).toMatchObject({
    name: "DocumentUnavailable",
    reason: "document",
    retryAfterSeconds: 2,
  });
  moveTo(0, 1_999);
  expect(await ask()).toMatchObject({ retryAfterSeconds: 1 });
  expect(provider.requests()).toBe(1);

  moveTo(0, 2_000);
  expect(await ask()).toMatchObject({ retryAfterSeconds: 4 });
  expect(provider.requests()).toBe(2);
});

test("a document is renewed in the background from 8 minutes on, and waited for from 10", async () => {
  const { source, provider } = await startTenant(versions(1));
  await documents.get(source);

  const renewal = Promise.withResolvers<void>();
  provider.serve(behaviours.held(renewal.promise, versions(2)));
  moveTo(0, 8 * minutes);
  expect(await documents.get(source)).toEqual({ version: 1 });
  await vi.waitFor(() => expect(provider.requests()).toBe(2));
  moveTo(0, 10 * minutes);
  const waiting = documents.get(source);
  renewal.resolve();

  expect(await waiting).toEqual({ version: 2 });
  expect(provider.requests()).toBe(2);
});

test("a second reading of one address has a memory of its own, and the same name has the same one", async () => {
  const { source, provider } = await startTenant(versions(1, 2));
  await documents.get(source);

  const again = rememberDocuments<Versioned>("tests of documents", readVersioned);
  const texts = rememberDocuments("tests of texts", (document) => JSON.stringify(document));
  const keys = createKeySets("tests of documents", () => new Map([["a", "key a"]]));

  expect(await again.get(source)).toEqual({ version: 1 });
  expect(provider.requests()).toBe(1);
  expect(await texts.get(source)).toBe('{"version":2}');
  expect(await keys.find(source, "a")).toBe("key a");
  expect(provider.requests()).toBe(3);
  expect(documents.peek(source)).toEqual({ version: 1 });
});

test("another copy of the module has the same memory", async () => {
  const { source, provider } = await startTenant(versions(1));
  await documents.get(source);
  vi.resetModules();

  const copy = await import("#lib/clients/remembered-documents.ts");

  expect(copy.rememberDocuments).not.toBe(rememberDocuments);
  const again = copy.rememberDocuments<Versioned>("tests of documents", readVersioned);
  expect(again.peek(source)).toEqual({ version: 1 });
  expect(provider.requests()).toBe(1);
});

test("the log says which document was not fetched, whose and why", async () => {
  const { source, provider } = await startTenant(behaviours.status(404));
  const warnings = vi.spyOn(log(), "warn");

  await documents.get(source).catch(() => undefined);
  provider.serve(behaviours.document({ version: "two" }));
  moveTo(0, 2_000);
  await documents.get(source).catch(() => undefined);

  const line = { document: "tests of documents", tenantId: source.tenantId };
  const error = expect.objectContaining({ name: "Error", message: "no version" });
  expect(warnings.mock.calls).toEqual([
    [{ ...line, reason: "status", code: "404" }, "document not fetched"],
    [{ ...line, reason: "document", code: undefined, error }, "document not fetched"],
  ]);
});

/** A new tenant, and its provider. */
async function startTenant(behaviour: Behaviour) {
  const provider = await startIdentityProvider();
  onTestFinished(() => provider.stop());
  provider.serve(behaviour);
  const source: DocumentSource = { tenantId: randomUUID(), url: `${provider.issuer}/document` };
  return { provider, source };
}

/** Answers with the first of these versions, then with the next, and stays at the last. */
function versions(...each: number[]): Behaviour {
  const remaining = [...each];
  return (response, keySet) => {
    const version = remaining.length > 1 ? remaining.shift() : remaining[0];
    return behaviours.document({ version })(response, keySet);
  };
}

function isAtLeast(least: number) {
  return ({ version }: Versioned) => version >= least;
}

function readVersioned(document: unknown): Versioned {
  const { version } = document as { version?: unknown };
  if (typeof version !== "number") throw new Error("no version");
  return { version };
}
