import { env } from "#lib/config/env.ts";
import type { Tx } from "#lib/db/client.ts";
import { insertMail } from "#lib/db/outbox.ts";
import { type MemberId, newId, type TenantId } from "#lib/domain/ids.ts";
import { sealSecret } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type Message = { to: string; subject: string; text: string; html: string };

/** Who a mail comes from: the programme by its name, at the deployment's address or else at its own host. */
export type Sender = { fromName: string; fromAddress: string };

export type PostMail = Sender & {
  tenantId: TenantId;
  memberId: MemberId;
  /** What somebody asked for who only knows the address; such mails are counted. Null for what nobody asked for. */
  requestedFor: string | null;
  message: Message;
  at: Date;
};

/** What a row of the outbox holds, sealed. */
export type SealedMessage = Message & Sender;

export function senderOf({ name, publicUrl }: Pick<Tenant, "name" | "publicUrl">): Sender {
  const fromAddress = env().MAIL_FROM ?? `no-reply@${new URL(publicUrl).hostname}`;
  return { fromName: name, fromAddress };
}

/**
 * Puts a mail on its way within the caller's transaction: it goes out if that commits, and then even if the process dies.
 * It is sealed, for it may hold a link that signs its reader in.
 */
export async function postMail(
  tx: Tx,
  { message, fromName, fromAddress, at, ...row }: PostMail,
): Promise<void> {
  const { to, subject, text, html } = message;
  const sealed: SealedMessage = { to, subject, text, html, fromName, fromAddress };
  const sealedMessage = sealSecret(JSON.stringify(sealed));
  const { tenantId, memberId, requestedFor } = row;
  await insertMail(tx, { tenantId, id: newId(), memberId, requestedFor, sealedMessage, createdAt: at });
}
