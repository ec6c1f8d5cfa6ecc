// The jobs this page knows, from whatever door the news came: what is not newer than the known version is dropped.

import { TERMINAL } from "./format.js";

export class JobStore extends EventTarget {
  #jobs = new Map();

  get(id) {
    return this.#jobs.get(id);
  }

  /** Newest first. */
  all() {
    return [...this.#jobs.values()].sort((a, b) => b.created_at.localeCompare(a.created_at) || b.job_id.localeCompare(a.job_id));
  }

  /** Jobs that will still change by themselves. */
  open() {
    return this.all().filter((job) => !TERMINAL.has(job.status));
  }

  clear() {
    this.#jobs.clear();
    this.#changed(null, null);
  }

  /**
   * Takes a job as the API shows it. Lists and WebSocket snapshots leave the details out: those that are known stay.
   * `complete` tells whether the details are of this version. Returns whether anything was taken.
   */
  applyJob(job) {
    const known = this.#jobs.get(job.job_id);
    if (known && job.version < known.version) return false;
    const detailed = job.files !== undefined;
    if (known && job.version === known.version && known.complete && !detailed) return false;
    const merged = { ...known, ...job, complete: detailed };
    // The link to the event stream has a token and stands only where a job is read by its id.
    merged.links = { ...job.links, stream: job.links.stream ?? known?.links.stream ?? null };
    this.#jobs.set(job.job_id, merged);
    this.#changed(known, merged);
    return true;
  }

  /** Takes an event: `"applied"`, `"old"`, or `"unknown"` when the job is not known here. */
  applyEvent(event) {
    const known = this.#jobs.get(event.job_id);
    if (!known) return "unknown";
    if (event.version <= known.version) return "old";
    const merged = {
      ...known,
      status: event.status,
      stage: event.stage,
      progress_percent: event.progress_percent,
      processed_chunks: event.processed_chunks,
      total_chunks: event.total_chunks,
      version: event.version,
      updated_at: event.at,
      complete: false,
    };
    this.#jobs.set(event.job_id, merged);
    this.#changed(known, merged);
    return "applied";
  }

  #changed(before, after) {
    this.dispatchEvent(new CustomEvent("change", { detail: { before, after } }));
  }
}

/** Whether an event tells of something that only the job itself has: its result, a warning, a failure, a cancel. */
export const wantsDetails = (event) =>
  TERMINAL.has(event.status) || event.type === "warning" || event.stage === "Cancelling";
