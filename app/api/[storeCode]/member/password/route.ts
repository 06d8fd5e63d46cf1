import { accountMails } from "#app/_mail/account-mails.tsx";
import { answerPasswordChange } from "#lib/http/open-loyalty/account-calls.ts";
import { memberRoute } from "#lib/http/open-loyalty/route.ts";

/** PUT /api/{storeCode}/member/password: the member sets another password. */
export const PUT = memberRoute((call) => answerPasswordChange(call, accountMails));
