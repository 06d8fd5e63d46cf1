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
  cookieDomain: string | null;
  locale: string;
  embeddedSeconds: number;
  idleSeconds: number | null;
  urlActivation: "once" | "reusable";
  clientSecrets: readonly { id: string; secretHash: string }[];
  /** Points count towards a tier for so long after they were earned; null: for ever. */
  tierWindowDays: number | null;
  /** Whether a rule listens to members being made or changed. */
  hasProfileRules: boolean;
  /** Lowest requirement first. */
  tiers: readonly Tier[];
};
