import { type Job, type Submission, UploadInterrupted } from "@docmill/client";
import { useCallback, useMemo, useRef, useState } from "react";
import { asError, isAbort } from "./errors.js";
import { useDocmill } from "./provider.js";

export type UploadState = "idle" | "uploading" | "interrupted" | "done" | "failed";

interface Progress {
  state: UploadState;
  sentBytes: number;
  totalBytes: number;
  job: Job | null;
  error: Error | null;
}

export interface UseUpload extends Progress {
  /**
   * Sends the documents. Gives the job, or null where it did not come to one: `state` and `error` tell why. While an
   * upload is on its way another one is not begun.
   */
  upload: (submission: Submission) => Promise<Job | null>;
  /** Goes on with what was interrupted or failed; parts that arrived are not sent again, nor is a second job made. */
  resume: () => Promise<Job | null>;
  /** Stops sending. The state is `interrupted` when the job exists already, else `idle`. */
  abort: () => void;
  /** Forgets the upload. One on its way is stopped. */
  reset: () => void;
}

const NOTHING: Progress = { state: "idle", sentBytes: 0, totalBytes: 0, job: null, error: null };

interface Attempt {
  submission: Submission;
  key: string;
  stop: AbortController;
  job: Job | null;
}

/** A random key; `randomUUID` stands in secure contexts only. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );

/**
 * Uploads documents. It belongs to the component that stays on the page: when that one goes, the upload goes on, but
 * nobody sees how.
 */
export function useUpload(): UseUpload {
  const client = useDocmill();
  const [progress, setProgress] = useState<Progress>(NOTHING);
  const running = useRef<Attempt | null>(null);
  const last = useRef<Attempt | null>(null);

  const run = useCallback(
    async (attempt: Attempt): Promise<Job | null> => {
      running.current = attempt;
      last.current = attempt;
      // `reset` lets go of an attempt: whatever still comes of it is not shown.
      const show = (change: Partial<Progress>) => {
        if (last.current === attempt) setProgress((known) => ({ ...known, ...change }));
      };
      const onProgress = (sent: { sentBytes: number; totalBytes: number }) => show(sent);
      const onCreated = (job: Job) => {
        attempt.job = job;
        show({ job });
      };
      const options = { signal: attempt.stop.signal, onProgress, onCreated, idempotencyKey: attempt.key };
      setProgress((known) => ({ ...known, state: "uploading", job: attempt.job, error: null }));
      try {
        const job = attempt.job
          ? await client.resume(attempt.job, attempt.submission.files, options)
          : await client.submit(attempt.submission, options);
        attempt.job = job;
        show({ state: "done", job, error: null });
        return job;
      } catch (thrown) {
        if (thrown instanceof UploadInterrupted) attempt.job = thrown.job;
        const stopped = attempt.stop.signal.aborted || isAbort(thrown);
        const interrupted = attempt.job !== null && (stopped || thrown instanceof UploadInterrupted);
        if (stopped && !interrupted) show(NOTHING);
        else {
          const error = stopped ? null : asError(thrown);
          show({ state: interrupted ? "interrupted" : "failed", job: attempt.job, error });
        }
        return null;
      } finally {
        if (running.current === attempt) running.current = null;
      }
    },
    [client],
  );

  const upload = useCallback(
    async (submission: Submission) => {
      if (running.current) return null;
      setProgress(NOTHING);
      return run({ submission, key: newKey(), stop: new AbortController(), job: null });
    },
    [run],
  );
  const resume = useCallback(async () => {
    if (running.current || !last.current) return null;
    // The same key: should the answer alone have been lost, the job of the first try is the answer again.
    return run({ ...last.current, stop: new AbortController() });
  }, [run]);
  const abort = useCallback(() => running.current?.stop.abort(), []);
  const reset = useCallback(() => {
    last.current = null;
    running.current?.stop.abort();
    running.current = null;
    setProgress(NOTHING);
  }, []);

  return useMemo(
    () => ({ ...progress, upload, resume, abort, reset }),
    [progress, upload, resume, abort, reset],
  );
}
