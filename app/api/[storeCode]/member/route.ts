import { answerMembers, answerNewMember } from "#lib/http/open-loyalty/admin-calls.ts";
import { adminRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member: everybody in the programme. */
export const GET = adminRoute(answerMembers);

/** POST /api/{storeCode}/member: makes a member. */
export const POST = adminRoute(answerNewMember);
