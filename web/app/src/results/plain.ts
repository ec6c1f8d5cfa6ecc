// Tables out of a result that no view was made for.

import { isRecord } from "../upload/schema";

const MOST_COLUMNS = 12;

/** A list of the result as a table. */
export interface PlainTable {
  /** Where it stands: `timetables[0].blocks`. */
  name: string;
  columns: readonly string[];
  rows: readonly Readonly<Record<string, unknown>>[];
}

export interface Plain {
  /** What is no list. */
  facts: readonly [name: string, value: string][];
  tables: readonly PlainTable[];
}

/** Every list of objects becomes a table, every other value a fact. */
export function plainOf(result: unknown): Plain {
  const facts: [string, string][] = [];
  const tables: PlainTable[] = [];
  const visit = (value: unknown, name: string, depth: number): void => {
    if (isTable(value)) {
      tables.push({ name: name || "rows", columns: columnsOf(value), rows: value });
    } else if (isRecord(value) && depth < 3) {
      for (const [key, inner] of Object.entries(value))
        visit(inner, name ? `${name}.${key}` : key, depth + 1);
    } else {
      facts.push([name || "value", textOf(value)]);
    }
  };
  visit(result, "", 0);
  return { facts, tables };
}

const isTable = (value: unknown): value is Record<string, unknown>[] =>
  Array.isArray(value) && value.length > 0 && value.every(isRecord);

function columnsOf(rows: readonly Record<string, unknown>[]): string[] {
  const names = new Set<string>();
  // Rows of one list are alike: the first ones tell the columns.
  for (const row of rows.slice(0, 200)) for (const name of Object.keys(row)) names.add(name);
  return [...names].slice(0, MOST_COLUMNS);
}

/** A value as a cell shows it. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 500 ? `${text.slice(0, 499)}…` : text;
}
