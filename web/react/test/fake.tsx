import type { ConnectionMode, Docmill, Job, JobPage, JobsFilter, SubmitOptions } from "@docmill/client";
import { cleanup, configure } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, vi } from "vitest";
import { DocmillProvider, type DocmillProviderProps } from "../src/index.js";

// A busy machine takes its time.
configure({ asyncUtilTimeout: 10_000 });

afterEach(() => {
  cleanup();
  localStorage.clear();
});

/** A job as the API shows it, on its way unless `change` says otherwise. */
export function makeJob(change: Partial<Job> = {}): Job {
  const id = change.job_id ?? "019aa5a2-7c1f-7d4e-9b0a-52c1de80f6a1";
  return {
    job_id: id,
    pipeline: "novel",
    kind: null,
    label: null,
    batch_id: null,
    company_id: null,
    owner: "me",
    priority: "normal",
    status: "processing",
    outcome: null,
    stage: "Processing chunks (3/7)",
    stage_index: 3,
    stage_count: 6,
    progress_percent: 40,
    total_chunks: 7,
    processed_chunks: 3,
    failed_count: 0,
    attempt: 1,
    version: 12,
    poll_after_ms: 1000,
    waiting_for: null,
    file_name: "la-maison-du-port.txt",
    warnings: [],
    error: null,
    created_at: "2026-11-21T10:15:00.000Z",
    started_at: "2026-11-21T10:15:00.031Z",
    completed_at: null,
    updated_at: "2026-11-21T10:15:04.120Z",
    deadline_at: null,
    expires_at: "2026-12-21T10:15:00.000Z",
    cancel_requested_at: null,
    cancelled_at: null,
    cancelled_by: null,
    processing_time_seconds: null,
    links: {
      self: `/v1/jobs/${id}`,
      events: `/v1/jobs/${id}/events`,
      stream: null,
      result: null,
      cancel: `/v1/jobs/${id}/cancel`,
      retry: null,
    },
    ...change,
  };
}

/** The same job after it ended. */
export function ended(job: Job, change: Partial<Job> = {}): Job {
  return {
    ...job,
    status: "completed",
    outcome: "complete",
    stage: "Completed",
    progress_percent: 100,
    version: job.version + 1,
    poll_after_ms: null,
    // After the page was opened, in any case.
    completed_at: new Date(Date.now() + 1_000).toISOString(),
    processing_time_seconds: 4.2,
    links: { ...job.links, cancel: null, retry: `${job.links.self}/retry` },
    ...change,
  };
}

/** The end of a job as an event tells it: what became of it comes later, under the same version. */
export const endedByEvent = (job: Job, status: Job["status"] = "completed"): Job => ({
  ...job,
  status,
  stage: "Completed",
  progress_percent: 100,
  version: job.version + 1,
});

type Listener = (job: Job, isWhole: boolean) => void;

/** The part of `Live` that the package uses, moved by hand. */
export class FakeLive {
  mode: ConnectionMode = "live";
  #modeListeners = new Set<(mode: ConnectionMode) => void>();
  #mine = new Set<Listener>();
  #followers = new Map<string, Set<{ listener: Listener; onError?: ((error: Error) => void) | undefined }>>();

  onMode = (listener: (mode: ConnectionMode) => void) => {
    this.#modeListeners.add(listener);
    return () => this.#modeListeners.delete(listener);
  };

  follow = (jobId: string, listener: Listener, onError?: (error: Error) => void) => {
    const follower = { listener, onError };
    const followers = this.#followers.get(jobId) ?? new Set();
    this.#followers.set(jobId, followers.add(follower));
    return () => followers.delete(follower);
  };

  followMine = (listener: Listener) => {
    this.#mine.add(listener);
    return () => this.#mine.delete(listener);
  };

  current = () => undefined;

  setMode(mode: ConnectionMode) {
    this.mode = mode;
    for (const listener of this.#modeListeners) listener(mode);
  }

  /** News of a job, to all who follow it; from an event alone where it is not whole. */
  tell(job: Job, isWhole = true) {
    for (const { listener } of this.#followers.get(job.job_id) ?? []) listener(job, isWhole);
    for (const listener of this.#mine) listener(job, isWhole);
  }

  fail(jobId: string, error: Error) {
    for (const { onError } of this.#followers.get(jobId) ?? []) onError?.(error);
  }

  get followerCount() {
    return [...this.#followers.values()].reduce((sum, followers) => sum + followers.size, this.#mine.size);
  }
}

export function fakeClient() {
  const live = new FakeLive();
  const fake = {
    live,
    job: vi.fn(async (_id: string): Promise<Job> => makeJob()),
    jobs: vi.fn(
      async (_filter?: JobsFilter, _options?: { signal?: AbortSignal }): Promise<JobPage> => ({
        jobs: [],
        next_cursor: null,
      }),
    ),
    cancel: vi.fn(async (_id: string): Promise<Job> => makeJob()),
    retry: vi.fn(async (_id: string): Promise<Job> => makeJob()),
    submit: vi.fn(async (_submission: unknown, _options?: SubmitOptions): Promise<Job> => makeJob()),
    resume: vi.fn(
      async (_job: unknown, _files: unknown, _options?: SubmitOptions): Promise<Job> => makeJob(),
    ),
  };
  return { ...fake, client: fake as unknown as Docmill };
}

export type FakeClient = ReturnType<typeof fakeClient>;

/** The provider around what is rendered in a test. */
export const inProvider =
  (fake: FakeClient, props: Partial<DocmillProviderProps> = {}) =>
  ({ children }: { children: ReactNode }) => (
    <DocmillProvider client={fake.client} {...props}>
      {children}
    </DocmillProvider>
  );

/** A promise that is settled by hand. */
export function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
