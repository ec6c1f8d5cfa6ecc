import type { Job } from "./types.js";

/** Takes a job as it has become. `isWhole` tells whether its details are of this version, too. */
export type JobListener = (job: Job, isWhole: boolean) => void;

interface Told {
  version: number;
  isWhole: boolean;
}

/** Somebody who listens, and what they were told last of each job: they never hear of an older version again. */
class Follower {
  isActive = true;
  readonly onError: ((error: Error) => void) | undefined;
  readonly #listener: JobListener;
  readonly #told = new Map<string, Told>();

  constructor(listener: JobListener, onError?: (error: Error) => void) {
    this.#listener = listener;
    this.onError = onError;
  }

  tell(job: Job, isWhole: boolean): void {
    const told = this.#told.get(job.job_id);
    const isNews =
      !told || job.version > told.version || (job.version === told.version && isWhole && !told.isWhole);
    if (!this.isActive || !isNews) return;
    this.#told.set(job.job_id, { version: job.version, isWhole });
    this.#listener(job, isWhole);
  }

  forget(jobId: string): void {
    this.#told.delete(jobId);
  }
}

/** Who follows what. */
export class Followers {
  readonly #ofJobs = new Map<string, Set<Follower>>();
  readonly #ofMine = new Set<Follower>();

  get isEmpty(): boolean {
    return this.#ofJobs.size === 0 && this.#ofMine.size === 0;
  }

  /** Whether somebody follows every job of the user. */
  get hasMine(): boolean {
    return this.#ofMine.size > 0;
  }

  /** Whether somebody follows this job by itself. */
  has(jobId: string): boolean {
    return this.#ofJobs.has(jobId);
  }

  /** Jobs that are followed by themselves. */
  jobs(): string[] {
    return [...this.#ofJobs.keys()];
  }

  /** Returns what ends it: whether nobody else follows the job then. */
  add(jobId: string, listener: JobListener, onError?: (error: Error) => void): () => boolean {
    const follower = new Follower(listener, onError);
    const followers = this.#ofJobs.get(jobId) ?? new Set();
    this.#ofJobs.set(jobId, followers.add(follower));
    return () => {
      follower.isActive = false;
      if (!followers.delete(follower) || followers.size > 0) return false;
      this.#ofJobs.delete(jobId);
      return true;
    };
  }

  /** Returns what ends it: whether nobody else follows the user's jobs then. */
  addMine(listener: JobListener): () => boolean {
    const follower = new Follower(listener);
    this.#ofMine.add(follower);
    return () => {
      follower.isActive = false;
      return this.#ofMine.delete(follower) && this.#ofMine.size === 0;
    };
  }

  /**
   * Tells everybody who wants to know of this job. Not before the caller is done: whoever has just begun to follow would
   * be called before they have what ends it. A listener that throws keeps nobody else from hearing.
   */
  tell(job: Job, isWhole: boolean, isOwn: boolean): void {
    const followers = [...(this.#ofJobs.get(job.job_id) ?? []), ...(isOwn ? this.#ofMine : [])];
    for (const follower of followers) queueMicrotask(() => follower.tell(job, isWhole));
  }

  /** Tells everybody who follows this job by itself that it cannot be read. */
  fail(jobId: string, error: Error): void {
    for (const follower of this.#ofJobs.get(jobId) ?? []) {
      queueMicrotask(() => {
        if (follower.isActive) follower.onError?.(error);
      });
    }
  }

  /** Forgets what was told of a job. */
  forget(jobId: string): void {
    for (const follower of [...this.#ofMine, ...(this.#ofJobs.get(jobId) ?? [])]) follower.forget(jobId);
  }

  clear(): void {
    for (const followers of this.#ofJobs.values())
      for (const follower of followers) follower.isActive = false;
    for (const follower of this.#ofMine) follower.isActive = false;
    for (const followers of this.#ofJobs.values()) followers.clear();
    this.#ofJobs.clear();
    this.#ofMine.clear();
  }
}
