import type { ReactNode } from "react";

import { BrandMark } from "#app/_components/brand-mark.tsx";

/** A page that says one thing: signed out, not found, please come from the host. */
export function NoticePage({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-12">
      <div className="w-full max-w-md text-center">
        <BrandMark className="mx-auto h-14 w-12 text-accent" />
        <h1 className="mt-6 text-balance font-semibold text-2xl tracking-tight">{title}</h1>
        <p className="mt-3 text-balance text-muted">{text}</p>
        {children && <div className="mt-8 flex flex-wrap justify-center gap-3">{children}</div>}
      </div>
    </main>
  );
}
