"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

/** A link of the main navigation, which knows when its section is open. */
export function NavLink({
  href,
  className,
  children,
}: {
  href: string;
  className: string;
  children: ReactNode;
}) {
  const pathname = usePathname();
  const isOpen = href === "/" ? pathname === "/" : pathname === href || pathname.startsWith(`${href}/`);
  // Personal pages are made per request: fetching them ahead would cost, and show nothing sooner.
  return (
    <Link href={href} prefetch={false} className={className} aria-current={isOpen ? "page" : undefined}>
      {children}
    </Link>
  );
}
