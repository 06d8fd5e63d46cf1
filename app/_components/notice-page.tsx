import type { ReactNode } from "react";

import { ProgrammeMark } from "#app/_components/programme-logo.tsx";
import { findTenantOfPage } from "#lib/http/member-session.ts";

type Content = { title: string; text: string; children?: ReactNode };

/** A page that says one thing: signed out, not found, please come from the host. */
export async function NoticePage(content: Content) {
  return (
    <main className="notice-ground">
      <Notice {...content} />
    </main>
  );
}

/** The same where a page has its frame already. */
export async function Notice({ title, text, children }: Content) {
  return (
    <div className="mx-auto w-full max-w-md py-8 text-center">
      <ProgrammeMark tenant={await findTenantOfPage()} />
      <h1 className="mt-6 text-balance font-semibold text-2xl tracking-tight">{title}</h1>
      <p className="mt-3 text-balance text-muted">{text}</p>
      {children && <div className="mt-8 flex flex-wrap justify-center gap-3">{children}</div>}
    </div>
  );
}
