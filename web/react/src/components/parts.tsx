import type { Job } from "@docmill/client";
import { type ReactNode, useEffect, useState } from "react";
import { canCancel, canRetry, jobName, jobTone } from "../jobs.js";
import type { Labels } from "../labels.js";
import { useDocmillContext } from "../provider.js";
import type { JobActions } from "../use-job-actions.js";

/** Class names that are there. */
export const classes = (...names: (string | false | null | undefined)[]): string =>
  names.filter(Boolean).join(" ");

/** Rerenders every `everyMs`, for times that go on; gives the time in milliseconds. */
export function useNow(everyMs = 30_000): number {
  const [nowMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}

/** A moment as "3 minutes ago", in full where it is pointed at. */
export function Ago({ at, wrap = (ago) => ago }: { at: string; wrap?: (ago: string) => string }) {
  const { formats } = useDocmillContext();
  const nowMs = useNow();
  return (
    <time dateTime={at} title={formats.dateTime(at)}>
      {wrap(formats.ago(at, nowMs))}
    </time>
  );
}

/** The job's status as a word in a coloured shape. */
export function StatusBadge({ job, labels }: { job: Job; labels: Labels }) {
  const tone = jobTone(job);
  return (
    <span className="docmill-badge" data-tone={tone}>
      {tone === "partial" ? labels.partial : labels.status[tone]}
    </span>
  );
}

/** The job's name, as a link where the provider or `href` says where to. */
export function JobName({
  job,
  labels,
  href,
}: {
  job: Job;
  labels: Labels;
  href?: string | null | undefined;
}) {
  const context = useDocmillContext();
  const target = href === undefined ? context.href?.(job.job_id) : href;
  const name = jobName(job) ?? labels.untitled;
  return target ? <a href={target}>{name}</a> : name;
}

/** The bar of a job that is on its way. */
export function ProgressBar({ job, labels }: { job: Job; labels: Labels }) {
  const percent = Math.min(100, Math.max(0, job.progress_percent));
  return (
    <div
      className="docmill-bar"
      data-tone={jobTone(job)}
      role="progressbar"
      aria-label={labels.progressOf(jobName(job) ?? labels.untitled)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${labels.percent(percent)}, ${job.stage}`}
    >
      <div className="docmill-bar-fill" style={{ inlineSize: `${percent}%` }} />
    </div>
  );
}

interface ActionButtonsProps {
  job: Job;
  labels: Labels;
  actions: JobActions;
}

/** Cancel and retry, where the job allows them. */
export function ActionButtons({ job, labels, actions }: ActionButtonsProps) {
  const { pending, cancel, retry } = actions;
  const name = jobName(job) ?? labels.untitled;
  const button = (kind: "cancel" | "retry", word: string, run: () => Promise<void>) => (
    <button
      type="button"
      className="docmill-button"
      aria-label={`${word} ${name}`}
      // A disabled button would lose the keyboard's place; the hook drops a second click.
      aria-disabled={pending === kind || undefined}
      onClick={() => void run()}
    >
      {word}
    </button>
  );
  return (
    <>
      {(canCancel(job) || pending === "cancel") &&
        button("cancel", pending === "cancel" ? labels.cancelling : labels.cancel, cancel)}
      {(canRetry(job) || pending === "retry") &&
        button("retry", pending === "retry" ? labels.retrying : labels.retry, retry)}
    </>
  );
}

/** Text for screen readers alone, told when it changes. */
export function Announcer({ children }: { children: ReactNode }) {
  return (
    <span className="docmill-hidden" role="status">
      {children}
    </span>
  );
}

export const CrossIcon = () => (
  <svg viewBox="0 0 16 16" aria-hidden="true">
    <path d="m4 4 8 8m0-8-8 8" />
  </svg>
);
