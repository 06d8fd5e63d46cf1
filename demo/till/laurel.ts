/** What a till asks Laurel: what a code is good for, and to use it up. */
import { callLaurel, type LaurelAddress, refusalCodeOf } from "../call-laurel.ts";

/** The key may do nothing but this, and stays on the till's server. */
export type TillLaurel = LaurelAddress & { apiKey: string };

export type Voucher = {
  /** As Laurel knows it, which is not always as it was typed. */
  code: string;
  name: string;
  terms: string | null;
  pictureUrl: string | null;
  valueEuros: number | null;
  expiresAt: Date | null;
};

/** A voucher, or the code of a refusal; `unheard` where no answer came, so that nobody knows. */
export type Outcome = { voucher: Voucher } | { refusal: string };

/** Looks at a code and changes nothing. What nobody knows as it was typed is tried in capitals. */
export async function lookAt(laurel: TillLaurel, typed: string): Promise<Outcome> {
  const outcome = await validate(laurel, typed, null);
  const inCapitals = typed.toUpperCase();
  if (!("refusal" in outcome) || outcome.refusal !== "benefit_not_found" || inCapitals === typed) {
    return outcome;
  }
  return validate(laurel, inCapitals, null);
}

/** Uses a voucher up. With the same key it happens once, however often it is sent. */
export function useUp(laurel: TillLaurel, code: string, onceKey: string): Promise<Outcome> {
  return validate(laurel, code, onceKey);
}

async function validate(laurel: TillLaurel, code: string, onceKey: string | null): Promise<Outcome> {
  try {
    const answer = await callLaurel(laurel, {
      method: "POST",
      path: "/v1/commands/validate_voucher",
      headers: { "X-Api-Key": laurel.apiKey, ...(onceKey === null ? {} : { "Idempotency-Key": onceKey }) },
      payload: onceKey === null ? { code, allowFutureValidation: true } : { code },
    });
    const refusal = refusalCodeOf(answer);
    if (refusal !== null) return { refusal: answer.status >= 500 ? "unheard" : refusal };
    return { voucher: voucherOf(code, (answer.body as { data: BenefitJson }).data) };
  } catch {
    return { refusal: "unheard" };
  }
}

type BenefitJson = {
  expiresAt: string | null;
  reward: { name: string; terms: string | null; pictureUrl: string | null; value: number | null };
};

function voucherOf(code: string, { expiresAt, reward }: BenefitJson): Voucher {
  const { name, terms, pictureUrl, value } = reward;
  return {
    ...{ code, name, terms, pictureUrl, valueEuros: value },
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
  };
}
