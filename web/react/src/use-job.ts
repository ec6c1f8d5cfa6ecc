import { ApiError, type Job } from "@docmill/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { asError } from "./errors.js";
import { newest } from "./jobs.js";
import { useDocmill } from "./provider.js";
import { type JobActions, useJobActions } from "./use-job-actions.js";

export interface UseJob extends JobActions {
  /** The job at its newest version known here, or null while there is none. */
  job: Job | null;
  /** Why there is no job to show, such as an `ApiError` with status 404, or why it may be out of date. */
  error: Error | null;
  isLoading: boolean;
  /** Reads the job from the API now. Never rejects. */
  refresh: () => Promise<void>;
}

interface State {
  jobId: string | null;
  job: Job | null;
  error: Error | null;
}

/** Follows one job live. With null there is nothing to follow. */
export function useJob(jobId: string | null | undefined): UseJob {
  const client = useDocmill();
  const id = jobId ?? null;
  const [state, setState] = useState<State>({ jobId: null, job: null, error: null });

  const take = useCallback(
    (job: Job, isWhole = true) =>
      setState((known) => {
        if (job.job_id !== id) return known;
        const before = known.jobId === id ? known.job : null;
        const merged = newest(before, job, isWhole);
        return merged === before && known.error === null ? known : { jobId: id, job: merged, error: null };
      }),
    [id],
  );

  const fail = useCallback(
    (error: Error) =>
      setState((known) => {
        // A job that is gone is shown no longer; one that cannot be read at the moment is.
        const isKept = known.jobId === id && !(error instanceof ApiError && error.status === 404);
        return { jobId: id, job: isKept ? known.job : null, error };
      }),
    [id],
  );

  const shown = useRef(id);
  useEffect(() => {
    shown.current = id;
  }, [id]);

  useEffect(() => (id === null ? undefined : client.live.follow(id, take, fail)), [client, id, take, fail]);

  const refresh = useCallback(async () => {
    if (id === null) return;
    // An answer that comes when another job is shown already is of no use.
    const isStill = () => shown.current === id;
    try {
      const job = await client.job(id);
      if (isStill()) take(job);
    } catch (thrown) {
      if (isStill()) fail(asError(thrown));
    }
  }, [client, id, take, fail]);
  const actions = useJobActions(id ?? "", take, refresh);
  const mine = state.jobId === id ? state : { job: null, error: null };
  return {
    ...actions,
    job: mine.job,
    error: mine.error,
    isLoading: id !== null && mine.job === null && mine.error === null,
    refresh,
  };
}
