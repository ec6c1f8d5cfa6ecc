import { isTerminal, type Job, type Pipeline } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Group, Stack, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";

import { Failure, Loading, Panel } from "../shell/parts";
import { Downloads } from "./Downloads";
import { isSentences } from "./novel/model";
import { SentencesView } from "./novel/SentencesView";
import { PlainResult } from "./PlainResult";
import { isTimetable } from "./timetable/model";

const TimetableView = lazy(async () => ({
  default: (await import("./timetable/TimetableView")).TimetableView,
}));

/**
 * The result's JSON. What was read once of an edition is not read again.
 * @param keepsShown whether what was shown stays until the next is there
 */
export function useResult(job: Job, edition: number, keepsShown = false) {
  const client = useDocmill();
  return useQuery({
    // A retry leaves the last result standing until the next replaces it.
    queryKey: ["result", job.job_id, job.attempt, isTerminal(job.status), edition],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    ...(keepsShown && { placeholderData: keepPreviousData }),
    queryFn: async ({ signal }): Promise<unknown> => {
      const response = await client.result(job.job_id, { format: "json", edition, signal });
      return response.json();
    },
  });
}

interface ResultProps {
  job: Job;
  pipeline: Pipeline | undefined;
  /** The job was changed: by an edit of its result. */
  onChange: () => void;
}

/** The result of a job, in the form that suits it. */
export function Result({ job, pipeline, onChange }: ResultProps) {
  const hasJson = job.formats?.includes("json") ?? false;
  return (
    <Panel component="section" aria-labelledby="result-title">
      <Stack gap="md">
        {hasJson ? (
          <ResultBody job={job} pipeline={pipeline} onChange={onChange} />
        ) : (
          <ResultHead job={job} pipeline={pipeline} />
        )}
      </Stack>
    </Panel>
  );
}

/** Title and downloads. */
export function ResultHead({
  job,
  pipeline,
  title = "Result",
  ...known
}: Omit<ResultProps, "onChange"> & { title?: string; rows?: number; edition?: number }) {
  return (
    <Group justify="space-between" align="center" gap="sm">
      <Title order={2} id="result-title" tabIndex={-1}>
        {title}
      </Title>
      <Downloads job={job} pipeline={pipeline} {...known} />
    </Group>
  );
}

function ResultBody({ job, pipeline, onChange }: ResultProps) {
  const { data, error, refetch, isPending } = useResult(job, job.edition ?? 0, true);
  if (isTimetable(data)) {
    return (
      <Suspense fallback={<Loading />}>
        <TimetableView job={job} pipeline={pipeline} newest={data} onChange={onChange} />
      </Suspense>
    );
  }
  const rows = isSentences(data) ? data.sentences.length : undefined;
  return (
    <>
      <ResultHead
        job={job}
        pipeline={pipeline}
        title={isSentences(data) ? "Sentences" : "Result"}
        {...(rows !== undefined && { rows })}
      />
      {isSentences(data) ? (
        <SentencesView result={data} />
      ) : error ? (
        <Failure title="The result could not be loaded" error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Loading what="Loading the result…" />
      ) : (
        <PlainResult result={data} />
      )}
    </>
  );
}
