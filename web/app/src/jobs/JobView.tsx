import { ApiError, isTerminal, type Job } from "@docmill/client";
import { JobProgress, useDocmill, useJob } from "@docmill/react";
import { Alert, Anchor, Button, Grid, Group, List, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, useLocation } from "wouter";

import { Result } from "../results/Result";
import { count, jobName } from "../shell/format";
import { IconAlert, IconBack } from "../shell/icons";
import { Confirm, Failure, Loading, Panel, useWindowTitle, ViewTitle } from "../shell/parts";
import { usePipeline } from "../upload/queries";
import { AboutJob } from "./AboutJob";
import { Course } from "./Course";
import { RestOfUpload } from "./RestOfUpload";
import { useMayChange } from "./rights";
import { Stages } from "./Stages";

/** One job: how it stands, what went wrong, its result, its course. */
export function JobView({ id }: { id: string }) {
  const { job, error, isLoading, refresh } = useJob(id);
  return (
    <Stack gap="lg" className="job-view">
      <Anchor component={Link} href="/jobs" size="sm">
        <Group gap={4} component="span" display="inline-flex">
          <IconBack size={16} />
          All jobs
        </Group>
      </Anchor>
      {job ? (
        <JobParts job={job} onChange={() => void refresh()} />
      ) : isLoading ? (
        <Loading what="Loading the job…" />
      ) : (
        <NoJob error={error} onRetry={() => void refresh()} />
      )}
    </Stack>
  );
}

function NoJob({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  const isGone = error instanceof ApiError && (error.status === 404 || error.status === 422);
  return (
    <Stack>
      <ViewTitle>{isGone ? "There is no such job" : "The job cannot be shown"}</ViewTitle>
      {isGone ? (
        <Text>It may have been deleted, or it belongs to somebody else.</Text>
      ) : (
        <Failure error={error} onRetry={onRetry} />
      )}
    </Stack>
  );
}

function JobParts({ job, onChange }: { job: Job; onChange: () => void }) {
  const pipeline = usePipeline(job.pipeline);
  const isOpen = !isTerminal(job.status);
  const isProcessing = job.status === "processing";
  useWindowTitle(isProcessing ? `${job.progress_percent} % · ${jobName(job)}` : jobName(job));
  const mayChange = useMayChange(job);
  const hasResult = (job.formats ?? []).length > 0;
  const course = (
    <Panel component="section" aria-labelledby="course-title">
      <Title order={2} id="course-title" mb="sm">
        Course
      </Title>
      <Course job={job} />
    </Panel>
  );
  const about = (
    <Panel component="section" aria-labelledby="about-title">
      <Title order={2} id="about-title" mb="sm">
        About this job
      </Title>
      <AboutJob job={job} pipeline={pipeline} />
      {!isOpen && mayChange && <DeleteJob job={job} />}
    </Panel>
  );
  // The card stays where it is when the job ends: the keyboard may be on its buttons.
  return (
    <>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: isOpen ? 8 : 12 }}>
          <Stack gap="lg">
            <JobProgress job={job} onChange={onChange} headingLevel={1} href={null} />
            {job.status === "awaiting_upload" && <RestOfUpload job={job} />}
            {isOpen && course}
          </Stack>
        </Grid.Col>
        {isOpen && (
          <Grid.Col span={{ base: 12, md: 4 }}>
            <Stack gap="lg">
              {pipeline && (
                <Panel component="section" aria-labelledby="stages-title">
                  <Title order={2} id="stages-title" mb="sm">
                    Stages
                  </Title>
                  <Stages job={job} stages={pipeline.stages} />
                </Panel>
              )}
              {about}
            </Stack>
          </Grid.Col>
        )}
      </Grid>
      <Remarks job={job} />
      {hasResult && <Result job={job} pipeline={pipeline} onChange={onChange} />}
      {!isOpen && (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="lg">
          {course}
          {about}
        </SimpleGrid>
      )}
    </>
  );
}

/** Warnings, and the parts that are missing in the result, by name. */
function Remarks({ job }: { job: Job }) {
  const warnings = job.warnings ?? [];
  const failed = job.failed_chunks ?? [];
  if (warnings.length === 0 && job.failed_count === 0) return null;
  const rest = job.failed_count - failed.length;
  return (
    <Stack gap="sm">
      {job.failed_count > 0 && (
        <Alert
          color="orange"
          icon={<IconAlert />}
          title={`${count(job.failed_count, "part")} could not be processed`}
        >
          <List size="sm">
            {failed.map(({ chunk, label, code, message, attempts }) => (
              <List.Item key={chunk}>
                {label}: {message}{" "}
                <Text component="span" size="xs" c="dimmed">
                  {code}, {count(attempts, "try", "tries")}
                </Text>
              </List.Item>
            ))}
            {rest > 0 && <List.Item>{count(rest, "more part")}</List.Item>}
          </List>
        </Alert>
      )}
      {warnings.length > 0 && (
        <Alert color="yellow" icon={<IconAlert />} title={count(warnings.length, "warning")}>
          <List size="sm">
            {warnings.map(({ code, message }) => (
              <List.Item key={`${code} ${message}`}>{message}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}

function DeleteJob({ job }: { job: Job }) {
  const client = useDocmill();
  const [, navigate] = useLocation();
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="subtle" color="red" size="compact-sm" mt="md" px={4} onClick={open}>
        Delete the job
      </Button>
      <Confirm
        title="Delete this job?"
        action="Delete"
        isOpen={isOpen}
        onClose={close}
        onConfirm={async () => {
          await client.delete(job.job_id);
          navigate("/jobs");
        }}
      >
        “{jobName(job)}” goes with its files, its events and its result. Nothing of it can be brought back.
      </Confirm>
    </>
  );
}
