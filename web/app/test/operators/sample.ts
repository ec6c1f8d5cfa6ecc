import type { HourFigures, Letter, Operations, OperationsJob, RunningSlot } from "../../src/operators/types";

const HOUR_MS = 3_600_000;
export const NOW_MS = Date.parse("2026-11-22T10:15:04Z");
const iso = (agoMs: number) => new Date(NOW_MS - agoMs).toISOString();

/** Hours like those of an installation with a busy day and an idle night. */
export function hours(): HourFigures[] {
  const thisHour = Math.floor(NOW_MS / HOUR_MS) * HOUR_MS;
  return Array.from({ length: 48 }, (_, index) => {
    const start = thisHour - (47 - index) * HOUR_MS;
    const busy = Math.max(0, Math.round(40 * Math.sin(((new Date(start).getUTCHours() - 6) / 12) * Math.PI)));
    const quantiles = busy > 0 ? { p50: 4 + busy / 20, p95: 20 + busy, p99: 60 + busy } : null;
    return {
      hour: new Date(start).toISOString(),
      completed: busy,
      partial: 0,
      failed: busy > 30 ? 2 : 0,
      cancelled: busy > 35 ? 1 : 0,
      expired: 0,
      chunks: busy * 7,
      waiting_seconds: quantiles && { p50: 0.2, p95: 2 + busy / 10, p99: 4 + busy / 5 },
      processing_seconds: quantiles,
      cost_usd: (busy * 0.0012).toFixed(6),
      tokens: 0,
    };
  });
}

export const slot = (change: Partial<RunningSlot> = {}): RunningSlot => ({
  job_id: "019aa5a2-7c1f-7d4e-9b0a-52c1de80f6a1",
  pipeline: "novel",
  owner: "5f0c8a52-70d1-4f7f-9d0e-2b6c4a1f9e33",
  company_id: null,
  slot: "chunk",
  chunk: 3,
  attempt: 1,
  tries: 1,
  lease_until: iso(-43_000),
  lease_seconds: 43,
  worker: "4f1b9ac07e52",
  ...change,
});

export function operations(change: Partial<Operations> = {}): Operations {
  return {
    at: iso(0),
    queues: [
      { queue: "high", waiting: 0, in_flight: 1, delayed: 0, oldest_seconds: null, dead_letters: 0 },
      { queue: "normal", waiting: 1_284, in_flight: 8, delayed: 2, oldest_seconds: 74, dead_letters: 0 },
      { queue: "low", waiting: 12, in_flight: 0, delayed: 0, oldest_seconds: 421, dead_letters: 1 },
      { queue: "callbacks", waiting: 0, in_flight: 0, delayed: 3, oldest_seconds: null, dead_letters: 0 },
    ],
    running: {
      slots: [
        slot({ chunk: 11, lease_seconds: -5, tries: 2 }),
        slot({ chunk: 0, worker: null, lease_seconds: 12, tries: 1 }),
        slot(),
        slot({
          slot: "merge",
          chunk: null,
          job_id: "019aa5a2-9d30-7b11-8f6e-0c5b7a2e44d9",
          pipeline: "timetable",
        }),
      ],
      total: 4,
      complete: true,
    },
    open: {
      jobs: 31,
      by_status: { awaiting_upload: 2, queued: 21, processing: 8 },
      by_pipeline: {
        novel: { queued: 20, processing: 6 },
        timetable: { awaiting_upload: 2, queued: 1, processing: 2 },
      },
      complete: true,
    },
    hours: hours(),
    failures: {
      last_24_hours: [
        { code: "NO_TEXT", jobs: 3, chunks: 0 },
        { code: "CHUNK_TIMEOUT", jobs: 1, chunks: 14 },
      ],
      last_30_days: [{ code: "NO_TEXT", jobs: 41, chunks: 2 }],
    },
    letters: { open: 2, complete: true },
    accounting: {
      balanced: true,
      users: 118,
      granted: 12_400,
      charged: 3_310,
      refunded: 211,
      reserved: 62,
      wrong: [],
      checked_since: iso(25 * 60_000),
    },
    cost: { today_usd: "0.412345", month_usd: "18.20", today_tokens: 1_200, month_tokens: 84_000 },
    sources: {
      queues: "Read from SQS a moment ago; its counts are approximate.",
      oldest_seconds: "From the job records: how long the job that waits longest has waited.",
      running: "From the leases in the job records.",
      open: "Counted from the index of open jobs, which lags behind by a second or two.",
      hours: "Written with the end of each attempt, in one transaction with it.",
      quantiles: "From a histogram of fixed bounds: each is at most 15 % too high.",
      failures: "Written with the end of each attempt.",
      letters: "From the records of dead letters.",
      accounting: "Every account is added up once an hour.",
      cost: "The metered requests of the attempts that ended, at list prices.",
    },
    ...change,
  };
}

export const job = (change: Partial<OperationsJob> = {}): OperationsJob => ({
  job_id: "019aa5a2-7c1f-7d4e-9b0a-52c1de80f6a1",
  pipeline: "novel",
  kind: null,
  owner: "5f0c8a52-70d1-4f7f-9d0e-2b6c4a1f9e33",
  company_id: null,
  priority: "normal",
  status: "processing",
  phase: "chunks",
  attempt: 1,
  total_chunks: 7,
  error_code: null,
  created_at: iso(65_000),
  queued_at: iso(64_000),
  started_at: iso(60_000),
  completed_at: null,
  cancel_requested_at: null,
  acts: ["cancel", "requeue"],
  ...change,
});

export const letter = (change: Partial<Letter> = {}): Letter => ({
  id: "1763862000000-9f86d081884c7d65",
  queue: "normal",
  kind: "given_up",
  state: "open",
  job_id: "019aa5a2-7c1f-7d4e-9b0a-52c1de80f6a1",
  attempt: 1,
  slot: "chunk",
  chunk: 3,
  receives: 10,
  code: "UNDELIVERABLE",
  why: "The message was handed out ten times, and no worker finished it.",
  bytes: 113,
  sent_at: iso(3_600_000),
  given_up_at: iso(120_000),
  settled_at: null,
  settled_by: null,
  expires_at: iso(-30 * 24 * HOUR_MS),
  ...change,
});
