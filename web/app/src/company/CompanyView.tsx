import { ApiError, type Company, type Role } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Anchor, Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { AuditPanel } from "../account/AuditPanel";
import { CallbackSecretPanel } from "../account/CallbackSecretPanel";
import { useSession } from "../session/context";
import { dateTime } from "../shell/format";
import { IconBack } from "../shell/icons";
import { Failure, Loading, ViewTitle } from "../shell/parts";
import { CompanyData } from "./CompanyData";
import { Invitations } from "./Invitations";
import { Members } from "./Members";

/** A company: who is in it, what was done in it, and its data. */
export function CompanyView({ id }: { id: string }) {
  const client = useDocmill();
  const { user } = useSession();
  const queries = useQueryClient();
  const company = useQuery({
    queryKey: ["company", id],
    queryFn: ({ signal }) => client.company(id, { signal }),
  });
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["company", id] }),
      queries.invalidateQueries({ queryKey: ["companies"] }),
      queries.invalidateQueries({ queryKey: ["audit", id] }),
    ]);
  const { data, error } = company;
  return (
    <Stack gap="lg">
      <Anchor component={Link} href="/companies" size="sm">
        <Group gap={4} component="span" display="inline-flex">
          <IconBack size={16} />
          All companies
        </Group>
      </Anchor>
      {data ? (
        <Parts company={data} role={roleOf(data, user.id)} onChange={refresh} />
      ) : company.isPending ? (
        <Loading />
      ) : (
        <>
          <ViewTitle>
            {error instanceof ApiError && error.status === 404
              ? "There is no such company"
              : "The company cannot be shown"}
          </ViewTitle>
          <Failure error={error} onRetry={() => void company.refetch()} />
        </>
      )}
    </Stack>
  );
}

/** The user's role; null for an operator who is not in the company. */
const roleOf = ({ members }: Company, user: string): Role | null =>
  members.find((member) => member.user === user)?.role ?? null;

interface PartsProps {
  company: Company;
  role: Role | null;
  onChange: () => Promise<unknown>;
}

function Parts({ company, role, onChange }: PartsProps) {
  const { user } = useSession();
  const isAdmin = role === "admin";
  const { company_id: id, name, created_at } = company;
  return (
    <>
      <div>
        <ViewTitle>{name}</ViewTitle>
        <Text size="sm" c="dimmed">
          Since {dateTime(created_at)} ·{" "}
          <Anchor component={Link} href={`/jobs?company=${id}`} inherit>
            Jobs of the company
          </Anchor>
        </Text>
      </div>
      <Members company={company} isAdmin={isAdmin} onChange={onChange} />
      {isAdmin && <Invitations company={company} onChange={onChange} />}
      {isAdmin && <CallbackSecretPanel companyId={id} />}
      {(isAdmin || user.isOperator) && <AuditPanel company={company} />}
      {(isAdmin || user.isOperator) && <CompanyData company={company} canExport={isAdmin} />}
    </>
  );
}
