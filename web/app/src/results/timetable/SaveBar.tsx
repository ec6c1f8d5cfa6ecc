import { ApiError, type Job } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Alert, Button, Group, List, Paper, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";

import { count } from "../../shell/format";
import { messageOf } from "../../shell/parts";
import { bodyOf, changesOf, type Draft, draftOf, refusals } from "./edit";
import type { TimetableResult } from "./model";

interface SaveBarProps {
  job: Job;
  draft: Draft;
  /** What the draft was made from. */
  base: TimetableResult;
  newest: TimetableResult;
  /** The job with its new edition. */
  onSaved: (job: Job) => void;
  onDiscard: () => void;
  onReload: () => void;
}

/** Changes that are not saved, and the way to save them. */
export function SaveBar({ job, draft, base, newest, onSaved, onDiscard, onReload }: SaveBarProps) {
  const client = useDocmill();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const changes = changesOf(draft, draftOf(base));
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => event.preventDefault();
    if (changes > 0) addEventListener("beforeunload", leaving);
    return () => removeEventListener("beforeunload", leaving);
  }, [changes]);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const saved = await client.editResult(job.job_id, bodyOf(draft), {
        ifMatch: `${job.attempt}.${base.edition.number}`,
      });
      onSaved(saved);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const isOvertaken =
    newest.edition.number > base.edition.number || (error instanceof ApiError && error.status === 412);
  return (
    <Paper withBorder p="sm" className="save-bar" role="region" aria-label="Unsaved changes">
      <Stack gap="sm">
        {isOvertaken ? (
          <Overtaken onReload={onReload} />
        ) : (
          error !== null && <Refused draft={draft} error={error} />
        )}
        <Group justify="space-between">
          <Text size="sm" role="status">
            {changes === 0 ? "Nothing is changed yet" : `${count(changes, "unsaved change")}`}
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={onDiscard}>
              Discard
            </Button>
            <Button onClick={save} loading={isBusy} disabled={changes === 0 || isOvertaken}>
              Save
            </Button>
          </Group>
        </Group>
      </Stack>
    </Paper>
  );
}

function Overtaken({ onReload }: { onReload: () => void }) {
  return (
    <Alert color="yellow" role="alert" title="Somebody else has saved an edition meanwhile">
      <Text size="sm" mb="xs">
        Yours would undo their changes, so it is not saved. Load theirs and make your changes again. Until
        then you can still look yours up here.
      </Text>
      <Button size="compact-sm" onClick={onReload}>
        Load the newest edition
      </Button>
    </Alert>
  );
}

function Refused({ draft, error }: { draft: Draft; error: unknown }) {
  const texts =
    error instanceof ApiError && error.fields.length > 0 ? refusals(draft, error.fields) : [messageOf(error)];
  return (
    <Alert color="red" role="alert" title="This was not saved">
      <List size="sm">
        {texts.slice(0, 8).map((text) => (
          <List.Item key={text}>{text}</List.Item>
        ))}
      </List>
    </Alert>
  );
}
