/** Logout tokens: by these an identity server says that a session there has ended (OpenID Connect Back-Channel Logout 1.0). */
import { now } from "#lib/config/clock.ts";
import { Faulty, type JsonObject } from "#lib/domain/tokens/compact-jws.ts";
import {
  checkFreshness,
  checkParties,
  nameAtProvider,
  type ProviderTokenFaultCode,
  type ProviderTokenParty,
  readSigned,
} from "#lib/domain/tokens/provider-token.ts";

type LogoutTokenFaultCode = ProviderTokenFaultCode | "token_id_wrong" | "nonce_there" | "session_wrong";

export type LogoutClaims = {
  /** The token's own name: the same one again is a replay. */
  jti: string;
  /** Whose sessions end, and which one; at least one of the two. */
  subject: string | null;
  sessionId: string | null;
};

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout";
/** Older ones are refused, so that a token has to be remembered for so long only. */
export const logoutTokenAgeMaxSeconds = 600;

/** Throws Faulty with a LogoutTokenFaultCode, and DocumentUnavailable where nothing can be said of it. */
export function readLogoutToken(token: string, party: ProviderTokenParty): Promise<LogoutClaims> {
  return readSigned(token, party, [undefined, "JWT", "logout+jwt"], (claims) => judge(claims, party));
}

function judge(claims: JsonObject, party: ProviderTokenParty): LogoutClaims {
  checkParties(claims, party);
  checkFreshness(claims, now().getTime() / 1000, logoutTokenAgeMaxSeconds);
  const { jti, sub, sid, events } = claims;
  if (!isLogout(events))
    throw new Faulty<LogoutTokenFaultCode>("type_wrong", "The events name no back-channel logout.");
  if (Object.hasOwn(claims, "nonce"))
    throw new Faulty<LogoutTokenFaultCode>("nonce_there", "A logout token has no nonce.");
  if (!nameAtProvider.safeParse(jti).success)
    throw new Faulty<LogoutTokenFaultCode>("token_id_wrong", "The jti is missing, or no short text.");
  const given = [sub, sid].filter((value) => value !== undefined);
  if (given.length === 0 || !given.every((value) => nameAtProvider.safeParse(value).success)) {
    throw new Faulty<LogoutTokenFaultCode>(
      "session_wrong",
      "Neither sub nor sid says whose session ended, or they are no short texts.",
    );
  }
  return {
    jti: jti as string,
    subject: (sub as string | undefined) ?? null,
    sessionId: (sid as string | undefined) ?? null,
  };
}

function isLogout(events: unknown): boolean {
  if (typeof events !== "object" || events === null || Array.isArray(events)) return false;
  const event = (events as Record<string, unknown>)[logoutEvent];
  return typeof event === "object" && event !== null && !Array.isArray(event);
}
