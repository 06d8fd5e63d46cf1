import type { WalletColumns } from "#lib/db/sessions.ts";

/** A member's balances in points. What was ever earned is lifetime; the rest says where it went. */
export type Wallet = {
  balancePoints: number;
  lifetimePoints: number;
  spentPoints: number;
  expiredPoints: number;
  pendingPoints: number;
};

/** The columns are 64-bit integers within ±(2^53 − 1), which the database checks, so a number holds each exactly. */
export function walletOf(row: WalletColumns): Wallet {
  return {
    balancePoints: Number(row.balancePoints),
    lifetimePoints: Number(row.lifetimePoints),
    spentPoints: Number(row.spentPoints),
    expiredPoints: Number(row.expiredPoints),
    pendingPoints: Number(row.pendingPoints),
  };
}
