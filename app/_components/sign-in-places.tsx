"use client";

import { MonitorSmartphone } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";

import { endSession } from "#app/_components/end-session.ts";

type Place = { id: string; device: string; when: string; isHere: boolean };

type Labels = {
  here: string;
  signOut: string;
  /** With {device} for the one that is meant. */
  signOutOf: string;
  everywhere: string;
  signingOut: string;
  failed: string;
};

/** Where the member is signed in; each other place can be signed out, and all of them at once. */
export function SignInPlaces({ places, labels }: { places: readonly Place[]; labels: Labels }) {
  const router = useRouter();
  const [busy, setBusy] = useState<string | null>(null);
  const [hasFailed, setHasFailed] = useState(false);

  const signOutOf = async (id: string) => {
    setBusy(id);
    const isDone = await endOther(id);
    setHasFailed(!isDone);
    setBusy(null);
    if (isDone) router.refresh();
  };
  const signOutEverywhere = async () => {
    setBusy("everywhere");
    if (await endSession("/api/session/everywhere")) return;
    setHasFailed(true);
    setBusy(null);
  };

  return (
    <div aria-busy={busy !== null} className="space-y-4">
      <ul className="divide-y divide-line">
        {places.map(({ id, device, when, isHere }) => (
          <li key={id} className="flex flex-wrap items-center gap-x-4 py-3 first:pt-0">
            <MonitorSmartphone className="size-6 shrink-0 text-muted" aria-hidden="true" />
            <div className="min-w-40 flex-1">
              <p className="flex flex-wrap items-center gap-x-2 font-medium">
                <bdi>{device}</bdi>
                {isHere && (
                  <span className="rounded-full bg-accent-soft px-2 py-0.5 text-accent text-xs">
                    {labels.here}
                  </span>
                )}
              </p>
              <p className="text-muted text-sm">{when}</p>
            </div>
            {!isHere && (
              <button
                type="button"
                onClick={() => signOutOf(id)}
                disabled={busy !== null}
                aria-label={labels.signOutOf.replace("{device}", device)}
                className="min-h-11 shrink-0 px-2 font-medium text-accent text-sm hover:underline"
              >
                {busy === id ? labels.signingOut : labels.signOut}
              </button>
            )}
          </li>
        ))}
      </ul>
      <button
        type="button"
        onClick={signOutEverywhere}
        disabled={busy !== null}
        className="button-quiet w-full sm:w-auto"
      >
        {busy === "everywhere" ? labels.signingOut : labels.everywhere}
      </button>
      <p role="status" className="text-danger text-sm empty:hidden">
        {hasFailed ? labels.failed : ""}
      </p>
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
