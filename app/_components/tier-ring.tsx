import type { ReactNode } from "react";

const radius = 26;
const circumference = 2 * Math.PI * radius;

/** How far it is to the next tier, as a ring around what `children` says; `share` is from 0 to 1. */
export function TierRing({ share, label, children }: { share: number; label: string; children: ReactNode }) {
  return (
    <div className="relative grid size-18 shrink-0 place-items-center">
      <svg viewBox="0 0 64 64" className="-rotate-90 absolute inset-0" role="img" aria-label={label}>
        <circle
          cx="32"
          cy="32"
          r={radius}
          fill="none"
          stroke="currentColor"
          strokeOpacity={0.22}
          strokeWidth="5"
        />
        <circle
          cx="32"
          cy="32"
          r={radius}
          fill="none"
          stroke="currentColor"
          strokeWidth="5"
          strokeLinecap="round"
          className="transition-[stroke-dasharray] duration-900 ease-out motion-reduce:transition-none"
          strokeDasharray={`${share * circumference} ${circumference}`}
        />
      </svg>
      {children}
    </div>
  );
}
