import type { ReactNode } from "react";

import { BrandMark } from "#app/_components/brand-mark.tsx";

/** Where nothing is yet: what it means, and what to do next. */
export function EmptyState({ title, hint, children }: { title: string; hint: string; children?: ReactNode }) {
  return (
    <div className="panel flex flex-col items-center px-6 py-12 text-center">
      <BrandMark className="h-12 w-10 text-accent" />
      <p className="mt-4 font-semibold text-lg">{title}</p>
      <p className="mt-1 max-w-sm text-balance text-muted">{hint}</p>
      {children && <div className="mt-6">{children}</div>}
    </div>
  );
}
