"use client";

import { useEffect } from "react";

const askEveryMs = 4_000; // so that a sign-out elsewhere shows within 5 seconds
const askWithinMs = 5_000;

/**
 * Keeps a page from outliving its session. While it can be seen it asks every few seconds; once hidden it is concealed,
 * and shows itself again only after asking. Without a network nothing can be asked, and the page stays as it is.
 */
export function SessionWatch({ memberId, signedOutPath }: { memberId: string; signedOutPath: string }) {
  useEffect(() => {
    const root = document.documentElement;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    let focused: Element | null = null;
    const conceal = () => {
      focused = document.activeElement; // what is not visible cannot keep the focus
      root.dataset.concealed = "";
    };
    const reveal = () => {
      delete root.dataset.concealed;
      if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
      focused = null;
    };

    const ask = async () => {
      clearTimeout(timer);
      const isHere = await isStillSignedIn(memberId);
      if (isGone) return;
      if (!isHere) {
        isGone = true;
        conceal();
        location.replace(signedOutPath);
        return;
      }
      if (document.visibilityState === "hidden") return;
      if (root.dataset.concealed !== undefined) reveal();
      timer = setTimeout(ask, askEveryMs);
    };
    const onVisibility = () => {
      if (document.visibilityState === "visible") {
        void ask();
      } else {
        clearTimeout(timer);
        conceal();
      }
    };
    const onPageHide = conceal; // a page that comes back out of the browser's memory asks first
    const onPageShow = (event: PageTransitionEvent) => {
      if (event.persisted) void ask();
    };

    document.addEventListener("visibilitychange", onVisibility);
    addEventListener("pagehide", onPageHide);
    addEventListener("pageshow", onPageShow);
    timer = setTimeout(ask, askEveryMs);
    return () => {
      isGone = true;
      clearTimeout(timer);
      delete root.dataset.concealed;
      document.removeEventListener("visibilitychange", onVisibility);
      removeEventListener("pagehide", onPageHide);
      removeEventListener("pageshow", onPageShow);
    };
  }, [memberId, signedOutPath]);

  return null;
}

/** Only a clear "no" is one: a network or server that fails says nothing of the session. */
async function isStillSignedIn(memberId: string): Promise<boolean> {
  try {
    const response = await fetch("/api/session", {
      cache: "no-store",
      signal: AbortSignal.timeout(askWithinMs),
    });
    if (!response.ok) return true;
    const { data } = (await response.json()) as { data: { authenticated: boolean; member?: { id: string } } };
    return data.authenticated && data.member?.id === memberId;
  } catch {
    return true;
  }
}
