import { Anchor } from "@mantine/core";
import { Link } from "wouter";

/** A job's id, of which the end tells jobs apart: the beginning is the time, and alike for all of a moment. */
export function JobLink({ jobId }: { jobId: string }) {
  return (
    <Anchor
      component={Link}
      href={`/jobs/${jobId}`}
      className="operators-id"
      ff="monospace"
      size="sm"
      title={jobId}
      aria-label={`Job ${jobId}`}
    >
      …{jobId.slice(-12)}
    </Anchor>
  );
}
