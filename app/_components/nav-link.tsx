"use client";

import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

import { PageLink } from "#app/_components/page-link.tsx";

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
  return (
    <PageLink href={href} className={className} aria-current={isOpen ? "page" : undefined}>
      {children}
    </PageLink>
  );
}
