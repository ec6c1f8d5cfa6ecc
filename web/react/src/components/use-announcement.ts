import type { Job } from "@docmill/client";
import { useEffect, useRef, useState } from "react";
import { jobName, jobTone } from "../jobs.js";
import type { Labels } from "../labels.js";

// The numbers in a stage ("Processing chunks (3/7)") go up with every part; the stage is the same.
const stageWithoutNumbers = (stage: string) => stage.replaceAll(/\d+/g, "#");

/**
 * What a screen reader is told of a job: each new stage and the end, but neither every percent nor what already stood
 * there when the job came into view.
 */
export function useAnnouncement(job: Job | null, labels: Labels, isWanted = true): string {
  const [text, setText] = useState("");
  const told = useRef<{ jobId: string; key: string } | null>(null);
  useEffect(() => {
    if (!job || !isWanted) return;
    const tone = jobTone(job);
    const key = `${job.attempt} ${tone} ${stageWithoutNumbers(job.stage)}`;
    const before = told.current;
    told.current = { jobId: job.job_id, key };
    if (before?.jobId !== job.job_id) setText("");
    else if (before.key !== key) {
      const what =
        tone === "processing" ? job.stage : tone === "partial" ? labels.partial : labels.status[tone];
      const why = tone === "failed" && job.error ? ` ${job.error.message}` : "";
      setText(`${jobName(job) ?? labels.untitled}: ${what}.${why}`);
    }
  }, [job, labels, isWanted]);
  return text;
}
