import { ApiError } from "./errors.js";
import { sleep, type Timers } from "./timers.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
// Who is told to come back later than this has to be told, instead of being left waiting.
const LONGEST_RETRY_AFTER_MS = 60_000;

/** How to try again. */
export interface RetryPlan {
  timers: Timers;
  /** From 0 to 1, as `Math.random`. */
  random: () => number;
  /** Tries in all. */
  tries: number;
  /**
   * Whether doing it twice does no harm. Otherwise it is only repeated after a refusal with 429, which is certain not to
   * have done anything.
   */
  repeatable: boolean;
  signal?: AbortSignal;
}

/** A pause before try `failures` + 1, in milliseconds: doubling, and shortened by up to a half so that clients spread. */
export function backoffMs(
  failures: number,
  random: () => number,
  firstMs: number,
  longestMs: number,
): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(wholeMs * (0.5 + random() / 2));
}

/** Whether the same request may succeed later. */
export function isPassing(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  const { status } = error;
  return status === 0 || status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/** Does `action`, and again while it fails with what may pass. Throws the last error, or the signal's reason. */
export async function withRetries<T>(action: () => Promise<T>, plan: RetryPlan): Promise<T> {
  for (let failures = 0; ; ) {
    plan.signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      plan.signal?.throwIfAborted();
      failures += 1;
      if (!isPassing(error) || failures >= plan.tries) throw error;
      if (!plan.repeatable && error.status !== 429) throw error;
      const askedMs = (error.retryAfterSeconds ?? 0) * 1000;
      if (askedMs > LONGEST_RETRY_AFTER_MS) throw error;
      const pauseMs = backoffMs(failures, plan.random, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
      await sleep(plan.timers, Math.max(askedMs, pauseMs), plan.signal);
    }
  }
}
