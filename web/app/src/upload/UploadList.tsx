import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { Link } from "wouter";

import { bytes } from "../shell/format";
import { messageOf } from "../shell/parts";
import { type Upload, useUploads } from "./uploads";

/** Uploads that are under way, or that stopped half-way. */
export function UploadList() {
  const { list } = useUploads();
  const open = list.filter(({ state }) => state !== "done");
  if (open.length === 0) return null;
  return (
    <Stack gap="md" component="ul" p={0} m={0} style={{ listStyle: "none" }} aria-label="Uploads">
      {open.map((upload) => (
        <li key={upload.id}>
          <UploadLine upload={upload} />
        </li>
      ))}
    </Stack>
  );
}

const STATE_WORDS = {
  waiting: "Waiting for the uploads before it",
  sending: "Uploading",
  interrupted: "Stopped",
  failed: "Refused",
  done: "Uploaded",
} as const;

function UploadLine({ upload }: { upload: Upload }) {
  const { uploads } = useUploads();
  const { id, state, sentBytes, totalBytes, job, error } = upload;
  const name = nameOf(upload);
  const percent = totalBytes > 0 ? Math.floor((100 * sentBytes) / totalBytes) : 0;
  const isSending = state === "sending";
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
        <Text size="sm" c="dimmed">
          {STATE_WORDS[state]} · {bytes(sentBytes)} of {bytes(totalBytes)}
        </Text>
      </Group>
      {state !== "failed" && (
        <Progress.Root size="md">
          <Progress.Section
            value={percent}
            aria-label={`Upload of ${name}`}
            aria-valuetext={`${bytes(sentBytes)} of ${bytes(totalBytes)}`}
            animated={isSending}
          />
        </Progress.Root>
      )}
      {error !== null && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {messageOf(error)}
        </Text>
      )}
      <Group gap="xs">
        {isSending && job && (
          <Button size="compact-sm" variant="default" onClick={() => uploads.pause(id)}>
            Pause
          </Button>
        )}
        {state === "interrupted" && (
          <Button size="compact-sm" onClick={() => uploads.resume(id)}>
            Go on with the upload
          </Button>
        )}
        {state === "failed" ? (
          <Button size="compact-sm" variant="default" onClick={() => uploads.forget(id)}>
            Take off the list
          </Button>
        ) : (
          <Button size="compact-sm" variant="default" onClick={() => void uploads.cancel(id).catch(() => {})}>
            Cancel the upload
          </Button>
        )}
        {job && (
          <Button size="compact-sm" variant="subtle" component={Link} href={`/jobs/${job.job_id}`}>
            Show the job
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function nameOf({ submission: { label, files } }: Upload): string {
  if (label) return label;
  const [first, ...others] = files;
  return `${first?.name ?? "No file"}${others.length > 0 ? ` and ${others.length} more` : ""}`;
}
