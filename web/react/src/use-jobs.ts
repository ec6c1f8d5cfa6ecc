import type { JobsFilter } from "@docmill/client";
import { useMemo, useSyncExternalStore } from "react";
import { JobList, type JobListState } from "./job-list.js";
import { useDocmill } from "./provider.js";

export interface UseJobs extends JobListState {
  /** Reads the next page of older jobs. */
  loadMore: () => Promise<void>;
  /** Reads the newest page again. */
  refresh: () => Promise<void>;
  /** Takes a job from the list that was deleted. */
  remove: (jobId: string) => void;
}

/** Lists jobs, newest first, and keeps the list live: new jobs appear, changed ones change, others leave the filter. */
export function useJobs(filter: JobsFilter = {}): UseJobs {
  const client = useDocmill();
  // Callers may write the filter in place: its content decides, not its identity.
  const key = JSON.stringify(filter);
  const list = useMemo(() => new JobList(client, JSON.parse(key)), [client, key]);
  const state = useSyncExternalStore(
    list.subscribe,
    () => list.state,
    () => list.state,
  );
  return useMemo(
    () => ({ ...state, loadMore: list.loadMore, refresh: list.refresh, remove: list.remove }),
    [state, list],
  );
}
