"use client";

import { useRouter } from "next/navigation";
import { useEffect, useEffectEvent, useRef, useState } from "react";

import { askSession, type SessionEnd, warnedMs } from "#app/_components/ask-session.ts";
import { conceal, reveal } from "#app/_components/concealment.ts";
import { elapsedMs, leftMsOf, readClocks, toldAgain } from "#app/_components/countdown.ts";
import { isLeaving } from "#app/_components/end-session.ts";
import { whenAsked } from "#app/_components/session-tabs.ts";
import { type NearEnd, SessionWarning, type Warning } from "#app/_components/session-warning.tsx";

const askEveryMs = 4_000; // so that a sign-out elsewhere shows within 5 seconds
const lateMs = 5_000; // a tick that is due each second and comes so late tells that the computer slept

// A question that is open, or something that was sent: nothing moves under it.
const underWay = "dialog[open], [aria-busy=true]";

/**
 * Keeps a page from outliving its session, and from showing a wallet that has changed. While it can be seen it asks every
 * few seconds; once hidden it is concealed, and shows itself again only after asking. Without a network nothing can be
 * asked, and the page stays as it is for as long as its session can live.
 *
 * 1. A page that shows another wallet (`revision`) than the answer names is made anew in place, and once for each wallet
 *    that is named: one that comes out old all the same is not made in a circle.
 * 2. While a question is open or something is under way the page stays as it is; a later answer says the same again.
 * 3. The window around the page can say that now is the time to ask, if it is one of the programme's hosts; so can the
 *    browser's other tabs.
 * 4. When less than a minute is left, the person is told. At the end the page is concealed, and asks until the server says
 *    what became of the session; a computer that slept asks first, too.
 */
export function SessionWatch({
  memberId,
  signedOutPath,
  revision,
  secondsRemaining,
  hostOrigins,
  warning,
}: {
  memberId: string;
  signedOutPath: string;
  revision: string;
  /** When the page was made: some time ago. */
  secondsRemaining: number;
  hostOrigins: readonly string[];
  warning: Warning;
}) {
  const router = useRouter();
  const [nearEnd, setNearEnd] = useState<NearEnd | null>(null);
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
  const mustAskAtOnce = useEffectEvent(() => secondsRemaining * 1_000 < warnedMs + askEveryMs);

  useEffect(() => {
    let askTimer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    let mustAskAgain = false;
    let isGone = false;
    let end: SessionEnd | null = null; // until the first answer nothing is known of it
    let tickTimer: ReturnType<typeof setTimeout> | undefined;
    let shownAt = readClocks();
    const leftMs = () => (end ? leftMsOf(end.countdown, readClocks()) : Number.POSITIVE_INFINITY);

    /** Shows what is left, and does so again each time that a whole second is. */
    const show = () => {
      clearTimeout(tickTimer);
      shownAt = readClocks();
      const left = leftMs();
      const isNear = left > 0 && left < warnedMs;
      tickTimer = setTimeout(tick, isNear ? (left % 1_000) + 1 : 1_000);
      if (left <= 0) return; // nothing is seen any more
      setNearEnd(
        end && isNear ? { secondsLeft: Math.ceil(left / 1_000), canBeExtended: end.canBeExtended } : null,
      );
    };
    const tick = () => {
      const hasSlept = elapsedMs(shownAt, readClocks()) > lateMs;
      if (leftMs() > 0 && !hasSlept) return show();
      conceal();
      void ask(); // its answer goes on from here
    };

    /** One question at a time: an answer that is on its way may be older than what makes one ask again. */
    const ask = async () => {
      clearTimeout(askTimer);
      mustAskAgain = isAsking;
      if (isAsking) return;
      isAsking = true;
      const answer = await askSession(memberId);
      isAsking = false;
      if (isGone) return;
      if (answer === "gone" && !isLeaving()) {
        isGone = true;
        conceal();
        location.replace(signedOutPath);
        return;
      }
      if (document.visibilityState === "hidden") return;
      askTimer = setTimeout(ask, askEveryMs);
      if (answer === "gone") return conceal();
      if (answer !== "unheard") {
        end = { ...answer.end, countdown: toldAgain(end?.countdown ?? null, answer.end.countdown) };
        refreshIfOld(answer.revision);
      }
      if (mustAskAgain) return void ask();
      if (leftMs() > 0) reveal();
      show();
    };
    const askIfSeen = () => {
      if (document.visibilityState === "visible") void ask();
    };
    const onVisibility = () => {
      if (document.visibilityState === "hidden") {
        clearTimeout(askTimer);
        clearTimeout(tickTimer);
        conceal();
      } else {
        void ask();
      }
    };
    const onPageHide = conceal; // a page that comes back out of the browser's memory asks first
    const onPageShow = (event: PageTransitionEvent) => {
      if (event.persisted) void ask();
    };
    const onMessage = (event: MessageEvent) => {
      if (isFromHost(event)) askIfSeen();
    };

    document.addEventListener("visibilitychange", onVisibility);
    addEventListener("pagehide", onPageHide);
    addEventListener("pageshow", onPageShow);
    addEventListener("message", onMessage);
    const stopListening = whenAsked(askIfSeen);
    askTimer = setTimeout(ask, mustAskAtOnce() ? 0 : askEveryMs);
    if (document.visibilityState === "visible") show();
    return () => {
      isGone = true;
      clearTimeout(askTimer);
      clearTimeout(tickTimer);
      reveal();
      document.removeEventListener("visibilitychange", onVisibility);
      removeEventListener("pagehide", onPageHide);
      removeEventListener("pageshow", onPageShow);
      removeEventListener("message", onMessage);
      stopListening();
    };
  }, [memberId, signedOutPath]);

  return <SessionWarning nearEnd={nearEnd} warning={warning} />;
}
