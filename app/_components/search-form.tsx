"use client";

import { LoaderCircle, Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, type SyntheticEvent, useEffect, useRef, useState, useTransition } from "react";

import { useOfflineReason } from "#app/_components/offline-notice.tsx";

const typingPauseMs = 300;

/**
 * A form whose fields are the parameters of the page's address. Without scripts its button sends it; with them it applies as
 * one types and chooses, in place: the fields stay, and with them the focus. `shown` is what the page shows now, in any form
 * that differs where that does.
 */
export function SearchForm({
  path,
  shown,
  label,
  text,
  placeholder,
  submit,
  children,
}: {
  path: string;
  shown: string;
  label: string;
  text: string;
  placeholder: string;
  submit: string;
  children: ReactNode;
}) {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [isPending, startTransition] = useTransition();
  const offlineReason = useOfflineReason();
  const [known, setKnown] = useState({ shown, version: 0 });
  useEffect(() => () => clearTimeout(pause.current), []);

  // Somebody else changed the address, such as a link that clears it: the fields begin anew. Who is in them is left in peace.
  if (known.shown !== shown) {
    const isOwnChange = form.current?.contains(document.activeElement) ?? false;
    setKnown({ shown, version: known.version + (isOwnChange ? 0 : 1) });
  }

  const apply = () => {
    clearTimeout(pause.current);
    if (!form.current || offlineReason !== null) return;
    const fields = [...new FormData(form.current)].flatMap(([name, value]) =>
      typeof value === "string" && value.trim() !== "" ? [[name, value.trim()]] : [],
    );
    const query = new URLSearchParams(fields).toString();
    startTransition(() => router.replace(query ? `${path}?${query}` : path, { scroll: false }));
  };
  const applyAfterTyping = (event: SyntheticEvent<HTMLInputElement>) => {
    if ((event.nativeEvent as InputEvent).isComposing) return;
    clearTimeout(pause.current);
    pause.current = setTimeout(apply, typingPauseMs);
  };

  return (
    <form
      ref={form}
      key={known.version}
      action={path}
      aria-label={label}
      aria-busy={isPending}
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
      onChange={(event) => {
        if (!(event.target instanceof HTMLInputElement && event.target.type === "search")) apply();
      }}
    >
      <div className="relative">
        <input
          name="q"
          type="search"
          aria-label={label}
          placeholder={placeholder}
          defaultValue={text}
          maxLength={100}
          autoComplete="off"
          enterKeyHint="search"
          className="field rounded-full bg-surface ps-5 pe-12 placeholder:text-muted"
          onInput={applyAfterTyping}
          onCompositionEnd={applyAfterTyping}
        />
        <button
          type="submit"
          aria-label={submit}
          className="absolute inset-y-0 end-0 grid w-12 place-items-center rounded-full text-muted hover:text-ink"
        >
          {isPending ? (
            <LoaderCircle className="size-5 motion-safe:animate-spin" aria-hidden="true" />
          ) : (
            <Search className="size-5" aria-hidden="true" />
          )}
        </button>
      </div>
      {children}
      {offlineReason !== null && <p className="text-muted text-sm">{offlineReason}</p>}
    </form>
  );
}
