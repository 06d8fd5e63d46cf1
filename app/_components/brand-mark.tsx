import type { CSSProperties } from "react";

/** A sprig of laurel, in the colour of the text around it. */
export function BrandMark({ className, style }: { className?: string; style?: CSSProperties }) {
  return (
    <svg
      viewBox="0 0 24 28"
      {...{ className, style }}
      fill="currentColor"
      fillOpacity=".3"
      aria-hidden="true"
    >
      <g stroke="currentColor" strokeWidth="2" strokeLinecap="round">
        <path d="M12 26V5" fill="none" />
        <path d="M12 21c-6 0-9-3-9-8 6 0 9 3 9 8ZM12 21c6 0 9-3 9-8-6 0-9 3-9 8Z" />
        <path d="M12 11C8 11 6 8.500 6 4c4 0 6 2.500 6 7ZM12 11c4 0 6-2.500 6-7-4 0-6 2.500-6 7Z" />
      </g>
    </svg>
  );
}
