// Numbers, sizes and times as people read them.

const INTEGER = new Intl.NumberFormat("en");
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const CLOCK = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const SECONDS = new Intl.DateTimeFormat("en", { timeStyle: "medium" });

export const integer = (value: number): string => INTEGER.format(value);

/** `1 page`, `1,024 pages`. */
export const count = (value: number, one: string, many = `${one}s`): string =>
  `${integer(value)} ${value === 1 ? one : many}`;

/** `1.2 MB`; of 1,024 kB each, as the limits in the service's messages are. */
export function bytes(value: number): string {
  if (value < 1024) return count(value, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let size = value / 1024;
  let unit = 0;
  while (size >= 1023.5 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const digits = size < 10 ? Number(size.toFixed(1)) : Math.round(size);
  return `${digits} ${units[unit]}`;
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Number.POSITIVE_INFINITY],
];

/** `3 minutes ago`, `in 2 days`; nothing for what is no time. */
export function ago(time: string, now = Date.now()): string {
  let value = (Date.parse(time) - now) / 1000;
  if (Number.isNaN(value)) return "";
  if (Math.abs(value) < 5) return "just now";
  for (const [unit, length] of STEPS) {
    if (Math.abs(Math.round(value)) < length) return RELATIVE.format(Math.round(value), unit);
    value /= length;
  }
  return "";
}

/** `Nov 21, 2026, 10:15 AM`. */
export const dateTime = (time: string): string => valid(time, CLOCK);

/** `10:15:04 AM`. */
export const clock = (time: string): string => valid(time, SECONDS);

function valid(time: string, format: Intl.DateTimeFormat): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : format.format(date);
}

/** `0.42 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(2))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  const minutes = Math.floor((whole % 3600) / 60);
  return `${Math.floor(whole / 3600)} h${minutes ? ` ${minutes} min` : ""}`;
}

/** `sentence_length_limit` → `Sentence length limit`. */
export function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What people call a job. */
export const jobName = (job: { label?: string | null; file_name?: string | null }): string =>
  job.label ?? job.file_name ?? "Job without files";

/** A file's name without its extension. */
export const stem = (name: string): string => name.replace(/\.[^.]+$/, "") || name;
