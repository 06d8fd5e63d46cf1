import { hash } from "@node-rs/argon2";

/** argon2id with the parameters that OWASP's password storage sheet names first: 19 MiB, 2 passes, 1 lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}
