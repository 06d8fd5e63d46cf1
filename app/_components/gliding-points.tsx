"use client";

import { useEffect, useState } from "react";

const glideMs = 900;

// What stood here last, so that a change glides also where it was made on another page.
let lastPoints: number | null = null;

/** Points that count up or down to what they are now, where motion is welcome. `text` is how they are written in the end. */
export function GlidingPoints({ points, text, locale }: { points: number; text: string; locale: string }) {
  const [shownPoints, setShownPoints] = useState(() => lastPoints ?? points);

  useEffect(() => {
    const from = lastPoints ?? points;
    const show = (value: number) => {
      lastPoints = value;
      setShownPoints(value);
    };
    if (from === points || matchMedia("(prefers-reduced-motion: reduce)").matches) return show(points);

    const startedMs = performance.now();
    const step = (nowMs: number) => {
      const share = Math.min(1, Math.max(0, (nowMs - startedMs) / glideMs));
      show(Math.round(from + (points - from) * (1 - (1 - share) ** 3)));
      if (share < 1) frame = requestAnimationFrame(step);
    };
    let frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [points]);

  return shownPoints === points ? text : new Intl.NumberFormat(locale).format(shownPoints);
}
