import { isTerminal, type Job, type Pipeline } from "@docmill/client";
import { JobProgress, useDocmill } from "@docmill/react";
import { Anchor, Button, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";

import { IconPlay } from "../shell/icons";
import { Failure, Loading, Nothing, Panel, ViewTitle } from "../shell/parts";
import { usePipelines } from "../upload/queries";
import { SAMPLES, type Sample } from "./samples";

/** Runs a sample of each pipeline, to show what there is. */
export function TourView() {
  const pipelines = usePipelines();
  const start = useStart();
  const stops = SAMPLES.flatMap((sample) => {
    const pipeline = pipelines.data?.find(({ name }) => name === sample.pipeline);
    return pipeline ? [{ sample, pipeline }] : [];
  });
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start">
        <div>
          <ViewTitle>Tour</ViewTitle>
          <Text c="dimmed" maw={640}>
            See what happens to a document, without one of your own. Each sample is a real job: it takes the
            same way, and costs a credit.
          </Text>
        </div>
        {stops.length > 1 && (
          <Button
            leftSection={<IconPlay size={16} />}
            onClick={() => stops.forEach(({ sample }) => void start(sample))}
          >
            Run all samples
          </Button>
        )}
      </Group>
      {pipelines.error && <Failure error={pipelines.error} onRetry={() => void pipelines.refetch()} />}
      {pipelines.isPending && <Loading />}
      {pipelines.data && stops.length === 0 && (
        <Nothing title="There are no samples for what this installation does" />
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="lg">
        {stops.map(({ sample, pipeline }) => (
          <Stop key={sample.pipeline} sample={sample} pipeline={pipeline} onStart={() => start(sample)} />
        ))}
      </SimpleGrid>
      {stops.length > 0 && (
        <Text size="sm" c="dimmed">
          Meanwhile you can go anywhere: the bell tells when a document is ready, and{" "}
          <Anchor component={Link} href="/jobs" inherit>
            your jobs
          </Anchor>{" "}
          has them all. Then{" "}
          <Anchor component={Link} href="/" inherit>
            start one of your own
          </Anchor>
          .
        </Text>
      )}
    </Stack>
  );
}

/** What became of a sample on this page. */
interface Run {
  jobId: string | null;
  error: unknown;
  isStarting: boolean;
}

const NOT_RUN: Run = { jobId: null, error: null, isStarting: false };
const runKey = (sample: Sample) => ["tour", sample.pipeline];

// Runs are kept as long as the page is there, so that whoever looks at a job and comes back finds the tour as it was.
function useRun(sample: Sample): Run {
  return useQuery({
    queryKey: runKey(sample),
    queryFn: () => NOT_RUN,
    initialData: NOT_RUN,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  }).data;
}

function useStart(): (sample: Sample) => Promise<void> {
  const client = useDocmill();
  const queries = useQueryClient();
  return async (sample) => {
    const put = (run: Partial<Run>) =>
      queries.setQueryData<Run>(runKey(sample), (known = NOT_RUN) => ({ ...known, ...run }));
    if (queries.getQueryData<Run>(runKey(sample))?.isStarting) return;
    put({ isStarting: true, error: null });
    try {
      const job = await client.submit({
        pipeline: sample.pipeline,
        files: [{ name: sample.fileName, type: sample.contentType, data: await dataOf(sample) }],
        ...(sample.settings && { settings: sample.settings }),
      });
      put({ jobId: job.job_id });
    } catch (error) {
      put({ error });
    } finally {
      put({ isStarting: false });
    }
  };
}

async function dataOf({ url, contentType }: Sample): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error("The sample could not be loaded. Please try again.");
  return new Blob([await response.arrayBuffer()], { type: contentType });
}

interface StopProps {
  sample: Sample;
  pipeline: Pipeline;
  onStart: () => Promise<void>;
}

function Stop({ sample, pipeline, onStart }: StopProps) {
  const { jobId, error, isStarting } = useRun(sample);
  const titleId = `tour-${sample.pipeline}`;
  return (
    <Panel component="section" aria-labelledby={titleId}>
      <Stack gap="sm">
        <Title order={2} id={titleId}>
          {pipeline.title}
        </Title>
        <Text size="sm">{sample.about}</Text>
        {error !== null && <Failure error={error} />}
        {jobId && (
          <JobProgress jobId={jobId}>
            {({ job }) => isTerminal(job.status) && <Ending job={job} />}
          </JobProgress>
        )}
        {jobId && (
          <Text size="sm" c="dimmed">
            {sample.result}
          </Text>
        )}
        <Group gap="sm">
          <Button
            variant={jobId ? "default" : "filled"}
            loading={isStarting}
            leftSection={<IconPlay size={16} />}
            aria-label={`${jobId ? "Run again" : "Run the sample"}: ${pipeline.title}`}
            onClick={() => void onStart()}
          >
            {jobId ? "Run again" : "Run the sample"}
          </Button>
          <Anchor href={sample.url} size="sm" target="_blank" rel="noopener">
            Look at the document
          </Anchor>
        </Group>
      </Stack>
    </Panel>
  );
}

function Ending({ job }: { job: Job }) {
  if (job.status !== "completed") return null;
  return (
    <Button component={Link} href={`/jobs/${job.job_id}`} size="compact-sm">
      Look at the result
    </Button>
  );
}
