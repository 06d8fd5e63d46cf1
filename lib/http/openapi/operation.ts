/** What an endpoint takes and answers, said once: requests are parsed by it, and the OpenAPI document is made from it. */
import type { z } from "zod";

import type { DomainErrorCode } from "#lib/domain/errors.ts";

/**
 * Who may call, besides with the key that every call carries: anybody, a user if a token is sent, a user; an admin; for
 * `reporter` also a server with an event type's secret, or (`batchReporter`) only that and admins; for `till` also a key
 * with that scope.
 */
export type Level = "anonymous" | "optionalUser" | "user" | "admin" | "reporter" | "batchReporter" | "till";

/** Who calls at the host's own door: its server with a client id, or a browser with a session token or its cookie. */
type HostLevel = "client" | "sessionToken" | "cookie";

/**
 * Who calls at the doors of Open Loyalty's clients: anybody, for no store (`deployment`) or for one; whoever has a token; of a
 * store a member, an admin, or either.
 */
type StoreLevel = "deployment" | "store" | "tokenHolder" | "storeMember" | "storeAdmin" | "storeCaller";

/** Who calls at those of Weavr's: an app with its key, and an end user of it. */
type MultiLevel = "app" | "endUser";

export type AnyLevel = Level | HostLevel | StoreLevel | MultiLevel;

export type Operation<
  Of extends AnyLevel = AnyLevel,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Data extends z.ZodType = z.ZodType,
  IsList extends boolean = boolean,
> = {
  /** The operationId: what a generated client calls it. */
  id: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As in the table of routes. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  level: Of;
  query?: Query;
  body?: Body;
  /** 64 KiB where it is left out. */
  bodyBytesMax?: number;
  /** What it answers with, in JSend what stands under `data`; of a list, one item. Left out: 204, and no body. */
  data?: Data;
  isList?: IsList;
  /** Takes an Idempotency-Key. */
  isIdempotent?: boolean;
  /** Besides what any call at this level can be told. */
  refusals: readonly DomainErrorCode[];
  /** Answers that are no JSON, by their status. */
  otherAnswers?: Readonly<Record<number, string>>;
  example: { query?: Readonly<Record<string, string>>; body?: unknown; data?: unknown };
};

export function operation<
  const Of extends AnyLevel,
  Data extends z.ZodType,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  const IsList extends boolean = false,
>(described: Operation<Of, Query, Body, Data, IsList>): Operation<Of, Query, Body, Data, IsList> {
  return described;
}
