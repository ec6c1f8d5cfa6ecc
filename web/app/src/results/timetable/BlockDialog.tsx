import { Button, Group, NativeSelect, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";

import { Dialog } from "../../shell/Dialog";
import { words } from "../../shell/format";
import { type BlockForm, type DraftBlock, filledIn, formOf, problemsOf } from "./edit";
import { EVENT_TYPES, METADATA, type Metadata, WEEK } from "./model";

interface BlockDialogProps {
  block: DraftBlock;
  /** It is in the timetable already. */
  isThere: boolean;
  onApply: (block: DraftBlock) => void;
  onDelete: () => void;
  onClose: () => void;
}

/** A block's fields. Moving and resizing a block is changing its day and its times. */
export function BlockDialog({ block, isThere, onApply, onDelete, onClose }: BlockDialogProps) {
  const [form, setForm] = useState<BlockForm>(() => formOf(block));
  const [isChecked, setChecked] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const problems = isChecked ? problemsOf(form) : {};
  const field = <Name extends keyof BlockForm>(name: Name, label: string) => ({
    label,
    name,
    value: form[name],
    error: problems[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setForm((known) => ({ ...known, [name]: value }));
    },
  });
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const wrong = Object.keys(problemsOf(form))[0];
    setChecked(true);
    if (wrong) element.current?.querySelector<HTMLElement>(`[name=${wrong}]`)?.focus();
    else onApply(filledIn(block, form));
  };
  return (
    <Dialog onClose={onClose} title={isThere ? "Edit the block" : "Add a block"}>
      <form ref={element} onSubmit={apply} noValidate>
        <Stack gap="sm">
          <TextInput {...field("event_name", "Name")} maxLength={200} data-autofocus />
          <NativeSelect
            {...field("day", "Day")}
            data={[...WEEK, "unspecified"].map((day) => ({ value: day, label: words(day) }))}
          />
          <SimpleGrid cols={2}>
            <TextInput {...field("start", "Start")} type="time" />
            <TextInput {...field("end", "End")} type="time" />
          </SimpleGrid>
          <SimpleGrid cols={2}>
            <TextInput {...field("room", "Room")} maxLength={200} />
            <NativeSelect
              {...field("event_type", "Type")}
              data={EVENT_TYPES.map((type) => ({ value: type, label: words(type) }))}
            />
          </SimpleGrid>
          <Textarea {...field("notes", "Notes")} autosize minRows={2} maxRows={6} maxLength={2_000} />
          <Group justify="space-between" mt="xs">
            {isThere ? (
              <Button variant="subtle" color="red" onClick={onDelete}>
                Delete
              </Button>
            ) : (
              <span />
            )}
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit">Apply</Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

const METADATA_WORDS: Readonly<Record<(typeof METADATA)[number], string>> = {
  teacher_name: "Teacher",
  class_name: "Class",
  term: "Term",
  week: "Week",
  school_name: "School",
};

/** What a timetable says of itself, as one line. */
export const headingOf = (metadata: Metadata): string =>
  METADATA.flatMap((name) => (metadata[name] ? [`${METADATA_WORDS[name]}: ${metadata[name]}`] : [])).join(
    " · ",
  );

interface MetadataDialogProps {
  metadata: Metadata;
  onApply: (metadata: Metadata) => void;
  onClose: () => void;
}

export function MetadataDialog({ metadata, onApply, onClose }: MetadataDialogProps) {
  const [form, setForm] = useState(metadata);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const entries = METADATA.map((name) => [name, form[name]?.trim() || null]);
    onApply(Object.fromEntries(entries));
  };
  return (
    <Dialog onClose={onClose} title="Edit the headings">
      <form onSubmit={apply}>
        <Stack gap="sm">
          {METADATA.map((name, index) => (
            <TextInput
              key={name}
              label={METADATA_WORDS[name]}
              maxLength={200}
              value={form[name] ?? ""}
              data-autofocus={index === 0 || undefined}
              onChange={({ currentTarget: { value } }) => setForm((known) => ({ ...known, [name]: value }))}
            />
          ))}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit">Apply</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
