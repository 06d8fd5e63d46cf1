"use client";

import { useEffect, useEffectEvent, useRef, useState } from "react";

import { sendAccount } from "#app/_components/send-account.ts";

type Labels = {
  confirm: string;
  confirming: string;
  confirmed: string;
  goOn: string;
  invalid: string;
  lost: string;
};

/**
 * Confirms an e-mail address by a link's token. Opening the link does it, by this script: programs that look into mails
 * only fetch the page, and change nothing.
 */
export function ConfirmByLink({ token, labels }: { token: string; labels: Labels }) {
  const [state, setState] = useState<"busy" | "confirmed" | "invalid" | "lost">("busy");
  const hasBegun = useRef(false); // the link works once, and so does this
  const confirm = useEffectEvent(async () => {
    setState("busy");
    const answer = await sendAccount("/confirmation", { token });
    setState("data" in answer ? "confirmed" : "problems" in answer ? "invalid" : "lost");
  });
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    void confirm();
  }, []);

  if (state === "confirmed") {
    return (
      <div role="status" className="space-y-6">
        <p>{labels.confirmed}</p>
        <a href="/" className="button-primary">
          {labels.goOn}
        </a>
      </div>
    );
  }
  if (state === "invalid") return <p role="alert">{labels.invalid}</p>;
  return (
    <div className="space-y-4">
      <p role="alert" className="text-danger empty:hidden">
        {state === "lost" ? labels.lost : ""}
      </p>
      <button type="button" disabled={state === "busy"} onClick={confirm} className="button-primary">
        {state === "busy" ? labels.confirming : labels.confirm}
      </button>
    </div>
  );
}
