import type { Invitation } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Anchor, Badge, Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useLocation } from "wouter";

import { dateTime } from "../shell/format";
import { IconPeople } from "../shell/icons";
import { Failure, Loading, Nothing, Panel, ViewTitle } from "../shell/parts";
import { useCompanies } from "../upload/queries";

/** The companies of the user, and those that they are invited to. */
export function CompaniesView() {
  const companies = useCompanies();
  const { data, error } = companies;
  return (
    <Stack gap="lg">
      <ViewTitle>Companies</ViewTitle>
      <Text c="dimmed" maw={640}>
        People of a company see its jobs. A job is a company's when that is chosen as it is started.
      </Text>
      {error && <Failure error={error} onRetry={() => void companies.refetch()} />}
      {companies.isPending && <Loading />}
      {data?.invitations.map((invitation) => (
        <Invited key={invitation.company_id} invitation={invitation} />
      ))}
      {data && (
        <Panel component="section" aria-labelledby="companies-title">
          <Title order={2} id="companies-title" mb="sm">
            Yours
          </Title>
          {data.companies.length === 0 ? (
            <Nothing title="You are in no company" icon={<IconPeople size={32} />}>
              Make one below, or ask an admin of one to invite you.
            </Nothing>
          ) : (
            <Stack component="ul" gap="xs" p={0} m={0} style={{ listStyle: "none" }}>
              {data.companies.map(({ company_id, name, role }) => (
                <Group key={company_id} component="li" justify="space-between" className="job-row">
                  <Anchor
                    component={Link}
                    href={`/companies/${company_id}`}
                    style={{ overflowWrap: "anywhere" }}
                  >
                    {name}
                  </Anchor>
                  <Badge variant="light" color="gray" tt="none">
                    {role === "admin" ? "Admin" : "Member"}
                  </Badge>
                </Group>
              ))}
            </Stack>
          )}
        </Panel>
      )}
      <NewCompany />
    </Stack>
  );
}

function Invited({ invitation: { company_id, name, role, expires_at } }: { invitation: Invitation }) {
  const client = useDocmill();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const join = useMutation({
    mutationFn: () => client.join(company_id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["companies"] });
      navigate(`/companies/${company_id}`);
    },
  });
  return (
    <Panel component="section">
      <Group justify="space-between">
        <div>
          <Text fw={600}>You are invited to {name}</Text>
          <Text size="sm" c="dimmed">
            As {role === "admin" ? "an admin" : "a member"}, until {dateTime(expires_at)}
          </Text>
        </div>
        <Button loading={join.isPending} onClick={() => join.mutate()} aria-label={`Join ${name}`}>
          Join
        </Button>
      </Group>
      {join.error && <Failure error={join.error} />}
    </Panel>
  );
}

function NewCompany() {
  const client = useDocmill();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const create = useMutation({
    mutationFn: () => client.createCompany(name.trim()),
    onSuccess: async ({ company_id }) => {
      await queries.invalidateQueries({ queryKey: ["companies"] });
      navigate(`/companies/${company_id}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setProblem(name.trim() ? null : "Please enter a name.");
    if (name.trim()) create.mutate();
  };
  return (
    <Panel component="section" aria-labelledby="new-company-title">
      <Title order={2} id="new-company-title" mb="sm">
        Make a company
      </Title>
      <form onSubmit={submit} noValidate>
        <Group align="flex-start">
          <TextInput
            label="Name"
            maxLength={200}
            style={{ flex: "1 1 16rem" }}
            maw={420}
            value={name}
            error={problem ?? create.error?.message}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" mt={25} loading={create.isPending}>
            Make
          </Button>
        </Group>
      </form>
    </Panel>
  );
}
