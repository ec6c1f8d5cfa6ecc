// Where blocks stand in the grid of a week.

import { type Block, type Day, minutesOf, WEEK } from "./model";

/** A block with a time. */
export type Timed = Pick<Block, "day" | "start" | "end">;

export interface Placed<T> {
  block: T;
  /** Minutes of the day. */
  from: number;
  to: number;
  /** Blocks that overlap stand side by side: which one of `lanes` this is, from 0. */
  lane: number;
  lanes: number;
}

/** Places the blocks of one day. Blocks without times are left out. */
export function placed<T extends Timed>(blocks: readonly T[]): Placed<T>[] {
  const timed = blocks
    .flatMap((block) => {
      if (block.start === null || block.end === null) return [];
      const from = minutesOf(block.start);
      return [{ block, from, to: Math.max(minutesOf(block.end), from + 1), lane: 0, lanes: 1 }];
    })
    .sort((a, b) => a.from - b.from || b.to - a.to);
  let cluster: Placed<T>[] = [];
  let clusterEnd = Number.NEGATIVE_INFINITY;
  const close = () => {
    const lanes = Math.max(0, ...cluster.map(({ lane }) => lane + 1));
    for (const one of cluster) one.lanes = lanes;
  };
  for (const one of timed) {
    if (one.from >= clusterEnd) {
      close();
      cluster = [];
      clusterEnd = Number.NEGATIVE_INFINITY;
    }
    const taken = new Set(cluster.filter(({ to }) => to > one.from).map(({ lane }) => lane));
    while (taken.has(one.lane)) one.lane += 1;
    cluster.push(one);
    clusterEnd = Math.max(clusterEnd, one.to);
  }
  close();
  return timed;
}

/** First and last minute that the grid shows, whole hours; a school day where there is nothing to show. */
export function boundsOf(blocks: readonly Timed[]): [from: number, to: number] {
  const timed = blocks.filter(({ start, end }) => start !== null && end !== null);
  if (timed.length === 0) return [8 * 60, 16 * 60];
  const from = Math.min(...timed.map(({ start }) => minutesOf(start ?? "")));
  const to = Math.max(...timed.map(({ end }) => minutesOf(end ?? "")));
  return [Math.floor(from / 60) * 60, Math.ceil(to / 60) * 60];
}

/** The days to show: those that are expected, and those that something is on. */
export function daysOf(blocks: readonly Timed[], expected: readonly Day[]): Day[] {
  const days = new Set([...expected, ...blocks.map(({ day }) => day)]);
  return WEEK.filter((day) => days.has(day));
}

/** Pixels of a minute: as many as the shortest block needs for a line of text, within what still looks like a week. */
export function scaleOf(blocks: readonly Timed[]): number {
  const lengths = blocks.flatMap(({ start, end }) =>
    start !== null && end !== null ? [minutesOf(end) - minutesOf(start)] : [],
  );
  const shortest = Math.max(1, Math.min(60, ...lengths));
  return Math.min(2.2, Math.max(1.4, LINE_PIXELS / shortest));
}

// A line of text, and with the gap around it the 24 pixels that a finger needs.
const LINE_PIXELS = 26;
