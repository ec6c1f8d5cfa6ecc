import { ApiError } from "./errors.js";
import type { OpenStream } from "./event-stream.js";
import { Fallback } from "./fallback.js";
import type { JobListener } from "./followers.js";
import { JobFeed } from "./job-feed.js";
import { Refresher } from "./refresher.js";
import { Socket, type SocketClass } from "./socket.js";
import type { Timers } from "./timers.js";
import type { Job, JobPage, Ticket } from "./types.js";
import { onWakeUp } from "./wake-up.js";

/**
 * How news of jobs come: `live` by WebSocket, `stream` by Server-Sent Events, `polling` by asking; `connecting` before the
 * first of them, `offline` when nothing answers or the user has to sign in, `idle` when nobody follows anything.
 */
export type ConnectionMode = "idle" | "connecting" | "live" | "stream" | "polling" | "offline";

/** What the connection works with. */
export interface LiveTools {
  timers: Timers;
  random: () => number;
  /** Null where the platform has none. */
  WebSocket: SocketClass | null;
  openStream: OpenStream;
  ticket(signal: AbortSignal): Promise<Ticket>;
  /** Null when the job's version is `ifNewerThan`. */
  job(jobId: string, options: { ifNewerThan: number | undefined; signal: AbortSignal }): Promise<Job | null>;
  jobs(signal: AbortSignal): Promise<JobPage>;
  /** A path of the API as an address. */
  url(path: string): URL;
}

// Whoever stops following often starts again at once: a page that shows another job, a loop over several.
const LINGER_MS = 1_000;
// So long a lost connection may take to come back before the other doors are used.
const FALLBACK_AFTER_MS = 3_000;
const FALLBACK_AFTER_FAILURES = 2;
// The list of the user's jobs, and so the snapshot of it, lags behind the jobs.
const LIST_LAG_MS = 2_000;
// An open job of which nothing was heard for so long is looked at: a frame may be lost though the connection is well.
const QUIET_MS = 30_000;
const MOST_UNLISTED = 20;

/** The one connection that everything shares. It is opened when somebody follows a job, and closed when nobody does. */
export class Live {
  readonly #tools: LiveTools;
  readonly #feed: JobFeed;
  readonly #socket: Socket | null;
  readonly #fallback: Fallback;
  readonly #refresher: Refresher;
  readonly #modeListeners = new Set<(mode: ConnectionMode) => void>();
  /** Ends the requests of this run; null while idle. */
  #run: AbortController | null = null;
  #mode: ConnectionMode = "idle";
  /** Whether the last request was answered; null before the first. */
  #isReachable: boolean | null = null;
  /** Whether the token was refused. */
  #isRefused = false;
  #lingering: unknown;
  #fallbackTimer: unknown;
  #catchUpTimer: unknown;
  #unlisten = () => {};

  constructor(tools: LiveTools) {
    this.#tools = tools;
    const { timers, random, WebSocket, openStream } = tools;
    this.#feed = new JobFeed({
      refresh: (id) => this.#refresher.now(id),
      refreshLater: (id) => this.#refresher.later(id),
      openChanged: () => this.#fallback.attend(),
      forgotten: (id) => this.#refresher.forget(id),
    });
    this.#refresher = new Refresher({
      timers,
      random,
      read: (id) => this.#read(id, false),
      refused: (id, error) => {
        if (!isGone(error)) this.#feed.failed(id, error);
      },
    });
    this.#fallback = new Fallback({
      timers,
      openStream,
      open: () => this.#feed.open(),
      read: (id, isFresh) => this.#read(id, isFresh),
      list: async () => void (await this.#list()),
      event: (event) => this.#feed.takeEvent(event),
      streamUrl: (job) => job.links.stream && tools.url(job.links.stream).href,
      changed: () => this.#changed(),
    });
    this.#socket = WebSocket && this.#newSocket(WebSocket);
  }

  /** How news come now. */
  get mode(): ConnectionMode {
    return this.#mode;
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
  follow(jobId: string, listener: JobListener, onError?: (error: Error) => void): () => void {
    const isFirst = !this.#feed.isJobFollowed(jobId);
    const unfollow = this.#feed.follow(jobId, listener, onError);
    if (!this.#start() && isFirst) this.#socket?.subscribe({ job_id: jobId });
    if (!this.#feed.isWhole(jobId) && !this.#socket?.isLive) this.#refresher.now(jobId);
    this.#fallback.attend();
    return () => {
      if (unfollow()) this.#socket?.unsubscribe({ job_id: jobId });
      this.#stopSoon();
    };
  }

  /** Follows every job of the user, in the same way; those that are known come first. */
  followMine(listener: JobListener): () => void {
    const isFirst = !this.#feed.isMineFollowed;
    const unfollow = this.#feed.followMine(listener);
    if (!this.#start() && isFirst) this.#socket?.subscribe({ feed: "mine" });
    this.#fallback.attend();
    return () => {
      if (unfollow()) this.#socket?.unsubscribe({ feed: "mine" });
      this.#stopSoon();
    };
  }

  /** The job as it is known, if it is. */
  current(jobId: string): Job | undefined {
    return this.#feed.get(jobId);
  }

  /**
   * Takes a job that came by another way, such as the answer to a cancel, so that all who follow it hear of it at once.
   * `isOwn` tells that it is the user's.
   */
  learn(job: Job, isOwn = false): void {
    this.#feed.takeJob(job, isOwn);
  }

  /** Forgets a job that was deleted, for good: lists lag, and news of it may still be on their way. */
  forget(jobId: string): void {
    this.#feed.deleted(jobId);
  }

  /** Whether the job was deleted here. */
  isForgotten(jobId: string): boolean {
    return this.#feed.isDeleted(jobId);
  }

  /** Tries again now: the network is back, or the user looks at the page again. */
  hurry(): void {
    if (!this.#run) return;
    if (this.#isRefused) {
      this.#isRefused = false;
      this.#fallbackSoon();
    }
    this.#socket?.hurry();
    this.#fallback.hurry();
    this.#refresher.hurry();
  }

  /** Closes the connection and forgets all followers. */
  close(): void {
    this.#feed.unfollowAll();
    this.#stop();
  }

  #newSocket(WebSocket: SocketClass): Socket {
    const { timers, random } = this.#tools;
    return new Socket({
      WebSocket,
      timers,
      random,
      ticket: (signal) => this.#asked(this.#tools.ticket(signal)),
      topics: () => this.#feed.topics(),
      snapshot: (jobs, isMine) => {
        for (const job of jobs) this.#feed.takeJob(job, isMine);
      },
      event: (event) => this.#feed.takeEvent(event),
      isLive: () => this.#isLive(),
      isLost: (failures) => this.#isLost(failures),
      unanswered: (topic) => {
        if ("job_id" in topic) this.#refresher.now(topic.job_id);
        else this.#list().catch(() => {});
      },
    });
  }

  /** Whether it was started by this call. */
  #start(): boolean {
    this.#tools.timers.clearTimeout(this.#lingering);
    if (this.#run) {
      if (this.#isRefused) this.hurry();
      return false;
    }
    this.#run = new AbortController();
    this.#unlisten = onWakeUp(() => this.hurry());
    this.#fallbackSoon();
    this.#catchUpAfter(QUIET_MS, () => this.#feed.takeQuiet());
    this.#socket?.start();
    this.#changed();
    return true;
  }

  #stopSoon(): void {
    if (this.#feed.isFollowed || !this.#run) return;
    const { timers } = this.#tools;
    timers.clearTimeout(this.#lingering);
    this.#lingering = timers.setTimeout(() => this.#stop(), LINGER_MS);
  }

  #stop(): void {
    this.#run?.abort();
    this.#run = null;
    for (const timer of [this.#lingering, this.#fallbackTimer, this.#catchUpTimer]) {
      this.#tools.timers.clearTimeout(timer);
    }
    this.#unlisten();
    this.#socket?.stop();
    this.#fallback.stop();
    this.#refresher.clear();
    this.#feed.clear();
    this.#isReachable = null;
    this.#isRefused = false;
    this.#changed();
  }

  #isLive(): void {
    const { timers } = this.#tools;
    timers.clearTimeout(this.#fallbackTimer);
    this.#fallback.stop();
    this.#isRefused = false;
    this.#changed();
    // Followed jobs have exact snapshots of their own.
    this.#catchUpAfter(LIST_LAG_MS, () => this.#feed.open().filter((id) => !this.#feed.isJobFollowed(id)));
  }

  /** Looks at jobs that may have changed unheard, then goes on doing so for those that are quiet. */
  #catchUpAfter(delayMs: number, jobs: () => string[]): void {
    const { timers } = this.#tools;
    timers.clearTimeout(this.#catchUpTimer);
    this.#catchUpTimer = timers.setTimeout(() => {
      if (!this.#isRefused) void this.#catchUp(jobs());
      this.#catchUpAfter(QUIET_MS, () => this.#feed.takeQuiet());
    }, delayMs);
  }

  async #catchUp(jobs: readonly string[]): Promise<void> {
    const isFollowed = (id: string) => this.#feed.isJobFollowed(id);
    for (const id of jobs.filter(isFollowed)) this.#refresher.now(id);
    const others = jobs.filter((id) => !isFollowed(id));
    if (others.length === 0) return;
    const listed = new Set(await this.#list().catch(() => []));
    for (const id of others.filter((id) => !listed.has(id)).slice(0, MOST_UNLISTED)) this.#refresher.now(id);
  }

  #isLost(failures: number): void {
    if (failures >= FALLBACK_AFTER_FAILURES) this.#startFallback();
    else this.#fallbackSoon();
    this.#changed();
  }

  #fallbackSoon(): void {
    const { timers } = this.#tools;
    timers.clearTimeout(this.#fallbackTimer);
    const delayMs = this.#socket ? FALLBACK_AFTER_MS : 0;
    this.#fallbackTimer = timers.setTimeout(() => this.#startFallback(), delayMs);
  }

  #startFallback(): void {
    this.#tools.timers.clearTimeout(this.#fallbackTimer);
    if (this.#run && !this.#isRefused && !this.#socket?.isLive) this.#fallback.start();
    this.#changed();
  }

  async #read(jobId: string, isFresh: boolean): Promise<Job | undefined> {
    const signal = this.#signal();
    const ifNewerThan = !isFresh && this.#feed.isWhole(jobId) ? this.#feed.get(jobId)?.version : undefined;
    try {
      const job = await this.#asked(this.#tools.job(jobId, { ifNewerThan, signal }));
      if (job && !signal.aborted) this.#feed.takeJob(job);
    } catch (error) {
      if (isGone(error) && !signal.aborted) this.#feed.gone(jobId, error as ApiError);
      throw error;
    }
    return this.#feed.get(jobId);
  }

  /** Lists the newest jobs of the user, if somebody follows them; their ids. */
  async #list(): Promise<string[]> {
    if (!this.#feed.isMineFollowed) return [];
    const signal = this.#signal();
    const { jobs } = await this.#asked(this.#tools.jobs(signal));
    if (signal.aborted) return [];
    for (const job of jobs) this.#feed.takeJob(job, true);
    return jobs.map((job) => job.job_id);
  }

  #signal(): AbortSignal {
    return this.#run?.signal ?? AbortSignal.abort();
  }

  /** Passes an answer on, and notes whether there was one. */
  async #asked<T>(answer: Promise<T>): Promise<T> {
    const run = this.#run;
    try {
      const value = await answer;
      if (run === this.#run) this.#note(true);
      return value;
    } catch (error) {
      if (run !== this.#run) throw error;
      if (error instanceof ApiError && error.status === 401) this.#suspend(error);
      this.#note(error instanceof ApiError && error.status !== 0);
      throw error;
    }
  }

  #note(isReachable: boolean): void {
    this.#isReachable = isReachable;
    this.#changed();
  }

  /** Without a good token nothing can be asked, until somebody says that there is one. */
  #suspend(error: ApiError): void {
    this.#isRefused = true;
    this.#tools.timers.clearTimeout(this.#fallbackTimer);
    this.#fallback.stop();
    this.#feed.allFailed(error);
  }

  #changed(): void {
    const mode = this.#modeNow();
    if (mode === this.#mode) return;
    this.#mode = mode;
    for (const listener of [...this.#modeListeners]) listener(mode);
  }

  #modeNow(): ConnectionMode {
    if (!this.#run) return "idle";
    if (this.#socket?.isLive) return "live";
    if (this.#isRefused) return "offline";
    if (!this.#fallback.isRunning) return "connecting";
    if (this.#fallback.isStreaming) return "stream";
    if (this.#isReachable === null) return "connecting";
    return this.#isReachable ? "polling" : "offline";
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 403 || error.status === 404);
