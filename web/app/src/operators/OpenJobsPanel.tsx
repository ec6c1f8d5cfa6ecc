import { Table } from "@mantine/core";

import { integer, words } from "../shell/format";
import { Nothing, Panel } from "../shell/parts";
import { atLeast } from "./figures";
import { SectionHead } from "./Source";
import type { Operations } from "./types";
import { WideTable } from "./WideTable";

const STATUSES = ["awaiting_upload", "queued", "processing"] as const;

/** Open jobs by pipeline and status. */
export function OpenJobsPanel({ figures: { open, sources } }: { figures: Operations }) {
  const pipelines = Object.entries(open.by_pipeline).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Panel component="section" aria-labelledby="operators-open">
      <SectionHead id="operators-open" title="Open jobs" of="open jobs" text={sources.open} />
      {pipelines.length === 0 ? (
        <Nothing title="No job is open">Jobs that wait or are worked on are counted here.</Nothing>
      ) : (
        <WideTable labelledBy="operators-open" minWidth={420} isNumeric>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Pipeline</Table.Th>
              {STATUSES.map((status) => (
                <Table.Th key={status} scope="col">
                  {words(status)}
                </Table.Th>
              ))}
              <Table.Th scope="col">All</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {pipelines.map(([pipeline, by]) => (
              <Table.Tr key={pipeline}>
                <Table.Th scope="row">{pipeline}</Table.Th>
                {STATUSES.map((status) => (
                  <Table.Td key={status}>{integer(by[status] ?? 0)}</Table.Td>
                ))}
                <Table.Td>{integer(STATUSES.reduce((sum, status) => sum + (by[status] ?? 0), 0))}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th scope="row">All</Table.Th>
              {STATUSES.map((status) => (
                <Table.Td key={status}>{integer(open.by_status[status] ?? 0)}</Table.Td>
              ))}
              <Table.Td>{atLeast(open.jobs, open.complete)}</Table.Td>
            </Table.Tr>
          </Table.Tfoot>
        </WideTable>
      )}
    </Panel>
  );
}
