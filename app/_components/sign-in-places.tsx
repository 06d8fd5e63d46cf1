"use client";

import { ChevronDown, MonitorSmartphone } from "lucide-react";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";

import { ActionButton } from "#app/_components/action-button.tsx";
import { endSession } from "#app/_components/end-session.ts";
import { useOfflineReason } from "#app/_components/offline-notice.tsx";

type Place = { id: string; device: string; when: string; isHere: boolean };

type Labels = {
  here: string;
  signOut: string;
  /** With {device} for the one that is meant. */
  signOutOf: string;
  signedOutOf: string;
  /** Opens those beyond the first few. */
  more: string;
  everywhere: string;
  signingOut: string;
  failed: string;
};

/** Where the member is signed in; each other place can be signed out, and all of them at once. */
export function SignInPlaces({
  places,
  shownCount,
  labels,
}: {
  places: readonly Place[];
  /** How many stand there without asking. */
  shownCount: number;
  labels: Labels;
}) {
  const router = useRouter();
  const [busy, setBusy] = useState<string | null>(null);
  const [news, setNews] = useState("");
  const offlineReason = useOfflineReason(); // the button for all places says it for each
  const [hasFailed, setHasFailed] = useState(false);
  const container = useRef<HTMLDivElement>(null);

  const signOutOf = async ({ id, device }: Place) => {
    setBusy(id);
    const isDone = await endOther(id);
    setHasFailed(!isDone);
    setNews(isDone ? labels.signedOutOf.replace("{device}", device) : labels.failed);
    setBusy(null);
    if (!isDone) return;
    container.current?.focus(); // the button that had it goes
    router.refresh();
  };
  const signOutEverywhere = async () => {
    setBusy("everywhere");
    if ((await endSession("/api/session/everywhere")) === "ended") return;
    setHasFailed(true);
    setNews(labels.failed);
    setBusy(null);
  };
  const rowOf = (place: Place) => (
    <li
      key={place.id}
      className="grid grid-cols-[auto_1fr] items-center gap-x-4 py-3 sm:grid-cols-[auto_1fr_auto]"
    >
      <MonitorSmartphone className="size-6 shrink-0 text-muted" aria-hidden="true" />
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2 font-medium">
          <bdi>{place.device}</bdi>
          {place.isHere && (
            <span className="rounded-full bg-accent-soft px-2 py-0.5 text-accent text-xs">{labels.here}</span>
          )}
        </p>
        <p className="text-muted text-sm">{place.when}</p>
      </div>
      {!place.isHere && (
        <button
          type="button"
          onClick={() => signOutOf(place)}
          disabled={busy !== null || offlineReason !== null}
          aria-label={labels.signOutOf.replace("{device}", place.device)}
          className="-ms-2 col-start-2 min-h-11 justify-self-start px-2 font-medium text-accent text-sm hover:underline sm:col-start-3 sm:ms-0 sm:-me-2 noscript:hidden"
        >
          {busy === place.id ? labels.signingOut : labels.signOut}
        </button>
      )}
    </li>
  );

  return (
    <div
      ref={container}
      tabIndex={-1}
      aria-busy={busy !== null}
      className="divide-y divide-line outline-none"
    >
      <ul className="divide-y divide-line px-5 py-2">{places.slice(0, shownCount).map(rowOf)}</ul>
      {places.length > shownCount && (
        <details className="group px-5">
          <summary className="flex min-h-14 cursor-pointer list-none items-center justify-between gap-4 font-medium [&::-webkit-details-marker]:hidden">
            {labels.more}
            <ChevronDown
              className="size-5 shrink-0 text-muted group-open:rotate-180 motion-safe:transition-transform"
              aria-hidden="true"
            />
          </summary>
          <ul className="divide-y divide-line pb-2">{places.slice(shownCount).map(rowOf)}</ul>
        </details>
      )}
      <div className="p-5 noscript:hidden">
        <ActionButton
          onClick={signOutEverywhere}
          disabled={busy !== null}
          className="button-quiet w-full sm:w-auto"
        >
          {busy === "everywhere" ? labels.signingOut : labels.everywhere}
        </ActionButton>
        <p role="status" className={`mt-3 text-sm empty:mt-0 ${hasFailed ? "text-danger" : "text-accent"}`}>
          {news}
        </p>
      </div>
    </div>
  );
}

/** A place that is signed out by now is what was wanted, too. */
async function endOther(id: string): Promise<boolean> {
  try {
    const response = await fetch(`/api/session/others/${id}`, { method: "DELETE" });
    return response.ok || response.status === 404;
  } catch {
    return false;
  }
}
