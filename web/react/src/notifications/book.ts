import { isTerminal, type Job } from "@docmill/client";
import { jobName } from "../jobs.js";
import type { Outcome } from "../labels.js";

/** One end of one attempt of a job. */
export interface JobNotification {
  /** Job and attempt: there is one notification of both, however often and by whatever way the news came. */
  id: string;
  jobId: string;
  attempt: number;
  outcome: Outcome;
  /** The job's name, or null where it has none. */
  name: string | null;
  /** A sentence on what went wrong. */
  message: string | null;
  /** When the attempt ended, RFC 3339. */
  at: string;
  isRead: boolean;
}

/** A notification as it is kept. The marks are only ever set, so that copies of several tabs can be joined in any order. */
export interface Entry extends JobNotification {
  /** Taken out of the list. The entry stays, so that it does not come back. */
  isDismissed: boolean;
  /** Somebody was shown it: as a toast, or by the browser. */
  isShown: boolean;
}

/** What a user was told and has read. */
export interface Book {
  /** Attempts that ended before are of no interest: they were over when the book began, or were forgotten. Milliseconds. */
  sinceMs: number;
  /** Newest first. */
  entries: readonly Entry[];
}

/** More are forgotten, the oldest first. */
const MOST_ENTRIES = 100;
// Texts come from documents' names and could be of any length.
const MOST_CHARACTERS = 300;

export const emptyBook = (nowMs: number): Book => ({ sinceMs: nowMs, entries: [] });

export const notificationId = (job: Job): string => `${job.job_id}#${job.attempt}`;

/**
 * What is to be told of a job, or null. A cancel by the owner is nothing to tell the owner of; one by somebody else is.
 *
 * The event of the end comes before what became of it (errors, gaps, who cancelled) can be read; that is waited for.
 * The time of the end comes with it.
 */
export function notificationOf(job: Job): JobNotification | null {
  if (!isTerminal(job.status) || job.completed_at === null) return null;
  const outcome = outcomeOf(job);
  if (!outcome) return null;
  const name = jobName(job);
  return {
    id: notificationId(job),
    jobId: job.job_id,
    attempt: job.attempt,
    outcome,
    name: name === null ? null : cut(name),
    message: job.error ? cut(job.error.message) : null,
    at: job.completed_at,
    isRead: false,
  };
}

function outcomeOf(job: Job): Outcome | null {
  switch (job.status) {
    case "completed":
      return job.outcome === "partial" ? "partial" : "ready";
    case "failed":
    case "expired":
      return job.status;
    case "cancelled":
      return job.cancelled_by && job.cancelled_by !== job.owner ? "cancelled" : null;
    default:
      return null;
  }
}

/** Adds a notification unless the book has it, or it is older than the book and nobody saw the job still open. */
export function add(book: Book, notification: JobNotification, wasSeenOpen: boolean): Book {
  if (book.entries.some((entry) => entry.id === notification.id)) return book;
  const atMs = Date.parse(notification.at);
  if (!wasSeenOpen && !(atMs > book.sinceMs)) return book;
  const entry = { ...notification, isDismissed: false, isShown: false };
  return shorten({ ...book, entries: [entry, ...book.entries] });
}

/** Sets marks on the entries that `which` chooses. The same book comes back where nothing changes. */
export function mark(
  book: Book,
  which: (entry: Entry) => boolean,
  marks: Partial<Pick<Entry, "isRead" | "isDismissed" | "isShown">>,
): Book {
  const names = Object.keys(marks) as (keyof typeof marks)[];
  let isChanged = false;
  const entries = book.entries.map((entry) => {
    if (!which(entry) || names.every((name) => entry[name] === marks[name])) return entry;
    isChanged = true;
    return { ...entry, ...marks };
  });
  return isChanged ? { ...book, entries } : book;
}

/** What both books know. `mine` itself comes back where `theirs` has nothing to add. */
export function join(mine: Book, theirs: Book): Book {
  const entries = new Map(mine.entries.map((entry) => [entry.id, entry]));
  let isChanged = theirs.sinceMs > mine.sinceMs;
  const sinceMs = Math.max(mine.sinceMs, theirs.sinceMs);
  for (const entry of theirs.entries) {
    const known = entries.get(entry.id);
    const joined = known ? joinEntries(known, entry) : entry;
    if (joined === known) continue;
    entries.set(entry.id, joined);
    isChanged = true;
  }
  if (!isChanged) return mine;
  const joined = shorten({ sinceMs, entries: [...entries.values()] });
  // Old entries that only the other book kept are cut off again: nothing changed then.
  return isSame(joined, mine) ? mine : joined;
}

function joinEntries(known: Entry, other: Entry): Entry {
  const isRead = known.isRead || other.isRead;
  const isDismissed = known.isDismissed || other.isDismissed;
  const isShown = known.isShown || other.isShown;
  const isKnown = known.isRead === isRead && known.isDismissed === isDismissed && known.isShown === isShown;
  return isKnown ? known : { ...known, isRead, isDismissed, isShown };
}

const isSame = (a: Book, b: Book): boolean =>
  a.sinceMs === b.sinceMs &&
  a.entries.length === b.entries.length &&
  a.entries.every((entry, index) => entry === b.entries[index]);

function shorten(book: Book): Book {
  const entries = [...book.entries].sort((a, b) => b.at.localeCompare(a.at) || b.id.localeCompare(a.id));
  if (entries.length <= MOST_ENTRIES) return { ...book, entries };
  const newestCut = Date.parse(entries[MOST_ENTRIES]?.at ?? "");
  return { sinceMs: Math.max(book.sinceMs, newestCut), entries: entries.slice(0, MOST_ENTRIES) };
}

const OUTCOMES: ReadonlySet<unknown> = new Set<Outcome>([
  "ready",
  "partial",
  "failed",
  "expired",
  "cancelled",
]);

/** Reads a book that was kept as JSON; null for what is none. Anybody can write to a page's storage. */
export function parseBook(data: unknown): Book | null {
  if (!isRecord(data) || typeof data.sinceMs !== "number" || !Number.isFinite(data.sinceMs)) return null;
  if (!Array.isArray(data.entries)) return null;
  const entries = data.entries.slice(0, MOST_ENTRIES).map(parseEntry);
  return shorten({ sinceMs: data.sinceMs, entries: entries.filter((entry) => entry !== null) });
}

function parseEntry(data: unknown): Entry | null {
  if (!isRecord(data)) return null;
  const { id, jobId, attempt, outcome, name, message, at } = data;
  const isText = (value: unknown): value is string => typeof value === "string";
  if (!isText(id) || !isText(jobId) || !isText(at) || Number.isNaN(Date.parse(at))) return null;
  if (typeof attempt !== "number" || id !== `${jobId}#${attempt}` || !OUTCOMES.has(outcome)) return null;
  return {
    id,
    jobId,
    attempt,
    outcome: outcome as Outcome,
    name: isText(name) ? cut(name) : null,
    message: isText(message) ? cut(message) : null,
    at,
    isRead: data.isRead === true,
    isDismissed: data.isDismissed === true,
    isShown: data.isShown === true,
  };
}

const isRecord = (data: unknown): data is Record<string, unknown> =>
  typeof data === "object" && data !== null;

const cut = (text: string): string =>
  text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
