import type { Job, Pipeline } from "@docmill/client";

type Stage = Pipeline["stages"][number];

/** The stages of the pipeline, with the one that the job is in. */
export function Stages({ job, stages }: { job: Job; stages: readonly Stage[] }) {
  const hasBegun = job.status !== "awaiting_upload";
  const current = currentStage(stages, job);
  return (
    <ol className="track">
      {stages.map((stage, index) => {
        const state = !hasBegun || index > current ? "ahead" : index < current ? "done" : "current";
        return (
          <li key={stage.text} data-state={state} aria-current={state === "current" ? "step" : undefined}>
            {state === "current" ? job.stage : stageText(stage.text, job)}
            {state === "done" && <span className="visually-hidden"> (done)</span>}
          </li>
        );
      })}
    </ol>
  );
}

/**
 * The stage that the job is in. Events tell its text and percent and not its number, so the text goes first: of stages
 * that are called alike, the one that fits the percent.
 */
export function currentStage(
  stages: readonly Stage[],
  job: Pick<Job, "stage" | "progress_percent" | "stage_index">,
): number {
  const begun = stages.findLastIndex(({ percent }) => percent <= job.progress_percent);
  const called = stages.flatMap(({ text }, index) => (isCalled(text, job.stage) ? [index] : []));
  if (called.length === 0) return job.stage_index;
  return called.findLast((index) => index <= begun) ?? called[0] ?? begun;
}

function isCalled(text: string, stage: string): boolean {
  const parts = text.split(/\{(?:done|total)\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("\\d+")}$`).test(stage);
}

/** A stage's text with its numbers, or without the places for them where they are not known. */
export function stageText(text: string, job: Pick<Job, "processed_chunks" | "total_chunks">): string {
  const total = job.total_chunks;
  if (total === null) {
    return text
      .replace(/\s*\([^()]*\{(?:done|total)\}[^()]*\)/g, "")
      .replace(/\{(?:done|total)\}\s*/g, "")
      .trim();
  }
  return text.replaceAll("{done}", String(job.processed_chunks)).replaceAll("{total}", String(total));
}
