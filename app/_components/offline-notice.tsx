"use client";

import { WifiOff } from "lucide-react";
import { createContext, type ReactNode, useContext } from "react";

import { useIsOffline } from "#app/_components/use-is-offline.ts";

/** Null while there is a connection. */
export const OfflineReason = createContext<string | null>(null);

/** Around a page: says while its browser is offline that it is, and what of the page needs a connection knows it. */
export function OfflineNotice({
  notice,
  reason,
  children,
}: {
  notice: string;
  /** Why something cannot be done now. */
  reason: string;
  children: ReactNode;
}) {
  const isOffline = useIsOffline();
  return (
    <>
      <div role="status" className="sticky top-0 z-30">
        {isOffline && <OfflineBar text={notice} />}
      </div>
      <OfflineReason value={isOffline ? reason : null}>{children}</OfflineReason>
    </>
  );
}

export function OfflineBar({ text }: { text: string }) {
  return (
    <p className="flex items-center justify-center gap-2 bg-line px-4 py-2 font-medium text-sm">
      <WifiOff className="size-4 shrink-0" aria-hidden="true" />
      {text}
    </p>
  );
}

/** Why nothing can be changed now; null while it can. */
export function useOfflineReason(): string | null {
  return useContext(OfflineReason);
}
