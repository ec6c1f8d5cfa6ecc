import { Code, Table, Text } from "@mantine/core";

import { count, integer } from "../shell/format";
import { Nothing, Panel } from "../shell/parts";
import { seconds } from "./figures";
import { JobLink } from "./JobLink";
import { SectionHead } from "./Source";
import type { Operations, RunningSlot } from "./types";
import { WideTable } from "./WideTable";

/** Who works on what, and until when they hold it. */
export function RunningPanel({ figures: { running, sources } }: { figures: Operations }) {
  const { slots, total, complete } = running;
  return (
    <Panel component="section" aria-labelledby="operators-running">
      <SectionHead id="operators-running" title="Running" of="running work" text={sources.running} />
      {slots.length === 0 ? (
        <Nothing title="Nobody works at the moment">
          Claimed chunks stand here with their worker and lease.
        </Nothing>
      ) : (
        <WideTable labelledBy="operators-running" minWidth={640} maxHeight={420}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Job</Table.Th>
              <Table.Th scope="col">Pipeline</Table.Th>
              <Table.Th scope="col">Work</Table.Th>
              <Table.Th scope="col">Try</Table.Th>
              <Table.Th scope="col">Lease</Table.Th>
              <Table.Th scope="col">Worker</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {slots.map((slot) => (
              <Table.Tr key={`${slot.job_id} ${slot.slot} ${slot.chunk}`}>
                <Table.Td>
                  <JobLink jobId={slot.job_id} />
                </Table.Td>
                <Table.Td>{slot.pipeline}</Table.Td>
                <Table.Td>{workName(slot)}</Table.Td>
                <Table.Td>{integer(slot.tries)}</Table.Td>
                <Table.Td data-state={slot.lease_seconds < 0 ? "warn" : undefined}>
                  {leaseText(slot)}
                </Table.Td>
                <Table.Td>{slot.worker ? <Code>{slot.worker}</Code> : "Rests until its next try"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </WideTable>
      )}
      {(total > slots.length || !complete) && (
        <Text size="sm" c="dimmed" mt="xs">
          {complete
            ? `The ${integer(slots.length)} whose lease ends first, of ${integer(total)}.`
            : `${count(total, "piece")} of work in the jobs that were looked at; there are more.`}
        </Text>
      )}
    </Panel>
  );
}

/** "Chunk 12", counted from 1 as in what users read; "Plan", "Merge". */
export function workName({ slot, chunk }: Pick<RunningSlot, "slot" | "chunk">): string {
  if (slot === "plan") return "Plan";
  return slot === "merge" ? "Merge" : `Chunk ${integer((chunk ?? 0) + 1)}`;
}

function leaseText({ lease_seconds, worker }: RunningSlot): string {
  if (lease_seconds < 0) return `ran out ${seconds(-lease_seconds)} ago`;
  return worker ? `${seconds(lease_seconds)} left` : `in ${seconds(lease_seconds)}`;
}
