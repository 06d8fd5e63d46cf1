"use client";

import { type ReactNode, type SubmitEvent, useRef, useState } from "react";

import { ActionButton } from "#app/_components/action-button.tsx";
import { textOf } from "#app/_components/labels.ts";
import { type AccountAnswer, sendAccount } from "#app/_components/send-account.ts";
import { TextField, type TextFieldProps } from "#app/_components/text-field.tsx";
import { useIsReady } from "#app/_components/use-is-ready.ts";

export type AccountFormLabels = {
  submit: string;
  sending: string;
  /** By the code of a problem or refusal; `other` for one that has no text. */
  problems: Readonly<Record<string, string>> & { other: string };
};

/**
 * A form of Laurel accounts. What was entered stays, whatever the answer; what is wrong stands by its field, and the first
 * such field gets the focus. When it is done, `done` takes its place.
 */
export function AccountForm({
  path,
  fields,
  hidden = {},
  labels,
  done,
  afterwards,
}: {
  /** Below /api/auth/account. */
  path: string;
  fields: readonly TextFieldProps[];
  hidden?: Readonly<Record<string, string>>;
  labels: AccountFormLabels;
  done: ReactNode;
  /** More to do before it is done; false keeps the form as it is. */
  afterwards?: (data: unknown, entered: Readonly<Record<string, string>>) => Promise<boolean>;
}) {
  const form = useRef<HTMLFormElement>(null);
  const [state, setState] = useState<"idle" | "busy" | "done">("idle");
  const [answer, setAnswer] = useState<AccountAnswer<unknown> | null>(null);
  const problems = answer && "problems" in answer ? answer.problems : {};
  const isReady = useIsReady();
  const say = (code: string) => textOf(labels.problems, code) ?? labels.problems.other;
  const elsewhere = Object.keys(problems).find((name) => !fields.some((field) => field.name === name));

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entered = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    setState("busy");
    setAnswer(null);
    const received = await sendAccount(path, { ...hidden, ...entered });
    const isDone = "data" in received && ((await afterwards?.(received.data, entered)) ?? true);
    setAnswer(received);
    setState(isDone ? "done" : "idle");
    if ("problems" in received) {
      const first = fields.find(({ name }) => name in received.problems);
      form.current?.querySelector<HTMLInputElement>(`[name="${first?.name}"]`)?.focus();
    }
  };

  if (state === "done") {
    return (
      <div data-done role="status" tabIndex={-1} ref={(element) => element?.focus()} className="outline-none">
        {done}
      </div>
    );
  }
  const message =
    answer && "refusal" in answer ? say(answer.refusal) : elsewhere && say(problems[elsewhere] ?? "");
  return (
    <form ref={form} onSubmit={submit} aria-busy={state === "busy"} className="space-y-4 text-start">
      {fields.map((field) => (
        <TextField
          key={field.name}
          {...field}
          problem={problems[field.name] === undefined ? undefined : say(problems[field.name] ?? "")}
        />
      ))}
      <p role="alert" className="text-danger text-sm empty:hidden">
        {message}
      </p>
      <ActionButton type="submit" disabled={!isReady || state === "busy"} className="button-primary w-full">
        {state === "busy" ? labels.sending : labels.submit}
      </ActionButton>
    </form>
  );
}
