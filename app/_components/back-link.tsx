import { ArrowLeft } from "lucide-react";

import { PageLink } from "#app/_components/page-link.tsx";

/** From one thing back to where all of its kind are. */
export function BackLink({ href, children }: { href: string; children: string }) {
  return (
    <PageLink
      href={href}
      className="-mt-3 mb-2 inline-flex min-h-11 items-center gap-2 font-medium text-accent text-sm hover:underline"
    >
      <ArrowLeft className="size-4 rtl:rotate-180" aria-hidden="true" />
      {children}
    </PageLink>
  );
}
