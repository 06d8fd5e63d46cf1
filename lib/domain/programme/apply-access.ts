/** The part of a programme file that says who may call: client ids, keys, admins. */
import {
  findAdminId,
  insertAdmin,
  isKeyTaken,
  saveAdminApiKey,
  saveAdminRole,
  saveApiKey,
  saveClientSecret,
} from "#lib/db/programme.ts";
import { newId } from "#lib/domain/ids.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import { present } from "#lib/domain/present.ts";
import { type Applying, mistake, secretOrNew, tellSecret } from "#lib/domain/programme/applying.ts";
import type { TenantInFile } from "#lib/domain/programme/programme-file.ts";
import { hashSecret } from "#lib/domain/secrets.ts";

export async function applyAccess(applying: Applying, tenant: TenantInFile): Promise<void> {
  const { tx, at, tenantId } = applying;

  for (const { name, secret: inFile } of tenant.clientSecrets ?? []) {
    const made = secretOrNew(inFile);
    const secretHash = hashSecret(made.secret);
    const saved = await saveClientSecret(tx, { tenantId, name, newId: newId(), secretHash, at });
    if (saved.isNew) tellSecret(applying, `client id "${name}" (X-Client-ID)`, made);
  }

  for (const [index, apiKey] of (tenant.apiKeys ?? []).entries()) {
    const { name, key, scopes, ratePerSecond, burst } = apiKey;
    const made = secretOrNew(key);
    const keyHash = hashSecret(made.secret);
    if (await isKeyTaken(tx, "apiKey", { tenantId, name, keyHash })) {
      throw mistake(`${applying.path}.apiKeys[${index}].key`, "This key is in use already; make another.");
    }
    const saved = await saveApiKey(tx, {
      ...{ tenantId, name, newId: newId(), keyHash, at },
      change: present({ scopes, ratePerSecond, burst }),
      first: { scopes: [], ratePerSecond: 100, burst: 400 },
    });
    if (saved.isNew) tellSecret(applying, `API key "${name}" (X-Api-Key)`, made);
  }

  for (const [index, { name, key }] of (tenant.adminApiKeys ?? []).entries()) {
    const made = secretOrNew(key);
    const keyHash = hashSecret(made.secret);
    if (await isKeyTaken(tx, "adminApiKey", { tenantId, name, keyHash })) {
      throw mistake(
        `${applying.path}.adminApiKeys[${index}].key`,
        "This key is in use already; make another.",
      );
    }
    const saved = await saveAdminApiKey(tx, { tenantId, name, newId: newId(), keyHash, at });
    if (saved.isNew) tellSecret(applying, `admin API key "${name}" (X-AUTH-TOKEN)`, made);
  }

  for (const { email, password, role } of tenant.admins ?? []) {
    let adminId = await findAdminId(tx, email);
    if (adminId === null) {
      adminId = newId();
      const made = secretOrNew(password);
      await insertAdmin(tx, { id: adminId, email, passwordHash: await hashPassword(made.secret), at });
      tellSecret(applying, `password of ${email}`, made);
    }
    await saveAdminRole(tx, { tenantId, adminId, role });
  }
}
