import { isTerminal, type Job, type Pipeline } from "@docmill/client";
import { Code, Text } from "@mantine/core";
import { Fragment, type ReactNode } from "react";

import { bytes, count, dateTime, duration, integer, words } from "../shell/format";
import { useCompanies } from "../upload/queries";

/** Figures and settings of a job. */
export function AboutJob({ job, pipeline }: { job: Job; pipeline: Pipeline | undefined }) {
  const companies = useCompanies().data?.companies ?? [];
  const company = companies.find(({ company_id }) => company_id === job.company_id);
  const facts: [name: string, value: ReactNode][] = [
    ["What was done", pipeline?.title ?? job.pipeline],
    ["Files", job.files && job.files.length > 0 && <Files job={job} />],
    ["For", company?.name],
    ["Created", dateTime(job.created_at)],
    ["Started", job.started_at && dateTime(job.started_at)],
    ["Ended", job.completed_at && dateTime(job.completed_at)],
    ["Processing time", job.processing_time_seconds !== null && duration(job.processing_time_seconds)],
    ["Chunks", job.total_chunks !== null && chunksOf(job, job.total_chunks)],
    ["Attempt", job.attempt > 1 && job.attempt],
    ["Credits", job.credits && creditsOf(job.credits)],
    ["Pages read", job.usage && job.usage.pages_read > 0 && integer(job.usage.pages_read)],
    ["Tokens", job.usage && tokensOf(job.usage)],
    ["Requests", job.usage && <Requests requests={job.usage.requests} />],
    ["Cost of requests", job.usage && isTerminal(job.status) && `$${job.usage.cost_usd}`],
    ["Settings", job.settings && <Settings settings={job.settings} />],
    ["Kept until", dateTime(job.expires_at)],
    ["Id", <Code key="id">{job.job_id}</Code>],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) =>
        value ? (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ) : null,
      )}
    </dl>
  );
}

function Files({ job }: { job: Job }) {
  return (
    <>
      {job.files?.map(({ name, size }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name
        <div key={index}>
          {name} ({bytes(size)})
        </div>
      ))}
    </>
  );
}

const chunksOf = (job: Job, total: number): string =>
  `${integer(job.processed_chunks)} of ${integer(total)}${job.failed_count > 0 ? `, ${count(job.failed_count, "failed one", "failed ones")}` : ""}`;

function creditsOf({ reserved, charged }: NonNullable<Job["credits"]>): string {
  if (charged === null) return `${integer(reserved)} reserved`;
  const back = reserved - charged;
  return `${integer(charged)} charged${back > 0 ? `, ${integer(back)} came back` : ""}`;
}

const tokensOf = ({ tokens_in, tokens_out }: NonNullable<Job["usage"]>): string | false =>
  tokens_in + tokens_out > 0 && `${integer(tokens_in)} in, ${integer(tokens_out)} out`;

function Requests({ requests }: { requests: Record<string, number> }) {
  const all = Object.values(requests).reduce((sum, number) => sum + number, 0);
  if (all === 0) return null;
  return (
    <details>
      <summary>{integer(all)}</summary>
      {Object.entries(requests).map(([name, number]) => (
        <Text key={name} size="xs" c="dimmed">
          {name}: {integer(number)}
        </Text>
      ))}
    </details>
  );
}

function Settings({ settings }: { settings: Record<string, unknown> }) {
  return (
    <details>
      <summary>{count(Object.keys(settings).length, "setting")}</summary>
      {Object.entries(settings).map(([name, value]) => (
        <Text key={name} size="xs" c="dimmed">
          {words(name)}: {typeof value === "object" ? JSON.stringify(value) : String(value)}
        </Text>
      ))}
    </details>
  );
}
