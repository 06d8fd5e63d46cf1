import type { WalletColumns } from "#lib/db/wallets.ts";

/** A member's balances in points. What was ever earned is lifetime; the rest says where it went. */
export type Wallet = {
  balancePoints: number;
  lifetimePoints: number;
  spentPoints: number;
  expiredPoints: number;
  pendingPoints: number;
  /** What counts towards a tier: the lifetime points, or those earned in the programme's window. */
  tierPoints: number;
  nextExpiry: { points: number; expiresAt: Date } | null;
};

/** The columns are 64-bit integers within ±(2^53 − 1), which the database checks, so a number holds each exactly. */
export function walletOf(row: WalletColumns): Wallet {
  const { nextExpiryAt, nextExpiryPoints } = row;
  return {
    balancePoints: Number(row.balancePoints),
    lifetimePoints: Number(row.lifetimePoints),
    spentPoints: Number(row.spentPoints),
    expiredPoints: Number(row.expiredPoints),
    pendingPoints: Number(row.pendingPoints),
    tierPoints: Number(row.tierPoints),
    nextExpiry:
      nextExpiryAt === null ? null : { points: Number(nextExpiryPoints), expiresAt: new Date(nextExpiryAt) },
  };
}

/** Whether points expired or unlocked by `at` that the row does not show yet. */
export function isDue({ nextExpiryAt, nextUnlockAt }: WalletColumns, at: Date): boolean {
  return [nextExpiryAt, nextUnlockAt].some((dueAt) => dueAt !== null && new Date(dueAt) <= at);
}
