/// <reference lib="webworker" />
/**
 * The service worker of every programme's site. Without a network a page becomes the offline page; with one, nothing that a
 * server answers is kept or answered from memory, but the files of the build that the offline page needs.
 *
 * 1. /api is never answered here, and a page on its way through it to sign somebody in or out drops the member's copy.
 * 2. The copy belongs to one member, and a page of another one drops it before anything else is asked, however they came in.
 * 3. A page that answers 401 has no session any more: the copy goes.
 */
import { NetworkOnly, type RuntimeCaching, Serwist } from "serwist";

import type { WorkerMessage } from "#app/_pwa/messages.ts";
import {
  dropOfflineCopy,
  type KeptCopy,
  keepOfflineCopy,
  type OfflineCopy,
  offlineCopyPath,
  readOfflineCopy,
} from "#app/_pwa/offline-copy.ts";

declare const self: ServiceWorkerGlobalScope;

const offlinePath = "/offline";
const shellPrefix = "laurel-shell-";
const pageTimeoutSeconds = 10; // a network that is there and carries nothing
const renewAfterMs = 10 * 60_000;

// Addresses at which somebody comes or goes.
const signInOrOut = /^\/(?:api\/auth(?:\/|$)|login$|signed-out$)/;

let forgets = 0; // what began before somebody left is kept no more
let asked = 0; // nor is an answer that comes after that to a later question
let shells = Promise.resolve(); // one after the other, as each takes the place of all others

const pages: RuntimeCaching = {
  matcher: ({ request, sameOrigin, url }) =>
    sameOrigin && request.mode === "navigate" && !/^\/(?:api|docs)(?:\/|$)/.test(url.pathname),
  handler: new NetworkOnly({
    networkTimeoutSeconds: pageTimeoutSeconds,
    plugins: [
      {
        // Of a preloaded page, too, which is not fetched here.
        handlerWillRespond: async ({ response }) => {
          if (response.status === 401) await forget();
          return response;
        },
        handlerDidError: async () => readKept(offlinePath),
      },
    ],
  }),
};

// The browser's own cache has them as long as it likes; these are for the offline page.
const shellFiles: RuntimeCaching = {
  matcher: ({ sameOrigin, url }) =>
    sameOrigin && /^\/(?:_next\/static\/|pwa\/|favicon\.svg)/.test(url.pathname),
  handler: new NetworkOnly({
    plugins: [{ handlerDidError: async ({ request }) => readKept(request) }],
  }),
};

// Not by Serwist: whatever answers them, these addresses have to do with who is signed in.
self.addEventListener("fetch", (event) => {
  const { mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (mode === "navigate" && origin === self.location.origin && signInOrOut.test(pathname)) {
    event.waitUntil(forget());
  }
});

self.addEventListener("message", (event) => {
  const message = event.data as WorkerMessage;
  if (message.type === "keep") event.waitUntil(keep(message));
  if (message.type === "forget")
    event.waitUntil(forget().then(() => event.ports[0]?.postMessage("forgotten")));
});

new Serwist({
  skipWaiting: false, // a page that is open asks its person first
  clientsClaim: true,
  navigationPreload: true,
  runtimeCaching: [pages, shellFiles],
}).addEventListeners();

type Keep = WorkerMessage & { type: "keep" };

/** What fails is asked for again by the next page. */
async function keep(message: Keep): Promise<void> {
  shells = shells.then(() => keepShell(message.shell)).catch(() => undefined);
  await Promise.allSettled([keepCopy(message), shells]);
}

async function keepCopy({ memberId, revision, mustRenew }: Keep): Promise<void> {
  const kept = await readOfflineCopy();
  if (kept && kept.memberId !== memberId) await forget();
  else if (kept?.revision === revision && !mustRenew && isFresh(kept)) return;

  const [question, forgotten] = [++asked, forgets];
  const keptAtMs = Date.now(); // what the way takes is gone from what remains
  const response = await fetch(offlineCopyPath, { cache: "no-store" });
  if (response.status === 401) return forget();
  if (!response.ok) return;
  const { data } = (await response.json()) as { data: OfflineCopy };
  if (data.memberId !== memberId) return forget();
  if (question !== asked || forgotten !== forgets) return;
  await keepOfflineCopy({ ...data, keptAtMs, revision });
  if (forgotten !== forgets) await dropOfflineCopy(); // somebody left while it was written
}

/** Where a session ends by itself unless something happens, a copy of it has to be renewed in time. */
function isFresh({ keptAtMs, secondsRemaining }: KeptCopy): boolean {
  return Date.now() - keptAtMs < Math.min(renewAfterMs, (secondsRemaining * 1_000) / 2);
}

async function forget(): Promise<void> {
  forgets++;
  await dropOfflineCopy().catch(() => undefined); // a device whose memory is broken still shows pages
}

/** The offline page last, after all it is made of: what stopped half-way has none, and is begun anew by the next page. */
async function keepShell(key: string): Promise<void> {
  const name = `${shellPrefix}${key}`;
  const cache = await caches.open(name);
  if (await cache.match(offlinePath)) return;
  const page = await fetch(offlinePath, { cache: "no-store" });
  if (!page.ok) return;
  const files = await filesOf(await page.clone().text());
  const isOfBuild = (path: string) => path.startsWith("/_next/");
  await cache.addAll(files.filter(isOfBuild));
  // It does without an icon.
  await Promise.allSettled(files.filter((path) => !isOfBuild(path)).map((path) => cache.add(path)));
  await cache.put(offlinePath, page);
  for (const other of await shellNames()) if (other !== name) await caches.delete(other);
}

/** What a page names of its build and of the programme's icons, and the fonts that its style sheets name. */
async function filesOf(page: string): Promise<string[]> {
  const named = page.match(/\/(?:_next\/static\/|pwa\/|favicon\.svg)[\w./~?=%-]*/g) ?? [];
  const styleSheets = named.filter((path) => path.endsWith(".css"));
  const fonts = await Promise.all(
    styleSheets.map(async (path) => {
      const css = await (await fetch(path)).text();
      const base = new URL(path, self.location.origin);
      return Array.from(
        css.matchAll(/url\(["']?([^"')]+\.woff2)/g),
        ([, url = ""]) => new URL(url, base).pathname,
      );
    }),
  );
  return [...new Set([...named, ...fonts.flat()])];
}

/** From whichever cache has it: while a new offline page is fetched there are two. */
async function readKept(request: Request | string): Promise<Response | undefined> {
  for (const name of await shellNames()) {
    const kept = await (await caches.open(name)).match(request);
    if (kept) return kept;
  }
  return undefined;
}

async function shellNames(): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith(shellPrefix));
}
