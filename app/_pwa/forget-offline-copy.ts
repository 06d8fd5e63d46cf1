import type { WorkerMessage } from "#app/_pwa/messages.ts";
import { dropOfflineCopy } from "#app/_pwa/offline-copy.ts";

const answeredWithinMs = 1_000;

/** Before somebody leaves: what this device kept for them goes, and what the service worker was about to keep. */
export async function forgetOfflineCopy(): Promise<void> {
  const worker = navigator.serviceWorker?.controller;
  if (!worker) return;
  await Promise.race([
    new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve();
      worker.postMessage({ type: "forget" } satisfies WorkerMessage, [port2]);
    }),
    new Promise((resolve) => setTimeout(resolve, answeredWithinMs)),
  ]);
  await dropOfflineCopy();
}
