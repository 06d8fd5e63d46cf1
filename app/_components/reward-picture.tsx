import { Gift } from "lucide-react";

/** A reward's picture, or a quiet drawing where it has none; its size is fixed, so that nothing jumps. */
export function RewardPicture({
  pictureUrl,
  isLarge = false,
}: {
  pictureUrl: string | null;
  isLarge?: boolean;
}) {
  if (!pictureUrl) {
    return (
      <div className="grid aspect-[8/5] w-full place-items-center bg-accent-soft text-accent">
        <Gift className={isLarge ? "size-16" : "size-10"} strokeWidth={1.5} aria-hidden="true" />
      </div>
    );
  }
  // Where it does not load, `after:`, which browsers show for such pictures alone, lies over their sign of it.
  // The reward's name stands beside it, so the picture says nothing more to who cannot see it.
  return (
    <img
      src={pictureUrl}
      alt=""
      width={640}
      height={400}
      loading={isLarge ? "eager" : "lazy"}
      decoding="async"
      referrerPolicy="no-referrer"
      className="relative aspect-[8/5] w-full bg-accent-soft object-cover after:absolute after:inset-0 after:bg-accent-soft"
    />
  );
}
