import { v7 as uuidv7 } from "uuid";

declare const brand: unique symbol;
type Id<Noun extends string> = string & { readonly [brand]: Noun };

export type TenantId = Id<"tenant">;
export type MemberId = Id<"member">;
export type SessionId = Id<"session">;
export type RewardId = Id<"reward">;
export type BenefitId = Id<"benefit">;
export type EventId = Id<"event">;
export type RuleId = Id<"rule">;

/** A new UUIDv7 (RFC 9562): ids of one process sort by the time they were made. */
export function newId<Of extends string = string>(): Of {
  return uuidv7() as Of;
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

/** When the thing was made that has this id, to the millisecond, which is in a UUIDv7's first 48 bits. */
export function madeAt(id: string): Date {
  return new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16));
}
