import { ApiError, type Company, type CompanyExport } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Anchor, Button, Group, List, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";

import { bytes, count, dateTime } from "../shell/format";
import { Confirm, Failure, Panel } from "../shell/parts";

const LOOK_EVERY_MS = 5_000;

interface CompanyDataProps {
  company: Company;
  /** Operators delete companies, but get at no document. */
  canExport: boolean;
}

/** Taking a company's data out, and deleting it. */
export function CompanyData({ company, canExport }: CompanyDataProps) {
  const client = useDocmill();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [isAsking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const { company_id: id, name } = company;
  return (
    <Panel component="section" aria-labelledby="data-title">
      <Title order={2} id="data-title" mb="sm">
        Data
      </Title>
      <Stack gap="md" align="flex-start">
        {canExport && <Export id={id} />}
        <Button variant="subtle" color="red" px={4} size="compact-sm" onClick={() => setAsking(true)}>
          Delete the company
        </Button>
      </Stack>
      <Confirm
        title={`Delete ${name}?`}
        action="Delete everything"
        isOpen={isAsking}
        isDisabled={typed.trim() !== name}
        onClose={() => {
          setAsking(false);
          setTyped("");
        }}
        onConfirm={async () => {
          await client.deleteCompany(id);
          await queries.invalidateQueries({ queryKey: ["companies"] });
          navigate("/companies");
        }}
      >
        <Stack gap="sm">
          <Text size="sm">
            Its jobs are cancelled and deleted, with their files, events and results; exports and the audit
            trail go with them. From now on nobody is in it. There is no way back: export first.
          </Text>
          <TextInput
            label={`Type “${name}” to go on`}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </Stack>
      </Confirm>
    </Panel>
  );
}

function Export({ id }: { id: string }) {
  const client = useDocmill();
  const queries = useQueryClient();
  const latest = useQuery({
    queryKey: ["export", id],
    queryFn: async ({ signal }): Promise<CompanyExport | null> => {
      try {
        return await client.companyExport(id, { signal });
      } catch (error) {
        // Nobody has asked for one yet.
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (state.data?.status === "running" ? LOOK_EVERY_MS : false),
  });
  const start = useMutation({
    mutationFn: () => client.exportCompany(id),
    onSuccess: (started) => queries.setQueryData(["export", id], started),
  });
  const isRunning = latest.data?.status === "running";
  return (
    <Stack gap="xs">
      <Text size="sm">
        An export has the members, the audit trail, and each job with its events and results, in ZIP files.
      </Text>
      {(start.error ?? latest.error) && <Failure error={start.error ?? latest.error} />}
      {latest.data && <ExportState data={latest.data} />}
      <Group>
        <Button
          variant="default"
          loading={start.isPending}
          disabled={isRunning}
          onClick={() => start.mutate()}
        >
          Export the data
        </Button>
      </Group>
    </Stack>
  );
}

const EXPORT_WORDS = {
  running: "An export is being made.",
  completed: "The export is ready.",
  failed: "The export has failed. Please start another one.",
} as const;

function ExportState({ data: { status, started_at, expires_at, jobs, parts } }: { data: CompanyExport }) {
  return (
    <div role="status">
      <Text size="sm" fw={600}>
        {EXPORT_WORDS[status]}
      </Text>
      <Text size="xs" c="dimmed">
        Started {dateTime(started_at)} · {count(jobs, "job")} so far · kept until {dateTime(expires_at)}
      </Text>
      <List size="sm" mt={4}>
        {parts.map(({ part, bytes: size, jobs: inPart, url }) => (
          <List.Item key={part}>
            <Anchor href={url} size="sm">
              Part {part}
            </Anchor>{" "}
            ({bytes(size)}, {count(inPart, "job")})
          </List.Item>
        ))}
      </List>
    </div>
  );
}
