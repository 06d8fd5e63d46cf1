"use client";

import { useRef, useState } from "react";

import { Dialog } from "#app/_components/dialog.tsx";
import { endSession } from "#app/_components/end-session.ts";

type Labels = {
  leave: string;
  hint: string;
  confirm: string;
  leaving: string;
  cancel: string;
  failed: string;
};

/** Leaving for good, after a dialog that names what is lost. */
export function LeaveProgramme({ labels }: { labels: Labels }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const leave = async () => {
    setState("busy");
    if (!(await endSession("/api/session/member"))) setState("failed");
  };

  return (
    <div className="border-line border-t pt-5">
      <button
        type="button"
        onClick={() => dialog.current?.showModal()}
        className="min-h-11 font-medium text-danger text-sm hover:underline"
      >
        {labels.leave}
      </button>
      <Dialog
        dialogRef={dialog}
        title={labels.leave}
        actions={
          <>
            <button type="button" onClick={() => dialog.current?.close()} className="button-quiet">
              {labels.cancel}
            </button>
            <button
              type="button"
              onClick={leave}
              disabled={state === "busy"}
              aria-busy={state === "busy"}
              className="inline-flex min-h-11 items-center rounded-full bg-danger px-5 font-semibold text-surface"
            >
              {state === "busy" ? labels.leaving : labels.confirm}
            </button>
          </>
        }
      >
        <p className="mt-2 text-muted">{labels.hint}</p>
        <p role="status" className="mt-2 text-danger text-sm empty:mt-0">
          {state === "failed" ? labels.failed : ""}
        </p>
      </Dialog>
    </div>
  );
}
