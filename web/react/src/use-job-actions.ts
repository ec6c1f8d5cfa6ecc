import type { Job } from "@docmill/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { asError } from "./errors.js";
import { useDocmill } from "./provider.js";

export interface JobActions {
  /** Asks for the job to be cancelled. Never rejects: what went wrong is in `actionError`. */
  cancel: () => Promise<void>;
  /** Runs again what failed. Never rejects. */
  retry: () => Promise<void>;
  /** What was asked for and is not answered yet. */
  pending: "cancel" | "retry" | null;
  actionError: Error | null;
}

/** Cancel and retry of one job; `onAnswer` gets the job as it is then, and `onRefused` may look it up again. */
export function useJobActions(
  jobId: string,
  onAnswer?: (job: Job) => void,
  onRefused?: () => void,
): JobActions {
  const client = useDocmill();
  const [state, setState] = useState<{ jobId: string; pending: JobActions["pending"]; error: Error | null }>({
    jobId,
    pending: null,
    error: null,
  });
  const current = useRef({ jobId, busy: false, onAnswer, onRefused });
  useEffect(() => {
    if (current.current.jobId !== jobId) current.current.busy = false;
    Object.assign(current.current, { jobId, onAnswer, onRefused });
  });

  const run = useCallback(
    async (action: "cancel" | "retry") => {
      // A second click while the first is on its way asks for the same.
      if (current.current.busy) return;
      current.current.busy = true;
      setState({ jobId, pending: action, error: null });
      const isStill = () => current.current.jobId === jobId;
      try {
        const job = await client[action](jobId);
        if (!isStill()) return;
        current.current.onAnswer?.(job);
        setState({ jobId, pending: null, error: null });
      } catch (thrown) {
        if (!isStill()) return;
        setState({ jobId, pending: null, error: asError(thrown) });
        // A refusal mostly means that the job went on meanwhile.
        current.current.onRefused?.();
      } finally {
        if (isStill()) current.current.busy = false;
      }
    },
    [client, jobId],
  );
  const cancel = useCallback(() => run("cancel"), [run]);
  const retry = useCallback(() => run("retry"), [run]);
  const mine = state.jobId === jobId;
  return { cancel, retry, pending: mine ? state.pending : null, actionError: mine ? state.error : null };
}
