// The result `timetable/1`, as far as the page reads it.

import { isRecord } from "../../upload/schema";

export const WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Day = (typeof WEEK)[number] | "unspecified";

export const EVENT_TYPES = ["class", "break", "lunch", "assembly", "administrative"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const METADATA = ["teacher_name", "class_name", "term", "week", "school_name"] as const;
export type Metadata = Record<(typeof METADATA)[number], string | null>;

export interface Block {
  id: string;
  day: Day;
  /** `HH:MM`; null, as the end, where only a period's number is known. */
  start: string | null;
  end: string | null;
  event_name: string;
  event_type: EventType;
  room: string | null;
  notes: string | null;
  /** `#RRGGBB`. */
  color: string | null;
  /** Nobody wrote it: it fills a gap. */
  inferred: boolean;
  /** Decimal from 0.00 to 1.00. */
  confidence: string;
}

export interface Timetable {
  metadata: Metadata;
  blocks: readonly Block[];
  needs_review: boolean;
  confidence: string;
}

export interface TimetableResult {
  timetables: readonly Timetable[];
  warnings: readonly { code: string; day: Day | null; message: string }[];
  rejected: readonly {
    day: Day;
    start: string | null;
    end: string | null;
    event_name: string;
    reason: string;
  }[];
  calendar: { days: readonly Day[] };
  edition: { number: number; author: string | null; at: string | null };
}

export const isTimetable = (result: unknown): result is TimetableResult =>
  isRecord(result) && String(result.schema).startsWith("timetable/") && Array.isArray(result.timetables);

/** A block below this is marked: somebody should look at it. */
const UNCERTAIN_BELOW = 0.6;

export const isUncertain = ({ confidence }: Pick<Block, "confidence">): boolean =>
  Number(confidence) < UNCERTAIN_BELOW;

/** What sets a timetable apart from the others of its document. */
export function titleOf({ metadata }: { metadata: Metadata }, index: number): string {
  const { class_name, teacher_name, week } = metadata;
  const parts = [class_name ?? teacher_name, week && (/^\d/.test(week) ? `Week ${week}` : week)];
  return parts.filter(Boolean).join(", ") || `Timetable ${index + 1}`;
}

/** `HH:MM` as minutes of the day. */
export function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

export const timeOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
