"use client";

import type { ReactNode, RefObject } from "react";

/**
 * A question over the page: the browser's own dialog, which keeps the focus and closes by Escape. As an "alertdialog" it comes
 * by itself, and what it is about (`describedBy`) is said with its title.
 */
export function Dialog({
  dialogRef,
  role,
  title,
  describedBy,
  onClose,
  children,
  actions,
}: {
  dialogRef: RefObject<HTMLDialogElement | null>;
  role?: "alertdialog";
  title: string;
  describedBy?: string;
  onClose?: () => void;
  children: ReactNode;
  actions: ReactNode;
}) {
  return (
    <dialog
      ref={dialogRef}
      role={role}
      onClose={onClose}
      aria-label={title}
      aria-describedby={describedBy}
      className="m-auto w-[calc(100%-2rem)] max-w-md rounded-3xl border border-transparent bg-raised p-6 text-ink shadow-card backdrop:bg-black/50"
    >
      <h2 dir="auto" className="text-balance text-in-line font-semibold text-xl tracking-tight">
        {title}
      </h2>
      {children}
      <div className="mt-6 flex flex-wrap justify-end gap-3 *:grow sm:*:grow-0">{actions}</div>
    </dialog>
  );
}
