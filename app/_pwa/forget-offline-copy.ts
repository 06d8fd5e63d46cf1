import type { WorkerMessage } from "#app/_pwa/messages.ts";
import { dropOfflineCopy } from "#app/_pwa/offline-copy.ts";

const answeredWithinMs = 1_000;

/**
 * What this device kept for who leaves goes, and what the service worker was about to keep. Never fails: nobody stays signed in
 * because a device's memory is broken.
 */
export async function forgetOfflineCopy(): Promise<void> {
  try {
    // Not the page's controller: after a hard reload it has none, and the worker is there all the same.
    const registration = await navigator.serviceWorker?.getRegistration();
    if (registration?.active) await tell(registration.active);
    await dropOfflineCopy();
  } catch {
    // Some frames may not ask, and have kept nothing.
  }
}

function tell(worker: ServiceWorker): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    setTimeout(resolve, answeredWithinMs);
    worker.postMessage({ type: "forget" } satisfies WorkerMessage, [port2]);
  });
}
