import { isTerminal, type Job } from "@docmill/client";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { canCancel, canRetry } from "../jobs.js";
import type { Labels } from "../labels.js";
import { useDocmillContext } from "../provider.js";
import { ActionButtons, Ago, Announcer, classes, JobName, ProgressBar, StatusBadge } from "./parts.js";
import { useAnnouncement } from "./use-announcement.js";
import { type CommonProps, type JobSource, type JobView, slot, type ViewProps, WithJob } from "./with-job.js";

export type JobProgressProps = JobSource &
  CommonProps & {
    /** Level of the heading that the name is; 3 by default. */
    headingLevel?: 1 | 2 | 3 | 4 | 5 | 6;
    /** Stands below the rest, e.g. a link to the result. */
    children?: ReactNode | ((view: JobView) => ReactNode);
  };

/** A card that shows how a job stands: name, stage, bar, why it waits, what went wrong, and what can be done. */
export function JobProgress(props: JobProgressProps) {
  return <WithJob {...props}>{(view, labels) => <JobCard {...props} view={view} labels={labels} />}</WithJob>;
}

type JobCardProps = Omit<JobProgressProps, keyof JobSource | "labels"> & ViewProps;

/** The card of a job that is there. */
export function JobCard(props: JobCardProps) {
  const { view, labels, href, headingLevel = 3, announce = true, actions, className, children } = props;
  const { job } = view;
  const { formats } = useDocmillContext();
  const announcement = useAnnouncement(job, labels, announce);
  const { card, title } = useFocusKeeper(job);
  const Heading = `h${headingLevel}` as const;
  const isOpen = !isTerminal(job.status);
  return (
    <section ref={card} className={classes("docmill-card", className)} data-tone={job.status}>
      <div className="docmill-head">
        <Heading ref={title} tabIndex={-1} className="docmill-title">
          <JobName job={job} labels={labels} href={href} />
        </Heading>
        <StatusBadge job={job} labels={labels} />
      </div>
      {isOpen && (
        <div className="docmill-progress">
          <ProgressBar job={job} labels={labels} />
          <span className="docmill-percent" aria-hidden="true">
            {labels.percent(job.progress_percent)}
          </span>
        </div>
      )}
      <Facts job={job} labels={labels} />
      {isOpen && job.waiting_for && (
        <p className="docmill-waiting">{labels.waiting(job.waiting_for, formats)}</p>
      )}
      <Failure job={job} labels={labels} />
      <Remarks job={job} labels={labels} />
      {view.actionError && (
        <p className="docmill-problem" role="alert">
          {view.actionError.message}
        </p>
      )}
      <div className="docmill-actions">
        {actions === undefined ? (
          <ActionButtons job={job} labels={labels} actions={view} />
        ) : (
          slot(actions, view)
        )}
        {slot(children, view)}
      </div>
      <Announcer>{announcement}</Announcer>
    </section>
  );
}

function Facts({ job, labels }: { job: Job; labels: Labels }) {
  const { formats } = useDocmillContext();
  const isOpen = !isTerminal(job.status);
  return (
    <p className="docmill-facts">
      {/* What the badge says already is not said again. */}
      {isOpen && job.stage !== labels.status[job.status] && (
        <span className="docmill-stage">{job.stage}</span>
      )}
      {job.total_chunks !== null && job.total_chunks > 1 && (
        <span>{labels.chunks(job.processed_chunks, job.total_chunks, formats)}</span>
      )}
      {job.attempt > 1 && <span>{labels.attempt(job.attempt, formats)}</span>}
      {job.processing_time_seconds !== null && !isOpen && (
        <span>{labels.took(formats.duration(job.processing_time_seconds))}</span>
      )}
      <Ago at={job.created_at} wrap={labels.created} />
    </p>
  );
}

/** Takes the keyboard to the title when the button it was on goes, as Cancel does when the job ends. */
function useFocusKeeper(job: Job) {
  const card = useRef<HTMLElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const hadFocus = useRef(false);
  const buttons = `${canCancel(job)} ${canRetry(job)}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is to run when the buttons change.
  useLayoutEffect(() => {
    const focusIsLost = !document.activeElement || document.activeElement === document.body;
    if (hadFocus.current && focusIsLost) title.current?.focus();
  }, [buttons]);
  useLayoutEffect(() => {
    const element = card.current;
    if (!element) return;
    const follow = (event: Event) => {
      const target = event.target;
      hadFocus.current = target instanceof Node && element.contains(target);
    };
    document.addEventListener("focusin", follow);
    // A press on what takes no focus leaves the card as well.
    document.addEventListener("pointerdown", follow);
    return () => {
      document.removeEventListener("focusin", follow);
      document.removeEventListener("pointerdown", follow);
    };
  }, []);
  return { card, title };
}

function Failure({ job, labels }: { job: Job; labels: Labels }) {
  if (job.status !== "failed" && job.status !== "expired") return null;
  return (
    <p className="docmill-problem">
      {job.error?.message ?? labels.failedWithoutReason} {job.error && <code>{job.error.code}</code>}
    </p>
  );
}

/** Warnings and parts that failed, folded. */
function Remarks({ job, labels }: { job: Job; labels: Labels }) {
  const { formats } = useDocmillContext();
  const warnings = job.warnings ?? [];
  const failed = job.failed_chunks ?? [];
  const failedCount = job.failed_count ?? failed.length;
  if (warnings.length === 0 && failedCount === 0) return null;
  const summary = [
    failedCount > 0 && labels.failedParts(failedCount, formats),
    warnings.length > 0 && labels.warnings(warnings.length, formats),
  ];
  const rest = failedCount - failed.length;
  return (
    <details className="docmill-remarks">
      <summary>{summary.filter(Boolean).join(" · ")}</summary>
      <ul>
        {failed.map((chunk) => (
          <li key={`chunk ${chunk.chunk}`}>
            {chunk.label}: {chunk.message} <code>{chunk.code}</code>
          </li>
        ))}
        {failed.length > 0 && rest > 0 && <li>{labels.moreParts(rest, formats)}</li>}
        {warnings.map((warning, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: warnings have no identity, and are only ever added.
          <li key={`warning ${index}`}>{warning.message}</li>
        ))}
      </ul>
    </details>
  );
}
