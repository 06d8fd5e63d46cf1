import type { KeyObject } from "node:crypto";

import type { TenantId } from "#lib/domain/ids.ts";
import type { Brand } from "#lib/domain/tenants/brand.ts";
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
  interactiveSeconds: number;
  idleSeconds: number | null;
  urlActivation: "once" | "reusable";
  /** Whether a good token of somebody unknown makes the member. */
  createMembersFromTokens: boolean;
  clientSecrets: readonly { id: string; secretHash: string }[];
  /** Of the event types that are in use and have one. */
  eventTypeSecrets: readonly { eventType: string; secretHash: string }[];
  /** Whether people may make themselves members, wherever that is offered. */
  selfRegistration: boolean;
  /** Whether a Laurel account works before its e-mail address is confirmed. */
  emailConfirmation: "required" | "off";
  /** The company's own identity server; null: members of an interactive programme have Laurel accounts. */
  oauth2: Oauth2 | null;
  /** How the user access tokens of its identity provider are judged; null: none is good. */
  userAuth: UserAuth | null;
  /** How its pages and mails look. */
  brand: Brand;
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

/**
 * A tenant's identity server, by OAuth2 (RFC 6749) or OpenID Connect. A url that is null is asked of the issuer's
 * discovery document; without an issuer there is none, and what is null is not to be had.
 */
export type Oauth2 = {
  /** As people know it, for "Continue with …". */
  providerName: string;
  issuer: string | null;
  authorizationUrl: string | null;
  tokenUrl: string | null;
  userinfoUrl: string | null;
  jwksUrl: string | null;
  signOutUrl: string | null;
  clientId: string;
  /** Null where it opens no more: then nobody can sign in, and all else goes on. */
  clientSecret: string | null;
  scope: string;
  /** Which claim stands for what of a member; the names of `Oauth2Claims` in `sign-in/claims.ts`. */
  claims: Readonly<Record<string, string>>;
};

/** What names a programme to the APIs. It is no person: what it may do alone, its scopes say. */
export type ApiKey = {
  id: string;
  scopes: readonly string[];
  ratePerSecond: number;
  burst: number;
};
