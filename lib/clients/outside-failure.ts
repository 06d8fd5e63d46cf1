export type OutsideFailureReason =
  | "url"
  | "address"
  | "timeout"
  | "too_large"
  | "status"
  | "redirect"
  | "encoding"
  | "not_json"
  | "not_a_picture"
  | "connection";

/** Why there is no answer, or none that is taken: the message is for an operator and holds nothing of what was answered. */
export class OutsideFailure extends Error {
  override readonly name = "OutsideFailure";
  readonly reason: OutsideFailureReason;
  /** The status, or the system's, TLS's or parser's code, where there is one. */
  readonly code: string | undefined;

  constructor(reason: OutsideFailureReason, message: string, code?: string) {
    super(message);
    this.reason = reason;
    this.code = code;
  }
}
