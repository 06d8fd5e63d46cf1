"use client";

import { useEffect, useState } from "react";

const saidAfterMs = 150;

// What holds so far, so that a change is said also where it was made on another page.
let lastText: string | null = null;

/** Says a text to a screen reader, once, when it has become another one. */
export function News({ text }: { text: string }) {
  const [news, setNews] = useState("");
  useEffect(() => {
    if (lastText === null || lastText === text) {
      lastText = text;
      return;
    }
    // What comes with a page, or at once after it, is not said.
    const timer = setTimeout(() => {
      setNews(text);
      lastText = text;
    }, saidAfterMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <p role="status" className="sr-only">
      {news}
    </p>
  );
}
