"use client";

import { Maximize, X } from "lucide-react";
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";
import { flushSync } from "react-dom";

import { useWakeLock } from "#app/_components/use-wake-lock.ts";

type Labels = { open: string; close: string; hint: string };

/**
 * Codes on a sheet that fills the screen, for a till's scanner: one tap on them opens it. The screen stays lit; Escape, the
 * browser's way back and the button close it. A frame that may not fill the screen fills itself.
 */
export function TillView({
  name,
  labels,
  children,
}: {
  /** What the codes are good for, or whose they are. */
  name: string;
  labels: Labels;
  /** The codes; a second time on the sheet, `in-[dialog]:` as large as they can be. */
  children: ReactNode;
}) {
  const opener = useRef<HTMLButtonElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const hasEntry = useRef(false); // in the browser's history, so that its way back leads here and no further
  const [isOpen, setIsOpen] = useState(false);
  useWakeLock(isOpen);

  const open = () => {
    flushSync(() => setIsOpen(true)); // the screen is filled in answer to a tap, or not at all
    dialog.current?.showModal();
    history.pushState(null, "");
    hasEntry.current = true;
    if (document.fullscreenEnabled)
      sheet.current?.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
  };
  const close = () => dialog.current?.close();
  const afterClosing = async () => {
    if (document.fullscreenElement) await document.exitFullscreen().catch(() => {});
    setIsOpen(false);
    if (hasEntry.current) history.back();
    hasEntry.current = false;
    opener.current?.focus({ preventScroll: true }); // the dialog cannot give it back from a full screen
  };
  const onBack = useEffectEvent(() => {
    hasEntry.current = false;
    close();
  });
  const onFullscreen = useEffectEvent(() => {
    if (!document.fullscreenElement) close(); // Escape ended it, and the page hears of nothing else
  });
  useEffect(() => {
    if (!isOpen) return;
    const onPopState = () => onBack();
    const onFullscreenChange = () => onFullscreen();
    addEventListener("popstate", onPopState);
    document.addEventListener("fullscreenchange", onFullscreenChange);
    return () => {
      removeEventListener("popstate", onPopState);
      document.removeEventListener("fullscreenchange", onFullscreenChange);
    };
  }, [isOpen]);

  return (
    <div className="relative flex w-full flex-col items-center gap-4 bg-white p-5 forced-color-adjust-none text-[#171a18] sm:p-6">
      <button
        ref={opener}
        type="button"
        onClick={open}
        className="inline-flex min-h-11 items-center justify-center gap-2 rounded-button bg-[#ececea] px-4 font-semibold text-sm after:absolute after:inset-0 focus-visible:outline-[#171a18] noscript:hidden"
      >
        <Maximize className="size-4" aria-hidden="true" />
        {labels.open}
      </button>
      {children}
      <p className="text-balance text-center text-[#5a605c] text-sm">{labels.hint}</p>
      <dialog
        ref={dialog}
        onClose={afterClosing}
        aria-label={name}
        className="size-full max-h-none max-w-none bg-white forced-color-adjust-none text-[#171a18]"
      >
        {isOpen && (
          <div
            ref={sheet}
            className="flex min-h-full flex-col items-center gap-4 overflow-y-auto bg-white p-4 pb-[max(1rem,env(safe-area-inset-bottom))]"
          >
            <div className="flex w-full items-center justify-between gap-4">
              <p dir="auto" className="line-clamp-2 min-w-0 font-semibold leading-snug">
                {name}
              </p>
              <button
                type="button"
                onClick={close}
                aria-label={labels.close}
                className="grid size-11 shrink-0 place-items-center rounded-full bg-[#ececea] focus-visible:outline-[#171a18]"
              >
                <X className="size-6" aria-hidden="true" />
              </button>
            </div>
            <div className="my-auto flex w-full flex-col items-center justify-center gap-x-8 gap-y-4 [@media(max-height:30rem)]:flex-row">
              {children}
            </div>
            <p className="text-balance text-center text-[#5a605c] text-sm">{labels.hint}</p>
          </div>
        )}
      </dialog>
    </div>
  );
}
