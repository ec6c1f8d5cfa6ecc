import { isTerminal, type Job, type JobEvent } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Button, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { clock, dateTime, duration } from "../shell/format";
import { Failure, Loading } from "../shell/parts";
import { merged, type Step, stepsOf } from "./steps";

/** Steps that are shown at first. */
const SHOWN_STEPS = 30;
/** Events are asked for at most this often while a job runs. */
const ASK_EVERY_MS = 1_500;
/** The list may lag behind the job for a moment; what is missing after so many empty answers does not come. */
const EMPTY_ANSWERS = 8;

/** What happened to a job, as a time line. */
export function Course({ job }: { job: Job }) {
  const { events, error, isLoading, retry } = useEvents(job);
  const [isWhole, setWhole] = useState(false);
  if (events.length === 0) {
    if (error) return <Failure error={error} onRetry={retry} />;
    if (isLoading) return <Loading />;
    return <Text c="dimmed">Nothing has happened yet.</Text>;
  }
  const steps = stepsOf(events);
  const shown = isWhole ? steps : steps.slice(-SHOWN_STEPS);
  return (
    <>
      {shown.length < steps.length && (
        <Button variant="subtle" size="compact-sm" px={4} mb="xs" onClick={() => setWhole(true)}>
          Show {steps.length - shown.length} earlier steps
        </Button>
      )}
      <ol className="track" aria-label="Events">
        {shown.map((step, index) => (
          <li
            key={step.version}
            data-state={stateOf(step, index === shown.length - 1 && !isTerminal(job.status))}
          >
            <StepText step={step} />
          </li>
        ))}
      </ol>
    </>
  );
}

const stateOf = ({ type, status }: Step, isLast: boolean): string => {
  if (status === "failed" || status === "expired") return "bad";
  if (type === "warning") return "warned";
  return isLast ? "current" : "done";
};

function StepText({ step }: { step: Step }) {
  const took = (Date.parse(step.to) - Date.parse(step.from)) / 1000;
  return (
    <>
      <span>{step.type === "warning" ? (step.message ?? step.stage) : step.stage}</span>
      {step.type !== "warning" && step.message && <Text size="sm">{step.message}</Text>}
      <Text size="xs" c="dimmed">
        <time dateTime={step.from} title={dateTime(step.from)}>
          {clock(step.from)}
        </time>
        {took >= 0.1 && ` · ${duration(took)}`}
        {step.events > 1 && ` · ${step.percent} %`}
      </Text>
    </>
  );
}

/** All events of a job; newer ones are read as its version grows. */
function useEvents(job: Job) {
  const client = useDocmill();
  const { job_id: id, version } = job;
  const [events, setEvents] = useState<readonly JobEvent[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [isLoading, setLoading] = useState(true);
  const [asked, ask] = useState(0);
  const empty = useRef(0);
  const newest = events.at(-1)?.version ?? 0;
  const wanted = version > newest;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version or another try asks again
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    const read = async () => {
      try {
        const page = await client.events(id, { after: newest, signal: stop.signal });
        setEvents((known) => merged(known, page.events));
        setError(null);
        empty.current = page.events.length > 0 ? 0 : empty.current + 1;
        if (page.events.length === 0 && empty.current < EMPTY_ANSWERS) ask((times) => times + 1);
      } catch (thrown) {
        if (!stop.signal.aborted) setError(thrown);
      } finally {
        if (!stop.signal.aborted) setLoading(false);
      }
    };
    const timer = setTimeout(read, newest === 0 ? 0 : ASK_EVERY_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [client, id, wanted, newest, asked]);
  return { events, error, isLoading, retry: () => ask((times) => times + 1) };
}
