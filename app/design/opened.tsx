"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";

import { Dialog } from "#app/_components/dialog.tsx";
import { News } from "#app/_components/news.tsx";
import { OfflineBar, OfflineReason } from "#app/_components/offline-notice.tsx";
import { type NearEnd, SessionWarning, type Warning } from "#app/_components/session-warning.tsx";

/** A dialog that stands open in the page instead of over it. */
export function OpenedDialog({
  title,
  actions,
  children,
}: {
  title: string;
  actions: ReactNode;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (dialog.current) dialog.current.open = true;
  }, []);
  return (
    <div className="[&>dialog]:static">
      <Dialog dialogRef={dialog} title={title} actions={actions}>
        {children}
      </Dialog>
    </div>
  );
}

/** The two warnings before a session ends, each shown by a button: they come over everything. */
export function SessionWarnings({ show, warning }: { show: string; warning: Warning }) {
  const [nearEnd, setNearEnd] = useState<NearEnd | null>(null);
  return (
    <div className="flex flex-wrap gap-3">
      {[true, false].map((canBeExtended) => (
        <button
          key={String(canBeExtended)}
          type="button"
          className="button-quiet"
          onClick={() => {
            setNearEnd({ secondsLeft: 47, canBeExtended });
            setTimeout(() => setNearEnd(null), 5_000);
          }}
        >
          {show} {canBeExtended ? 1 : 2}
        </button>
      ))}
      <SessionWarning nearEnd={nearEnd} warning={warning} />
    </div>
  );
}

/** What only a screen reader says, with a button that changes it. */
export function ChangingNews({ show, text }: { show: string; text: string }) {
  const [count, setCount] = useState(0);
  return (
    <>
      <button type="button" className="button-quiet" onClick={() => setCount(count + 1)}>
        {show}
      </button>
      <News text={`${text} (${count})`} />
    </>
  );
}

/** As a browser without a network has it. */
export function ShownOffline({
  notice,
  reason,
  children,
}: {
  notice: string;
  reason: string;
  children: ReactNode;
}) {
  return (
    <>
      <OfflineBar text={notice} />
      <div className="mt-4">
        <OfflineReason value={reason}>{children}</OfflineReason>
      </div>
    </>
  );
}
