import { Button, Stack, Text, Title } from "@mantine/core";

import { useSession } from "../session/context";
import { Panel, ViewTitle } from "../shell/parts";
import { AuditPanel } from "./AuditPanel";
import { CallbackSecretPanel } from "./CallbackSecretPanel";

/** What is the user's own: who they are, the secret of their callbacks, what was done to their jobs. */
export function AccountView() {
  const { session, user } = useSession();
  return (
    <Stack gap="lg">
      <ViewTitle>Account</ViewTitle>
      <Panel component="section" aria-labelledby="who-title">
        <Title order={2} id="who-title" mb="sm">
          Signed in as
        </Title>
        <dl className="facts">
          <dt>Name</dt>
          <dd>{user.name}</dd>
          <dt>Id</dt>
          <dd>{user.id}</dd>
        </dl>
        <Text size="sm" c="dimmed" mt="sm">
          Signing out ends the session in every tab of this browser.
        </Text>
        <Button variant="default" mt="sm" onClick={() => session.signOut()}>
          Sign out
        </Button>
      </Panel>
      <CallbackSecretPanel />
      <AuditPanel />
    </Stack>
  );
}
