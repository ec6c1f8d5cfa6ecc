import type { Job, JobEvent } from "./types.js";

interface Entry {
  job: Job;
  /** Whether the details are of this version. */
  isWhole: boolean;
}

/** What became of an event. */
export type Taken = "taken" | "old" | "unknown";

/** Whether it is a job at all, as far as this client leans on it. */
export function isJob(value: unknown): value is Job {
  const job = value as Partial<Job> | null | undefined;
  return (
    typeof job?.job_id === "string" &&
    typeof job.version === "number" &&
    typeof job.status === "string" &&
    typeof job.links === "object" &&
    job.links !== null
  );
}

/** Whether the answer has what only a job that is read by its id has. */
export const hasDetails = (job: Job): boolean => job.files !== undefined;

/**
 * The newest that is known of each job, from whatever door it came. `version` decides: what is not newer is dropped, so
 * doubled, late and lost news do no harm.
 */
export class KnownJobs {
  readonly #entries = new Map<string, Entry>();

  get(jobId: string): Job | undefined {
    return this.#entries.get(jobId)?.job;
  }

  isWhole(jobId: string): boolean {
    return this.#entries.get(jobId)?.isWhole ?? false;
  }

  get size(): number {
    return this.#entries.size;
  }

  ids(): string[] {
    return [...this.#entries.keys()];
  }

  forget(jobId: string): void {
    this.#entries.delete(jobId);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Takes a job as the API shows it; whether that was news. Details that a list leaves out stay as they were. */
  takeJob(job: Job): boolean {
    const known = this.#entries.get(job.job_id);
    const isWhole = hasDetails(job);
    if (known) {
      if (job.version < known.job.version) return false;
      if (job.version === known.job.version && (known.isWhole || !isWhole)) {
        // Nothing is new but, perhaps, a fresh link to the event stream.
        if (isWhole && job.links.stream) known.job.links.stream = job.links.stream;
        return false;
      }
    }
    // Lists and the WebSocket leave out the link to the event stream: it has a token in it.
    const links = { ...job.links, stream: job.links.stream ?? known?.job.links.stream ?? null };
    const merged = isWhole ? { ...job, links } : { ...known?.job, ...withoutGaps(job), links };
    this.#entries.set(job.job_id, { job: merged, isWhole });
    return true;
  }

  /** Takes an event of a job that is known. */
  takeEvent(event: JobEvent): Taken {
    const known = this.#entries.get(event.job_id)?.job;
    if (!known) return "unknown";
    if (event.version <= known.version) return "old";
    const job: Job = {
      ...known,
      status: event.status,
      stage: event.stage,
      progress_percent: event.progress_percent,
      processed_chunks: event.processed_chunks,
      total_chunks: event.total_chunks,
      version: event.version,
      updated_at: event.at,
      // What it waits for belongs to what it was.
      waiting_for: event.status === known.status ? known.waiting_for : null,
    };
    this.#entries.set(event.job_id, { job, isWhole: false });
    return "taken";
  }
}

/** Without fields that are undefined, which would hide those that are known. */
function withoutGaps(job: Job): Job {
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== undefined)) as Job;
}
