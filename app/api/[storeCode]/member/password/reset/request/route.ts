import { accountMails } from "#app/_mail/account-mails.tsx";
import { answerResetRequest } from "#lib/http/open-loyalty/account-calls.ts";
import { storeRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/member/password/reset/request: a mail with a link for a new password. */
export const POST = storeRoute((request, tenant) => answerResetRequest(request, tenant, accountMails));
