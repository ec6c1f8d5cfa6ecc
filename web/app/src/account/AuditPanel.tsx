import type { AuditEntry, Company } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Anchor, Table, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { useSession } from "../session/context";
import { dateTime, words } from "../shell/format";
import { Failure, Loading, Nothing, Panel } from "../shell/parts";
import { ShowOlder } from "../shell/ShowOlder";

/** What was done, by whom: in a company, or to the user's own jobs. */
export function AuditPanel({ company }: { company?: Company }) {
  const client = useDocmill();
  const { user } = useSession();
  const companyId = company?.company_id;
  const pages = useInfiniteQuery({
    queryKey: ["audit", companyId ?? "own"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam: cursor, signal }) =>
      client.audit({ ...(companyId && { companyId }), cursor, signal }),
    getNextPageParam: (page) => page.next_cursor,
  });
  const entries = pages.data?.pages.flatMap((page) => page.entries) ?? [];
  const people = new Map(company?.members.map(({ user: id, email }) => [id, email]));
  const called = (id: string) => (id === user.id ? "You" : (people.get(id) ?? id));
  return (
    <Panel component="section" aria-labelledby="audit-title">
      <Title order={2} id="audit-title" mb={4}>
        Audit trail
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {company ? "What was done in the company" : "What was done to your own jobs"}, for 400 days.
      </Text>
      {pages.error && <Failure error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isPending && <Loading />}
      {pages.data && entries.length === 0 && <Nothing title="Nothing was done yet" />}
      {entries.length > 0 && (
        <Table verticalSpacing={6} aria-label="Audit trail">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>When</Table.Th>
              <Table.Th>Who</Table.Th>
              <Table.Th>What</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Table.Tr key={entry.id}>
                <Table.Td>{dateTime(entry.at)}</Table.Td>
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  {called(entry.actor)}
                  <Text size="xs" c="dimmed">
                    as {entry.as}
                  </Text>
                </Table.Td>
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  {words(entry.action)}
                  <Text size="xs" c="dimmed">
                    <Subject entry={entry} called={called} />
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <ShowOlder pages={pages}>Show older entries</ShowOlder>
    </Panel>
  );
}

const OF_JOBS: ReadonlySet<AuditEntry["action"]> = new Set([
  "job_created",
  "job_started",
  "job_cancelled",
  "job_retried",
  "result_edited",
]);

function Subject({ entry, called }: { entry: AuditEntry; called: (id: string) => string }) {
  if (!OF_JOBS.has(entry.action)) return called(entry.subject);
  return (
    <Anchor component={Link} href={`/jobs/${entry.subject}`} inherit>
      {entry.subject}
    </Anchor>
  );
}
