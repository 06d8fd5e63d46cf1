import { publicKeySet } from "#lib/domain/tokens/own-keys.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";

const keptSeconds = 300; // for so long a rotated key may be unknown elsewhere; the one before still verifies

/** GET /.well-known/jwks.json: the public halves of the keys that Laurel signs with (RFC 7517). */
export async function GET(): Promise<Response> {
  try {
    const headers = {
      "Content-Type": "application/jwk-set+json",
      "Cache-Control": `public, max-age=${keptSeconds}`,
    };
    return new Response(JSON.stringify(await publicKeySet()), { headers });
  } catch (error) {
    return jsend.refusal(refusalOf(error));
  }
}
