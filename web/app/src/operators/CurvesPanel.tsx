import { Button, SegmentedControl, Skeleton, Table, Text } from "@mantine/core";
import { lazy, Suspense, useMemo, useState } from "react";

import { dateTime } from "../shell/format";
import { Nothing, Panel } from "../shell/parts";
import { type Curve, curvesOf } from "./figures";
import { SectionHead } from "./Source";
import type { Operations } from "./types";
import { WideTable } from "./WideTable";

const Chart = lazy(async () => ({ default: (await import("./Chart")).Chart }));

type CurveName = keyof ReturnType<typeof curvesOf>;

const CHOICES: { value: CurveName; label: string }[] = [
  { value: "jobs", label: "Jobs" },
  { value: "chunks", label: "Chunks" },
  { value: "processing", label: "Processing time" },
  { value: "waiting", label: "Waiting time" },
  { value: "cost", label: "Cost" },
];

/** Throughput, times and cost of the last 48 hours, as curves or as a table. */
export function CurvesPanel({ figures: { hours, sources } }: { figures: Operations }) {
  const [name, setName] = useState<CurveName>("jobs");
  const [isTable, setTable] = useState(false);
  const curve = useMemo(() => curvesOf(hours)[name], [hours, name]);
  const starts = useMemo(() => hours.map((hour) => hour.hour), [hours]);
  const isEmpty = curve.lines.every((line) => line.values.every((value) => value === null || value === 0));
  return (
    <Panel component="section" aria-labelledby="operators-curves">
      <SectionHead
        id="operators-curves"
        title="Last 48 hours"
        of={curve.name.toLowerCase()}
        text={sources[curve.source]}
      >
        <SegmentedControl
          size="xs"
          aria-label="What to show of the last 48 hours"
          className="operators-choice"
          value={name}
          onChange={(value) => setName(value as CurveName)}
          data={CHOICES}
        />
      </SectionHead>
      <Text size="sm" c="dimmed" mb="xs">
        {curve.name}: {curve.unit}
      </Text>
      {isEmpty ? (
        <Nothing title="Nothing ended in these hours">The curve begins with the first job that ends.</Nothing>
      ) : (
        <>
          {isTable ? (
            <HoursTable curve={curve} hours={starts} />
          ) : (
            <Suspense fallback={<Skeleton h={290} aria-hidden="true" />}>
              <Chart curve={curve} hours={starts} />
            </Suspense>
          )}
          <Button size="compact-sm" variant="subtle" mt="xs" onClick={() => setTable(!isTable)}>
            {isTable ? "Show as a curve" : "Show as a table"}
          </Button>
        </>
      )}
    </Panel>
  );
}

/** The numbers behind a curve; the newest hour first, without those in which nothing was. */
function HoursTable({ curve, hours }: { curve: Curve; hours: readonly string[] }) {
  const rows = hours
    .map((hour, index) => ({ hour, values: curve.lines.map((line) => line.values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null && value !== 0))
    .reverse();
  return (
    <WideTable label={`${curve.name}, by hour`} minWidth={360} maxHeight={320} isNumeric>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Hour from</Table.Th>
          {curve.lines.map((line) => (
            <Table.Th key={line.name} scope="col">
              {line.name}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ hour, values }) => (
          <Table.Tr key={hour}>
            <Table.Th scope="row">{dateTime(hour)}</Table.Th>
            {curve.lines.map((line, index) => {
              const value = values[index] ?? null;
              return <Table.Td key={line.name}>{value === null ? "–" : curve.format(value)}</Table.Td>;
            })}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
