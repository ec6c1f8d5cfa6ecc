import { isTerminal } from "@docmill/client";
import { ActionButtons, Announcer, classes, JobName, ProgressBar, StatusBadge } from "./parts.js";
import { useAnnouncement } from "./use-announcement.js";
import { type CommonProps, type JobSource, slot, type ViewProps, WithJob } from "./with-job.js";

export type JobProgressCompactProps = JobSource & CommonProps;

/** The same in one line, for lists. It tells screen readers nothing by itself unless `announce` is set. */
export function JobProgressCompact(props: JobProgressCompactProps) {
  return <WithJob {...props}>{(view, labels) => <JobLine {...props} view={view} labels={labels} />}</WithJob>;
}

type JobLineProps = Omit<JobProgressCompactProps, keyof JobSource | "labels"> & ViewProps;

function JobLine({ view, labels, href, announce = false, actions, className }: JobLineProps) {
  const { job } = view;
  const isOpen = !isTerminal(job.status);
  const announcement = useAnnouncement(job, labels, announce);
  return (
    <div className={classes("docmill-line", className)} data-tone={job.status}>
      <span className="docmill-line-name">
        <JobName job={job} labels={labels} href={href} />
      </span>
      {isOpen ? (
        <span className="docmill-line-progress">
          <span className="docmill-stage" title={job.stage}>
            {job.stage}
          </span>
          <ProgressBar job={job} labels={labels} />
          <span className="docmill-percent" aria-hidden="true">
            {labels.percent(job.progress_percent)}
          </span>
        </span>
      ) : (
        <span className="docmill-line-progress">
          <StatusBadge job={job} labels={labels} />
          {job.error && <span className="docmill-line-error">{job.error.message}</span>}
        </span>
      )}
      <span className="docmill-line-actions">
        {actions === undefined ? (
          <ActionButtons job={job} labels={labels} actions={view} />
        ) : (
          slot(actions, view)
        )}
      </span>
      {announce && <Announcer>{announcement}</Announcer>}
    </div>
  );
}
