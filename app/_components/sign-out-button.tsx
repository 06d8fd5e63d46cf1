"use client";

import { LogOut } from "lucide-react";
import { useState } from "react";

import { ActionButton } from "#app/_components/action-button.tsx";
import { endSession } from "#app/_components/end-session.ts";

type Labels = { signOut: string; signingOut: string; failed: string };

export function SignOutButton({ labels }: { labels: Labels }) {
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const signOut = async () => {
    setState("busy");
    if ((await endSession("/api/session")) !== "ended") setState("failed");
  };

  return (
    <div>
      <ActionButton
        onClick={signOut}
        disabled={state === "busy"}
        aria-busy={state === "busy"}
        className="button-quiet w-full sm:w-auto"
      >
        <LogOut className="size-4 rtl:rotate-180" aria-hidden="true" />
        {state === "busy" ? labels.signingOut : labels.signOut}
      </ActionButton>
      <p role="status" className="mt-2 text-danger text-sm empty:mt-0">
        {state === "failed" ? labels.failed : ""}
      </p>
    </div>
  );
}
