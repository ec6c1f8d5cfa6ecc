import type { Job, Pipeline } from "@docmill/client";
import { Alert, Button, Group, List, NativeSelect, SegmentedControl, Stack, Text } from "@mantine/core";
import { useRef, useState } from "react";

import { useMayChange } from "../../jobs/rights";
import { useSession } from "../../session/context";
import { count, dateTime, words } from "../../shell/format";
import { IconAlert, IconPlus } from "../../shell/icons";
import { Failure, Loading, Nothing } from "../../shell/parts";
import { ResultHead, useResult } from "../Result";
import { BlockDialog, headingOf, MetadataDialog } from "./BlockDialog";
import { BlockList } from "./BlockList";
import {
  type Draft,
  type DraftBlock,
  draftOf,
  newBlock,
  withBlock,
  withMetadata,
  withoutBlock,
} from "./edit";
import { isTimetable, type TimetableResult, titleOf } from "./model";
import { SaveBar } from "./SaveBar";
import { WeekGrid } from "./WeekGrid";

interface TimetableViewProps {
  job: Job;
  pipeline: Pipeline | undefined;
  newest: TimetableResult;
  onChange: () => void;
}

/** A timetable that can be read and corrected. */
export function TimetableView({ job, pipeline, newest, onChange }: TimetableViewProps) {
  /** Null for the newest. */
  const [edition, setEdition] = useState<number | null>(null);
  const [held, setDraft] = useState<{ content: Draft; of: TimetableResult; saved?: Job } | null>(null);
  // What was saved is shown until it is there as an edition: the one before would look like a lost change.
  const draft = held?.saved && isReplaced(held.saved, job, newest) ? null : held;
  const isSaved = draft?.saved !== undefined;
  const older = useResult(job, edition ?? newest.edition.number);
  const shown = edition !== null && isTimetable(older.data) ? older.data : newest;
  const isOlder = edition !== null && edition !== newest.edition.number;
  const mayEdit = useMayChange(job) && Boolean(pipeline?.editable) && job.status === "completed";
  const canEdit = mayEdit && !isOlder && !isSaved;
  const content = draft?.content ?? draftOf(shown);
  const close = (saved?: Job) => {
    setDraft(saved && draft ? { ...draft, saved } : null);
    // The button that was pressed goes with the bar that it is in.
    requestAnimationFrame(() => document.getElementById("result-title")?.focus());
  };
  const reload = (saved?: Job) => {
    close(saved);
    setEdition(null);
    onChange();
  };
  return (
    <Stack gap="md">
      <ResultHead
        job={job}
        pipeline={pipeline}
        title="Timetable"
        {...(isOlder && { edition: edition ?? 0 })}
      />
      <Editions
        job={job}
        edition={edition}
        newest={newest}
        isLocked={draft !== null && !isSaved}
        onChoose={(number) => {
          setDraft(null);
          setEdition(number);
        }}
      />
      {isOlder && (
        <Alert color="yellow" icon={<IconAlert />} title="This is an earlier edition">
          <Group gap="xs">
            <Text size="sm">It can be read and downloaded. Changes are made to the newest one.</Text>
            <Button size="compact-sm" variant="default" onClick={() => setEdition(null)}>
              Show the newest
            </Button>
            {mayEdit && isTimetable(older.data) && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => {
                  setDraft({ content: draftOf(shown, newest), of: newest });
                  setEdition(null);
                }}
              >
                Restore this edition
              </Button>
            )}
          </Group>
        </Alert>
      )}
      {isOlder && older.isPending ? (
        <Loading what="Loading the edition…" />
      ) : isOlder && older.error ? (
        <Failure error={older.error} onRetry={() => void older.refetch()} />
      ) : (
        <Tables
          content={content}
          result={shown}
          onEdit={canEdit ? (next) => setDraft({ content: next, of: draft?.of ?? newest }) : null}
        />
      )}
      {draft && !isSaved && (
        <SaveBar
          job={job}
          draft={draft.content}
          base={draft.of}
          newest={newest}
          onSaved={reload}
          onDiscard={() => close()}
          onReload={() => reload()}
        />
      )}
    </Stack>
  );
}

/** Whether the newest result has what was saved, or the job has run again since. */
const isReplaced = (saved: Job, job: Job, newest: TimetableResult): boolean =>
  job.attempt > saved.attempt || newest.edition.number >= (saved.edition ?? 0);

interface TablesProps {
  content: Draft;
  result: TimetableResult;
  onEdit: ((draft: Draft) => void) | null;
}

function Tables({ content, result, onEdit }: TablesProps) {
  const [index, setIndex] = useState(0);
  const [look, setLook] = useState<"week" | "list">("week");
  const [open, setOpen] = useState<DraftBlock | "headings" | null>(null);
  const region = useRef<HTMLElement>(null);
  const at = Math.min(index, content.length - 1);
  const table = content[at];
  if (!table) return <Nothing title="There is no timetable in this result" />;
  const edit = (next: Draft) => {
    onEdit?.(next);
    setOpen(null);
  };
  const add = () => setOpen(newBlock(result.calendar.days[0] ?? "monday"));
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          {content.length > 1 && (
            <NativeSelect
              aria-label="Timetable"
              value={String(at)}
              data={content.map((one, number) => ({ value: String(number), label: titleOf(one, number) }))}
              onChange={(event) => setIndex(Number(event.currentTarget.value))}
            />
          )}
          <Text size="sm" c="dimmed">
            {headingOf(table.metadata)}
          </Text>
          {onEdit && (
            <Button variant="subtle" size="compact-sm" onClick={() => setOpen("headings")}>
              Edit the headings
            </Button>
          )}
        </Group>
        <Group gap="sm">
          {onEdit && (
            <Button variant="default" size="compact-sm" leftSection={<IconPlus size={16} />} onClick={add}>
              Add a block
            </Button>
          )}
          <SegmentedControl
            size="xs"
            aria-label="How to show it"
            value={look}
            onChange={setLook}
            data={[
              { value: "week", label: "Week" },
              { value: "list", label: "List" },
            ]}
          />
        </Group>
      </Group>
      <Warnings result={result} />
      <section ref={region} tabIndex={-1} aria-label={titleOf(table, at)} style={{ outline: "none" }}>
        {look === "week" ? (
          <WeekGrid
            key={at}
            blocks={table.blocks}
            expected={result.calendar.days}
            onOpen={onEdit && setOpen}
          />
        ) : (
          <BlockList blocks={table.blocks} onOpen={onEdit && setOpen} />
        )}
      </section>
      {open === "headings" && (
        <MetadataDialog
          metadata={table.metadata}
          onApply={(metadata) => edit(withMetadata(content, at, metadata))}
          onClose={() => setOpen(null)}
        />
      )}
      {open !== null && open !== "headings" && (
        <BlockDialog
          key={open.key}
          block={open}
          isThere={table.blocks.some(({ key }) => key === open.key)}
          onApply={(block) => edit(withBlock(content, at, block))}
          onDelete={() => {
            edit(withoutBlock(content, at, open.key));
            // The button that the dialog came from goes with its block.
            requestAnimationFrame(() => region.current?.focus());
          }}
          onClose={() => setOpen(null)}
        />
      )}
    </Stack>
  );
}

function Warnings({ result: { warnings, rejected } }: { result: TimetableResult }) {
  if (warnings.length === 0 && rejected.length === 0) return null;
  const total = warnings.length + rejected.length;
  return (
    <details className="remarks" open={total <= 4}>
      <summary>{count(total, "remark")} on what was read</summary>
      <List size="sm" mt={4}>
        {warnings.map(({ code, day, message }) => (
          <List.Item key={`${code} ${day} ${message}`}>{message}</List.Item>
        ))}
        {rejected.map(({ day, start, event_name, reason }) => (
          <List.Item key={`${day} ${start} ${event_name}`}>
            Left out: “{event_name}” on {words(day)}. {reason}
          </List.Item>
        ))}
      </List>
    </details>
  );
}

interface EditionsProps {
  job: Job;
  edition: number | null;
  newest: TimetableResult;
  /** There are changes that are not saved. */
  isLocked: boolean;
  onChoose: (edition: number | null) => void;
}

function Editions({ job, edition, newest, isLocked, onChoose }: EditionsProps) {
  const { user } = useSession();
  const editions = job.editions ?? [];
  if (editions.length === 0) return null;
  const current = Math.max(newest.edition.number, job.edition ?? 0);
  const options = [...editions].reverse().map(({ number, author, at }) => ({
    value: String(number),
    label: `${number}: by ${author === user.id ? "you" : "somebody else"}, ${dateTime(at)}${number === current ? " (newest)" : ""}`,
  }));
  return (
    <NativeSelect
      label="Edition"
      maw={420}
      disabled={isLocked}
      value={String(edition ?? current)}
      data={[...options, { value: "0", label: "0: as it was read" }]}
      onChange={({ currentTarget: { value } }) => onChoose(Number(value) === current ? null : Number(value))}
    />
  );
}
