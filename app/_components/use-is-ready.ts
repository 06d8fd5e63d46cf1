import { useSyncExternalStore } from "react";

const noChanges = () => () => {};

/**
 * Whether the page's scripts are there. Before that a browser would send a form by itself, and put what was entered into its
 * address.
 */
export function useIsReady(): boolean {
  return useSyncExternalStore(
    noChanges,
    () => true,
    () => false,
  );
}
