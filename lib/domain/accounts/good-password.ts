import { type AccountProblem, refuseFields } from "#lib/domain/accounts/account.ts";
import { forbiddenCharacter } from "#lib/domain/texts.ts";

const lengthMin = 8;
const lengthMax = 256;

let commonPasswords: Promise<ReadonlySet<string>> | undefined;

/** Refuses `invalid_input` for a password that is too short, too long, or among the first to be guessed. */
export async function requireGoodPassword(
  password: string,
  emailAddress: string,
  field = "password",
): Promise<void> {
  const problem = problemWithForm(password) ?? (await problemWithGuess(password, emailAddress));
  if (problem) throw refuseFields({ [field]: problem });
}

function problemWithForm(password: string): AccountProblem | null {
  const length = [...password].length;
  if (length < lengthMin) return "password_short";
  if (length > lengthMax) return "password_long";
  return forbiddenCharacter(password) === null ? null : "password_unprintable";
}

async function problemWithGuess(password: string, emailAddress: string): Promise<AccountProblem | null> {
  commonPasswords ??= readCommonPasswords();
  const folded = password.toLowerCase();
  if ((await commonPasswords).has(folded)) return "password_common";
  const address = emailAddress.toLowerCase();
  return [address, address.split("@")[0]].includes(folded) ? "password_is_email" : null;
}

/** Some 50,000 of them, which take a moment to unpack. */
async function readCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(dictionary["passwords-common"]);
}
