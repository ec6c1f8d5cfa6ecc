// The uploads of this page. They live longer than the view that started them: whoever looks at something else meanwhile
// does not stop them.

import { type Docmill, type Job, type Submission, UploadInterrupted } from "@docmill/client";
import { createContext, use, useSyncExternalStore } from "react";

/** Uploads at the same time; each may bring several parts at once. */
const PARALLEL_UPLOADS = 2;

export type UploadState = "waiting" | "sending" | "interrupted" | "done" | "failed";

/** One upload, as views show it. */
export interface Upload {
  id: string;
  submission: Submission;
  state: UploadState;
  sentBytes: number;
  totalBytes: number;
  /** Null until the service has made one. */
  job: Job | null;
  error: unknown;
}

interface Run {
  upload: Upload;
  key: string;
  stop: AbortController;
  accept: (job: Job) => void;
  refuse: (error: unknown) => void;
}

/** What an upload that was added comes to. */
export interface Added {
  id: string;
  /** The job, as soon as there is one; rejects when the service has refused it. */
  accepted: Promise<Job>;
}

export class Uploads {
  private readonly runs = new Map<string, Run>();
  private readonly listeners = new Set<() => void>();
  private list: readonly Upload[] = [];

  constructor(private readonly client: Docmill) {}

  /** Looks after the connection and the page until the function that it gives back is called. */
  readonly attend = (): (() => void) => {
    const online = () => this.resumeAll();
    const leaving = (event: BeforeUnloadEvent) => {
      // What is half-way is lost with the page: only the page has the files.
      if (this.list.some(({ state }) => state === "sending" || state === "waiting")) event.preventDefault();
    };
    addEventListener("online", online);
    addEventListener("beforeunload", leaving);
    return () => {
      removeEventListener("online", online);
      removeEventListener("beforeunload", leaving);
    };
  };

  readonly snapshot = (): readonly Upload[] => this.list;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /**
   * Starts an upload, or lets it wait for its turn.
   * @param key the same for the same submission: should the first answer have been lost, no second job is made
   */
  add(submission: Submission, key: string = crypto.randomUUID()): Added {
    return this.put(submission, key, null);
  }

  /** Goes on with the upload of a job that an earlier page has left half-way; the files are the same, in the same order. */
  goOn(job: Job, files: Submission["files"]): Added {
    return this.put({ pipeline: job.pipeline, label: job.label, files }, crypto.randomUUID(), job);
  }

  private put(submission: Submission, key: string, job: Job | null): Added {
    const id = crypto.randomUUID();
    const totalBytes = submission.files.reduce(
      (sum, file) => sum + ("data" in file ? file.data.size : file.size),
      0,
    );
    const upload: Upload = { id, submission, state: "waiting", sentBytes: 0, totalBytes, job, error: null };
    const accepted = new Promise<Job>((accept, refuse) => {
      this.runs.set(id, { upload, key, stop: new AbortController(), accept, refuse });
    });
    // Whoever added it may not care.
    accepted.catch(() => {});
    this.changed();
    this.next();
    return { id, accepted };
  }

  /** Stops the upload for now; what was sent stays. */
  pause(id: string): void {
    const run = this.runs.get(id);
    if (run?.upload.state === "sending") run.stop.abort();
  }

  resume(id: string): void {
    const run = this.runs.get(id);
    if (run?.upload.state !== "interrupted") return;
    run.stop = new AbortController();
    this.change(run, { state: "waiting", error: null });
    this.next();
  }

  /** Stops the upload and forgets it; a job that waits for its files is cancelled. */
  async cancel(id: string): Promise<void> {
    const run = this.runs.get(id);
    if (!run) return;
    this.forget(id);
    run.stop.abort();
    if (run.upload.job) await this.client.cancel(run.upload.job.job_id);
  }

  /** Takes an upload off the list. */
  forget(id: string): void {
    this.runs.delete(id);
    this.changed();
    this.next();
  }

  private resumeAll(): void {
    for (const { id, state, error } of this.list)
      if (state === "interrupted" && error !== null) this.resume(id);
  }

  private next(): void {
    const runs = [...this.runs.values()];
    const free = PARALLEL_UPLOADS - runs.filter(({ upload }) => upload.state === "sending").length;
    for (const run of runs.filter(({ upload }) => upload.state === "waiting").slice(0, Math.max(0, free))) {
      void this.send(run);
    }
  }

  private async send(run: Run): Promise<void> {
    const { submission, job } = run.upload;
    this.change(run, { state: "sending" });
    const options = {
      signal: run.stop.signal,
      idempotencyKey: run.key,
      onProgress: ({ sentBytes }: { sentBytes: number }) => this.change(run, { sentBytes }),
      onCreated: (created: Job) => {
        this.change(run, { job: created });
        run.accept(created);
      },
    };
    try {
      const done = job
        ? await this.client.resume(job, submission.files, options)
        : await this.client.submit(submission, options);
      this.change(run, { state: "done", job: done, sentBytes: run.upload.totalBytes });
      run.accept(done);
    } catch (error) {
      this.failed(run, error);
    }
    this.next();
  }

  private failed(run: Run, error: unknown): void {
    const wasPaused = run.stop.signal.aborted;
    const job = error instanceof UploadInterrupted ? error.job : run.upload.job;
    const canGoOn = job !== null && (wasPaused || error instanceof UploadInterrupted);
    this.change(run, { state: canGoOn ? "interrupted" : "failed", job, error: wasPaused ? null : error });
    if (job) run.accept(job);
    else run.refuse(error);
  }

  private change(run: Run, changes: Partial<Upload>): void {
    run.upload = { ...run.upload, ...changes };
    this.changed();
  }

  private changed(): void {
    this.list = [...this.runs.values()].map(({ upload }) => upload);
    for (const listener of this.listeners) listener();
  }
}

export const UploadsContext = createContext<Uploads | null>(null);

/** The page's uploads, and their list as it is now. */
export function useUploads(): { uploads: Uploads; list: readonly Upload[] } {
  const uploads = use(UploadsContext);
  if (!uploads) throw new Error("There are no uploads here.");
  return { uploads, list: useSyncExternalStore(uploads.subscribe, uploads.snapshot) };
}
