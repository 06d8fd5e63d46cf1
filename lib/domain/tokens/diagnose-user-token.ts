import { DomainError } from "#lib/domain/errors.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { judgeUserToken, type TokenFaultCode } from "#lib/domain/tokens/user-token.ts";

export type TokenDiagnosis = {
  isGood: boolean;
  /** Null where it is good. */
  fault: TokenFaultCode | "keys_unavailable" | null;
  /** For a person who sets up a programme; it quotes the token, so it is for nobody else. */
  explanation: string;
};

/** The token doctor: the first thing that is wrong with a token for this tenant, in plain words. */
export async function diagnoseUserToken(
  tenant: Pick<Tenant, "id" | "userAuth" | "oauth2">,
  token: string,
): Promise<TokenDiagnosis> {
  try {
    const { claims, fault } = await judgeUserToken(tenant, token);
    if (fault) return { isGood: false, fault: fault.code, explanation: fault.explanation };
    const sub = JSON.stringify(claims.sub);
    return {
      isGood: true,
      fault: null,
      explanation: `The token is good, for the member whose authIdentifier is ${sub}.`,
    };
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "identity_provider_unavailable") throw error;
    const explanation = "The JWKS cannot be fetched, so nothing can be said of the signature: try its URL.";
    return { isGood: false, fault: "keys_unavailable", explanation };
  }
}
