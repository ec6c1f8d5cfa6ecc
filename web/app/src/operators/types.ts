// Names for parts of what the operators' routes answer.

import type { OperationsFigures, OperationsJob } from "@docmill/client";

export type { Letter, OperationsJob, Requeued } from "@docmill/client";
/** How the installation is. */
export type Operations = OperationsFigures;
/** Messages of one queue, approximately, and how long its oldest job has waited. */
export type QueueFigures = Operations["queues"][number];
/** A piece of work that somebody has claimed. */
export type RunningSlot = Operations["running"]["slots"][number];
/** What ended in one hour. */
export type HourFigures = Operations["hours"][number];
/** Seconds; null where there was nothing to measure. */
export type Quantiles = HourFigures["processing_seconds"];
/** What failed with one code. */
export type FailureFigures = Operations["failures"]["last_24_hours"][number];
/** Whether the credits add up. */
export type Accounting = Operations["accounting"];
/** What an operator may do to a job. */
export type Act = OperationsJob["acts"][number];
