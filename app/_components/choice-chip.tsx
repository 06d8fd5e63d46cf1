import type { ReactNode } from "react";

import { PageLink } from "#app/_components/page-link.tsx";

/** How a choice looks that is one of a few: a pill, filled where it is made. */
const chip =
  "relative inline-flex min-h-11 shrink-0 cursor-pointer items-center gap-2 whitespace-nowrap rounded-full border border-line bg-surface px-4 font-medium text-sm hover:border-(--line-strong)";

/** Chips beside each other: on a narrow screen they are pushed along, elsewhere they wrap. */
export function ChipRow({ children }: { children: ReactNode }) {
  // The padding leaves room for what stands out of a chip, its focus; the margins take it back.
  return (
    <div className="-mx-4 -my-1.5 flex gap-2 overflow-x-auto px-4 py-1.5 [scrollbar-width:none] sm:m-0 sm:flex-wrap sm:overflow-visible sm:p-0">
      {children}
    </div>
  );
}

/** A choice within a form, on a field of its own. */
export function ChoiceChip({
  type,
  name,
  value,
  isChosen,
  children,
}: {
  type: "radio" | "checkbox";
  name: string;
  value: string;
  isChosen: boolean;
  children: string;
}) {
  return (
    <label
      className={`${chip} has-checked:border-accent has-checked:bg-accent-fill has-checked:text-on-accent has-focus-visible:outline-3 has-focus-visible:outline-accent has-focus-visible:outline-offset-2`}
    >
      <input
        {...{ type, name, value }}
        defaultChecked={isChosen}
        className="absolute inset-0 cursor-pointer appearance-none rounded-full opacity-0"
      />
      <span dir="auto">{children}</span>
    </label>
  );
}

/** A choice that is an address of its own. */
export function LinkChip({
  href,
  isChosen,
  children,
}: {
  href: string;
  isChosen: boolean;
  children: string;
}) {
  return (
    <PageLink
      href={href}
      scroll={false}
      aria-current={isChosen ? "page" : undefined}
      className={`${chip} aria-[current=page]:border-accent aria-[current=page]:bg-accent-fill aria-[current=page]:text-on-accent`}
    >
      {children}
    </PageLink>
  );
}
