import type { Credits } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Anchor, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { dateTime, integer } from "../shell/format";
import { IconCoins } from "../shell/icons";
import { Failure, Loading, Nothing, Panel, ViewTitle } from "../shell/parts";
import { ShowOlder } from "../shell/ShowOlder";

type Line = Credits["ledger"][number];

/** What is left, and where the rest went. */
export function CreditsView() {
  const client = useDocmill();
  const pages = useInfiniteQuery({
    queryKey: ["credits"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => client.credits({ cursor: pageParam, signal }),
    getNextPageParam: (page) => page.next_cursor,
  });
  const [newest] = pages.data?.pages ?? [];
  return (
    <Stack gap="lg">
      <ViewTitle>Credits</ViewTitle>
      {pages.error && <Failure error={pages.error} onRetry={() => void pages.refetch()} />}
      {!newest && pages.isPending && <Loading />}
      {newest && (
        <>
          <Figures credits={newest} />
          <Panel component="section" aria-labelledby="ledger-title">
            <Text component="h2" id="ledger-title" fw={650} size="lg" mb="sm">
              Ledger
            </Text>
            <Ledger lines={pages.data?.pages.flatMap(({ ledger }) => ledger) ?? []} />
            <ShowOlder pages={pages}>Show older lines</ShowOlder>
          </Panel>
        </>
      )}
    </Stack>
  );
}

function Figures({ credits }: { credits: Credits }) {
  const figures: [name: string, value: number, note: string][] = [
    ["Available", credits.balance, "for new jobs"],
    ["Reserved", credits.reserved, "set aside for jobs that have not ended"],
    ["Charged", credits.charged, "for jobs that have ended, ever"],
    ["Each month", credits.monthly_grant, "come in; what is left stays"],
  ];
  return (
    <SimpleGrid component="dl" cols={{ base: 2, sm: 4 }} m={0}>
      {figures.map(([name, value, note]) => (
        <Panel key={name}>
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Text component="dd" m={0} fz={{ base: 20, xs: 28 }} fw={650} lh={1.3}>
            {integer(value)}
          </Text>
          <Text component="dd" m={0} size="xs" c="dimmed">
            {note}
          </Text>
        </Panel>
      ))}
    </SimpleGrid>
  );
}

function Ledger({ lines }: { lines: readonly Line[] }) {
  if (lines.length === 0) {
    return (
      <Nothing title="No movements yet" icon={<IconCoins size={32} />}>
        A job reserves what it may cost, and is charged for what was done when it ends.
      </Nothing>
    );
  }
  return (
    <Table verticalSpacing={6} aria-label="Ledger">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>When</Table.Th>
          <Table.Th>What</Table.Th>
          <Table.Th ta="right">Credits</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {lines.map((line) => (
          <Table.Tr key={`${line.movement} ${line.job_id ?? line.month} ${line.attempt ?? ""}`}>
            <Table.Td>{dateTime(line.at)}</Table.Td>
            <Table.Td>
              <What line={line} />
            </Table.Td>
            <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>
              {amountOf(line)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function What({ line: { movement, job_id, attempt, month, refunded } }: { line: Line }) {
  if (movement === "grant") return <>Credits of {month}</>;
  const job = (
    <Anchor component={Link} href={`/jobs/${job_id}`} inherit>
      a job
    </Anchor>
  );
  const which = attempt && attempt > 1 ? `, attempt ${attempt}` : "";
  if (movement === "reserve") {
    return (
      <>
        Reserved for {job}
        {which}
      </>
    );
  }
  return (
    <>
      Charged for {job}
      {which}
      {refunded > 0 && (
        <Text component="span" size="sm" c="dimmed">
          {" "}
          ({integer(refunded)} came back)
        </Text>
      )}
    </>
  );
}

/** `+50`, `−3`; a reservation is neither: it is not spent. */
const amountOf = ({ movement, amount }: Line): string => {
  if (movement === "reserve") return `(${integer(amount)})`;
  return movement === "grant" ? `+${integer(amount)}` : amount === 0 ? "0" : `−${integer(amount)}`;
};
