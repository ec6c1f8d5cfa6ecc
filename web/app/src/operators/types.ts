// What the operators' routes answer.

import type { Job, Priority, Stats } from "@docmill/client";

/** Messages of one queue, approximately, and how long its oldest job has waited. */
export interface QueueFigures {
  queue: "high" | "normal" | "low" | "callbacks";
  waiting: number;
  in_flight: number;
  delayed: number;
  oldest_seconds: number | null;
  dead_letters: number;
}

/** A piece of work that somebody has claimed. */
export interface RunningSlot {
  job_id: string;
  pipeline: string;
  owner: string;
  company_id: string | null;
  slot: "plan" | "chunk" | "merge";
  chunk: number | null;
  attempt: number;
  tries: number;
  lease_until: string;
  /** Negative when the lease has run out and nobody has taken over yet. */
  lease_seconds: number;
  /** The function's instance; null where the slot rests until it may be tried again. */
  worker: string | null;
}

/** Seconds; null where there was nothing to measure. */
export type Quantiles = { p50: number; p95: number; p99: number } | null;

/** What ended in one hour. */
export interface HourFigures {
  hour: string;
  completed: number;
  partial: number;
  failed: number;
  cancelled: number;
  expired: number;
  chunks: number;
  waiting_seconds: Quantiles;
  processing_seconds: Quantiles;
  cost_usd: string;
  tokens: number;
}

export interface FailureFigures {
  code: string;
  jobs: number;
  chunks: number;
}

export type Accounting = NonNullable<Stats["accounting"]>;

/** How the installation is. */
export interface Operations {
  at: string;
  queues: QueueFigures[];
  running: { slots: RunningSlot[]; total: number; complete: boolean };
  open: {
    jobs: number;
    by_status: Record<string, number>;
    by_pipeline: Record<string, Record<string, number>>;
    complete: boolean;
  };
  hours: HourFigures[];
  failures: { last_24_hours: FailureFigures[]; last_30_days: FailureFigures[] };
  letters: { open: number; complete: boolean };
  accounting: Accounting;
  cost: { today_usd: string; month_usd: string; today_tokens: number; month_tokens: number };
  /** Of each group of figures, where they come from. */
  sources: Record<string, string>;
}

export type Act = "cancel" | "retry" | "requeue";

/** A job as operators see it: neither documents nor results nor settings. */
export interface OperationsJob {
  job_id: string;
  pipeline: string;
  kind: string | null;
  owner: string;
  company_id: string | null;
  priority: Priority;
  status: Job["status"];
  phase: "waiting" | "planning" | "chunks" | "merging";
  attempt: number;
  total_chunks: number | null;
  error_code: string | null;
  created_at: string;
  queued_at: string | null;
  started_at: string | null;
  completed_at: string | null;
  cancel_requested_at: string | null;
  /** What an operator may do to it as it stands. */
  acts: Act[];
}

export interface OperationsJobPage {
  jobs: OperationsJob[];
  next_cursor: string | null;
}

/** What came of asking for a missing step. */
export interface Requeued {
  job_id: string;
  did: "plan_sent" | "merge_sent" | "started" | "ended" | "nothing";
  detail: string;
}

/** A message that its queue gave up on. */
export interface Letter {
  id: string;
  queue: "high" | "normal" | "low";
  kind: "given_up" | "undecodable";
  state: "open" | "redriven" | "discarded" | "stale";
  job_id: string | null;
  attempt: number | null;
  slot: "plan" | "chunk" | "merge" | null;
  chunk: number | null;
  receives: number;
  code: "UNDELIVERABLE" | "UNDECODABLE";
  why: string;
  bytes: number;
  sent_at: string;
  given_up_at: string;
  settled_at: string | null;
  settled_by: string | null;
  expires_at: string;
}

export interface LetterPage {
  letters: Letter[];
  next_cursor: string | null;
}
