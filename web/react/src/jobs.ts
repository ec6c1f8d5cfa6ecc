import { isTerminal, type Job } from "@docmill/client";

/**
 * Whether `incoming` is to replace `known`. An event brings a version before the rest of it can be read: `isWhole` is
 * false for a job that was put together from one, and of the same version an answer of the API says more.
 */
export function isNewer(known: Job | null | undefined, incoming: Job, isWhole: boolean): boolean {
  return !known || incoming.version > known.version || (isWhole && incoming.version === known.version);
}

/**
 * The newer of both. Lists and live news leave `files`, `settings` and the like out: what was known of the same attempt
 * stays.
 */
export function newest(known: Job | null | undefined, incoming: Job, isWhole = true): Job {
  if (known && !isNewer(known, incoming, isWhole)) return known;
  if (!known || known.attempt !== incoming.attempt) return incoming;
  return {
    ...known,
    ...incoming,
    links: { ...incoming.links, stream: incoming.links.stream ?? known.links.stream },
  };
}

/** Newest first; ids decide between jobs of one moment. */
export const byNewest = (a: Job, b: Job): number =>
  b.created_at.localeCompare(a.created_at) || b.job_id.localeCompare(a.job_id);

/** Whether a cancel would be accepted, as far as is known here. */
export const canCancel = (job: Job): boolean =>
  !isTerminal(job.status) && job.cancel_requested_at === null && job.links.cancel !== null;

/** Whether the job may be run again, as far as is known here. */
export const canRetry = (job: Job): boolean => isTerminal(job.status) && job.links.retry !== null;

/** The job's name for people, or null. */
export const jobName = (job: Job): string | null => job.label ?? job.file_name;

/** How a component colours a job: its status, and `partial` for a result with gaps. */
export const jobTone = (job: Job): Job["status"] | "partial" =>
  job.status === "completed" && job.outcome === "partial" ? "partial" : job.status;
