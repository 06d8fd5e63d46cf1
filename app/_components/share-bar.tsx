/** How much of a price is there, from 0 to 1; the text beside it says the same. */
export function ShareBar({ share }: { share: number }) {
  return (
    <div className="h-1.5 overflow-hidden rounded-full bg-line" aria-hidden="true">
      <div
        data-bar
        className="h-full rounded-full bg-accent"
        style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }}
      />
    </div>
  );
}
