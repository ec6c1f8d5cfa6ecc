import { describe, expect, it } from "vitest";
import {
  add,
  type Book,
  emptyBook,
  join,
  mark,
  notificationOf,
  parseBook,
} from "../src/notifications/book.js";
import { ended, makeJob } from "./fake.js";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const note = (number: number, at = NOW + number * 1000) => {
  const job = ended(makeJob({ job_id: `job-${number}` }), { completed_at: new Date(at).toISOString() });
  const notification = notificationOf(job);
  if (!notification) throw new Error("a completed job gives a notification");
  return notification;
};
const bookOf = (...numbers: number[]): Book =>
  numbers.reduce((book, number) => add(book, note(number), false), emptyBook(NOW));

describe("what a job gives to tell", () => {
  const open = makeJob();
  it.each([
    ["a job on its way", open, null],
    ["a complete result", ended(open), "ready"],
    ["a result with gaps", ended(open, { outcome: "partial" }), "partial"],
    ["a failure", ended(open, { status: "failed", outcome: null }), "failed"],
    ["an upload that never came", ended(open, { status: "expired", outcome: null }), "expired"],
    ["a cancel by the owner", ended(open, { status: "cancelled", outcome: null, cancelled_by: "me" }), null],
    [
      "a cancel by somebody else",
      ended(open, { status: "cancelled", outcome: null, cancelled_by: "op" }),
      "cancelled",
    ],
  ])("%s", (_, job, outcome) => {
    expect(notificationOf(job)?.outcome ?? null).toBe(outcome);
  });

  it("prefers the label, and cuts texts of any length", () => {
    const job = ended(makeJob({ label: "x".repeat(5_000) }));
    const name = notificationOf(job)?.name;
    expect(name?.length).toBe(300);
  });
});

describe("adding", () => {
  it("takes a job's attempt once", () => {
    const book = bookOf(1);
    expect(add(book, note(1), true)).toBe(book);
    const second = { ...note(1), id: "job-1#2", attempt: 2 };
    expect(add(book, second, false).entries).toHaveLength(2);
  });

  it("leaves out what was over before the book began, unless the job was seen open", () => {
    const book = emptyBook(NOW);
    const old = note(1, NOW - 1000);
    expect(add(book, old, false)).toBe(book);
    expect(add(book, old, true).entries).toHaveLength(1);
  });

  it("keeps a hundred, and does not take back what it forgot", () => {
    const numbers = Array.from({ length: 130 }, (_, index) => index + 1);
    const book = bookOf(...numbers);
    expect(book.entries).toHaveLength(100);
    expect(book.entries[0]?.jobId).toBe("job-130");
    expect(add(book, note(30), false)).toBe(book);
  });
});

describe("joining", () => {
  it("knows what either knows, in any order, and is at rest then", () => {
    const a = mark(bookOf(1, 2), (entry) => entry.jobId === "job-1", { isRead: true });
    const b = mark(bookOf(2, 3), (entry) => entry.jobId === "job-2", { isDismissed: true, isShown: true });
    const ab = join(a, b);
    expect(join(b, a)).toEqual(ab);
    expect(join(ab, b)).toBe(ab);
    expect(join(ab, a)).toBe(ab);
    expect(ab.entries.map(({ jobId, isRead, isDismissed }) => [jobId, isRead, isDismissed])).toEqual([
      ["job-3", false, false],
      ["job-2", false, true],
      ["job-1", true, false],
    ]);
  });

  it("comes to rest with full books that differ", () => {
    const a = bookOf(...Array.from({ length: 100 }, (_, index) => 2 * index));
    const b = bookOf(...Array.from({ length: 100 }, (_, index) => 2 * index + 1));
    const ab = join(a, b);
    expect(ab.entries).toHaveLength(100);
    expect(join(b, a)).toEqual(ab);
    expect(join(ab, a)).toBe(ab);
    expect(join(ab, b)).toBe(ab);
  });
});

describe("reading what was kept", () => {
  it("gives back what was written", () => {
    const book = mark(bookOf(1, 2), () => true, { isRead: true });
    expect(parseBook(JSON.parse(JSON.stringify(book)))).toEqual(book);
  });

  it.each([
    null,
    3,
    "x",
    [],
    {},
    { sinceMs: "1", entries: [] },
    { sinceMs: 1, entries: {} },
    { sinceMs: null, entries: [] },
  ])("refuses %j", (data) => expect(parseBook(data)).toBeNull());

  it("leaves out entries that are none", () => {
    const good = bookOf(1).entries[0];
    const entries = [
      good,
      null,
      { ...good, id: "other#1" },
      { ...good, at: "yesterday" },
      { ...good, outcome: "<script>" },
      { ...good, attempt: "1" },
    ];
    expect(parseBook({ sinceMs: NOW, entries })?.entries).toEqual([good]);
  });
});
