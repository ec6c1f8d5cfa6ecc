// Numbers of the dashboard as people read them.

import { duration, integer } from "../shell/format";
import type { HourFigures, Operations, Quantiles } from "./types";

const DOLLARS = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 2,
  maximumFractionDigits: 4,
});

/** `$1.25`, `$0.0123`, `< $0.0001`; takes the decimal text of the API. */
export function dollars(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  return value > 0 && value < 0.000_05 ? `< ${DOLLARS.format(0.0001)}` : DOLLARS.format(value);
}

/** The number, marked where there are more than were counted. */
export const atLeast = (value: number, isComplete: boolean): string =>
  isComplete ? integer(value) : `${integer(value)} or more`;

/** How long, or a dash. */
export const seconds = (value: number | null): string =>
  value === null ? "–" : duration(Math.max(0, value));

/** The queue whose oldest job waits longest, and how long; null where none waits. */
export function longestWait({ queues }: Operations): { queue: string; seconds: number } | null {
  let longest: { queue: string; seconds: number } | null = null;
  for (const { queue, oldest_seconds } of queues) {
    if (oldest_seconds !== null && oldest_seconds > (longest?.seconds ?? -1)) {
      longest = { queue, seconds: oldest_seconds };
    }
  }
  return longest;
}

/** Messages that wait, of all queues. */
export const waitingMessages = ({ queues }: Operations): number =>
  queues.reduce((sum, { waiting }) => sum + waiting, 0);

/** Attempts that ended in the last `count` hours, and how many of them failed. */
export function lately({ hours }: Operations, count = 24): { ended: number; failed: number } {
  const last = hours.slice(-count);
  return {
    ended: last.reduce((sum, hour) => sum + hour.completed + hour.failed + hour.cancelled + hour.expired, 0),
    failed: last.reduce((sum, hour) => sum + hour.failed, 0),
  };
}

/** One line of a chart. Values belong to the hours; null where there is none. */
export interface Line {
  name: string;
  values: (number | null)[];
}

/** What can be drawn over the hours. */
export interface Curve {
  name: string;
  /** What the values are, for the axis. */
  unit: string;
  lines: Line[];
  /** A value in words. */
  format: (value: number) => string;
  source: "hours" | "quantiles" | "cost";
}

const quantileLines = (hours: HourFigures[], of: (hour: HourFigures) => Quantiles): Line[] =>
  (["p50", "p95", "p99"] as const).map((quantile) => ({
    name: quantile,
    values: hours.map((hour) => of(hour)?.[quantile] ?? null),
  }));

/** The curves that the hours make. */
export function curvesOf(
  hours: HourFigures[],
): Record<"jobs" | "processing" | "waiting" | "chunks" | "cost", Curve> {
  const line = (name: string, of: (hour: HourFigures) => number): Line => ({ name, values: hours.map(of) });
  return {
    jobs: {
      name: "Jobs ended",
      unit: "jobs per hour",
      lines: [
        line("Completed", (hour) => hour.completed),
        line("Failed", (hour) => hour.failed + hour.expired),
        line("Cancelled", (hour) => hour.cancelled),
      ],
      format: integer,
      source: "hours",
    },
    chunks: {
      name: "Chunks done",
      unit: "chunks per hour",
      lines: [line("Chunks", (hour) => hour.chunks)],
      format: integer,
      source: "hours",
    },
    processing: {
      name: "Processing time",
      unit: "from the first claim to the end",
      lines: quantileLines(hours, (hour) => hour.processing_seconds),
      format: duration,
      source: "quantiles",
    },
    waiting: {
      name: "Waiting time",
      unit: "from queued to the first claim",
      lines: quantileLines(hours, (hour) => hour.waiting_seconds),
      format: duration,
      source: "quantiles",
    },
    cost: {
      name: "Cost",
      unit: "US dollars per hour",
      lines: [line("Cost", (hour) => Number(hour.cost_usd) || 0)],
      format: (value) => dollars(String(value)),
      source: "cost",
    },
  };
}
