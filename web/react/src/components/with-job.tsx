import type { Job } from "@docmill/client";
import type { ReactNode } from "react";
import type { LabelChanges, Labels } from "../labels.js";
import { useLabels } from "../provider.js";
import { useJob } from "../use-job.js";
import { type JobActions, useJobActions } from "../use-job-actions.js";
import { classes } from "./parts.js";

/** The job with what can be done with it, for parts of a component that are written by its user. */
export interface JobView extends JobActions {
  job: Job;
}

/** Either the id of a job, which is then followed, or a job that somebody else keeps up to date. */
export type JobSource =
  | { jobId: string; job?: undefined; onChange?: undefined }
  | {
      job: Job;
      jobId?: undefined /** Gets the job as it is after a cancel or retry. */;
      onChange?: (job: Job) => void;
    };

/** What all ways of showing a job take. */
export interface CommonProps {
  /** Where the name leads; null for nowhere. By default what the provider's `href` says. */
  href?: string | null;
  /** Instead of the buttons for cancel and retry; null for none. */
  actions?: ReactNode | ((view: JobView) => ReactNode);
  labels?: LabelChanges;
  className?: string;
  /** Whether screen readers are told of stages and the end. */
  announce?: boolean;
}

type WithJobProps = JobSource & {
  labels?: LabelChanges;
  className?: string;
  children: (view: JobView, labels: Labels) => ReactNode;
};

/** Gets the job from wherever it comes, and shows loading and failing to. */
export function WithJob(props: WithJobProps) {
  const labels = useLabels(props.labels);
  if (props.job !== undefined) {
    return (
      <Given job={props.job} onChange={props.onChange}>
        {(view) => props.children(view, labels)}
      </Given>
    );
  }
  return (
    <Followed jobId={props.jobId} labels={labels} className={props.className}>
      {(view) => props.children(view, labels)}
    </Followed>
  );
}

interface GivenProps {
  job: Job;
  onChange: ((job: Job) => void) | undefined;
  children: (view: JobView) => ReactNode;
}

function Given({ job, onChange, children }: GivenProps) {
  const actions = useJobActions(job.job_id, onChange);
  return children({ job, ...actions });
}

interface FollowedProps {
  jobId: string;
  labels: Labels;
  className?: string | undefined;
  children: (view: JobView) => ReactNode;
}

function Followed({ jobId, labels, className, children }: FollowedProps) {
  const { job, error, cancel, retry, pending, actionError } = useJob(jobId);
  if (job) return children({ job, cancel, retry, pending, actionError });
  if (error) {
    return (
      <div className={classes("docmill-card", className)} role="alert">
        <p className="docmill-problem">{error.message}</p>
      </div>
    );
  }
  return (
    <div className={classes("docmill-card", "docmill-loading", className)} role="status">
      {labels.loading}
    </div>
  );
}

/** What the user of a component put into a slot of it. */
export const slot = (content: ReactNode | ((view: JobView) => ReactNode), view: JobView): ReactNode =>
  typeof content === "function" ? content(view) : content;

/** A job that is there, and the words for it. */
export interface ViewProps {
  view: JobView;
  labels: Labels;
}
