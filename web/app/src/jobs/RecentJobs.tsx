import { JobProgressCompact, useJobs } from "@docmill/react";
import { Anchor, Stack } from "@mantine/core";
import { Link } from "wouter";

import { IconList } from "../shell/icons";
import { Failure, Loading, Nothing } from "../shell/parts";

const SHOWN = 8;

/** The newest jobs, live. */
export function RecentJobs() {
  const { jobs, error, isLoading, refresh } = useJobs({ limit: SHOWN });
  if (jobs.length === 0) {
    if (error) return <Failure error={error} onRetry={() => void refresh()} />;
    if (isLoading) return <Loading />;
    return (
      <Nothing title="No jobs yet" icon={<IconList size={32} />}>
        Choose a file to start your first, or{" "}
        <Anchor component={Link} href="/tour" inherit>
          take the tour
        </Anchor>{" "}
        with a sample.
      </Nothing>
    );
  }
  return (
    <Stack gap="sm" className="recent">
      <Stack gap={4} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {jobs.slice(0, SHOWN).map((job) => (
          <li key={job.job_id}>
            <JobProgressCompact job={job} />
          </li>
        ))}
      </Stack>
      <Anchor component={Link} href="/jobs" size="sm">
        All jobs
      </Anchor>
    </Stack>
  );
}
