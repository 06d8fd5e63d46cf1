import { accountMails } from "#app/_mail/account-mails.tsx";
import { answerReset } from "#lib/http/open-loyalty/account-calls.ts";
import { storeRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/member/password/reset: a new password by that link. */
export const POST = storeRoute((request, tenant) => answerReset(request, tenant, accountMails));
