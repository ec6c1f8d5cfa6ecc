/** Numbers and times as people of a locale read them. Times are RFC 3339 texts of the API. */
export interface Formats {
  locale: string;
  integer: (value: number) => string;
  /** Today the time alone ("10:15 AM"), else date and time. */
  clock: (time: string, nowMs?: number) => string;
  /** Date and time in full. */
  dateTime: (time: string) => string;
  /** "3 minutes ago", "now"; empty for what is no time. */
  ago: (time: string, nowMs?: number) => string;
  /** "0.4 s", "12 s", "3 min 5 s", "2 h 10 min"; takes seconds. */
  duration: (seconds: number) => string;
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Number.POSITIVE_INFINITY],
];

/** The formats of a locale, a BCP 47 tag. */
export function createFormats(locale: string): Formats {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const unit = (value: number, name: string, digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      unitDisplay: "narrow",
      maximumFractionDigits: digits,
    }).format(value);

  const formats: Formats = {
    locale,
    integer: (value) => whole.format(value),
    clock: (at, nowMs = Date.now()) => {
      const date = new Date(at);
      if (Number.isNaN(date.getTime())) return "";
      return date.toDateString() === new Date(nowMs).toDateString() ? time.format(date) : full.format(date);
    },
    dateTime: (at) => {
      const date = new Date(at);
      return Number.isNaN(date.getTime()) ? "" : full.format(date);
    },
    ago: (at, nowMs = Date.now()) => {
      let value = Math.round((Date.parse(at) - nowMs) / 1000);
      if (Number.isNaN(value)) return "";
      // A clock that is a little ahead of ours makes no future.
      if (value > -5) return relative.format(0, "second");
      for (const [name, length] of STEPS) {
        if (Math.abs(value) < length) return relative.format(Math.round(value), name);
        value /= length;
      }
      return "";
    },
    duration: (seconds) => {
      if (seconds < 10) return unit(seconds, "second", 1);
      const rounded = Math.round(seconds);
      if (rounded < 60) return unit(rounded, "second");
      const minutes = Math.floor(rounded / 60);
      if (minutes < 60) return `${unit(minutes, "minute")} ${unit(rounded % 60, "second")}`;
      return `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`;
    },
  };
  return formats;
}

/** "1 part", "3 parts": English, where the labels are. */
export const count = (f: Formats, value: number, one: string): string =>
  `${f.integer(value)} ${value === 1 ? one : `${one}s`}`;
