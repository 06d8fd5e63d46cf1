import { PageLink } from "#app/_components/page-link.tsx";

/** The heading of a part of a page, with the way to all of it. */
export function SectionHeading({ title, more }: { title: string; more?: { href: string; label: string } }) {
  return (
    <div className="mb-3 flex items-center justify-between gap-4">
      <h2 className="font-semibold text-lg tracking-tight">{title}</h2>
      {more && (
        <PageLink
          href={more.href}
          className="inline-flex min-h-11 items-center font-medium text-accent text-sm hover:underline"
        >
          {more.label}
        </PageLink>
      )}
    </div>
  );
}
