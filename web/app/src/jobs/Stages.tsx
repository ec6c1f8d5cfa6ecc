import { isTerminal, type Job, type Pipeline } from "@docmill/client";

type Stage = Pipeline["stages"][number];

/** The stages of the pipeline, with the one that the job is in. */
export function Stages({ job, stages }: { job: Job; stages: readonly Stage[] }) {
  return (
    <ol className="track">
      {stages.map((stage, index) => {
        const state = stateOf(job, index);
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

function stateOf(job: Job, index: number): "done" | "current" | "ahead" {
  if (job.status === "awaiting_upload") return "ahead";
  if (index < job.stage_index) return "done";
  return index === job.stage_index && !isTerminal(job.status) ? "current" : "ahead";
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
