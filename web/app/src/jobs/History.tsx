import type { JobsFilter, Status } from "@docmill/client";
import { JobProgressCompact, useJobs } from "@docmill/react";
import { Anchor, Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { Link, useLocation, useSearch } from "wouter";

import { count } from "../shell/format";
import { IconList } from "../shell/icons";
import { Ago, Failure, Loading, Nothing, Panel, ViewTitle } from "../shell/parts";
import { useCompanies, usePipelines } from "../upload/queries";

const PAGE = 25;

const STATUSES: readonly [Status, string][] = [
  ["awaiting_upload", "Waiting for files"],
  ["queued", "Queued"],
  ["processing", "Processing"],
  ["completed", "Completed"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
  ["expired", "Expired"],
];

/** All jobs, newest first; the filters stand in the address. */
export function History() {
  const query = new URLSearchParams(useSearch());
  const [, navigate] = useLocation();
  const filter = filterOf(query);
  const { jobs, error, isLoading, hasMore, loadMore, refresh } = useJobs(filter);
  const titles = new Map(usePipelines().data?.map(({ name, title }) => [name, title]));
  const isFiltered = Boolean(filter.status || filter.pipeline || filter.companyId || filter.batchId);
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(query);
    if (value) next.set(name, value);
    else next.delete(name);
    const text = next.toString();
    navigate(`/jobs${text ? `?${text}` : ""}`, { replace: true });
  };
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <ViewTitle>Jobs</ViewTitle>
        <Button component={Link} href="/">
          New job
        </Button>
      </Group>
      <Filters query={query} onChange={set} />
      <Panel component="section">
        {error && <Failure error={error} onRetry={() => void refresh()} />}
        {jobs.length === 0 && !error && (isLoading ? <Loading /> : <NoJobs isFiltered={isFiltered} />)}
        {jobs.length > 0 && (
          <Stack component="ul" gap={0} p={0} m={0} style={{ listStyle: "none" }} aria-label="Jobs">
            {jobs.map((job) => (
              <li key={job.job_id} className="job-row">
                <JobProgressCompact job={job} />
                <Text size="xs" c="dimmed">
                  <Ago time={job.created_at} /> · {titles.get(job.pipeline) ?? job.pipeline}
                  {job.attempt > 1 && ` · attempt ${job.attempt}`}
                </Text>
              </li>
            ))}
          </Stack>
        )}
        {jobs.length > 0 && (
          <Group justify="space-between" mt="md">
            <Text size="sm" c="dimmed" role="status">
              {count(jobs.length, "job")}
              {hasMore && " so far"}
            </Text>
            {hasMore && (
              <Button variant="default" loading={isLoading} onClick={() => void loadMore()}>
                Show older jobs
              </Button>
            )}
          </Group>
        )}
      </Panel>
    </Stack>
  );
}

function filterOf(query: URLSearchParams): JobsFilter {
  const status = STATUSES.find(([name]) => name === query.get("status"))?.[0];
  const given = (name: string) => query.get(name) ?? undefined;
  return {
    ...(status && { status }),
    pipeline: given("pipeline"),
    companyId: given("company"),
    batchId: given("batch"),
    limit: PAGE,
  };
}

interface FiltersProps {
  query: URLSearchParams;
  onChange: (name: string, value: string) => void;
}

function Filters({ query, onChange }: FiltersProps) {
  const pipelines = usePipelines().data ?? [];
  const companies = useCompanies().data?.companies ?? [];
  const select = (
    name: string,
    label: string,
    any: string,
    options: readonly (readonly [string, string])[],
  ) => (
    <NativeSelect
      label={label}
      value={query.get(name) ?? ""}
      data={[{ value: "", label: any }, ...options.map(([value, text]) => ({ value, label: text }))]}
      onChange={(event) => onChange(name, event.currentTarget.value)}
    />
  );
  return (
    <Group gap="sm" align="flex-end" role="group" aria-label="Filters">
      {select("status", "Status", "Any", STATUSES)}
      {select(
        "pipeline",
        "What was done",
        "Anything",
        pipelines.map(({ name, title }) => [name, title] as const),
      )}
      {companies.length > 0 &&
        select(
          "company",
          "Whose",
          "Mine",
          companies.map(({ company_id, name }) => [company_id, name] as const),
        )}
      {query.get("batch") && (
        <Button variant="default" onClick={() => onChange("batch", "")}>
          All batches
        </Button>
      )}
    </Group>
  );
}

function NoJobs({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Nothing title="No job is like this" icon={<IconList size={32} />}>
        <Anchor component={Link} href="/jobs" inherit>
          Show all jobs
        </Anchor>
      </Nothing>
    );
  }
  return (
    <Nothing title="No jobs yet" icon={<IconList size={32} />}>
      <Anchor component={Link} href="/" inherit>
        Start your first
      </Anchor>
      , or{" "}
      <Anchor component={Link} href="/tour" inherit>
        take the tour
      </Anchor>{" "}
      with a sample.
    </Nothing>
  );
}
