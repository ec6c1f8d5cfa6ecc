import { useMemo, useSyncExternalStore } from "react";
import type { NotificationState } from "./notifications/store.js";
import { useDocmillContext } from "./provider.js";

export interface UseNotifications extends NotificationState {
  /** Whether the browser may show notifications outside of the page. */
  isAllowed: boolean;
  /** Asks the user for that; to be called on a click. True when they allow it. */
  askPermission: () => Promise<boolean>;
  /** Marks one notification as read, or all of them. */
  markRead: (id?: string) => void;
  dismiss: (id: string) => void;
  clear: () => void;
  hideToast: (id: string) => void;
}

/** What became of the user's jobs: one notification an attempt, the same in all tabs. */
export function useNotifications(): UseNotifications {
  const { notifications: store } = useDocmillContext();
  const state = useSyncExternalStore(
    store.subscribe,
    () => store.state,
    () => store.state,
  );
  return useMemo(
    () => ({
      ...state,
      isAllowed: state.permission === "granted",
      askPermission: store.askPermission,
      markRead: store.markRead,
      dismiss: store.dismiss,
      clear: store.clear,
      hideToast: store.hideToast,
    }),
    [state, store],
  );
}
