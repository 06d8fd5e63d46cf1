import { randomInt } from "node:crypto";

const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"; // without I and O, which people read as 1 and 0
const codesDrawn = 8;

/** Codes by a pattern such as `XXXX-9999`, where X is a letter and 9 a digit, drawn at random: nobody can guess the next. */
export function drawCodes(pattern: string | null, count = codesDrawn): string[] {
  return pattern === null ? [] : Array.from({ length: count }, () => drawCode(pattern));
}

function drawCode(pattern: string): string {
  return pattern.replaceAll(/[X9]/g, (place) =>
    place === "X" ? (letters[randomInt(letters.length)] ?? "") : String(randomInt(10)),
  );
}
