import type { Company, Role } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Badge, Button, Group, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useLocation } from "wouter";

import { useSession } from "../session/context";
import { dateTime } from "../shell/format";
import { Confirm, Failure, Panel } from "../shell/parts";

type Member = Company["members"][number];

interface MembersProps {
  company: Company;
  isAdmin: boolean;
  onChange: () => Promise<unknown>;
}

/** Who is in a company. Admins give roles and take people out; everybody can leave. */
export function Members({ company, isAdmin, onChange }: MembersProps) {
  const client = useDocmill();
  const { user } = useSession();
  const [, navigate] = useLocation();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { company_id: id, members, name } = company;
  const isMe = (member: Member | null) => member?.user === user.id;
  const setRole = async (member: Member, role: Role) => {
    setError(null);
    try {
      await client.setRole(id, member.user, role);
    } catch (thrown) {
      setError(thrown);
    }
    await onChange();
  };
  const remove = async (member: Member) => {
    await client.removeMember(id, member.user);
    if (isMe(member)) navigate("/companies");
    await onChange();
  };
  return (
    <Panel component="section" aria-labelledby="members-title">
      <Title order={2} id="members-title" mb="sm">
        Members
      </Title>
      {error !== null && <Failure error={error} />}
      <Stack component="ul" gap={0} p={0} m={0} style={{ listStyle: "none" }}>
        {members.map((member) => (
          <Group key={member.user} component="li" justify="space-between" className="job-row">
            <div>
              <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
                {called(member)} {isMe(member) && "(you)"}
              </Text>
              <Text size="xs" c="dimmed">
                Since {dateTime(member.joined_at)}
              </Text>
            </div>
            <Group gap="xs">
              {isAdmin ? (
                <NativeSelect
                  size="xs"
                  aria-label={`Role of ${called(member)}`}
                  value={member.role}
                  data={[
                    { value: "member", label: "Member" },
                    { value: "admin", label: "Admin" },
                  ]}
                  onChange={(event) => void setRole(member, event.currentTarget.value as Role)}
                />
              ) : (
                <Badge variant="light" color="gray" tt="none">
                  {member.role === "admin" ? "Admin" : "Member"}
                </Badge>
              )}
              {(isAdmin || isMe(member)) && (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={isMe(member) ? "Leave the company" : `Take out ${called(member)}`}
                  onClick={() => {
                    setLeaving(member);
                    setAsking(true);
                  }}
                >
                  {isMe(member) ? "Leave" : "Take out"}
                </Button>
              )}
            </Group>
          </Group>
        ))}
      </Stack>
      <Confirm
        title={isMe(leaving) ? `Leave ${name}?` : `Take ${leaving ? called(leaving) : ""} out?`}
        action={isMe(leaving) ? "Leave" : "Take out"}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={async () => leaving && remove(leaving)}
      >
        {isMe(leaving)
          ? "You do not see the company's jobs any more, not even those that you have made."
          : "They do not see the company's jobs any more, not even those that they have made. The jobs stay."}
      </Confirm>
    </Panel>
  );
}

const called = ({ email, user }: Member): string => email ?? user;
