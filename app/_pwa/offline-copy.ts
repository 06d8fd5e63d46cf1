/**
 * What an installed app still shows without a network: the balance, the card and the usable tickets of the member who was
 * signed in last. The service worker keeps it, the offline page reads it, and whoever signs out has it dropped.
 *
 * At most one is kept on a device, and it lives no longer than the session would have: docs/decisions/0028.
 */

/** As `GET /api/session/offline-copy` tells it; texts are in the member's language. */
export type OfflineCopy = {
  memberId: string;
  /** Until the session ends if nothing happens. */
  secondsRemaining: number;
  /** With their unit. */
  points: string;
  card: { holder: string; number: string; qrCode: string; barcode: string };
  tickets: OfflineTicket[];
};

export type OfflineTicket = {
  id: string;
  reward: string;
  /** What it can still do, and until when. */
  state: string;
  expiresAt: string | null;
  /** Pictures as data URLs. Null where it has none, or shows none before it is redeemed. */
  code: { value: string; qrCode: string; barcode: string | null } | null;
  isRedeemed: boolean;
};

export type KeptCopy = OfflineCopy & {
  /** By this device's clock. */
  keptAtMs: number;
  /** Another one stands for another state of the wallet, or another language. */
  revision: string;
};

export const offlineCopyPath = "/api/session/offline-copy";
const cacheName = "laurel-member";

/** Null where there is none, or its session is over by now; that one is dropped. */
export async function readOfflineCopy(): Promise<KeptCopy | null> {
  if (!(await caches.has(cacheName))) return null;
  const kept = await (await caches.open(cacheName)).match(offlineCopyPath);
  if (!kept) return null;
  const copy = (await kept.json()) as KeptCopy;
  if (isAlive(copy)) return copy;
  await dropOfflineCopy();
  return null;
}

export async function keepOfflineCopy(copy: KeptCopy): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.put(offlineCopyPath, Response.json(copy));
}

export async function dropOfflineCopy(): Promise<void> {
  await caches.delete(cacheName);
}

/** A clock that was set back says nothing of how much time has passed: then it is over. */
function isAlive({ keptAtMs, secondsRemaining }: KeptCopy): boolean {
  const ageMs = Date.now() - keptAtMs;
  return ageMs >= 0 && ageMs < secondsRemaining * 1_000;
}
