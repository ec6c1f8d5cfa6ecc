import type { Live } from "./live.js";
import { isTerminal, type Job } from "./types.js";

/** How to watch. */
export interface WatchOptions {
  /** Ends the watching: the loop throws the signal's reason. */
  signal?: AbortSignal;
  /** Only versions above this. */
  after?: number;
}

/**
 * The job's versions, strictly growing, up to the end of its attempt. Whoever is slower than the job gets its newest
 * version only. The last one is held back until it has every detail, such as the formats of the result.
 */
export async function* watch(
  live: Live,
  jobId: string,
  { signal, after = 0 }: WatchOptions = {},
): AsyncGenerator<Job, void> {
  signal?.throwIfAborted();
  let newest: Job | null = null;
  let failure: Error | null = null;
  let wake = () => {};
  const unfollow = live.follow(
    jobId,
    (job, isWhole) => {
      if (isTerminal(job.status) && !isWhole) return;
      newest = job;
      wake();
    },
    (error) => {
      failure = error;
      wake();
    },
  );
  const stop = () => wake();
  signal?.addEventListener("abort", stop, { once: true });
  let seen = after;
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (failure) throw failure;
      const job = newest as Job | null;
      newest = null;
      if (job) {
        if (job.version > seen) {
          seen = job.version;
          yield job;
        }
        // Another attempt may have begun while the reader was busy.
        if (newest === null && isTerminal(job.status)) return;
      }
      if (newest === null && !failure && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    unfollow();
  }
}
