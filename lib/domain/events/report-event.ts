/**
 * An event that somebody reports, and what rules give for it.
 *
 * Holds under any retry or race:
 *   1. the event, its points and its benefits are there together, or none of them is;
 *   2. one externalId is one event: reporting it again answers with the first, and gives nothing more;
 *   3. no limit, budget or stock is overdrawn, and no reaction sets off another rule.
 *
 * Two round trips: what has to be known, then everything at once (docs/decisions/0009-one-round-trip-functions.md).
 */
import { addSeconds, now } from "#lib/config/clock.ts";
import {
  type EventResultRow,
  type ReportContext,
  readReportContext,
  reportEventRow,
  type SubjectKey,
} from "#lib/db/events.ts";
import { findKeptResult } from "#lib/db/idempotency-keys.ts";
import type { MemberRow } from "#lib/db/members.ts";
import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { type EventReport, eventReportOf } from "#lib/domain/events/event.ts";
import { problemWithPayload } from "#lib/domain/events/event-type-schema.ts";
import { isIntrinsic } from "#lib/domain/events/intrinsic-event-types.ts";
import { type EventId, isUuid, type MemberId, newId, type TenantId } from "#lib/domain/ids.ts";
import { settleWallet } from "#lib/domain/ledger/settle-wallet.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import { hasDangerousKey, problemInside } from "#lib/domain/members/profile-input.ts";
import { type OnceKey, onceOf, sayingWhy } from "#lib/domain/once.ts";
import { candidatesOf, evaluateRules, refuseOverflow } from "#lib/domain/rules/evaluate-rules.ts";
import { matchesHash } from "#lib/domain/secrets.ts";

/** Who reports: a member of their own doings, a server that knows the type's secret, or an admin. */
type Reporter =
  | { kind: "member"; member: { memberId: MemberId } | { authIdentifier: string } }
  | { kind: "server"; eventTypeSecret: string }
  | { kind: "admin" };

export type ReportEvent = {
  tenantId: TenantId;
  by: Reporter;
  type: string;
  payload: Readonly<Record<string, unknown>>;
  /** A member's id, account number or authIdentifier; may be left out by members, who report their own. */
  subject: string | null;
  /** Unique in the programme: what keeps a second report from counting. */
  externalId: string | null;
  occurredAt: Date | null;
  key: ((memberId: MemberId) => OnceKey | null) | null;
};

const aheadSecondsMax = 300;
const backSecondsMax = 400 * 86_400;
const triesMax = 5;

/**
 * Refuses `event_type_intrinsic`, `event_type_not_found`, `event_type_private`, `member_not_found`, `member_restricted`,
 * `forbidden`, `external_id_taken` and `invalid_input`; then nothing has changed. A call that succeeded before is answered
 * again, also where it would be refused by now.
 */
export async function reportEvent(report: ReportEvent): Promise<EventReport> {
  const { tenantId, type } = report;
  if (isIntrinsic(type)) throw new DomainError("event_type_intrinsic");

  const context = await readReportContext(tenantId, type, subjectKeyOf(report));
  requireRight(context, report.by);
  let row: ReturnType<typeof judged>;
  try {
    row = judged(report, context);
  } catch (refusal) {
    const kept = await findKept(report, context);
    if (kept) return kept;
    throw refusal;
  }
  for (let tries = 1; ; tries++) {
    const answer = await sayingWhy(() => reportEventRow({ ...row, at: now() }));
    if (answer.outcome !== "refused" || answer.code !== "due") return eventReportOf(onceOf(answer));
    if (tries === triesMax) throw new Error("The wallet was due again each time it had been settled.");
    await settleWallet(tenantId, row.memberId);
  }
}

/** The event with what rules would give for it. Whether they still may, the database decides under its locks. */
function judged(report: ReportEvent, context: ReportContext) {
  const { tenantId, type, payload, externalId } = report;
  if (!context.eventType?.isActive) throw new DomainError("event_type_not_found");
  const member = requireSubject(context, report);
  if (member.isRestricted) throw new DomainError("member_restricted");
  const memberId = member.id;

  const at = now();
  const occurredAt = report.occurredAt ?? at;
  if (occurredAt > addSeconds(at, aheadSecondsMax) || occurredAt < addSeconds(at, -backSecondsMax)) {
    throw invalidInput({ occurredAt: "Enter a time at most 5 minutes ahead and 400 days back." });
  }
  const problem = problemOfPayload(payload) ?? problemWithPayload(context.eventType.schema, payload);
  if (problem) throw invalidInput({ [problem.path]: problem.message });

  const evaluated = evaluateRules(context.rules, { payload, occurredAt }, member);
  refuseOverflow(evaluated);
  return {
    ...{ tenantId, memberId },
    event: { id: newId<EventId>(), type, payload, externalId, occurredAt },
    candidates: candidatesOf(evaluated),
    key: report.key?.(memberId) ?? null,
  };
}

/** What an earlier call with the same key was answered with; null where there was none, or the member is restricted now. */
async function findKept(report: ReportEvent, { members }: ReportContext): Promise<EventReport | null> {
  const [member] = members;
  const key = member && !member.isRestricted ? report.key?.(member.id as MemberId) : null;
  const kept = key && (await sayingWhy(() => findKeptResult<EventResultRow>(report.tenantId, key)));
  return kept ? eventReportOf(onceOf(kept)) : null;
}

function subjectKeyOf({ by, subject }: ReportEvent): SubjectKey {
  if (by.kind === "member") return by.member;
  if (subject === null) throw invalidInput({ subject: "Say whose event it is." });
  return { anyOf: subject, memberId: isUuid(subject) ? subject : null };
}

/** Also who is only answered again has to have the right. */
function requireRight({ eventType }: ReportContext, by: Reporter): void {
  if (!eventType) throw new DomainError("event_type_not_found");
  if (by.kind === "admin") return;
  const { isPrivate, isActive, secretHash } = eventType;
  const isAllowed =
    by.kind === "member" ? !isPrivate : secretHash !== null && matchesHash(by.eventTypeSecret, secretHash);
  if (!isAllowed) throw new DomainError(isActive ? "event_type_private" : "event_type_not_found");
}

function requireSubject({ members }: ReportContext, { by, subject }: ReportEvent): Member {
  const member = memberOf(oneOf(members, subject));
  if (by.kind === "member" && subject !== null && !isNamedBy(member, subject)) {
    throw new DomainError("forbidden");
  }
  return member;
}

/** A UUID is the same in capitals. */
function isNamedBy({ id, accountNumber, authIdentifier }: Member, subject: string): boolean {
  return [id, accountNumber, authIdentifier].includes(subject) || id === subject.toLowerCase();
}

/** The member that a subject names; an id says it for sure. Refuses `member_not_found`, and `invalid_input` for two. */
export function oneOf(members: readonly MemberRow[], subject: string | null): MemberRow {
  const [row, another] = members;
  if (!row) throw new DomainError("member_not_found");
  const byId = members.find(({ id }) => id === subject?.toLowerCase());
  if (another && !byId) {
    throw invalidInput({
      subject:
        "This names two members, one by the account number and one by the authIdentifier. Send the member's id.",
    });
  }
  return byId ?? row;
}

/** What no payload may hold, whatever its schema says: it could not be kept as it is, or reaches where it should not. */
function problemOfPayload(payload: object): { path: string; message: string } | null {
  if (hasDangerousKey(payload)) return { path: "payload", message: "A name inside it is not allowed." };
  const message = problemInside(payload) ?? problemWithNumbers(payload);
  return message ? { path: "payload", message } : null;
}

/** Beyond this a number has been rounded before we see it, and nothing exact can be said of it. */
function problemWithNumbers(value: unknown): string | null {
  if (typeof value === "number") {
    return Math.abs(value) > Number.MAX_SAFE_INTEGER
      ? "Enter numbers between −(2^53 − 1) and 2^53 − 1."
      : null;
  }
  if (typeof value !== "object" || value === null) return null;
  return Object.values(value).reduce<string | null>(
    (problem, each) => problem ?? problemWithNumbers(each),
    null,
  );
}
