"use client";

import { type SubmitEvent, useId, useRef, useState } from "react";

import { ActionButton } from "#app/_components/action-button.tsx";
import { Dialog } from "#app/_components/dialog.tsx";
import { endSession } from "#app/_components/end-session.ts";
import { textOf } from "#app/_components/labels.ts";
import { TextField, type TextFieldProps } from "#app/_components/text-field.tsx";

type Labels = {
  leave: string;
  hint: string;
  confirm: string;
  leaving: string;
  cancel: string;
  failed: string;
};

/** What is asked of who has an account, and what is said of a wrong answer by its code. */
type PasswordQuestion = { field: TextFieldProps; problems: Readonly<Record<string, string>> };

/** Leaving for good, after a dialog that names what is lost. */
export function LeaveProgramme({ labels, password }: { labels: Labels; password: PasswordQuestion | null }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const formId = useId();
  const [state, setState] = useState<"idle" | "busy">("idle");
  const [problem, setProblem] = useState<string | null>(null);
  const leave = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const entered = Object.fromEntries(new FormData(form)) as Record<string, string>;
    setState("busy");
    setProblem(null);
    const answer = await endSession("/api/session/member", password && entered);
    if (answer === "ended") return;
    setProblem(answer);
    setState("idle");
    form.querySelector("input")?.focus();
  };
  const said = problem === null ? null : textOf(password?.problems ?? {}, problem);

  return (
    <div className="-mb-3 border-line border-t pt-2">
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
            <ActionButton
              type="submit"
              form={formId}
              disabled={state === "busy"}
              aria-busy={state === "busy"}
              className="button-danger"
            >
              {state === "busy" ? labels.leaving : labels.confirm}
            </ActionButton>
          </>
        }
      >
        <p className="mt-2 text-muted">{labels.hint}</p>
        <form id={formId} onSubmit={leave} className={password ? "mt-4" : ""}>
          {password && <TextField {...password.field} problem={said ?? undefined} />}
        </form>
        <p role="status" className="mt-2 text-danger text-sm empty:mt-0">
          {problem !== null && said === null ? labels.failed : ""}
        </p>
      </Dialog>
    </div>
  );
}
