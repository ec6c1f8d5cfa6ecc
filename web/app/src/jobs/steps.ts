// A job's events, made short enough to be read.

import { isTerminal, type JobEvent } from "@docmill/client";

/** Consecutive events of one stage. */
export interface Step {
  /** Version of the first: steps are told apart by it. */
  version: number;
  type: JobEvent["type"];
  status: JobEvent["status"];
  /** As the newest of them has it. */
  stage: string;
  message: string | null;
  /** When the first and the last were, RFC 3339. */
  from: string;
  to: string;
  percent: number;
  /** How many events it stands for. */
  events: number;
}

/** Joins progress within a stage: what differs in numbers alone is one step. Status changes and warnings stay by themselves. */
export function stepsOf(events: readonly JobEvent[]): Step[] {
  const steps: Step[] = [];
  for (const event of events) {
    // What comes after the end is an edit of the result.
    if (event.type === "progress" && isTerminal(event.status)) {
      steps.push({ ...stepOf(event), stage: "Result edited" });
      continue;
    }
    // A gap stands for an event that was lost: it says nothing that the next does not.
    if (event.type === "gap") continue;
    const last = steps.at(-1);
    if (last && isSameStep(last, event)) {
      steps[steps.length - 1] = {
        ...last,
        stage: event.stage,
        to: event.at,
        percent: event.progress_percent,
        events: last.events + 1,
      };
    } else {
      steps.push(stepOf(event));
    }
  }
  return steps;
}

const stepOf = ({ version, type, status, stage, message, at, progress_percent }: JobEvent): Step => ({
  version,
  type,
  status,
  stage,
  message,
  from: at,
  to: at,
  percent: progress_percent,
  events: 1,
});

const isSameStep = (step: Step, event: JobEvent): boolean =>
  event.type === "progress" &&
  step.type !== "warning" &&
  step.status === event.status &&
  event.message === null &&
  withoutNumbers(step.stage) === withoutNumbers(event.stage);

const withoutNumbers = (text: string): string => text.replace(/\d+/g, "#");

/** Events that are known and those that came, by version, each once. */
export function merged(known: readonly JobEvent[], more: readonly JobEvent[]): readonly JobEvent[] {
  const versions = new Set(known.map(({ version }) => version));
  const fresh = more.filter(({ version }) => !versions.has(version));
  if (fresh.length === 0) return known;
  return [...known, ...fresh].sort((a, b) => a.version - b.version);
}
