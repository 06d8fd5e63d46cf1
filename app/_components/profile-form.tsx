"use client";

import { useRouter } from "next/navigation";
import { type SubmitEvent, useRef, useState } from "react";

import { ActionButton } from "#app/_components/action-button.tsx";
import { textOf } from "#app/_components/labels.ts";
import { SelectField } from "#app/_components/select-field.tsx";
import { TextField, type TextFieldProps } from "#app/_components/text-field.tsx";
import { useIsReady } from "#app/_components/use-is-ready.ts";

type Text = Pick<TextFieldProps, "name" | "label" | "type" | "autoComplete" | "isOptional">;
type Choice = {
  name: string;
  label: string;
  autoComplete: string;
  options: readonly { value: string; label: string }[];
};

/** What can be entered; `isWide` takes the whole width, and `value` is what is there. */
export type ProfileField = (Text | Choice) & { value: string; isWide?: boolean };

/** A value of the member's own kind: entered as its kind, and sent so. */
export type AttributeField = { name: string; value: string | number | boolean };

type Labels = {
  save: string;
  saving: string;
  saved: string;
  none: string;
  more: string;
  failed: string;
  signedOut: string;
  /** By the field's name; `other` for one that has no text. */
  problems: Readonly<Record<string, string>> & { other: string };
};

/**
 * The member's own profile. Only what was changed is sent, and what was emptied is taken away; whatever the answer, what
 * was entered stays.
 */
export function ProfileForm({
  fields,
  attributes,
  labels,
}: {
  fields: readonly ProfileField[];
  attributes: readonly AttributeField[];
  labels: Labels;
}) {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const kept = useRef(new Map([...fields, ...attributes].map(({ name, value }) => [name, value])));
  const [state, setState] = useState<"idle" | "busy" | "saved" | "failed" | "signed-out">("idle");
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const isReady = useIsReady();
  const problemWith = (name: string) =>
    wrong.includes(name) ? (textOf(labels.problems, name) ?? labels.problems.other) : undefined;

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entered = enteredIn(event.currentTarget, fields, attributes, kept.current);
    const changed = [...entered].filter(([name, value]) => value !== kept.current.get(name));
    setWrong([]);
    setState("busy");
    const profile = Object.fromEntries(changed.map(([name, value]) => [name, value === "" ? null : value]));
    const answer = changed.length === 0 ? "saved" : await send(profile);
    if (typeof answer === "string") setState(answer);
    else if (!answer.some((name) => entered.has(name))) setState("failed");
    else {
      setState("idle");
      setWrong(answer);
      form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(answer[0] ?? "")}"]`)?.focus();
    }
    if (answer !== "saved") return;
    kept.current = entered;
    router.refresh(); // the name stands in the page's head, too
  };

  return (
    <form ref={form} onSubmit={submit} aria-busy={state === "busy"} className="panel space-y-5 p-5">
      <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
        {fields.map(({ isWide, value, ...field }) => (
          <div key={field.name} className={isWide ? "sm:col-span-2" : ""}>
            {"options" in field ? (
              <SelectField
                {...field}
                none={labels.none}
                defaultValue={value}
                problem={problemWith(field.name)}
              />
            ) : (
              <TextField {...field} defaultValue={value} problem={problemWith(field.name)} />
            )}
          </div>
        ))}
      </div>
      {attributes.length > 0 && (
        <fieldset className="border-line border-t pt-5">
          <legend className="sr-only">{labels.more}</legend>
          <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
            {attributes.map(({ name, value }) =>
              typeof value === "boolean" ? (
                <label key={name} className="flex min-h-11 items-center gap-3 self-end">
                  <input
                    type="checkbox"
                    name={name}
                    defaultChecked={value}
                    className="size-5 accent-accent"
                  />
                  <bdi className="min-w-0 break-words font-medium">{name}</bdi>
                </label>
              ) : (
                <TextField
                  key={name}
                  {...{
                    name,
                    label: name,
                    defaultValue: String(value),
                    autoComplete: "off",
                    isOptional: true,
                  }}
                  type={typeof value === "number" ? "number" : "text"}
                  problem={problemWith(name)}
                />
              ),
            )}
          </div>
        </fieldset>
      )}
      <div className="flex flex-wrap items-center">
        <ActionButton
          type="submit"
          disabled={!isReady || state === "busy"}
          className="button-primary w-full sm:w-auto noscript:hidden"
        >
          {state === "busy" ? labels.saving : labels.save}
        </ActionButton>
        <p
          role="status"
          className={`mt-3 text-sm empty:mt-0 sm:ms-4 sm:mt-0 ${state === "saved" ? "text-accent" : "text-danger"}`}
        >
          {state === "saved" && labels.saved}
          {state === "failed" && labels.failed}
          {state === "signed-out" && labels.signedOut}
        </p>
      </div>
    </form>
  );
}

type Entered = Map<string, string | number | boolean>;

/** As it would be sent. What is as it was stays so, white space and all. */
function enteredIn(
  form: HTMLFormElement,
  fields: readonly ProfileField[],
  attributes: readonly AttributeField[],
  kept: Entered,
): Entered {
  const data = new FormData(form);
  const text = (name: string) => {
    const entered = String(data.get(name) ?? "");
    return entered === kept.get(name) ? entered : entered.trim();
  };
  const entered: Entered = new Map(fields.map(({ name }) => [name, text(name)]));
  for (const { name, value } of attributes) {
    if (typeof value === "boolean") entered.set(name, data.has(name));
    else entered.set(name, typeof value === "number" && text(name) !== "" ? Number(text(name)) : text(name));
  }
  return entered;
}

/** What became of it, or the fields that were not taken. */
async function send(profile: object): Promise<"saved" | "failed" | "signed-out" | string[]> {
  try {
    const response = await fetch("/api/session/member", {
      method: "PATCH",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ profile }),
    });
    if (response.ok) return "saved";
    const { code, data } = (await response.json()) as { code: string; data?: { fields?: object } };
    if (code === "session_invalid") return "signed-out";
    const wrong = Object.keys(data?.fields ?? {}).map((path) => path.replace(/^profile\./, ""));
    return code === "invalid_input" && wrong.length > 0 ? wrong : "failed";
  } catch {
    return "failed";
  }
}
