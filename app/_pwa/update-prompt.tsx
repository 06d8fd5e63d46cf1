"use client";

import type { Serwist } from "@serwist/window";
import { useEffect, useState } from "react";

import { registerAppWorker } from "#app/_pwa/app-worker.ts";

const askEveryMs = 60 * 60_000;

/** Says that there is a new version, and changes to it when its person likes; an app that stays open asks for one now and then. */
export function UpdatePrompt({ labels }: { labels: { text: string; reload: string; later: string } }) {
  const [waiting, setWaiting] = useState<Serwist | null>(null);

  useEffect(() => {
    let isGone = false;
    let askedAtMs = Date.now();
    const worker = registerAppWorker();
    worker?.then(
      (serwist) =>
        serwist.addEventListener("waiting", () => {
          if (!isGone) setWaiting(serwist);
        }),
      () => undefined,
    );
    const ask = () => {
      if (document.visibilityState !== "visible" || Date.now() - askedAtMs < askEveryMs) return;
      askedAtMs = Date.now();
      worker?.then((serwist) => serwist.update()).catch(() => undefined); // at the next time, then
    };
    document.addEventListener("visibilitychange", ask);
    return () => {
      isGone = true;
      document.removeEventListener("visibilitychange", ask);
    };
  }, []);

  const reload = async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    if (!registration?.waiting) return location.reload(); // another tab has changed to it already
    waiting?.addEventListener("controlling", () => location.reload());
    waiting?.messageSkipWaiting();
  };

  return (
    <div role="status">
      {waiting && (
        <div className="panel fixed inset-x-4 bottom-20 z-40 mx-auto flex max-w-md flex-wrap items-center justify-end gap-3 p-4 md:bottom-6">
          <p className="min-w-40 flex-1 font-medium text-sm">{labels.text}</p>
          <button type="button" onClick={() => setWaiting(null)} className="button-quiet">
            {labels.later}
          </button>
          <button type="button" onClick={reload} className="button-primary">
            {labels.reload}
          </button>
        </div>
      )}
    </div>
  );
}
