import type { ConnectionMode } from "@docmill/client";
import { useCallback, useSyncExternalStore } from "react";
import { useDocmill } from "./provider.js";

/** How news of jobs come at the moment. */
export function useConnection(): ConnectionMode {
  const { live } = useDocmill();
  const subscribe = useCallback((changed: () => void) => live.onMode(changed), [live]);
  return useSyncExternalStore(
    subscribe,
    () => live.mode,
    () => "idle" as const,
  );
}
