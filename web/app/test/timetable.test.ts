import { describe, expect, it } from "vitest";

import {
  bodyOf,
  changesOf,
  draftOf,
  filledIn,
  formOf,
  newBlock,
  problemsOf,
  refusals,
  withBlock,
  withMetadata,
  withoutBlock,
} from "../src/results/timetable/edit";
import { boundsOf, daysOf, placed, scaleOf } from "../src/results/timetable/grid";
import type { Block, TimetableResult } from "../src/results/timetable/model";
import { titleOf } from "../src/results/timetable/model";

const block = (id: string, change: Partial<Block> = {}): Block => ({
  id,
  day: "monday",
  start: "09:00",
  end: "10:00",
  event_name: "Maths",
  event_type: "class",
  room: null,
  notes: null,
  color: null,
  inferred: false,
  confidence: "0.55",
  ...change,
});
const METADATA = { teacher_name: null, class_name: "2EJ", term: null, week: "2", school_name: null };
const result = (blocks: readonly Block[]): TimetableResult => ({
  timetables: [{ metadata: METADATA, blocks, needs_review: false, confidence: "0.90" }],
  warnings: [],
  rejected: [],
  calendar: { days: ["monday", "tuesday"] },
  edition: { number: 0, author: null, at: null },
});

describe("the grid", () => {
  const at = (start: string, end: string) => block(`${start}-${end}`, { start, end });
  const lanes = (...blocks: Block[]) =>
    placed(blocks).map(({ block: { id }, lane, lanes: all }) => `${id} ${lane + 1}/${all}`);

  it("puts blocks that follow each other into one lane", () => {
    expect(lanes(at("10:00", "11:00"), at("09:00", "10:00"))).toEqual(["09:00-10:00 1/1", "10:00-11:00 1/1"]);
  });

  it("puts blocks that overlap side by side", () => {
    expect(lanes(at("09:00", "10:00"), at("09:30", "10:30"), at("10:00", "11:00"))).toEqual([
      "09:00-10:00 1/2",
      "09:30-10:30 2/2",
      "10:00-11:00 1/2",
    ]);
    expect(
      lanes(at("09:00", "12:00"), at("09:00", "10:00"), at("09:15", "09:30"), at("13:00", "14:00")),
    ).toEqual(["09:00-12:00 1/3", "09:00-10:00 2/3", "09:15-09:30 3/3", "13:00-14:00 1/1"]);
  });

  it("never lets two blocks share a place", () => {
    const times = ["08:00", "08:20", "08:45", "09:10", "09:30", "10:00", "10:40"];
    const blocks = times.flatMap((start, from) => times.slice(from + 1).map((end) => at(start, end)));
    const all = placed(blocks);
    for (const [index, a] of all.entries()) {
      for (const b of all.slice(index + 1)) {
        const overlap = a.from < b.to && b.from < a.to;
        if (overlap) expect([a.lane === b.lane, a.lanes === b.lanes]).toEqual([false, true]);
      }
      expect(a.lane).toBeLessThan(a.lanes);
    }
  });

  it("leaves out what has no time", () => {
    expect(placed([block("a", { start: null, end: null })])).toEqual([]);
  });

  it("shows whole hours, and a school day where there is nothing", () => {
    expect(boundsOf([at("08:35", "15:10")])).toEqual([8 * 60, 16 * 60]);
    expect(boundsOf([])).toEqual([480, 960]);
  });

  it("has room for a line of text in short blocks", () => {
    const scales = [
      scaleOf([]),
      scaleOf([at("09:00", "10:00"), at("09:00", "09:13")]),
      scaleOf([at("09:00", "09:02")]),
    ];
    expect(scales).toEqual([1.4, 2, 2.2]);
  });

  it("shows the days that are expected and those that something is on, in their order", () => {
    const days = daysOf(
      [block("a", { day: "saturday" }), block("b", { day: "unspecified" })],
      ["tuesday", "monday"],
    );
    expect(days).toEqual(["monday", "tuesday", "saturday"]);
  });
});

describe("an edit", () => {
  const draft = draftOf(result([block("b1"), block("b2")]));
  const [first] = draft[0]?.blocks ?? [];
  if (!first) throw new Error("no block");

  it("sends known blocks with their ids and new ones without", () => {
    const changed = withBlock(withBlock(draft, 0, { ...first, room: "12" }), 0, {
      ...newBlock("tuesday"),
      event_name: "Art",
    });
    expect(bodyOf(changed)).toEqual({
      timetables: [
        {
          metadata: METADATA,
          blocks: [
            { id: "b1", ...sent({ room: "12" }) },
            { id: "b2", ...sent({}) },
            sent({ day: "tuesday", event_name: "Art" }),
          ],
        },
      ],
    });
  });

  it("makes a block sure that somebody has written", () => {
    expect(withBlock(draft, 0, first)[0]?.blocks[0]?.confidence).toBe("1.00");
  });

  it("is counted", () => {
    expect(changesOf(draft, draft)).toBe(0);
    const changed = withoutBlock(withMetadata(draft, 0, { ...METADATA, term: "Spring" }), 0, "b2");
    expect(changesOf(changed, draft)).toBe(2);
    expect(changesOf(withBlock(changed, 0, newBlock("monday")), draft)).toBe(3);
  });

  it("of an earlier edition sends no id that the newest has no more", () => {
    const newest = result([block("b2")]);
    const restored = draftOf(result([block("b1"), block("b2")]), newest);
    const body = bodyOf(restored) as { timetables: { blocks: { id?: string }[] }[] };
    expect(body.timetables[0]?.blocks.map(({ id }) => id)).toEqual([undefined, "b2"]);
    expect(changesOf(restored, draftOf(newest))).toBe(1);
  });

  it("takes times together, in their order", () => {
    const form = formOf(first);
    expect(problemsOf(form)).toEqual({});
    expect(problemsOf({ ...form, event_name: " " })).toHaveProperty("event_name");
    expect(problemsOf({ ...form, end: "" })).toHaveProperty("end");
    expect(problemsOf({ ...form, start: "" })).toHaveProperty("start");
    expect(problemsOf({ ...form, end: "09:00" })).toHaveProperty("end");
    expect(problemsOf({ ...form, start: "", end: "" })).toEqual({});
    expect(filledIn(first, { ...form, start: "", end: "", room: " R1 ", notes: " " })).toMatchObject({
      start: null,
      end: null,
      room: "R1",
      notes: null,
    });
  });

  it("names the block that the service refuses", () => {
    const field = "timetables[0].blocks[1].end";
    expect(refusals(draft, [{ field, detail: `${field} must be later than the start.` }])).toEqual([
      "Maths (monday): end must be later than the start.",
    ]);
    expect(refusals(draft, [{ field: "body", detail: "No." }])).toEqual(["No."]);
  });
});

const sent = (change: Partial<Block>) => {
  const { day, start, end, event_name, event_type, room, notes, color } = { ...block(""), ...change };
  return { day, start, end, event_name, event_type, room, notes, color };
};

it("calls a timetable by its class and week, or by its number", () => {
  expect(titleOf({ metadata: METADATA }, 0)).toBe("2EJ, Week 2");
  const unnamed = { ...METADATA, class_name: null, week: null };
  expect(titleOf({ metadata: unnamed }, 1)).toBe("Timetable 2");
});
