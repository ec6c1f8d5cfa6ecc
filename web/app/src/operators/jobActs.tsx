import type { Docmill } from "@docmill/client";
import { Code, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

import type { Question } from "./ask";
import type { Act, OperationsJob } from "./types";

/** What each act is called. */
export const ACT_NAMES: Record<Act, string> = { cancel: "Cancel", retry: "Retry", requeue: "Requeue" };

/** The question before an act on somebody's job. */
export function questionOf(client: Docmill, job: OperationsJob, act: Act): Question {
  const { job_id: id } = job;
  switch (act) {
    case "cancel":
      return {
        title: "Cancel this job?",
        action: "Cancel the job",
        isDangerous: true,
        text: (
          <What job={job}>
            It ends at once, or within a minute where a worker is at it. What is not done is not done any
            more; credits for it go back to the owner. The owner is told that somebody else cancelled it.
          </What>
        ),
        run: async () => {
          const { status } = await client.cancel(id);
          return status === "cancelled" ? "The job was cancelled." : "The job is being cancelled.";
        },
      };
    case "retry":
      return {
        title: "Retry this job?",
        action: "Retry the job",
        isDangerous: false,
        text: (
          <What job={job}>
            Its next attempt begins, over what failed only; finished chunks are kept. The owner pays for it as
            for any retry: it is refused where their credits do not suffice.
          </What>
        ),
        run: async () => `Attempt ${(await client.retry(id)).attempt} of the job has begun.`,
      };
    case "requeue":
      return {
        title: "Requeue this job?",
        action: "Requeue the job",
        isDangerous: false,
        text: (
          <What job={job}>
            The step that it waits for is looked up, and made or sent again now. That does no harm: what a
            worker holds is left to it, nothing is done twice, and nobody pays.
          </What>
        ),
        run: async () => (await client.operations.requeue(id)).detail,
      };
  }
}

function What({ job, children }: { job: OperationsJob; children: ReactNode }) {
  return (
    <Stack gap="xs">
      <Text size="sm">{children}</Text>
      <dl className="facts">
        <dt>Job</dt>
        <dd>
          <Code>{job.job_id}</Code>
        </dd>
        <dt>Pipeline</dt>
        <dd>{job.pipeline}</dd>
        <dt>Owner</dt>
        <dd>
          <Code>{job.owner}</Code>
        </dd>
      </dl>
      <Audited />
    </Stack>
  );
}

/** What every act leaves behind. */
export const Audited = () => (
  <Text size="sm" c="dimmed">
    It is written into the audit trail under your name.
  </Text>
);
