"use client";

import { Check } from "lucide-react";
import { useRouter } from "next/navigation";
import { useId, useState, useTransition } from "react";

import { useOfflineReason } from "#app/_components/offline-notice.tsx";
import { useIsReady } from "#app/_components/use-is-ready.ts";

export type ChoiceOption = {
  /** Null is the choice of none. */
  value: string | null;
  label: string;
  /** Where the label is in a language of its own. */
  lang?: string;
};

/**
 * One of a few, taken at once: it is sent, and the page is made anew with it in place. Buttons, and no list: in a list the
 * arrow keys would change the page with every step.
 */
export function Choice({
  label,
  hint,
  address,
  method,
  field,
  options,
  value,
  labels,
}: {
  label: string;
  hint: string;
  address: string;
  method: "PATCH" | "PUT";
  /** The name that what is chosen is sent by. */
  field: string;
  options: readonly ChoiceOption[];
  /** As it is kept. */
  value: string | null;
  labels: { saved: string; failed: string; signedOut: string };
}) {
  const router = useRouter();
  const id = useId();
  const isReady = useIsReady();
  const offlineReason = useOfflineReason();
  const [sent, setSent] = useState<{ value: string | null } | null>(null);
  const [result, setResult] = useState<keyof typeof labels | null>(null);
  const [isRenewing, startRenewing] = useTransition();
  const isBusy = sent !== null || isRenewing;
  const shown = sent ? sent.value : value;

  const choose = async (chosen: string | null) => {
    if (isBusy || offlineReason !== null || chosen === value) return;
    setResult(null);
    setSent({ value: chosen });
    const answer = await send(address, method, { [field]: chosen });
    startRenewing(() => {
      if (answer === "saved") router.refresh();
      setSent(null);
      setResult(answer);
    });
  };

  return (
    <div className="p-5" aria-busy={isBusy}>
      <p id={id} className="font-medium">
        {label}
      </p>
      <p id={`${id}-hint`} className="text-muted text-sm">
        {hint}
      </p>
      <fieldset
        aria-labelledby={id}
        aria-describedby={`${id}-hint`}
        className="mt-3 grid min-w-0 grid-cols-2 gap-2 sm:grid-cols-3"
      >
        {options.map((option) => {
          const isChosen = option.value === shown;
          return (
            <button
              key={option.value ?? ""}
              type="button"
              lang={option.lang}
              aria-pressed={isChosen}
              disabled={!isReady}
              aria-disabled={offlineReason !== null || undefined}
              onClick={() => choose(option.value)}
              className="choice first:col-span-2 sm:first:col-span-1"
            >
              {isChosen && <Check className="size-4 shrink-0" aria-hidden="true" />}
              {option.label}
            </button>
          );
        })}
      </fieldset>
      <p
        role="status"
        className={`mt-3 text-sm empty:mt-0 ${offlineReason ? "text-muted" : result === "saved" ? "text-accent" : "text-danger"}`}
      >
        {offlineReason ?? (result && !isBusy && labels[result])}
      </p>
    </div>
  );
}

async function send(
  address: string,
  method: string,
  body: object,
): Promise<"saved" | "failed" | "signedOut"> {
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(address, { method, headers, body: JSON.stringify(body) });
    if (response.ok) return "saved";
    const { code } = (await response.json()) as { code?: string };
    return code === "session_invalid" ? "signedOut" : "failed";
  } catch {
    return "failed";
  }
}
