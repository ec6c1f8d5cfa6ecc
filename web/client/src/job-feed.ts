import { Followers, type JobListener } from "./followers.js";
import { hasDetails, isJob, KnownJobs } from "./known.js";
import type { Topic } from "./socket.js";
import { isTerminal, type Job, type JobEvent } from "./types.js";

/** What the feed wants done. */
export interface JobFeedHost {
  /** More is new of a job than was told. */
  refresh(jobId: string): void;
  /** The same, but it can wait. */
  refreshLater(jobId: string): void;
  /** Another set of jobs may still change. */
  openChanged(): void;
  /** Nobody wants to know of the job any more. */
  forgotten(jobId: string): void;
}

const MOST_KNOWN_JOBS = 1_000;

/** Who wants to know of which jobs, and what is known of them: news of all transports go in, listeners hear of them. */
export class JobFeed {
  readonly #host: JobFeedHost;
  readonly #known = new KnownJobs();
  readonly #followers = new Followers();
  /** Jobs of the user, among those that are known. */
  readonly #own = new Set<string>();
  /** Followed jobs that cannot be read. */
  readonly #gone = new Set<string>();
  /** Jobs that were deleted here. */
  readonly #deleted = new Set<string>();
  /** Jobs of which something was heard since {@link takeQuiet}. */
  readonly #heard = new Set<string>();
  #owner: string | null = null;
  /** While the owner is not known: jobs that were followed by themselves, and may be somebody else's. */
  readonly #everFollowed = new Set<string>();
  /** While the owner is not known: jobs that only the feed of the user's jobs can have told of. */
  readonly #announced = new Set<string>();

  constructor(host: JobFeedHost) {
    this.#host = host;
  }

  get isFollowed(): boolean {
    return !this.#followers.isEmpty;
  }

  get isMineFollowed(): boolean {
    return this.#followers.hasMine;
  }

  get(jobId: string): Job | undefined {
    return this.#known.get(jobId);
  }

  isWhole(jobId: string): boolean {
    return this.#known.isWhole(jobId);
  }

  /** Begins to follow a job. Returns what ends it: whether nobody else follows the job then. */
  follow(jobId: string, listener: JobListener, onError?: (error: Error) => void): () => boolean {
    this.#gone.delete(jobId);
    if (this.#owner === null) this.#everFollowed.add(jobId);
    const unfollow = this.#followers.add(jobId, listener, onError);
    this.#tell(jobId);
    return () => {
      const isLast = unfollow();
      if (!isLast) return false;
      this.#gone.delete(jobId);
      if (!this.isMineFollowed || !this.#own.has(jobId)) this.#forget(jobId);
      this.#host.openChanged();
      return true;
    };
  }

  /** Begins to follow all jobs of the user. Returns what ends it: whether nobody else follows them then. */
  followMine(listener: JobListener): () => boolean {
    const unfollow = this.#followers.addMine(listener);
    for (const id of this.#own) this.#tell(id);
    return () => {
      if (!unfollow()) return false;
      for (const id of this.#known.ids()) if (!this.#followers.has(id)) this.#forget(id);
      this.#host.openChanged();
      return true;
    };
  }

  isJobFollowed(jobId: string): boolean {
    return this.#followers.has(jobId);
  }

  /** What to subscribe to. */
  topics(): Topic[] {
    const jobs = this.#followers.jobs().filter((id) => !this.#gone.has(id));
    const topics: Topic[] = jobs.map((job_id) => ({ job_id }));
    return this.isMineFollowed ? [{ feed: "mine" }, ...topics] : topics;
  }

  /** Jobs that may still change: those that are followed by themselves, then the newest of the user. */
  open(): string[] {
    const mayChange = (id: string) => {
      const job = this.#known.get(id);
      return !this.#gone.has(id) && !(job && isTerminal(job.status) && this.#known.isWhole(id));
    };
    const followed = this.#followers.jobs().filter(mayChange);
    if (!this.isMineFollowed) return followed;
    const own = [...this.#own].filter((id) => this.#isOpen(id) && !this.#followers.has(id));
    const created = (id: string) => this.#known.get(id)?.created_at ?? "";
    return [...followed, ...own.sort((a, b) => created(b).localeCompare(created(a)))];
  }

  /** Jobs that may still change, and of which nothing was heard since this was asked last. */
  takeQuiet(): string[] {
    const quiet = this.open().filter((id) => !this.#heard.has(id));
    this.#heard.clear();
    return quiet;
  }

  /** Takes a job as the API shows it. `isOwn` where it came as one of the user's. */
  takeJob(job: Job, isOwn = false): void {
    if (!isJob(job) || this.#deleted.has(job.job_id)) return;
    const id = job.job_id;
    if (isOwn || this.#announced.delete(id)) this.ownerIs(job.owner);
    if (!this.#followers.has(id) && !(this.isMineFollowed && job.owner === this.#owner)) return;
    const wasOpen = this.#isOpen(id);
    if (job.owner === this.#owner) this.#own.add(id);
    this.#gone.delete(id);
    if (this.#known.takeJob(job)) this.#heard.add(id);
    this.#tell(id);
    if (wasOpen !== this.#isOpen(id)) this.#host.openChanged();
    if (this.#followers.has(id) && !hasDetails(job) && !this.#known.isWhole(id)) this.#host.refresh(id);
    this.#prune();
  }

  takeEvent(event: JobEvent): void {
    const id = event.job_id;
    if (this.#deleted.has(id)) return;
    const before = this.#known.get(id);
    const taken = this.#known.takeEvent(event);
    if (!before || taken === "unknown") {
      // By the feed of the user's jobs, one that was made elsewhere. The first job of a user tells who the user is.
      if (this.#owner === null && this.isMineFollowed && !this.#everFollowed.has(id)) this.#announced.add(id);
      if (this.#followers.has(id) || this.isMineFollowed) this.#host.refresh(id);
      return;
    }
    if (taken === "old") return;
    this.#heard.add(id);
    this.#tell(id);
    if (isTerminal(before.status) !== isTerminal(event.status)) this.#host.openChanged();
    // What the event does not have: warnings, failures, results, editions, who cancelled.
    const isProgress =
      event.type === "progress" && event.status === before.status && !isTerminal(event.status);
    if (!isProgress || event.stage === "Cancelling") this.#host.refresh(id);
    else if (event.version > before.version + 1) this.#host.refreshLater(id);
  }

  /** Who the user is. */
  ownerIs(owner: string): void {
    if (this.#owner === owner) return;
    this.#owner = owner;
    this.#everFollowed.clear();
    this.#announced.clear();
    this.#own.clear();
    for (const id of this.#known.ids()) {
      if (this.#known.get(id)?.owner !== owner) continue;
      this.#own.add(id);
      this.#tell(id);
    }
  }

  /** A job cannot be read: it was deleted, or is not the user's to see. */
  gone(jobId: string, error: Error): void {
    this.#gone.add(jobId);
    this.#forget(jobId);
    this.#followers.fail(jobId, error);
    this.#host.openChanged();
  }

  /** A job was deleted: nothing that is still on its way brings it back. */
  deleted(jobId: string): void {
    this.#deleted.add(jobId);
    this.#forget(jobId);
    this.#host.openChanged();
  }

  isDeleted(jobId: string): boolean {
    return this.#deleted.has(jobId);
  }

  /** Reading a job failed for another reason. */
  failed(jobId: string, error: Error): void {
    this.#followers.fail(jobId, error);
  }

  /** Nothing can be read. */
  allFailed(error: Error): void {
    for (const id of this.#followers.jobs()) this.#followers.fail(id, error);
  }

  unfollowAll(): void {
    this.#followers.clear();
  }

  /** Forgets what is known; whoever follows goes on. */
  clear(): void {
    this.#known.clear();
    this.#own.clear();
    this.#gone.clear();
    this.#heard.clear();
    this.#announced.clear();
  }

  #isOpen(id: string): boolean {
    const job = this.#known.get(id);
    return job !== undefined && !isTerminal(job.status);
  }

  #tell(id: string): void {
    const job = this.#known.get(id);
    if (job) this.#followers.tell(job, this.#known.isWhole(id), this.#own.has(id));
  }

  #forget(id: string): void {
    this.#known.forget(id);
    this.#own.delete(id);
    this.#followers.forget(id);
    this.#host.forgotten(id);
  }

  /** A page that is open for weeks sees many jobs end. */
  #prune(): void {
    const surplus = this.#known.size - MOST_KNOWN_JOBS;
    if (surplus <= 0) return;
    const over = this.#known.ids().filter((id) => !this.#followers.has(id) && !this.#isOpen(id));
    for (const id of over.slice(0, surplus)) this.#forget(id);
  }
}
