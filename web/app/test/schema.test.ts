import { describe, expect, it } from "vitest";

import {
  blankOf,
  changesOf,
  check,
  defaultsOf,
  errorsOf,
  type Field,
  fieldsOf,
  type Schema,
  withLabels,
} from "../src/upload/schema";

const TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$";
const SCHEMA: Schema = {
  type: "object",
  properties: {
    limit: { type: "integer", minimum: 3, maximum: 50, default: 8, description: "Most words." },
    least: { type: "integer", minimum: 1, maximum: 10, default: 2, description: "Not above some_limit." },
    share: { type: "number", default: 0.5 },
    ignore: { type: "boolean", default: false },
    engine: { type: "string", enum: ["auto", "rules"], default: "auto" },
    teacher: { type: ["string", "null"], maxLength: 5, default: null, title: "Teacher" },
    days: { type: "array", items: { type: "string", enum: ["monday", "tuesday"] }, default: ["monday"] },
    bounds: {
      type: "array",
      minItems: 2,
      maxItems: 2,
      items: { type: "string", pattern: TIME },
      default: ["05:00", "23:00"],
    },
    term: { type: ["string", "null"], format: "date", default: null },
    periods: {
      type: "array",
      maxItems: 2,
      default: [],
      items: {
        type: "object",
        required: ["period", "start"],
        properties: {
          period: { type: "string" },
          start: { type: "string", pattern: TIME },
          note: { type: "string" },
        },
      },
    },
    holidays: {
      type: "array",
      default: [],
      items: {
        oneOf: [
          { type: "string", pattern: "^x$" },
          {
            type: "object",
            required: ["from", "to"],
            properties: { from: { type: "string", format: "date" }, to: { type: "string", format: "date" } },
          },
        ],
      },
    },
    odd: { type: ["string", "integer"], default: null },
  },
};
const FIELDS = fieldsOf(SCHEMA);
const DEFAULTS = defaultsOf(FIELDS);
const kindOf = (name: string) => (FIELDS.find((field) => field.name === name) as Field).kind;

describe("the form of a schema", () => {
  it("has an input for each sort of value", () => {
    const types = FIELDS.map(({ name, kind }) => [name, kind.type]);
    expect(Object.fromEntries(types)).toEqual({
      limit: "number",
      least: "number",
      share: "number",
      ignore: "boolean",
      engine: "choice",
      teacher: "text",
      days: "choices",
      bounds: "tuple",
      term: "date",
      periods: "rows",
      holidays: "rows",
      odd: "json",
    });
    expect(kindOf("bounds")).toMatchObject({ length: 2, item: { type: "time" } });
    expect(kindOf("holidays")).toMatchObject({ item: { type: "object" } });
  });

  it("explains values in words, with their range", () => {
    expect(FIELDS[0]?.description).toBe("Most words. 3 to 50.");
    expect(FIELDS[0]?.label).toBe("Limit");
    expect(FIELDS.find(({ name }) => name === "teacher")?.label).toBe("Teacher");
    expect(withLabels("Not above `some_limit`.", { some_limit: { title: "Limit" } })).toBe(
      "Not above “Limit”.",
    );
    expect(withLabels("Not above other_name.", {})).toBe("Not above other_name.");
  });

  it("is empty where there are no settings", () => {
    expect(fieldsOf(undefined)).toEqual([]);
    expect(fieldsOf({ type: "object" })).toEqual([]);
  });
});

describe("what is sent", () => {
  it("is what differs from the defaults", () => {
    expect(changesOf(FIELDS, DEFAULTS)).toEqual({});
    expect(changesOf(FIELDS, { ...DEFAULTS, limit: 9, teacher: "", days: ["monday", "tuesday"] })).toEqual({
      limit: 9,
      days: ["monday", "tuesday"],
    });
  });

  it("leaves out of an entry what may be left out of it", () => {
    const periods = [{ period: "1", start: "09:00", note: "" }];
    expect(changesOf(FIELDS, { ...DEFAULTS, periods })).toEqual({
      periods: [{ period: "1", start: "09:00" }],
    });
  });

  it("begins an entry empty", () => {
    expect(blankOf((kindOf("holidays") as { item: Field["kind"] }).item)).toEqual({ from: "", to: "" });
  });
});

describe("what is wrong", () => {
  const wrong = (values: object) => Object.fromEntries(check(FIELDS, { ...DEFAULTS, ...values }));

  it("is nothing with the defaults", () => {
    expect(wrong({})).toEqual({});
  });

  it("is found where it is", () => {
    expect(wrong({ limit: 2 })).toEqual({ limit: "Please enter 3 to 50." });
    expect(wrong({ limit: 8.5 })).toEqual({ limit: "Please enter a whole number." });
    expect(wrong({ limit: "many" })).toEqual({ limit: "Please enter a number." });
    expect(wrong({ limit: "" })).toEqual({ limit: "Please enter a number." });
    expect(wrong({ teacher: "Anderson" })).toEqual({ teacher: "Please use at most 5 characters." });
    expect(wrong({ holidays: [{ from: "2026-01-01", to: "" }] })).toEqual({
      "holidays[0].to": "Please fill this in.",
    });
    expect(wrong({ periods: [{ period: "1", start: "09:00" }] })).toEqual({});
    expect(wrong({ periods: Array(3).fill({ period: "1", start: "09:00" }) })).toEqual({
      periods: "Please use at most 2 entries.",
    });
  });

  it("is sorted by field when the service says it", () => {
    const errors = [
      { field: "settings.limit", detail: "some_limit is too small." },
      { field: "settings.holidays[1].to", detail: "Too late." },
      { field: "files[0].size", detail: "Too large." },
      { field: "settings.unknown", detail: "There is no such setting." },
    ];
    const { atFields, others } = errorsOf(FIELDS, errors, { properties: { some_limit: { title: "Limit" } } });
    expect([...atFields]).toEqual([
      ["limit", "“Limit” is too small."],
      ["holidays[1].to", "Too late."],
    ]);
    expect(others).toEqual(["Too large.", "There is no such setting."]);
  });
});
