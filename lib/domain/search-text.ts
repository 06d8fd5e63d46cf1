/** Finding by text as people type it: whatever its capitals and accents, in any order of words. */

// Letters that Unicode takes for one, and keyboards for another.
const spelledOut: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ı: "i",
  ة: "ه",
  ى: "ي",
  ـ: "",
};

/** Whether each word of `text` is in one of the fields; a text without words finds everything. */
export function isFoundBy(text: string, fields: readonly string[]): boolean {
  const folded = fields.map(fold);
  return wordsOf(text).every((word) => folded.some((field) => field.includes(word)));
}

function wordsOf(text: string): string[] {
  return fold(text)
    .split(/\s+/u)
    .filter((word) => word !== "");
}

/** Without capitals, accents, vowel marks and apostrophes. */
function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\p{M}'’]/gu, "")
    .replace(/[ßæœøłđıةىـ]/gu, (letter) => spelledOut[letter] ?? letter);
}
