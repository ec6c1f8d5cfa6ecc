import type { Job } from "@docmill/client";
import { count, type Formats } from "./format.js";

/** What became of an attempt, as a notification tells it. */
export type Outcome = "ready" | "partial" | "failed" | "expired" | "cancelled";

/**
 * Every text that the components show. Give a part of it to `DocmillProvider`, or to one component, to change the words
 * or the language; `locale` of the provider changes numbers and times.
 */
export interface Labels {
  status: Record<Job["status"], string>;
  /** Shown instead of "completed" where parts of the documents are missing in the result. */
  partial: string;
  untitled: string;
  loading: string;
  progressOf: (name: string) => string;
  percent: (percent: number) => string;
  chunks: (processed: number, total: number, f: Formats) => string;
  attempt: (attempt: number, f: Formats) => string;
  created: (ago: string) => string;
  took: (duration: string) => string;
  waiting: (waiting: NonNullable<Job["waiting_for"]>, f: Formats) => string;
  warnings: (n: number, f: Formats) => string;
  failedParts: (n: number, f: Formats) => string;
  moreParts: (n: number, f: Formats) => string;
  failedWithoutReason: string;
  cancel: string;
  cancelling: string;
  retry: string;
  retrying: string;
  close: string;
  /** Of the cross in a dialog's corner. */
  closeDialog: string;
  runInBackground: string;
  /** Name of the dialog with a job. */
  jobDialog: string;
  connection: Record<"idle" | "connecting" | "live" | "stream" | "polling" | "offline", string>;
  /** The sentence behind the word: a tooltip, and what a screen reader adds. */
  connectionHint: Record<"idle" | "connecting" | "live" | "stream" | "polling" | "offline", string>;
  notifications: string;
  unread: (n: number, f: Formats) => string;
  noNotifications: string;
  noNotificationsHint: string;
  outcome: Record<Outcome, string>;
  isNew: string;
  dismiss: string;
  clearAll: string;
  allowNotifications: string;
  allowNotificationsHint: string;
  notificationsDenied: string;
}

/** The English words. */
export const englishLabels: Labels = {
  status: {
    awaiting_upload: "Waiting for file",
    queued: "Queued",
    processing: "Processing",
    completed: "Completed",
    failed: "Failed",
    cancelled: "Cancelled",
    expired: "Expired",
  },
  partial: "Completed with errors",
  untitled: "Job without files",
  loading: "Loading…",
  progressOf: (name) => `Progress of ${name}`,
  percent: (percent) => `${percent} %`,
  chunks: (processed, total, f) => `${f.integer(processed)} of ${count(f, total, "part")}`,
  attempt: (attempt, f) => `Attempt ${f.integer(attempt)}`,
  // What Intl calls "now" is a moment ago at least.
  created: (ago) => `Created ${ago === "now" ? "just now" : ago}`,
  took: (duration) => `Took ${duration}`,
  waiting: waitingInEnglish,
  warnings: (n, f) => count(f, n, "warning"),
  failedParts: (n, f) => `${count(f, n, "part")} could not be processed`,
  moreParts: (n, f) => `and ${count(f, n, "more part")}`,
  failedWithoutReason: "This job failed.",
  cancel: "Cancel",
  cancelling: "Cancelling…",
  retry: "Retry",
  retrying: "Retrying…",
  close: "Close",
  closeDialog: "Close the dialog",
  runInBackground: "Go on in the background",
  jobDialog: "Your job",
  connection: {
    idle: "Not connected",
    connecting: "Connecting",
    live: "Live",
    stream: "Event stream",
    polling: "Polling",
    offline: "Offline",
  },
  connectionHint: {
    idle: "Nothing is followed at the moment.",
    connecting: "The live connection is being made.",
    live: "Changes show at once.",
    stream: "No WebSocket; changes come by event stream.",
    polling: "No live connection; changes show within seconds.",
    offline: "No connection. What you see may be out of date.",
  },
  notifications: "Notifications",
  unread: (n, f) => `${f.integer(n)} unread`,
  noNotifications: "No notifications yet",
  noNotificationsHint: "You will be told here when a document is ready.",
  outcome: {
    ready: "Document ready!",
    partial: "Document ready, with errors",
    failed: "Document failed",
    expired: "Job expired",
    cancelled: "Job was cancelled",
  },
  isNew: "New",
  dismiss: "Dismiss",
  clearAll: "Clear all",
  allowNotifications: "Allow browser notifications",
  allowNotificationsHint: "To be told when this page is in the background, too.",
  notificationsDenied: "Your browser blocks notifications of this page.",
};

function waitingInEnglish(waiting: NonNullable<Job["waiting_for"]>, f: Formats): string {
  const until = waiting.until ? f.clock(waiting.until) : null;
  const { ahead } = waiting;
  switch (waiting.reason) {
    case "upload":
      return until ? `Waits for its files until ${until}.` : "Waits for its files.";
    case "queue":
      return ahead ? `Waits in the queue; ${inFront(ahead, f)}.` : "Waits in the queue.";
    case "tenant_limit":
      return ahead
        ? `As many of your jobs run as may at once; ${inFront(ahead, f)}.`
        : "As many of your jobs run as may at once. This one is next.";
    case "provider_cooldown":
      return until
        ? `A service it needs is busy; it goes on at ${until}.`
        : "A service it needs is busy; it goes on in a moment.";
    default:
      return "Waits.";
  }
}

// The API counts no further than 99.
const inFront = (ahead: number, f: Formats) =>
  ahead >= 99 ? "99 or more are ahead" : `${f.integer(ahead)} ${ahead === 1 ? "is" : "are"} ahead`;

/** The labels of `base` with those of `changes`; groups such as `status` are merged, too. */
export function mergeLabels(base: Labels, changes: LabelChanges | undefined): Labels {
  if (!changes) return base;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const known = merged[name];
    merged[name] =
      typeof value === "object" && typeof known === "object" ? { ...known, ...(value as object) } : value;
  }
  return merged as unknown as Labels;
}

/** Some of the labels; of a group such as `status`, some of its words. */
export type LabelChanges = {
  [Name in keyof Labels]?: Labels[Name] extends (...args: never[]) => string
    ? Labels[Name]
    : Labels[Name] extends string
      ? string
      : Partial<Labels[Name]>;
};
