"use client";

import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";

import { Dialog } from "#app/_components/dialog.tsx";
import { endSession } from "#app/_components/end-session.ts";
import { extendSession } from "#app/_components/extend-session.ts";

/** A session that ends within the minute. */
export type NearEnd = { secondsLeft: number; canBeExtended: boolean };

type WarningTexts = {
  locale: string;
  /** With {when} for "in 47 seconds". */
  countdown: string;
  /** At the idle limit. */
  idleTitle: string;
  idleText: string;
  stay: string;
  signOut: string;
  /** At the absolute end. */
  endTitle: string;
  endText: string;
  signInAgain: string;
  later: string;
  failed: string;
};

/** What a programme has to say, and where a new session comes from: its sign-in page, its host, or nowhere that is known. */
export type Warning = { texts: WarningTexts; wayIn: { path: "/login" } | { hostUrl: string } | null };

const shownFromSeconds = { atFirst: 60, again: 20, never: 0 };
const saidFromSeconds = [10, 30, 60];

/**
 * Says above whatever is open that the session is about to end, and what can be done about it. Closed without a choice
 * (Escape, "Not now") it changes nothing, neither the session nor the page, on which something may be left to finish; it
 * comes once more, while there is still time to choose.
 */
export function SessionWarning({
  nearEnd,
  warning: { texts, wayIn },
}: {
  nearEnd: NearEnd | null;
  warning: Warning;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const stay = useRef<HTMLButtonElement>(null);
  const later = useRef<HTMLButtonElement>(null);
  const textId = useId();
  const [shownFrom, setShownFrom] = useState(shownFromSeconds.atFirst);
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  if (nearEnd === null && shownFrom !== shownFromSeconds.atFirst) setShownFrom(shownFromSeconds.atFirst);
  const isShown = nearEnd !== null && nearEnd.secondsLeft <= shownFrom;
  const canBeExtended = nearEnd?.canBeExtended ?? false;
  const isBusy = state === "busy";

  // Before anything is painted, so that closing shows no words that were not there.
  useLayoutEffect(() => {
    if (!isShown) return dialog.current?.close();
    if (!dialog.current?.open) dialog.current?.showModal();
    // Whoever is typing when it comes, or when it becomes the other question, presses nothing else by accident.
    (canBeExtended ? stay : later).current?.focus();
  }, [isShown, canBeExtended]);

  const afterClosing = () => {
    setState("idle");
    if (!nearEnd) return;
    const { again, never } = shownFromSeconds;
    setShownFrom(nearEnd.secondsLeft > again ? again : never);
  };
  const attempt = (change: () => Promise<boolean>) => async () => {
    setState("busy");
    setState((await change()) ? "idle" : "failed");
  };
  const signOut = attempt(async () => (await endSession("/api/session")) === "ended");
  const signInAgain = (path: string) =>
    attempt(async () => {
      const query = new URLSearchParams({ callbackUrl: location.pathname + location.search });
      return (await endSession("/api/session", null, `${path}?${query}`)) === "ended";
    });

  return (
    <Dialog
      dialogRef={dialog}
      role="alertdialog"
      title={canBeExtended ? texts.idleTitle : texts.endTitle}
      describedBy={textId}
      onClose={afterClosing}
      actions={
        canBeExtended ? (
          <>
            <button key="signOut" type="button" onClick={signOut} disabled={isBusy} className="button-quiet">
              {texts.signOut}
            </button>
            <button
              key="stay"
              ref={stay}
              type="button"
              onClick={attempt(extendSession)}
              aria-busy={isBusy}
              className="button-primary"
            >
              {texts.stay}
            </button>
          </>
        ) : (
          <>
            <button
              key="later"
              ref={later}
              type="button"
              onClick={() => dialog.current?.close()}
              className="button-quiet"
            >
              {texts.later}
            </button>
            {wayIn && "hostUrl" in wayIn && (
              <a key="host" href={wayIn.hostUrl} target="_top" className="button-primary">
                {texts.signInAgain}
              </a>
            )}
            {wayIn && "path" in wayIn && (
              <button
                key="login"
                type="button"
                onClick={signInAgain(wayIn.path)}
                disabled={isBusy}
                className="button-primary"
              >
                {texts.signInAgain}
              </button>
            )}
          </>
        )
      }
    >
      <p id={textId} className="mt-2 text-pretty text-muted">
        {canBeExtended ? texts.idleText : texts.endText}
      </p>
      {isShown && <Countdown secondsLeft={nearEnd.secondsLeft} texts={texts} />}
      <p role="status" className="mt-3 text-danger text-sm empty:mt-0">
        {state === "failed" ? texts.failed : ""}
      </p>
    </Dialog>
  );
}

/** Seen each second; said to a screen reader just after it has come, and at two more moments. */
function Countdown({
  secondsLeft,
  texts: { locale, countdown },
}: {
  secondsLeft: number;
  texts: WarningTexts;
}) {
  const [openedWith] = useState(secondsLeft);
  const [saidFrom, setSaidFrom] = useState<number>();
  const [said, setSaid] = useState("");
  const when = new Intl.RelativeTimeFormat(locale).format(secondsLeft, "second");
  const from = secondsLeft === openedWith ? undefined : saidFromSeconds.find((each) => secondsLeft <= each);
  if (from !== saidFrom) {
    setSaidFrom(from);
    setSaid(countdown.replace("{when}", when));
  }

  return (
    <>
      <p role="timer" className="mt-4 font-medium tabular-nums">
        {withWhen(countdown, <strong className="whitespace-nowrap">{when}</strong>)}
      </p>
      <p role="status" className="sr-only">
        {said}
      </p>
    </>
  );
}

function withWhen(text: string, when: ReactNode): ReactNode {
  const [before, after] = text.split("{when}");
  return (
    <>
      {before}
      {when}
      {after}
    </>
  );
}
