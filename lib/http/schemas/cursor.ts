/** Where a page of a list starts, as text that a client only passes on: `[moment,] id` of the last item before it. */
import { invalidInput } from "#lib/domain/errors.ts";
import { isUuid } from "#lib/domain/ids.ts";

const momentMsMax = 8.64e15; // the last moment that a Date can be

export function idCursor(id: string | null): string | null {
  return id === null ? null : encode(id);
}

export function readIdCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = decode(cursor);
  if (!isUuid(id)) throw notACursor();
  return id;
}

export function momentCursor(position: { at: Date; id: string } | null): string | null {
  return position && encode(`${position.at.getTime()}.${position.id}`);
}

export function readMomentCursor(cursor: string | undefined): { at: Date; id: string } | null {
  if (cursor === undefined) return null;
  const [, moment = "", id = ""] = /^(\d{1,16})\.(.+)$/.exec(decode(cursor)) ?? [];
  if (!isUuid(id) || Number(moment) > momentMsMax) throw notACursor();
  return { at: new Date(Number(moment)), id };
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function decode(cursor: string): string {
  return Buffer.from(cursor, "base64url").toString();
}

function notACursor() {
  return invalidInput({ cursor: "Send the nextCursor of the page before, as it was." });
}
