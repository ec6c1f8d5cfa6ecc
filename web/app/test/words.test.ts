import type { Estimate, JobEvent } from "@docmill/client";
import { describe, expect, it } from "vitest";

import { inOrder } from "../src/jobs/RestOfUpload";
import { currentStage, stageText } from "../src/jobs/Stages";
import { merged, stepsOf } from "../src/jobs/steps";
import { fileName, partsOf } from "../src/results/Downloads";
import { filtered, flagCounts, rowsOf, type Sentence } from "../src/results/novel/model";
import { plainOf, textOf } from "../src/results/plain";
import { ago, bytes, count, duration, stem, words } from "../src/shell/format";
import { together } from "../src/upload/queries";

describe("numbers and times", () => {
  it("are told as people read them", () => {
    expect([bytes(0), bytes(1), bytes(1536), bytes(50 * 1024 * 1024), bytes(1023.9 * 1024)]).toEqual([
      "0 bytes",
      "1 byte",
      "1.5 kB",
      "50 MB",
      "1 MB",
    ]);
    expect([duration(0.42), duration(12.4), duration(185), duration(7800), duration(3600)]).toEqual([
      "0.42 s",
      "12 s",
      "3 min 5 s",
      "2 h 10 min",
      "1 h",
    ]);
    expect([count(1, "job"), count(1234, "try", "tries")]).toEqual(["1 job", "1,234 tries"]);
    const now = Date.parse("2026-11-21T10:00:00Z");
    expect(ago("2026-11-21T09:57:00Z", now)).toBe("3 minutes ago");
    expect(ago("2026-11-21T09:59:58Z", now)).toBe("just now");
    expect(ago("2026-11-20T09:00:00Z", now)).toBe("yesterday");
    expect(ago("nonsense", now)).toBe("");
  });

  it("make words and names", () => {
    expect([words("min_sentence_length"), stem("a.b.txt"), stem(".txt"), stem("plain")]).toEqual([
      "Min sentence length",
      "a.b",
      ".txt",
      "plain",
    ]);
  });
});

const event = (version: number, change: Partial<JobEvent> = {}): JobEvent => ({
  type: "progress",
  job_id: "j",
  version,
  at: `2026-11-21T10:00:${String(version).padStart(2, "0")}Z`,
  status: "processing",
  stage: `Processing chunks (${version}/9)`,
  progress_percent: version,
  processed_chunks: version,
  total_chunks: 9,
  message: null,
  ...change,
});

describe("the course of a job", () => {
  it("joins progress that differs in numbers alone", () => {
    const steps = stepsOf([
      event(1, { type: "status", status: "queued", stage: "Queued" }),
      event(2),
      event(3),
      event(4, { type: "warning", message: "Slow." }),
      event(5),
      event(6, { type: "gap", stage: "" }),
      event(7, { type: "status", status: "completed", stage: "Completed" }),
      event(8, { status: "completed", stage: "Completed" }),
    ]);
    expect(steps.map(({ stage, events }) => [stage, events])).toEqual([
      ["Queued", 1],
      ["Processing chunks (3/9)", 2],
      ["Processing chunks (4/9)", 1],
      ["Processing chunks (5/9)", 1],
      ["Completed", 1],
      ["Result edited", 1],
    ]);
  });

  it("has each event once, in order", () => {
    const known = [event(1), event(3)];
    expect(merged(known, [event(3), event(2)]).map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(merged(known, [event(1)])).toBe(known);
  });

  it("tells stages with their numbers, or without", () => {
    expect(stageText("Processing chunks ({done}/{total})", { processed_chunks: 2, total_chunks: 7 })).toBe(
      "Processing chunks (2/7)",
    );
    expect(stageText("Processing chunks ({done}/{total})", { processed_chunks: 0, total_chunks: null })).toBe(
      "Processing chunks",
    );
    expect(stageText("Splitting into {total} chunks", { processed_chunks: 0, total_chunks: null })).toBe(
      "Splitting into chunks",
    );
  });
});

it("knows the stage by its text, then by its percent", () => {
  const stages = [
    { percent: 0, text: "Queued" },
    { percent: 5, text: "Splitting into {total} chunks" },
    { percent: 15, text: "Working ({done}/{total})" },
    { percent: 90, text: "Saving" },
    { percent: 95, text: "Saving" },
  ];
  const at = (stage: string, progress_percent: number, stage_index = 0) =>
    currentStage(stages, { stage, progress_percent, stage_index });
  expect([at("Queued", 0), at("Splitting into 7 chunks", 5), at("Working (3/7)", 40)]).toEqual([0, 1, 2]);
  expect([at("Saving", 91), at("Saving", 96), at("Cancelling", 40, 2)]).toEqual([3, 4, 2]);
});

const sentence = (index: number, change: Partial<Sentence> = {}): Sentence => ({
  index,
  text: `Phrase ${index}.`,
  original: "Une longue phrase à couper.",
  original_index: index,
  page: 1,
  words: 2,
  method: "rules",
  flags: [],
  ...change,
});

describe("sentences", () => {
  const all = [
    sentence(1, { original_index: 1, flags: ["short"] }),
    sentence(2, { original_index: 1, flags: ["short", "fragment"] }),
    sentence(3, { original_index: 2, original: "L'été." }),
  ];

  it("are found by flag and by text, whatever its accents", () => {
    expect(filtered(all, { flag: "fragment", text: "" }).map(({ index }) => index)).toEqual([2]);
    expect(filtered(all, { flag: null, text: "ETE" }).map(({ index }) => index)).toEqual([3]);
    expect(filtered(all, { flag: null, text: " " })).toBe(all);
    expect(flagCounts(all)).toEqual([
      ["short", 2],
      ["fragment", 1],
    ]);
  });

  it("stand beside the source that they share", () => {
    expect(rowsOf(all).map(({ span }) => span)).toEqual([2, 0, 1]);
    expect(rowsOf([])).toEqual([]);
  });
});

describe("other results", () => {
  it("are shown as facts and tables", () => {
    const { facts, tables } = plainOf({
      schema: "x/1",
      stats: { rows: 2, parts: [1, 2] },
      lines: [{ a: 1 }, { b: { c: 2 } }],
      none: [],
    });
    expect(facts).toEqual([
      ["schema", "x/1"],
      ["stats.rows", "2"],
      ["stats.parts", "[1,2]"],
      ["none", "[]"],
    ]);
    expect(tables).toEqual([{ name: "lines", columns: ["a", "b"], rows: [{ a: 1 }, { b: { c: 2 } }] }]);
    expect(plainOf(7).facts).toEqual([["value", "7"]]);
    expect([textOf(null), textOf({ a: 1 }), textOf("x".repeat(600)).length]).toEqual(["", '{"a":1}', 500]);
  });

  it("come in files by their rows", () => {
    expect([partsOf("json", 99_999), partsOf("csv"), partsOf("csv", 10_000), partsOf("csv", 10_001)]).toEqual(
      [1, 1, 1, 2],
    );
    const job = { label: null, file_name: "la.maison.txt" };
    expect([fileName(job, "csv"), fileName(job, "csv", 2)]).toEqual(["la.maison.csv", "la.maison-2.csv"]);
  });
});

it("goes on with an upload only with the same files", () => {
  const files = [
    { name: "a.txt", size: 1, content_type: "text/plain", sha256: null },
    { name: "b.txt", size: 2, content_type: "text/plain", sha256: null },
  ];
  const [a, b] = [new File(["1"], "a.txt"), new File(["22"], "b.txt")];
  expect(inOrder({ files }, [b, a])).toEqual([a, b]);
  expect(inOrder({ files }, [a, new File(["1"], "b.txt")])).toBeNull();
  expect(inOrder({ files }, [a])).toBeNull();
  expect(inOrder({ files: [] }, [])).toBeNull();
});

it("adds estimates up, and takes the rest to be like them", () => {
  const one: Estimate = {
    pages: 3,
    chunks: 1,
    tokens: 0,
    credits: 2,
    seconds: 4,
    balance: 9,
    affordable: true,
  };
  expect(together([one], 1)).toMatchObject({ credits: 2, pages: 3, affordable: true, isExtrapolated: false });
  expect(together([one, one], 4)).toMatchObject({
    credits: 8,
    seconds: 16,
    affordable: true,
    isExtrapolated: true,
  });
  expect(together([one, one], 5)).toMatchObject({ credits: 10, affordable: false });
  expect(together([one, { ...one, pages: null }], 2).pages).toBeNull();
});
