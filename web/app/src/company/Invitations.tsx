import type { Company, Role } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { dateTime } from "../shell/format";
import { Failure, Panel } from "../shell/parts";

interface InvitationsProps {
  company: Company;
  onChange: () => Promise<unknown>;
}

/** Inviting people, and who is invited. For admins. */
export function Invitations({ company, onChange }: InvitationsProps) {
  const client = useDocmill();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const { company_id: id, invitations = [] } = company;
  const invite = useMutation({
    mutationFn: () => client.invite(id, email.trim(), { role }),
    onSuccess: async () => {
      setEmail("");
      await onChange();
    },
  });
  const withdraw = useMutation({
    mutationFn: (address: string) => client.withdrawInvitation(id, address),
    onSettled: onChange,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate();
  };
  return (
    <Panel component="section" aria-labelledby="invitations-title">
      <Title order={2} id="invitations-title" mb={4}>
        Invitations
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Whoever signs in with the address can join for 14 days. No mail is sent: tell them.
      </Text>
      <form onSubmit={submit} noValidate>
        <Group align="flex-start" gap="sm">
          <TextInput
            label="E-mail to invite"
            type="email"
            autoComplete="off"
            maxLength={254}
            style={{ flex: "1 1 16rem" }}
            maw={360}
            value={email}
            error={invite.error?.message}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <NativeSelect
            label="Role"
            value={role}
            data={[
              { value: "member", label: "Member" },
              { value: "admin", label: "Admin" },
            ]}
            onChange={(event) => setRole(event.currentTarget.value as Role)}
          />
          <Button type="submit" mt={25} loading={invite.isPending}>
            Invite
          </Button>
        </Group>
      </form>
      {withdraw.error && <Failure error={withdraw.error} />}
      {invitations.length > 0 && (
        <Stack
          component="ul"
          gap={0}
          p={0}
          m={0}
          mt="md"
          style={{ listStyle: "none" }}
          aria-label="Open invitations"
        >
          {invitations.map((invitation) => (
            <Group key={invitation.email} component="li" justify="space-between" className="job-row">
              <div>
                <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                  {invitation.email}
                </Text>
                <Text size="xs" c="dimmed">
                  As {invitation.role === "admin" ? "an admin" : "a member"}, until{" "}
                  {dateTime(invitation.expires_at)}
                </Text>
              </div>
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Take back the invitation of ${invitation.email}`}
                loading={withdraw.isPending && withdraw.variables === invitation.email}
                onClick={() => withdraw.mutate(invitation.email)}
              >
                Take back
              </Button>
            </Group>
          ))}
        </Stack>
      )}
    </Panel>
  );
}
