/**
 * Provisioning: a programme file becomes tenants with all that belongs to them.
 *
 * Holds however often it is applied:
 *   1. one transaction: a mistake anywhere changes nothing, and is told with its path in the file;
 *   2. what the file names is made or updated, what it does not name stays;
 *   3. passwords, secrets and opening points apply when an item is made, and not again.
 */

import { now } from "#lib/config/clock.ts";
import { ConfigurationError } from "#lib/config/configuration-error.ts";
import { db, Prisma, type Tx } from "#lib/db/client.ts";
import {
  findOtherOwnerOfHost,
  findTenantByCode,
  insertTenant,
  lockProgrammes,
  replaceHosts,
  updateTenant,
} from "#lib/db/programme.ts";
import { endSessionsOfTenant } from "#lib/db/sessions.ts";
import { newId } from "#lib/domain/ids.ts";
import { parseStrictJson } from "#lib/domain/json.ts";
import { present } from "#lib/domain/present.ts";
import { applyAccess } from "#lib/domain/programme/apply-access.ts";
import { applyCatalogue } from "#lib/domain/programme/apply-catalogue.ts";
import { applyMembers } from "#lib/domain/programme/apply-members.ts";
import {
  type Applying,
  type MadeSecret,
  mistake,
  secretOrNew,
  tellSecret,
} from "#lib/domain/programme/applying.ts";
import {
  type ProgrammeFile,
  programmeFileSchema,
  type TenantInFile,
} from "#lib/domain/programme/programme-file.ts";
import { sealSecret } from "#lib/domain/secrets.ts";
import { forgetTenants } from "#lib/domain/tenants/tenant-memory.ts";
import { wordsForIssue } from "#lib/domain/texts.ts";

export type AppliedProgramme = {
  tenants: { code: string; isNew: boolean }[];
  /** To be shown once. */
  madeSecrets: MadeSecret[];
};

const transactionMs = 600_000; // a programme moves in with all its members

/** Throws a ConfigurationError with a line for each mistake: `tenants[0].rules[2].effect.points: …`. */
export async function applyProgramme(fileText: string): Promise<AppliedProgramme> {
  const file = parseProgrammeFile(fileText);
  const applied: AppliedProgramme = { tenants: [], madeSecrets: [] };
  await db().$transaction(
    async (tx) => {
      await lockProgrammes(tx);
      for (const [index, tenant] of file.tenants.entries()) {
        await applyTenant(tx, tenant, `tenants[${index}]`, applied);
      }
    },
    { maxWait: 30_000, timeout: transactionMs },
  );
  forgetTenants();
  return applied;
}

function parseProgrammeFile(fileText: string): ProgrammeFile {
  let json: unknown;
  try {
    json = parseStrictJson(fileText);
  } catch (error) {
    throw new ConfigurationError(`This is not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
  const parsed = programmeFileSchema.safeParse(json, { error: wordsForIssue });
  if (parsed.success) return parsed.data;

  const lines = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `${pathOf([...issue.path, key])}: There is no such field.`)
      : [`${pathOf(issue.path)}: ${issue.message}`],
  );
  throw new ConfigurationError(lines.join("\n"));
}

async function applyTenant(
  tx: Tx,
  tenant: TenantInFile,
  path: string,
  applied: AppliedProgramme,
): Promise<void> {
  const at = now();
  const found = await findTenantByCode(tx, tenant.code);
  const tenantId = found?.id ?? newId();
  const { madeSecrets } = applied;
  const applying: Applying = { tx, at, tenantId, tenantCode: tenant.code, path, madeSecrets };

  const settings = { ...settingsOf(applying, tenant, found), updatedAt: at };
  if (found) await updateTenant(tx, tenantId, settings);
  if (found && isOtherWayIn(found, tenant)) await endSessionsOfTenant(tx, tenantId, "way_in_changed", at);
  if (!found)
    await insertTenant(tx, { ...defaults, ...settings, id: tenantId, code: tenant.code, createdAt: at });
  applied.tenants.push({ code: tenant.code, isNew: !found });

  for (const [index, hostname] of tenant.hostnames.entries()) {
    const owner = await findOtherOwnerOfHost(tx, tenantId, hostname);
    if (owner) throw mistake(`${path}.hostnames[${index}]`, `${hostname} belongs to the tenant ${owner}.`);
  }
  await replaceHosts(tx, tenantId, [...new Set(tenant.hostnames)]);

  await applyAccess(applying, tenant);
  await applyCatalogue(applying, tenant);
  await applyMembers(applying, tenant);
}

const defaults = {
  hostOrigins: [],
  allowedOrigins: [],
  locale: "en",
  embeddedSeconds: 259_200,
  interactiveSeconds: 86_400,
  urlActivation: "once",
  createMembersFromTokens: false,
  emailConfirmation: "required",
};

function settingsOf(applying: Applying, tenant: TenantInFile, found: StoredSettings | null) {
  const { sessions, userAuth, oauth2, brand, pointsExpiry, tierWindow } = tenant;
  return {
    ...{ name: tenant.name, authMode: tenant.authMode },
    ...present({
      publicUrl: tenant.publicUrl,
      hostUrl: tenant.hostUrl,
      hostOrigins: tenant.hostOrigins,
      allowedOrigins: tenant.allowedOrigins,
      cookieDomain: tenant.cookieDomain,
      locale: tenant.locale,
      embeddedSeconds: sessions?.embeddedSeconds,
      interactiveSeconds: sessions?.interactiveSeconds,
      idleSeconds: sessions?.idleSeconds,
      urlActivation: tenant.urlActivation,
      createMembersFromTokens: tenant.createMembersFromTokens,
      selfRegistration: tenant.selfRegistration,
      emailConfirmation: tenant.emailConfirmation,
      pointsExpireAfterDays: pointsExpiry === null ? null : pointsExpiry?.afterDays,
      tierWindowDays: tierWindow === null ? null : tierWindow?.days,
      userAuth:
        userAuth === null ? Prisma.DbNull : userAuth && sealUserAuth(applying, userAuth, found?.userAuth),
      oauth2: oauth2 === null ? Prisma.DbNull : oauth2 && sealOauth2(oauth2, found?.oauth2),
      brand: brand === null ? Prisma.DbNull : brand && mergeBrand(found?.brand, brand),
    }),
  };
}

/** Whoever is signed in came by a way that is closed now: by the host, by an identity server, or by an account. */
function isOtherWayIn(before: { authMode: string; oauth2: Prisma.JsonValue }, tenant: TenantInFile): boolean {
  if (before.authMode !== tenant.authMode) return true;
  if (tenant.authMode === "embedded" || tenant.oauth2 === undefined) return false;
  const server = tenant.oauth2 && (tenant.oauth2.issuer ?? tenant.oauth2.tokenUrl ?? null);
  return server !== (storedText(before.oauth2, "issuer") ?? storedText(before.oauth2, "tokenUrl"));
}

type StoredSettings = { userAuth: Prisma.JsonValue; oauth2: Prisma.JsonValue; brand: Prisma.JsonValue };

/** The shared key is a secret like the others: it applies when HS256 is first set up, and not again. */
function sealUserAuth(
  applying: Applying,
  userAuth: NonNullable<TenantInFile["userAuth"]>,
  stored: Prisma.JsonValue | undefined,
): Prisma.InputJsonObject {
  if (userAuth.algorithm === "RS256") return present(userAuth) as Prisma.InputJsonObject;

  const { sharedKey, ...rest } = userAuth;
  const storedKey = storedText(stored, "sealedSharedKey");
  if (storedKey !== null) return { ...present(rest), sealedSharedKey: storedKey } as Prisma.InputJsonObject;

  const made = secretOrNew(sharedKey);
  tellSecret(applying, "shared key of the user authentication (HS256)", made);
  return { ...present(rest), sealedSharedKey: sealSecret(made.secret) } as Prisma.InputJsonObject;
}

/** The same for the client secret, which belongs to its client id. */
function sealOauth2(
  oauth2: NonNullable<TenantInFile["oauth2"]>,
  stored: Prisma.JsonValue | undefined,
): Prisma.InputJsonObject {
  const { clientSecret, ...rest } = oauth2;
  const isSameClient = storedText(stored, "clientId") === oauth2.clientId;
  const storedSecret = isSameClient ? storedText(stored, "sealedClientSecret") : null;
  const sealedClientSecret = storedSecret ?? sealSecret(clientSecret);
  return { ...present(rest), sealedClientSecret } as Prisma.InputJsonObject;
}

/** A part that is left out stays, and one that is null goes, down to each language's texts. */
function mergeBrand(
  stored: Prisma.JsonValue | undefined,
  change: Readonly<Record<string, unknown>>,
): Prisma.InputJsonObject {
  const merged = new Map<string, unknown>(Object.entries(isObject(stored) ? stored : {}));
  for (const [part, value] of Object.entries(change)) {
    if (value === null) merged.delete(part);
    else if (value !== undefined) {
      const before = merged.get(part) as Prisma.JsonValue | undefined;
      merged.set(part, isObject(value) ? mergeBrand(before, value) : value);
    }
  }
  return Object.fromEntries(merged) as Prisma.InputJsonObject;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function storedText(stored: Prisma.JsonValue | undefined, field: string): string | null {
  const value = isObject(stored) ? stored[field] : null;
  return typeof value === "string" ? value : null;
}

/** `tenants[0].rules[2].effect.points` */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return text.replace(/^\./, "") || "the file";
}
