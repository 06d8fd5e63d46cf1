/** A moment with its offset, as Open Loyalty writes them. */
export function momentText(moment: Date): string {
  return moment.toISOString().replace("Z", "+00:00");
}
