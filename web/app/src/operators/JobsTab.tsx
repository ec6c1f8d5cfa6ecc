import { useDocmill } from "@docmill/react";
import { Badge, Button, Code, Group, NativeSelect, Table, Text } from "@mantine/core";
import { useState } from "react";

import { words } from "../shell/format";
import { Ago, Failure, Loading, Nothing, Panel } from "../shell/parts";
import { usePipelines } from "../upload/queries";
import type { Question } from "./ask";
import { JobLink } from "./JobLink";
import { ACT_NAMES, questionOf } from "./jobActs";
import { type JobsStatus, useOperationsJobs } from "./queries";
import { SectionHead } from "./Source";
import type { OperationsJob } from "./types";
import { WideTable } from "./WideTable";

const STATUSES: { value: JobsStatus; label: string }[] = [
  { value: "open", label: "Open" },
  { value: "awaiting_upload", label: "Awaiting upload" },
  { value: "queued", label: "Queued" },
  { value: "processing", label: "Processing" },
  { value: "failed", label: "Failed" },
];

const COLORS: Partial<Record<OperationsJob["status"], string>> = {
  processing: "brand",
  failed: "red",
};

interface JobsTabProps {
  source: string | undefined;
  ask: (question: Question) => void;
}

/** Jobs of everybody that are open or failed, and what can be done about them. */
export function JobsTab({ source, ask }: JobsTabProps) {
  const [status, setStatus] = useState<JobsStatus>("open");
  const [pipeline, setPipeline] = useState("");
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useOperationsJobs(status, pipeline || null);
  const pipelines = usePipelines().data ?? [];
  const jobs = data?.pages.flatMap((page) => page.jobs) ?? [];
  return (
    <Panel component="section" aria-labelledby="operators-jobs">
      <SectionHead id="operators-jobs" title="Jobs of everybody" of="the list of jobs" text={source} />
      <Group mb="md" align="flex-end">
        <NativeSelect
          label="Status"
          value={status}
          onChange={(event) => setStatus(event.currentTarget.value as JobsStatus)}
          data={STATUSES}
        />
        <NativeSelect
          label="Pipeline"
          value={pipeline}
          onChange={(event) => setPipeline(event.currentTarget.value)}
          data={[
            { value: "", label: "All" },
            ...pipelines.map(({ name, title }) => ({ value: name, label: title })),
          ]}
        />
      </Group>
      {error && <Failure error={error} title="The jobs could not be read" onRetry={() => void refetch()} />}
      {isPending && <Loading />}
      {data && jobs.length === 0 && (
        <Nothing title={status === "failed" ? "No job failed" : "No job is open"}>
          {status === "failed"
            ? "Failed jobs stand here while they are kept."
            : "Jobs stand here until they end."}
        </Nothing>
      )}
      {jobs.length > 0 && <JobsTable jobs={jobs} ask={ask} />}
      {hasNextPage && (
        <Button variant="default" mt="md" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show older jobs
        </Button>
      )}
    </Panel>
  );
}

function JobsTable({ jobs, ask }: { jobs: readonly OperationsJob[]; ask: (question: Question) => void }) {
  return (
    <WideTable labelledBy="operators-jobs" minWidth={560}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Job</Table.Th>
          <Table.Th scope="col">Pipeline</Table.Th>
          <Table.Th scope="col">Status</Table.Th>
          <Table.Th scope="col" visibleFrom="sm">
            Priority
          </Table.Th>
          <Table.Th scope="col" visibleFrom="sm">
            Attempt
          </Table.Th>
          <Table.Th scope="col">Created</Table.Th>
          <Table.Th scope="col" visibleFrom="sm">
            Owner
          </Table.Th>
          <Table.Th scope="col">Actions</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {jobs.map((job) => (
          <Row key={job.job_id} job={job} ask={ask} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function Row({ job, ask }: { job: OperationsJob; ask: (question: Question) => void }) {
  const client = useDocmill();
  return (
    <Table.Tr>
      <Table.Td>
        <JobLink jobId={job.job_id} />
      </Table.Td>
      <Table.Td>
        {job.pipeline}
        {job.kind && (
          <Text size="xs" c="dimmed">
            {job.kind}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Badge variant="light" color={COLORS[job.status] ?? "gray"} tt="none" miw="max-content">
          {words(job.status)}
        </Badge>
        <Text size="xs" c="dimmed" mt={2}>
          {job.status === "failed" ? <Code>{job.error_code ?? "?"}</Code> : phaseText(job)}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">{words(job.priority)}</Table.Td>
      <Table.Td visibleFrom="sm">{job.attempt}</Table.Td>
      <Table.Td>
        <Ago time={job.created_at} />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Code title={job.owner}>{job.owner.length > 12 ? `${job.owner.slice(0, 8)}…` : job.owner}</Code>
      </Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          {job.acts.map((act) => (
            <Button
              key={act}
              size="compact-sm"
              variant="default"
              aria-label={`${ACT_NAMES[act]} job ${job.job_id}`}
              onClick={() => ask(questionOf(client, job, act))}
            >
              {ACT_NAMES[act]}
            </Button>
          ))}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function phaseText(job: OperationsJob): string {
  if (job.cancel_requested_at) return "Cancelling";
  if (job.status === "awaiting_upload") return "Waits for its files";
  switch (job.phase) {
    case "waiting":
      return "Waits for its place";
    case "planning":
      return "Planning";
    case "merging":
      return "Merging";
    case "chunks":
      return job.total_chunks === null ? "Chunks" : `${job.total_chunks} chunks`;
  }
}
