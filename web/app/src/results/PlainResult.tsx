import { Group, Pagination, Stack, Table, Text, Title } from "@mantine/core";
import { Fragment, useMemo, useState } from "react";

import { count, words } from "../shell/format";
import { Nothing } from "../shell/parts";
import { type PlainTable, plainOf, textOf } from "./plain";

const PAGE_ROWS = 50;

/** A result without a view of its own: its lists as tables, the rest as facts. */
export function PlainResult({ result }: { result: unknown }) {
  const { facts, tables } = useMemo(() => plainOf(result), [result]);
  if (facts.length === 0 && tables.length === 0) return <Nothing title="The result is empty" />;
  return (
    <Stack gap="lg">
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map(([name, value]) => (
            <Fragment key={name}>
              <dt>{words(name)}</dt>
              <dd>{value}</dd>
            </Fragment>
          ))}
        </dl>
      )}
      {tables.map((table) => (
        <Rows key={table.name} table={table} />
      ))}
    </Stack>
  );
}

function Rows({ table: { name, columns, rows } }: { table: PlainTable }) {
  const [page, setPage] = useState(1);
  const pages = Math.ceil(rows.length / PAGE_ROWS);
  const shown = rows.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS);
  const title = words(name);
  return (
    <div>
      <Group justify="space-between" mb="xs">
        <Title order={3}>{title}</Title>
        <Text size="sm" c="dimmed">
          {count(rows.length, "row")}
        </Text>
      </Group>
      <Table.ScrollContainer
        minWidth={columns.length * 120}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": title, role: "region" } }}
      >
        <Table striped verticalSpacing={6} aria-label={title}>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Table.Th key={column}>{words(column)}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
              <Table.Tr key={index}>
                {columns.map((column) => (
                  <Table.Td key={column} style={{ overflowWrap: "anywhere" }}>
                    {textOf(row[column])}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {pages > 1 && (
        <Pagination
          mt="sm"
          value={page}
          onChange={setPage}
          total={pages}
          getControlProps={(control) => ({ "aria-label": words(control) })}
        />
      )}
    </div>
  );
}
