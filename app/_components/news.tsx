"use client";

import { useState } from "react";

/** Says a text to a screen reader, once, when it has become another one on the page that is open. */
export function News({ text }: { text: string }) {
  const [known, setKnown] = useState(text);
  const [news, setNews] = useState("");
  if (text !== known) {
    setKnown(text);
    setNews(text);
  }
  return (
    <p role="status" className="sr-only">
      {news}
    </p>
  );
}
