/** A few terms, each with what it comes to. */
export function Facts({
  facts,
  className = "",
}: {
  facts: readonly (readonly [term: string, value: string])[];
  className?: string;
}) {
  return (
    <dl className={`space-y-2 ${className}`}>
      {facts.map(([term, value]) => (
        <div key={term} className="flex justify-between gap-4">
          <dt className="text-muted">{term}</dt>
          <dd className="text-end font-medium tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
