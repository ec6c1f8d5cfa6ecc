// Editing a timetable: a draft, what is wrong with it, and what is sent.

import {
  type Block,
  type EventType,
  METADATA,
  type Metadata,
  minutesOf,
  type TimetableResult,
} from "./model";

/** A block that is being edited. */
export interface DraftBlock extends Block {
  /** Tells blocks apart: new ones have no id yet. */
  key: string;
  isNew: boolean;
}

export interface DraftTable {
  metadata: Metadata;
  blocks: readonly DraftBlock[];
}

export type Draft = readonly DraftTable[];

/**
 * A draft of what `shown` has. Of an older edition, blocks that the newest has no more are new ones to the service: only
 * ids that it knows can be sent.
 */
export function draftOf(shown: TimetableResult, newest: TimetableResult = shown): Draft {
  const known = new Set(newest.timetables.flatMap(({ blocks }) => blocks.map(({ id }) => id)));
  return shown.timetables.map(({ metadata, blocks }) => ({
    metadata,
    blocks: blocks.map((block) => ({ ...block, key: block.id, isNew: !known.has(block.id) })),
  }));
}

export const newBlock = (day: Block["day"], start = "09:00", end = "10:00"): DraftBlock => ({
  id: "",
  key: crypto.randomUUID(),
  isNew: true,
  day,
  start,
  end,
  event_name: "",
  event_type: "class",
  room: null,
  notes: null,
  color: null,
  inferred: false,
  confidence: "1.00",
});

/** The draft with this block in the table, in place of the one with its key. A block that somebody wrote is sure. */
export function withBlock(draft: Draft, table: number, block: DraftBlock): Draft {
  return changed(draft, table, (blocks) => {
    const written = { ...block, inferred: false, confidence: "1.00" };
    const index = blocks.findIndex(({ key }) => key === block.key);
    return index < 0 ? [...blocks, written] : blocks.map((old, at) => (at === index ? written : old));
  });
}

export const withoutBlock = (draft: Draft, table: number, key: string): Draft =>
  changed(draft, table, (blocks) => blocks.filter((block) => block.key !== key));

export const withMetadata = (draft: Draft, table: number, metadata: Metadata): Draft =>
  draft.map((old, at) => (at === table ? { ...old, metadata } : old));

const changed = (
  draft: Draft,
  table: number,
  change: (blocks: readonly DraftBlock[]) => readonly DraftBlock[],
): Draft => draft.map((old, at) => (at === table ? { ...old, blocks: change(old.blocks) } : old));

/** What a person enters of a block. */
export interface BlockForm {
  event_name: string;
  day: Block["day"];
  /** Empty where there is none. */
  start: string;
  end: string;
  event_type: EventType;
  room: string;
  notes: string;
}

export const formOf = (block: Block): BlockForm => ({
  event_name: block.event_name,
  day: block.day,
  start: block.start ?? "",
  end: block.end ?? "",
  event_type: block.event_type,
  room: block.room ?? "",
  notes: block.notes ?? "",
});

export const filledIn = (block: DraftBlock, form: BlockForm): DraftBlock => ({
  ...block,
  event_name: form.event_name.trim(),
  day: form.day,
  start: form.start || null,
  end: form.end || null,
  event_type: form.event_type,
  room: form.room.trim() || null,
  notes: form.notes.trim() || null,
});

/** What is wrong with what was entered, by field. */
export function problemsOf(form: BlockForm): Partial<Record<keyof BlockForm, string>> {
  const problems: Partial<Record<keyof BlockForm, string>> = {};
  if (!form.event_name.trim()) problems.event_name = "Please enter a name.";
  if (form.start && !form.end) problems.end = "Please enter when it ends, or no start either.";
  if (!form.start && form.end) problems.start = "Please enter when it starts, or no end either.";
  if (form.start && form.end && minutesOf(form.end) <= minutesOf(form.start)) {
    problems.end = "It has to end after its start, on the same day.";
  }
  return problems;
}

/** The draft as the service takes it. */
export function bodyOf(draft: Draft): object {
  return {
    timetables: draft.map(({ metadata, blocks }) => ({
      metadata: Object.fromEntries(METADATA.map((name) => [name, metadata[name] ?? null])),
      blocks: blocks.map(({ id, isNew, day, start, end, event_name, event_type, room, notes, color }) => ({
        ...(!isNew && { id }),
        day,
        start,
        end,
        event_name,
        event_type,
        room,
        notes,
        color,
      })),
    })),
  };
}

/** How many blocks and headings of the draft differ from what it began as. */
export function changesOf(draft: Draft, before: Draft): number {
  const text = (block: DraftBlock) => JSON.stringify(block);
  return draft.reduce((sum, table, index) => {
    const old = before[index];
    const known = new Map(old?.blocks.map((block) => [block.key, text(block)]));
    const written = table.blocks.filter((block) => known.get(block.key) !== text(block)).length;
    const keys = new Set(table.blocks.map(({ key }) => key));
    const removed = [...known.keys()].filter((key) => !keys.has(key)).length;
    const headings = JSON.stringify(table.metadata) === JSON.stringify(old?.metadata) ? 0 : 1;
    return sum + written + removed + headings;
  }, 0);
}

/** What the service refuses, with the name of the block in place of its number. */
export function refusals(draft: Draft, errors: readonly { field: string; detail: string }[]): string[] {
  return errors.map(({ field, detail }) => {
    const [, table, block, name] = /^timetables\[(\d+)\]\.blocks\[(\d+)\]\.?(\w*)/.exec(field) ?? [];
    const found = draft[Number(table)]?.blocks[Number(block)];
    if (!found) return detail;
    return `${found.event_name || "A block"} (${found.day}): ${detail.replace(field, name?.replaceAll("_", " ") || "it")}`;
  });
}
