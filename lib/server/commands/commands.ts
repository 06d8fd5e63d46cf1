/** The commands that work on the data, in whichever process has it. What they print goes back as lines. */
import { ConfigurationError } from "#lib/config/configuration-error.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { rotateKeys } from "#lib/domain/tokens/own-keys.ts";

export type CommandInput =
  | { command: "provision"; fileText: string }
  | { command: "db:check" }
  | { command: "keys:rotate" };
export type CommandOutput = { lines: string[]; exitCode: number };

export async function runCommand(input: CommandInput): Promise<CommandOutput> {
  switch (input.command) {
    case "provision":
      return provision(input.fileText);
    case "db:check":
      return checkDatabase();
    case "keys:rotate":
      return rotate();
  }
}

async function rotate(): Promise<CommandOutput> {
  const kid = await rotateKeys();
  return {
    lines: [`Tokens are signed with the key ${kid} from now on; those of the key before it stay good.`],
    exitCode: 0,
  };
}

async function provision(fileText: string): Promise<CommandOutput> {
  try {
    const { tenants, madeSecrets } = await applyProgramme(fileText);
    const lines = tenants.map(({ code, isNew }) => `${code}: ${isNew ? "made" : "updated"}`);
    if (madeSecrets.length > 0) {
      lines.push("", "Made for you, and shown this once:");
      lines.push(...madeSecrets.map(({ what, secret }) => `  ${what}: ${secret}`));
    }
    return { lines, exitCode: 0 };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { lines: ["Nothing was changed:", ...error.message.split("\n")], exitCode: 1 };
  }
}

async function checkDatabase(): Promise<CommandOutput> {
  const broken = await checkLaws();
  if (broken.length === 0)
    return { lines: ["Every law of the ledger and of the rewards holds."], exitCode: 0 };
  const lines = broken.map(
    ({ law, tenantId, subject, found }) => `Broken: ${law} (tenant ${tenantId}, ${subject}): ${found}`,
  );
  return { lines, exitCode: 1 };
}
