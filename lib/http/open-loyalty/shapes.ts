/** Small shapes that answers to Open Loyalty's clients are made of. */
import { z } from "zod";

export const textOrNull = z.string().nullable();

/** What Laurel has none of. */
export const nothing = z.array(z.unknown()).length(0);

export const storeMoment = z.iso
  .datetime({ offset: true })
  .meta({ example: "2026-11-21T09:30:00.000+00:00" });

/** A moment with its offset, as Open Loyalty writes them. */
export function momentText(moment: Date): string {
  return moment.toISOString().replace("Z", "+00:00");
}
