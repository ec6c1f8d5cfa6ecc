// Numbers, sizes and times as people read them.

const INTEGER = new Intl.NumberFormat("en");
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const CLOCK = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export const TERMINAL = new Set(["completed", "failed", "cancelled", "expired"]);

export const integer = (value) => INTEGER.format(value);

export const count = (value, one, many = `${one}s`) => `${integer(value)} ${value === 1 ? one : many}`;

/** `1.2 MB`; of 1,024 kB each, as the limits in error messages are. */
export function bytes(value) {
  if (value < 1024) return count(value, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let size = value / 1024;
  let unit = 0;
  while (size >= 1023.5 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** `3 minutes ago`. */
export function ago(time, now = Date.now()) {
  const seconds = Math.round((Date.parse(time) - now) / 1000);
  if (Number.isNaN(seconds)) return "";
  if (Math.abs(seconds) < 5) return "just now";
  const steps = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];
  let value = seconds;
  for (const [unit, length] of steps) {
    if (Math.abs(value) < length) return RELATIVE.format(Math.round(value), unit);
    value /= length;
  }
  return "";
}

/** `Nov 21, 2026, 10:15 AM`. */
export const dateTime = (time) => CLOCK.format(new Date(time));

/** `0.42 s`, `12 s`, `3 min 5 s`. */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `sentence_length_limit` → `Sentence length limit`. */
export function words(name) {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The job's name for people. */
export const jobName = (job) => job.label ?? job.file_name ?? "Job without files";

/** The file's name without its extension. */
export const stem = (name) => name.replace(/\.[^.]+$/, "") || name;
