// What files are, which pipeline they are for, and which of them it would refuse: before anything is sent.

import type { Pipeline } from "@docmill/client";

import { bytes } from "../shell/format";

/** Bytes of a file's beginning that are looked at. */
export const HEAD_BYTES = 64 * 1024;

/** What can be known of a file without reading it. */
export interface FileHead {
  name: string;
  /** Bytes. */
  size: number;
  /** At most {@link HEAD_BYTES}. */
  head: Uint8Array;
}

export async function headOf(file: File): Promise<FileHead> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return { name: file.name, size: file.size, head };
}

const MAGIC: readonly [contentType: string, magic: string, offset: number][] = [
  ["application/pdf", "%PDF-", 0],
  ["image/png", "\x89PNG", 0],
  ["image/jpeg", "\xff\xd8\xff", 0],
  ["image/gif", "GIF8", 0],
  ["image/webp", "WEBP", 8],
];

/** The media type that the first bytes tell, or null where they do not. */
export function sniff(head: Uint8Array): string | null {
  const start = String.fromCharCode(...head.subarray(0, 16));
  return MAGIC.find(([, magic, offset]) => start.startsWith(magic, offset))?.[0] ?? null;
}

type Accepted = Pipeline["accepts"][number];

const byExtension = (pipeline: Pipeline, name: string): Accepted[] =>
  pipeline.accepts.filter(({ extension }) => name.toLowerCase().endsWith(extension));

/** Whether the pipeline takes files like this one: by the name, and by the bytes where they tell. */
function takes(pipeline: Pipeline, file: FileHead): boolean {
  if (byExtension(pipeline, file.name).length === 0) return false;
  const seen = sniff(file.head);
  return seen === null || pipeline.accepts.some(({ content_type }) => content_type === seen);
}

/** Types that the pipeline takes, for the file dialogue. */
export const extensionsOf = (pipeline: Pipeline): string[] => [
  ...new Set(pipeline.accepts.map(({ extension }) => extension)),
];

/** What the service would refuse in a file, as a sentence; null where nothing is known to be wrong. */
export function problemOf(pipeline: Pipeline, file: FileHead): string | null {
  const name = `“${file.name}”`;
  if (file.size === 0) return `${name} is empty.`;
  if (!takes(pipeline, file)) {
    return `${name} cannot be used here. Please choose a file of type ${extensionsOf(pipeline).join(", ")}.`;
  }
  const most = Math.max(...byExtension(pipeline, file.name).map(({ max_bytes }) => max_bytes));
  return file.size > most ? `${name} is larger than ${bytes(most)}.` : null;
}

interface Hints {
  /** Words in a file's name. */
  names: RegExp;
  /** A PDF page is wider than high: as sheets are, not books. */
  isWide?: boolean;
  /** Few documents of this sort are smaller, in bytes. */
  fromBytes?: number;
}

// Where several pipelines take a type of file: what speaks for one of them. A pipeline without hints is as likely as the
// types that it takes say.
const HINTS: Readonly<Record<string, Hints>> = {
  novel: {
    names: /roman|novel|livre|book|chapitre|chapter|tome|conte|récit|histoire/i,
    fromBytes: 1_000_000,
  },
  timetable: {
    names: /time-?_? ?table|emploi|horaire|stundenplan|schedule|planning|timings|lessons/i,
    isWide: true,
  },
};

/**
 * The pipeline that the files are most likely for, or null when none takes any of them. The more of the files it takes,
 * the likelier; then its hints; then the order of the list.
 */
export function guessPipeline(pipelines: readonly Pipeline[], files: readonly FileHead[]): string | null {
  let best: { name: string; score: number } | null = null;
  for (const pipeline of pipelines) {
    const taken = files.filter((file) => takes(pipeline, file));
    if (taken.length === 0) continue;
    const hints = taken.reduce((sum, file) => sum + likelihood(pipeline.name, file), 0);
    const score = taken.length * 100 + hints / taken.length;
    if (!best || score > best.score) best = { name: pipeline.name, score };
  }
  return best?.name ?? null;
}

function likelihood(pipeline: string, file: FileHead): number {
  const hints = HINTS[pipeline];
  if (!hints) return 0;
  let score = 0;
  if (hints.names.test(file.name)) score += 4;
  if (hints.isWide && isWidePdf(file.head)) score += 2;
  if (hints.fromBytes !== undefined && file.size >= hints.fromBytes) score += 1;
  return score;
}

/** Whether the first page size that a PDF names is wider than high. */
export function isWidePdf(head: Uint8Array): boolean {
  if (sniff(head) !== "application/pdf") return false;
  const number = String.raw`\s*(-?[\d.]+)`;
  const box = new RegExp(String.raw`/MediaBox\s*\[${number}${number}${number}${number}`).exec(latin1(head));
  if (!box) return false;
  const [left = 0, bottom = 0, right = 0, top = 0] = box.slice(1).map(Number);
  return Math.abs(right - left) > Math.abs(top - bottom);
}

const latin1 = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);
