import type { ApiError } from "./errors.js";
import { backoffMs, isPassing } from "./retry.js";
import type { Timers } from "./timers.js";

/** What reads jobs, and whom it tells. */
export interface RefresherHost {
  timers: Timers;
  random: () => number;
  /** Reads a job and takes it; rejects with an ApiError. */
  read(jobId: string): Promise<unknown>;
  /** A job that cannot be read, whenever it is tried. */
  refused(jobId: string, error: ApiError): void;
}

const PARALLEL = 4;
// Progress comes often, and what it leaves out is not urgent.
const LATER_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

interface Task {
  state: "waiting" | "queued" | "reading";
  /** Something more happened while it was being read. */
  again: boolean;
  failures: number;
  timer: unknown;
}

/** Reads jobs of which more is new than was told: a few at a time, each once for all who want it, until it succeeds. */
export class Refresher {
  readonly #host: RefresherHost;
  readonly #tasks = new Map<string, Task>();
  #reading = 0;

  constructor(host: RefresherHost) {
    this.#host = host;
  }

  /** Reads the job as soon as possible. */
  now(jobId: string): void {
    const task = this.#task(jobId);
    if (task.state === "reading") task.again = true;
    else this.#queue(task);
    this.#next();
  }

  /** Reads the job within a few seconds. */
  later(jobId: string): void {
    if (this.#tasks.has(jobId)) return;
    this.#wait(jobId, this.#task(jobId), LATER_MS);
  }

  /** Tries now what failed and waits for its next try. */
  hurry(): void {
    for (const [id, task] of this.#tasks) if (task.state === "waiting") this.now(id);
  }

  forget(jobId: string): void {
    this.#host.timers.clearTimeout(this.#tasks.get(jobId)?.timer);
    this.#tasks.delete(jobId);
  }

  clear(): void {
    for (const id of [...this.#tasks.keys()]) this.forget(id);
  }

  #task(jobId: string): Task {
    const task = this.#tasks.get(jobId) ?? { state: "queued", again: false, failures: 0, timer: null };
    this.#tasks.set(jobId, task);
    return task;
  }

  #queue(task: Task): void {
    this.#host.timers.clearTimeout(task.timer);
    task.state = "queued";
  }

  #wait(jobId: string, task: Task, delayMs: number): void {
    task.state = "waiting";
    task.timer = this.#host.timers.setTimeout(() => this.now(jobId), delayMs);
  }

  #next(): void {
    for (const [id, task] of this.#tasks) {
      if (this.#reading >= PARALLEL) return;
      if (task.state === "queued") void this.#read(id, task);
    }
  }

  async #read(jobId: string, task: Task): Promise<void> {
    task.state = "reading";
    task.again = false;
    this.#reading += 1;
    let failure: unknown = null;
    try {
      await this.#host.read(jobId);
    } catch (error) {
      failure = error;
    }
    this.#reading -= 1;
    if (this.#tasks.get(jobId) === task) this.#done(jobId, task, failure);
    this.#next();
  }

  #done(jobId: string, task: Task, failure: unknown): void {
    if (failure === null) {
      task.failures = 0;
      if (task.again) this.#queue(task);
      else this.#tasks.delete(jobId);
    } else if (isPassing(failure)) {
      task.failures += 1;
      const pauseMs = backoffMs(task.failures, this.#host.random, FIRST_RETRY_MS, LONGEST_RETRY_MS);
      this.#wait(jobId, task, Math.max(pauseMs, (failure.retryAfterSeconds ?? 0) * 1000));
    } else {
      this.#tasks.delete(jobId);
      this.#host.refused(jobId, failure as ApiError);
    }
  }
}
