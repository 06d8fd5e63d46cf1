import { answerMember, answerMemberChange } from "#lib/http/open-loyalty/member-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/{member}: a member, with its balances and its level. */
export const GET = callerRoute(answerMember);

/** PUT /api/{storeCode}/member/{member}: changes the profile. */
export const PUT = callerRoute(answerMemberChange);
