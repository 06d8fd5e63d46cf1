/** The text for a code that came from elsewhere, an answer or an address; null where there is none. */
export function textOf(texts: Readonly<Record<string, string>>, code: string): string | null {
  return Object.hasOwn(texts, code) ? (texts[code] ?? null) : null;
}
