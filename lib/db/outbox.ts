/**
 * Mail on its way. Who sends one takes it for a while (a lease): nobody else does in that time, and where its taker dies
 * the mail is due again. A taker that is later than its lease may not put the mail off any more, but that it was sent is
 * true whoever has it now.
 */
import { db, type Tx } from "#lib/db/client.ts";

export type NewMail = {
  tenantId: string;
  id: string;
  memberId: string;
  requestedFor: string | null;
  sealedMessage: string;
  createdAt: Date;
};

/** A mail that was taken; `tries` counts the takings and so names this one. */
export type TakenMail = {
  tenantId: string;
  id: string;
  sealedMessage: string;
  createdAt: Date;
  tries: number;
};

/** Due at once. */
export async function insertMail(tx: Tx, row: NewMail): Promise<void> {
  await tx.outboxMail.create({ data: { ...row, nextTryAt: row.createdAt }, select: { id: true } });
}

/** How many mails of a member's account somebody has asked for, from `since` on. */
export function countRequestedMails(
  tx: Tx,
  mails: { tenantId: string; memberId: string; requestedFor: string; since: Date },
): Promise<number> {
  const { since, ...named } = mails;
  return tx.outboxMail.count({ where: { ...named, createdAt: { gte: since } } });
}

/** Takes the mail that has been due for longest; null where none is. Processes that ask at once get different ones. */
export async function claimDueMail(at: Date, leaseUntil: Date): Promise<TakenMail | null> {
  const rows = await db().$queryRaw<TakenMail[]>`
    WITH "due" AS MATERIALIZED (
      SELECT o."tenantId", o."id" FROM "outbox" o WHERE o."nextTryAt" <= ${at}
      ORDER BY o."nextTryAt" LIMIT 1 FOR UPDATE SKIP LOCKED)
    UPDATE "outbox" o SET "nextTryAt" = ${leaseUntil}, "tries" = o."tries" + 1
    FROM "due" d WHERE o."tenantId" = d."tenantId" AND o."id" = d."id"
    RETURNING o."tenantId", o."id", o."sealedMessage", o."createdAt", o."tries"`;
  return rows[0] ?? null;
}

export async function markMailSent({ tenantId, id }: TakenMail, sentAt: Date): Promise<void> {
  await db().outboxMail.updateMany({ where: { tenantId, id }, data: { ...nothingLeft, sentAt } });
}

export async function postponeMail(taken: TakenMail, nextTryAt: Date): Promise<void> {
  await db().outboxMail.updateMany({ where: stillTaken(taken), data: { nextTryAt } });
}

export async function giveUpMail(taken: TakenMail): Promise<void> {
  await db().outboxMail.updateMany({ where: stillTaken(taken), data: nothingLeft });
}

/** A member's mails, those on their way and the traces of those that were sent. */
export async function dropMailsOfMember(tx: Tx, tenantId: string, memberId: string): Promise<void> {
  await tx.outboxMail.deleteMany({ where: { tenantId, memberId } });
}

/** Deletes up to `rowsMax` rows from before `createdBefore`; how many it deleted. */
export function deleteOldMails(createdBefore: Date, rowsMax: number): Promise<number> {
  return db().$executeRaw`
    DELETE FROM "outbox" WHERE ("tenantId", "id") IN (
      SELECT o."tenantId", o."id" FROM "outbox" o WHERE o."createdAt" < ${createdBefore}
      LIMIT ${rowsMax} FOR UPDATE SKIP LOCKED)`;
}

const nothingLeft = { sealedMessage: null, nextTryAt: null };

function stillTaken({ tenantId, id, tries }: TakenMail) {
  return { tenantId, id, tries, sealedMessage: { not: null } };
}
