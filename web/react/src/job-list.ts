import type { Docmill, Job, JobsFilter } from "@docmill/client";
import { asError } from "./errors.js";
import { byNewest, isNewer, newest } from "./jobs.js";

/** The list as it is shown; a new object whenever something changed. */
export interface JobListState {
  jobs: readonly Job[];
  error: Error | null;
  /** Whether the first page, or an older one, is on its way. */
  isLoading: boolean;
  hasMore: boolean;
}

// The live feed brings the jobs of the user alone: a company's list, which has those of others, is read again.
const COMPANY_REFRESH_MS = 15_000;
// Far more than the lag of a list, since the clock of this machine may be off.
const RECENT_MS = 5 * 60_000;

/**
 * A list of jobs, read by pages and kept up to date by what comes live. It works while somebody is subscribed.
 */
export class JobList {
  #client: Docmill;
  #filter: JobsFilter;
  #jobs = new Map<string, Job>();
  #removed = new Set<string>();
  // The oldest job of the pages read so far: what is older belongs on a page that is still to come.
  #oldest: Job | null = null;
  #cursor: string | null = null;
  #loaded = false;
  #reading: AbortController | null = null;
  #listeners = new Set<() => void>();
  #stop: (() => void) | null = null;
  #state: JobListState = { jobs: [], error: null, isLoading: true, hasMore: false };

  constructor(client: Docmill, filter: JobsFilter) {
    this.#client = client;
    this.#filter = filter;
  }

  get state(): JobListState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  };

  /** Reads the newest page again. Jobs that are gone go, unless they are so new that the list may lag behind. */
  refresh = (): Promise<void> => this.#read(null);

  /** Reads the next page of older jobs. */
  loadMore = (): Promise<void> => (this.#cursor === null ? Promise.resolve() : this.#read(this.#cursor));

  /** Takes a job from the list: it was deleted. */
  remove = (jobId: string): void => {
    this.#removed.add(jobId);
    this.#jobs.delete(jobId);
    this.#publish({});
  };

  #start() {
    const stopFollowing = this.#client.live.followMine((job, isWhole) => this.#take(job, isWhole));
    const timer = this.#filter.companyId
      ? setInterval(() => document.visibilityState === "visible" && void this.refresh(), COMPANY_REFRESH_MS)
      : undefined;
    this.#stop = () => {
      stopFollowing();
      clearInterval(timer);
      this.#reading?.abort();
      this.#reading = null;
    };
    void this.refresh();
  }

  #end() {
    this.#stop?.();
    this.#stop = null;
  }

  async #read(cursor: string | null): Promise<void> {
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    // What is there already is read again unseen.
    if (cursor !== null || !this.#loaded) this.#publish({ isLoading: true });
    try {
      const filter = cursor === null ? this.#filter : { ...this.#filter, cursor };
      const page = await this.#client.jobs(filter, { signal: reading.signal });
      if (reading.signal.aborted) return;
      if (cursor === null) this.#takeFirstPage(page.jobs, page.next_cursor);
      else this.#takePage(page.jobs, page.next_cursor);
      this.#loaded = true;
      this.#publish({ isLoading: false, error: null });
    } catch (thrown) {
      if (!reading.signal.aborted) this.#publish({ isLoading: false, error: asError(thrown) });
    } finally {
      if (this.#reading === reading) this.#reading = null;
    }
  }

  #takeFirstPage(jobs: readonly Job[], cursor: string | null) {
    const listed = new Set(jobs.map((job) => job.job_id));
    const first = jobs[0];
    const last = jobs.at(-1);
    for (const known of this.#jobs.values()) {
      if (listed.has(known.job_id)) continue;
      // The index behind lists lags by seconds. What is newer than the page and was made just now is missing for that.
      const isTooNew = (!first || byNewest(known, first) < 0) && isRecent(known);
      const isOnLaterPage = cursor !== null && last !== undefined && byNewest(known, last) > 0;
      if (!isOnLaterPage && !isTooNew) this.#jobs.delete(known.job_id);
    }
    // Pages that were read before stay, and so does the place to go on from.
    const hadMorePages = this.#oldest && last && byNewest(this.#oldest, last) > 0;
    if (!hadMorePages || cursor === null) {
      this.#oldest = last ?? null;
      this.#cursor = cursor;
    }
    for (const job of jobs) this.#merge(job);
  }

  #takePage(jobs: readonly Job[], cursor: string | null) {
    for (const job of jobs) this.#merge(job);
    this.#oldest = jobs.at(-1) ?? this.#oldest;
    this.#cursor = cursor;
  }

  #take(job: Job, isWhole: boolean) {
    const known = this.#jobs.get(job.job_id);
    if (known ? isNewer(known, job, isWhole) : matches(job, this.#filter)) {
      this.#merge(job, isWhole);
      this.#publish({});
    }
  }

  #merge(job: Job, isWhole = true) {
    if (this.#removed.has(job.job_id)) return;
    this.#jobs.set(job.job_id, newest(this.#jobs.get(job.job_id), job, isWhole));
  }

  #publish(change: Partial<JobListState>) {
    const oldest = this.#oldest;
    const isWithin = (job: Job) => !this.#cursor || !oldest || byNewest(job, oldest) <= 0;
    const jobs = [...this.#jobs.values()].filter((job) => isWithin(job) && matches(job, this.#filter));
    this.#state = {
      ...this.#state,
      ...change,
      jobs: jobs.sort(byNewest),
      hasMore: this.#loaded && this.#cursor !== null,
    };
    for (const listener of [...this.#listeners]) listener();
  }
}

const isRecent = (job: Job): boolean => Date.parse(job.created_at) > Date.now() - RECENT_MS;

/** Whether a list by this filter has the job. */
function matches(job: Job, filter: JobsFilter): boolean {
  return (
    (!filter.status || job.status === filter.status) &&
    (!filter.pipeline || job.pipeline === filter.pipeline) &&
    (!filter.companyId || job.company_id === filter.companyId) &&
    (!filter.batchId || job.batch_id === filter.batchId)
  );
}
