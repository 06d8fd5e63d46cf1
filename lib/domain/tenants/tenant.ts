import type { KeyObject } from "node:crypto";

import type { TenantId } from "#lib/domain/ids.ts";
import type { Tier } from "#lib/domain/tiers/tier-progress.ts";

/** One programme, with what nearly every request asks of it. Kept in memory for seconds, never written back. */
export type Tenant = {
  id: TenantId;
  code: string;
  name: string;
  authMode: "embedded" | "interactive";
  /** The origin for links, mails and callbacks; never taken from a request. */
  publicUrl: string;
  /** Where the host's customers find the way back. */
  hostUrl: string | null;
  hostOrigins: readonly string[];
  /** Whose pages may call the APIs. */
  allowedOrigins: readonly string[];
  cookieDomain: string | null;
  locale: string;
  embeddedSeconds: number;
  idleSeconds: number | null;
  urlActivation: "once" | "reusable";
  /** Whether a good token of somebody unknown makes the member. */
  createMembersFromTokens: boolean;
  clientSecrets: readonly { id: string; secretHash: string }[];
  /** Of the event types that are in use and have one. */
  eventTypeSecrets: readonly { eventType: string; secretHash: string }[];
  /** How the user access tokens of its identity provider are judged; null: none is good. */
  userAuth: UserAuth | null;
  /** Points count towards a tier for so long after they were earned; null: for ever. */
  tierWindowDays: number | null;
  /** Whether a rule listens to members being made or changed. */
  hasProfileRules: boolean;
  /** Lowest requirement first. */
  tiers: readonly Tier[];
};

export type UserAuth = {
  issuer: string;
  /** What `aud` has to contain; null: anything, also nothing. */
  audience: string | null;
  maxLifetimeSeconds: number;
  leewaySeconds: number;
} & ({ algorithm: "RS256"; jwksUrl: string } | { algorithm: "HS256"; key: KeyObject });

/** What names a programme to the APIs. It is no person: what it may do alone, its scopes say. */
export type ApiKey = {
  id: string;
  scopes: readonly string[];
  ratePerSecond: number;
  burst: number;
};
