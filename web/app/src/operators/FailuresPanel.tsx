import { Code, SegmentedControl, Table } from "@mantine/core";
import { useState } from "react";

import { integer } from "../shell/format";
import { Nothing, Panel } from "../shell/parts";
import { SectionHead } from "./Source";
import type { Operations } from "./types";
import { WideTable } from "./WideTable";

type Span = keyof Operations["failures"];

/** What failed, by its code. */
export function FailuresPanel({ figures: { failures, sources } }: { figures: Operations }) {
  const [span, setSpan] = useState<Span>("last_24_hours");
  const rows = [...failures[span]].sort(
    (a, b) => b.jobs - a.jobs || b.chunks - a.chunks || a.code.localeCompare(b.code),
  );
  return (
    <Panel component="section" aria-labelledby="operators-failures">
      <SectionHead id="operators-failures" title="Failures by code" of="failures" text={sources.failures}>
        <SegmentedControl
          size="xs"
          aria-label="Time of the failures"
          value={span}
          onChange={(value) => setSpan(value as Span)}
          data={[
            { value: "last_24_hours", label: "24 hours" },
            { value: "last_30_days", label: "30 days" },
          ]}
        />
      </SectionHead>
      {rows.length === 0 ? (
        <Nothing title="Nothing failed">
          {span === "last_24_hours" ? "In the last 24 hours." : "In the last 30 days."}
        </Nothing>
      ) : (
        <WideTable labelledBy="operators-failures" minWidth={320} maxHeight={360} isNumeric>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Code</Table.Th>
              <Table.Th scope="col">Jobs</Table.Th>
              <Table.Th scope="col">Chunks</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.code}>
                <Table.Th scope="row">
                  <Code>{row.code}</Code>
                </Table.Th>
                <Table.Td>{integer(row.jobs)}</Table.Td>
                <Table.Td>{integer(row.chunks)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </WideTable>
      )}
    </Panel>
  );
}
