import { useDocmill } from "@docmill/react";
import { Button, Code, CopyButton, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { dateTime } from "../shell/format";
import { Confirm, Failure, Loading, Panel } from "../shell/parts";

/** The secret that callbacks are signed with: the user's own, or a company's. It is read when somebody wants to see it. */
export function CallbackSecretPanel({ companyId }: { companyId?: string }) {
  const client = useDocmill();
  const queries = useQueryClient();
  const [isShown, setShown] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const of = companyId === undefined ? {} : { companyId };
  const queryKey = ["callback-secret", companyId ?? "own"];
  const secret = useQuery({
    queryKey,
    enabled: isShown,
    gcTime: 0,
    queryFn: ({ signal }) => client.callbackSecret({ ...of, signal }),
  });
  return (
    <Panel component="section" aria-labelledby="secret-title">
      <Title order={2} id="secret-title" mb={4}>
        Callback secret
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Programs that are called back check with it that the call is true. Keep it where they alone can read
        it.
      </Text>
      <Stack gap="sm" align="flex-start">
        {isShown && secret.error && <Failure error={secret.error} onRetry={() => void secret.refetch()} />}
        {isShown && secret.isPending && <Loading />}
        {isShown && secret.data && (
          <>
            <Code style={{ overflowWrap: "anywhere" }}>{secret.data.secret}</Code>
            <Text size="xs" c="dimmed">
              {secret.data.rotated_at ? `Since ${dateTime(secret.data.rotated_at)}` : "Never replaced"}
              {secret.data.previous_valid_until &&
                ` · the one before signs, too, until ${dateTime(secret.data.previous_valid_until)}`}
            </Text>
          </>
        )}
        <Group gap="xs">
          <Button
            variant="default"
            size="compact-sm"
            aria-expanded={isShown}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? "Hide" : "Show the secret"}
          </Button>
          {isShown && secret.data && (
            <CopyButton value={secret.data.secret}>
              {({ copied, copy }) => (
                <Button variant="default" size="compact-sm" onClick={copy}>
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
          )}
          <Button variant="default" size="compact-sm" onClick={() => setAsking(true)}>
            Replace
          </Button>
        </Group>
      </Stack>
      <Confirm
        title="Replace the secret?"
        action="Replace"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          queries.setQueryData(queryKey, await client.rotateCallbackSecret(of));
          setShown(true);
        }}
      >
        For 24 hours callbacks carry a signature of the new secret and one of the present one. Until then
        every program that checks them needs the new one.
      </Confirm>
    </Panel>
  );
}
