"use client";

import { useRouter } from "next/navigation";
import { useEffect, useEffectEvent, useRef } from "react";

const askEveryMs = 4_000; // so that a sign-out elsewhere shows within 5 seconds
const askWithinMs = 5_000;

// A question that is open, or something that was sent: nothing moves under it.
const underWay = "dialog[open], [aria-busy=true]";

/**
 * Keeps a page from outliving its session, and from showing a wallet that has changed. While it can be seen it asks every
 * few seconds; once hidden it is concealed, and shows itself again only after asking. Without a network nothing can be
 * asked, and the page stays as it is.
 *
 * 1. A page that shows another wallet (`revision`) than the answer names is made anew in place, and once for each wallet
 *    that is named: one that comes out old all the same is not made in a circle.
 * 2. While a question is open or something is under way the page stays as it is; a later answer says the same again.
 * 3. The window around the page can say that now is the time to ask, if it is one of the programme's hosts.
 */
export function SessionWatch({
  memberId,
  signedOutPath,
  revision,
  hostOrigins,
}: {
  memberId: string;
  signedOutPath: string;
  revision: string;
  hostOrigins: readonly string[];
}) {
  const router = useRouter();
  const refreshedFor = useRef<string | null>(null);
  const refreshIfOld = useEffectEvent((current: string | null) => {
    if (current === null || current === revision || current === refreshedFor.current) return;
    if (document.querySelector(underWay)) return;
    refreshedFor.current = current;
    router.refresh();
  });
  const isFromHost = useEffectEvent(
    ({ source, origin, data }: MessageEvent<unknown>) =>
      source === window.parent &&
      hostOrigins.includes(origin) &&
      (data as { type?: unknown } | null)?.type === "refresh",
  );

  useEffect(() => {
    const root = document.documentElement;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    let mustAskAgain = false;
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

    /** One question at a time: an answer that is on its way may be older than what makes one ask again. */
    const ask = async () => {
      clearTimeout(timer);
      mustAskAgain = isAsking;
      if (isAsking) return;
      isAsking = true;
      const { isHere, revision: current } = await askSession(memberId);
      isAsking = false;
      if (isGone) return;
      if (!isHere) {
        isGone = true;
        conceal();
        location.replace(signedOutPath);
        return;
      }
      if (document.visibilityState === "hidden") return;
      refreshIfOld(current);
      if (mustAskAgain) return void ask();
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
    const onMessage = (event: MessageEvent) => {
      if (isFromHost(event) && document.visibilityState === "visible") void ask();
    };

    document.addEventListener("visibilitychange", onVisibility);
    addEventListener("pagehide", onPageHide);
    addEventListener("pageshow", onPageShow);
    addEventListener("message", onMessage);
    timer = setTimeout(ask, askEveryMs);
    return () => {
      isGone = true;
      clearTimeout(timer);
      delete root.dataset.concealed;
      document.removeEventListener("visibilitychange", onVisibility);
      removeEventListener("pagehide", onPageHide);
      removeEventListener("pageshow", onPageShow);
      removeEventListener("message", onMessage);
    };
  }, [memberId, signedOutPath]);

  return null;
}

type Answer = { isHere: boolean; revision: string | null };

/** Only a clear "no" is one: a network or server that fails says nothing of the session, nor of the wallet. */
async function askSession(memberId: string): Promise<Answer> {
  try {
    const response = await fetch("/api/session", {
      cache: "no-store",
      signal: AbortSignal.timeout(askWithinMs),
    });
    if (!response.ok) return { isHere: true, revision: null };
    const { data } = (await response.json()) as { data: { authenticated: boolean; member?: { id: string } } };
    return {
      isHere: data.authenticated && data.member?.id === memberId,
      revision: response.headers.get("X-Wallet-Revision"),
    };
  } catch {
    return { isHere: true, revision: null };
  }
}
