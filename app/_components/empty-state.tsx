import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** Where nothing is yet: a sign of what will be, what it means, and what to do next. */
export function EmptyState({
  Icon,
  title,
  hint,
  children,
}: {
  Icon: LucideIcon;
  title: string;
  hint: string;
  children?: ReactNode;
}) {
  return (
    <div className="panel flex flex-col items-center px-6 py-12 text-center">
      <span className="grid size-16 place-items-center rounded-full bg-accent-soft text-accent">
        <Icon className="size-7" strokeWidth={1.75} aria-hidden="true" />
      </span>
      <p className="mt-4 text-balance font-semibold text-lg">{title}</p>
      <p className="mt-1 max-w-sm text-balance text-muted">{hint}</p>
      {children && <div className="mt-6">{children}</div>}
    </div>
  );
}
