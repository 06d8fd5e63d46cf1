"use client";

import { type SubmitEvent, useRef, useState } from "react";

import { ActionButton } from "#app/_components/action-button.tsx";
import { textOf } from "#app/_components/labels.ts";
import { sendAccount, sendSignIn } from "#app/_components/send-account.ts";
import { TextField } from "#app/_components/text-field.tsx";

type Labels = {
  email: string;
  password: string;
  show: string;
  submit: string;
  sending: string;
  resend: string;
  resent: string;
  /** By the code of what went wrong; `unknown` for one that has no text. */
  errors: Readonly<Record<string, string>> & { unknown: string };
};

/** The form of a Laurel account. Without a script it is sent as it is; with one, what was entered stays. */
export function SignInForm({ callbackUrl, labels }: { callbackUrl: string; labels: Labels }) {
  const form = useRef<HTMLFormElement>(null);
  const [state, setState] = useState<"idle" | "busy" | "resent">("idle");
  const [error, setError] = useState<string | null>(null);
  const entered = (name: string) => String(new FormData(form.current ?? undefined).get(name) ?? "");

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setState("busy");
    setError(null);
    const answer = await sendSignIn(entered("email"), entered("password"), callbackUrl);
    if ("goTo" in answer) return location.assign(answer.goTo);
    setError(answer.error);
    setState("idle");
    form.current?.querySelector<HTMLInputElement>("[name=password]")?.focus();
  };
  const resend = async () => {
    const answer = await sendAccount("/confirmation-mail", { emailAddress: entered("email") });
    if ("data" in answer) setState("resent");
    else setError("refusal" in answer ? answer.refusal : "unknown");
  };

  return (
    <form
      ref={form}
      action="/api/auth/callback/credentials"
      method="post"
      onSubmit={submit}
      aria-busy={state === "busy"}
      className="space-y-4 text-start"
    >
      <input type="hidden" name="callbackUrl" value={callbackUrl} />
      <TextField name="email" type="email" label={labels.email} autoComplete="username" />
      <TextField
        {...{ name: "password", type: "password", label: labels.password, showLabel: labels.show }}
        autoComplete="current-password"
      />
      <div role="alert" className="space-y-2 text-danger text-sm empty:hidden">
        {error && <p>{textOf(labels.errors, error) ?? labels.errors.unknown}</p>}
        {error === "email_unconfirmed" && state === "idle" && (
          <button type="button" onClick={resend} className="min-h-11 font-medium text-accent underline">
            {labels.resend}
          </button>
        )}
      </div>
      <p role="status" className="text-sm empty:hidden">
        {state === "resent" ? labels.resent : ""}
      </p>
      <ActionButton type="submit" disabled={state === "busy"} className="button-primary w-full">
        {state === "busy" ? labels.sending : labels.submit}
      </ActionButton>
    </form>
  );
}
