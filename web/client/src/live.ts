import type { ApiError } from "./errors.js";
import type { Job } from "./types.js";

/**
 * How news of jobs come: `live` by WebSocket, `stream` by Server-Sent Events, `polling` by asking; `connecting` before the
 * first of them, `offline` when nothing answers, `idle` when nobody follows anything.
 */
export type ConnectionMode = "idle" | "connecting" | "live" | "stream" | "polling" | "offline";

/** Takes a job as it has become. `isWhole` tells whether its details are of this version, too. */
export type JobListener = (job: Job, isWhole: boolean) => void;

/** The one connection that everything shares. It is opened when somebody follows a job and closed when nobody does. */
export class Live {
  readonly #followers = new Map<string, Set<JobListener>>();
  readonly #mine = new Set<JobListener>();
  readonly #modeListeners = new Set<(mode: ConnectionMode) => void>();

  get mode(): ConnectionMode {
    return "idle";
  }

  /** Tells of each change of {@link mode}. Returns what ends it. */
  onMode(listener: (mode: ConnectionMode) => void): () => void {
    this.#modeListeners.add(listener);
    return () => this.#modeListeners.delete(listener);
  }

  /**
   * Follows one job. The listener gets it as soon as it is known and after every change; never an older version after a
   * newer one. The same version comes a second time when it was known from an event and its details have been read since.
   * `onError` is told when the job cannot be read, such as when it was deleted. Returns what ends it.
   */
  follow(jobId: string, listener: JobListener, onError?: (error: ApiError) => void): () => void {
    void onError;
    const listeners = this.#followers.get(jobId) ?? new Set();
    this.#followers.set(jobId, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Follows every job of the user, in the same way. */
  followMine(listener: JobListener): () => void {
    this.#mine.add(listener);
    return () => this.#mine.delete(listener);
  }

  /** The job as it is known, if it is. */
  current(_jobId: string): Job | undefined {
    return undefined;
  }

  /** Tries again now: the network is back, or the user looks at the page again. */
  hurry(): void {}

  /** Closes the connection and forgets all followers. */
  close(): void {
    this.#followers.clear();
    this.#mine.clear();
  }
}
