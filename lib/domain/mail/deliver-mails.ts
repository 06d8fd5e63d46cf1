/**
 * Takes mail out of the outbox and sends it. What holds, whichever processes deliver, and whenever they die:
 *   1. a mail is sent at least once or given up: one whose taker died is due again when its lease is over;
 *   2. it is sent twice only where its taker died, or lost the database, between sending it and noting so; its Message-ID
 *      is the same then;
 *   3. what could not be sent is tried again after 1, 5 and 15 minutes and every hour from then on, until it is a day old.
 *      What the server refuses for good is given up at once;
 *   4. a mail that fails keeps no other one from being sent.
 */
import { MailFailure, sendMail, sendSecondsMax } from "#lib/clients/mail.ts";
import { addSeconds, now } from "#lib/config/clock.ts";
import { describeError, log } from "#lib/config/log.ts";
import { claimDueMail, giveUpMail, markMailSent, postponeMail, type TakenMail } from "#lib/db/outbox.ts";
import type { SealedMessage } from "#lib/domain/mail/post-mail.ts";
import { unsealSecret } from "#lib/domain/secrets.ts";

const leaseSeconds = 2 * sendSecondsMax; // nobody else may take a mail while it is being sent
const pausesSeconds = [60, 300, 900];
const lastPauseSeconds = 3_600;
const triedForSeconds = 86_400;

// On globalThis: the start script and Next's bundles are different copies of this module.
const shared = globalThis as typeof globalThis & {
  laurelDelivery?: { isRunning: boolean; isWanted: boolean };
};
shared.laurelDelivery ??= { isRunning: false, isWanted: false };
const delivery = shared.laurelDelivery;

/** Sends all that is due, one after the other. */
export async function deliverMails(): Promise<void> {
  for (;;) {
    const at = now();
    const taken = await claimDueMail(at, addSeconds(at, leaseSeconds));
    if (!taken) return;
    await deliver(taken);
  }
}

/** For after a commit that posted a mail: nobody waits for it, and it never throws. */
export function deliverSoon(): void {
  delivery.isWanted = true; // a run may be past the place where it would see the new mail
  if (!delivery.isRunning) void deliverWhileWanted();
}

async function deliverWhileWanted(): Promise<void> {
  delivery.isRunning = true;
  try {
    while (delivery.isWanted) {
      delivery.isWanted = false;
      await deliverMails();
    }
  } catch (error) {
    log().warn({ error: describeError(error) }, "delivering mail failed"); // the next round is a few seconds away
  } finally {
    delivery.isRunning = false;
  }
}

async function deliver(taken: TakenMail): Promise<void> {
  try {
    await send(taken);
  } catch (error) {
    await putOff(taken, error);
    return;
  }
  await markMailSent(taken, now());
}

async function send({ id, sealedMessage, createdAt }: TakenMail): Promise<void> {
  const sealed = JSON.parse(unsealSecret(sealedMessage)) as SealedMessage;
  const { fromName, fromAddress, to, subject, text, html } = sealed;
  const from = { name: fromName, address: fromAddress };
  await sendMail({ id, writtenAt: createdAt, from, to, subject, text, html });
}

async function putOff(taken: TakenMail, error: unknown): Promise<void> {
  const { tenantId, id, tries, createdAt } = taken;
  const line = { tenantId, id, tries, ...reasonOf(error) };
  const isOld = now() >= addSeconds(createdAt, triedForSeconds);
  if (isOld || (error instanceof MailFailure && error.isFinal)) {
    await giveUpMail(taken);
    log().error(line, "mail given up");
    return;
  }
  const pauseSeconds = pausesSeconds[tries - 1] ?? lastPauseSeconds;
  await postponeMail(taken, addSeconds(now(), pauseSeconds));
  log().warn(line, "mail not sent, and tried again later");
}

function reasonOf(error: unknown): object {
  if (!(error instanceof MailFailure)) return { error: describeError(error) };
  const { code, responseCode } = error;
  return { code, ...(responseCode === undefined ? {} : { responseCode }) };
}
