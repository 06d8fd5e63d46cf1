import Link from "next/link";
import type { ComponentProps } from "react";

import { PendingBar } from "#app/_components/pending-bar.tsx";

/**
 * A link to another page, which shows that it was followed where that page takes its time. Personal pages are made per request:
 * fetching them ahead would cost, and show nothing sooner.
 */
export function PageLink({ children, ...link }: Omit<ComponentProps<typeof Link>, "prefetch">) {
  return (
    <Link prefetch={false} {...link}>
      {children}
      <PendingBar />
    </Link>
  );
}
