"use client";

import { useEffect, useState } from "react";

// What holds so far, so that a change is said also where it was made on another page.
let lastText: string | null = null;

/** Says a text to a screen reader, once, when it has become another one. */
export function News({ text }: { text: string }) {
  const [news, setNews] = useState("");
  useEffect(() => {
    if (lastText !== null && lastText !== text) setNews(text); // only once it stands there: what comes with it is not said
    lastText = text;
  }, [text]);
  return (
    <p role="status" className="sr-only">
      {news}
    </p>
  );
}
