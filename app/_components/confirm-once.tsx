"use client";

import { useRouter } from "next/navigation";
import { type ReactNode, useRef, useState, useTransition } from "react";

import { ActionButton } from "#app/_components/action-button.tsx";
import { Dialog } from "#app/_components/dialog.tsx";
import { newOnceKey, sendOnce } from "#app/_components/send-once.ts";

type Labels = {
  open: string;
  title: string;
  confirm: string;
  busy: string;
  cancel: string;
  /** Nothing was heard: trying again is safe. */
  lost: string;
  /** By the code of a refusal. */
  refusals: Readonly<Record<string, string>>;
};

/**
 * A button whose change is sent after a question, and happens once however often it is tried. Then the ticket that came of
 * it opens, or the page shows what is new.
 */
export function ConfirmOnce({
  path,
  body,
  opensTicket = false,
  icon,
  labels,
  children,
}: {
  path: string;
  body: object;
  opensTicket?: boolean;
  icon?: ReactNode;
  labels: Labels;
  /** What the question says. */
  children: ReactNode;
}) {
  const router = useRouter();
  const dialog = useRef<HTMLDialogElement>(null);
  const onceKey = useRef<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isSending, setIsSending] = useState(false);
  const [isMovingOn, startMovingOn] = useTransition();
  const isBusy = isSending || isMovingOn;

  const open = () => {
    onceKey.current ??= newOnceKey(); // the same until it has worked: a try whose answer was lost counts
    setRefusal(null);
    dialog.current?.showModal();
  };
  const send = async () => {
    setIsSending(true);
    setRefusal(null);
    const sent = await sendOnce<{ benefit: { id: string } }>(path, onceKey.current ?? newOnceKey(), body);
    setIsSending(false);
    if ("refusal" in sent) {
      setRefusal(sent.refusal);
      return;
    }
    const { id } = sent.data.benefit;
    startMovingOn(() => (opensTicket ? router.push(`/wallet/${id}`) : router.refresh()));
  };

  const afterClosing = () => {
    // A page that asks for what is refused is too old; made anew any earlier, it would take the words away.
    if (refusal !== null && refusal !== "lost") startMovingOn(() => router.refresh());
  };

  return (
    <>
      <ActionButton onClick={open} aria-busy={isBusy} className="button-primary w-full">
        {icon}
        {labels.open}
      </ActionButton>
      <Dialog
        dialogRef={dialog}
        title={labels.title}
        onClose={afterClosing}
        actions={
          <>
            <button type="button" onClick={() => dialog.current?.close()} className="button-quiet">
              {labels.cancel}
            </button>
            <ActionButton onClick={send} disabled={isBusy} aria-busy={isBusy} className="button-primary">
              {isBusy ? labels.busy : labels.confirm}
            </ActionButton>
          </>
        }
      >
        {children}
        <p role="status" className="mt-3 text-danger text-sm empty:mt-0">
          {refusal === null ? "" : (labels.refusals[refusal] ?? labels.lost)}
        </p>
      </Dialog>
    </>
  );
}
