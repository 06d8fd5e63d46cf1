/**
 * Why somebody is not signed in. The codes stand in the address of the sign-in page, which has a sentence for each; the
 * explanation is for the operator's log, and holds no secret.
 */
export type SignInFailureCode =
  /** The person said no at the identity server. */
  | "access_denied"
  /** It was begun in another browser, too long ago, or is over already. */
  | "state_invalid"
  /** The identity server answered with an error. */
  | "provider_error"
  /** What the identity server answered, or signed, cannot be trusted. */
  | "provider_answer_invalid"
  | "provider_unavailable"
  | "provider_misconfigured"
  /** The identity server did not say what no member can be without. */
  | "profile_incomplete"
  | "member_restricted"
  | "credentials_invalid"
  | "email_unconfirmed"
  | "rate_limited";

export class SignInFailure extends Error {
  override readonly name = "SignInFailure";
  readonly code: SignInFailureCode;

  constructor(code: SignInFailureCode, explanation: string) {
    super(explanation);
    this.code = code;
  }
}
