import { hash, verify } from "@node-rs/argon2";

/** argon2id with the parameters that OWASP's password storage sheet names first: 19 MiB, 2 passes, 1 lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const utf16UnitsMax = 512; // 256 characters, each of which may be a pair

// Of a password that nobody has, so that an account that is not there takes as long as a wrong password.
const nobodysHash =
  "$argon2id$v=19$m=19456,t=2,p=1$/C/szbx+etv61j/HVeldog$y+qfHaJGfKxgtmfPYROv6HE5T2uz/2B9kTh2ahjTaIs";

export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}

/** Takes as long where there is no hash; longer texts than a password can be are not looked at to their end. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  const isWhole = password.length <= utf16UnitsMax;
  const isMatch = await verify(passwordHash ?? nobodysHash, isWhole ? password : "");
  return isMatch && isWhole && passwordHash !== null;
}
