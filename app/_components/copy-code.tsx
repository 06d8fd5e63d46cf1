"use client";

import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";

type Labels = { copy: string; copied: string; failed: string };

/** A code in groups that can be read out, and a button that copies it as it is. */
export function CopyCode({
  code,
  caption,
  labels,
}: {
  code: string;
  /** What kind of code it is. */
  caption: string;
  labels: Labels;
}) {
  const shown = useRef<HTMLElement>(null);
  const [result, setResult] = useState<"copied" | "failed" | null>(null);
  const copy = async () => {
    setResult(null); // so that the same result is said again
    setResult((await copied(code, shown.current)) ? "copied" : "failed");
  };

  return (
    <div className="text-center">
      <p className="text-[#5a605c] text-sm">{caption}</p>
      <p className="break-all font-mono font-semibold text-xl tracking-wider in-[dialog]:text-2xl">
        {/* Without the gaps where somebody copies it by hand. */}
        <bdi ref={shown} dir="ltr" className="relative z-10 select-all">
          {groupsOf(code).map((group, index) => (
            <span key={index} className="not-last:me-[0.4em]">
              {group}
            </span>
          ))}
        </bdi>
      </p>
      <button
        type="button"
        onClick={copy}
        className="relative z-10 mt-1 inline-flex min-h-11 items-center gap-2 rounded-button px-4 font-medium text-sm underline-offset-4 hover:underline focus-visible:outline-[#171a18] noscript:hidden"
      >
        {result === "copied" ? (
          <Check className="size-4" aria-hidden="true" />
        ) : (
          <Copy className="size-4" aria-hidden="true" />
        )}
        {labels.copy}
      </button>
      <p role="status" className={`text-sm ${result === "failed" ? "text-[#a32018]" : "text-[#5a605c]"}`}>
        {result && labels[result]}
      </p>
    </div>
  );
}

/** In fours, unless it has groups of its own. */
function groupsOf(code: string): string[] {
  return /^[\dA-Za-z]{7,}$/.test(code) ? (code.match(/.{1,4}/g) ?? []) : [code];
}

/** A frame may be refused the clipboard; what is selected in it can still be copied. */
async function copied(code: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code);
    return true;
  } catch {
    if (shown) getSelection()?.selectAllChildren(shown);
    return document.execCommand("copy");
  }
}
