"use client";

import { useEffect } from "react";

import { registerAppWorker } from "#app/_pwa/app-worker.ts";
import type { WorkerMessage } from "#app/_pwa/messages.ts";

type Kept = Omit<WorkerMessage & { type: "keep" }, "type">;

/**
 * Has the service worker keep what it takes to open without a network. `rendering` is another one each time that the page is
 * made: one that was made anew may show what the copy lacks.
 */
export function KeepOffline({
  memberId,
  revision,
  shell,
  mustRenew,
  rendering,
}: Kept & { rendering: string }) {
  useEffect(() => {
    if (!registerAppWorker()) return;
    const message: WorkerMessage = { type: "keep", memberId, revision, shell, mustRenew };
    void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage(message));
  }, [memberId, revision, shell, mustRenew, rendering]);

  return null;
}
