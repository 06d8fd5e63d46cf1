import { accountMails } from "#app/_mail/account-mails.tsx";
import { answerRegistration } from "#lib/http/open-loyalty/account-calls.ts";
import { storeRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/member/register: somebody makes themselves a member. */
export const POST = storeRoute((request, tenant) => answerRegistration(request, tenant, accountMails));
