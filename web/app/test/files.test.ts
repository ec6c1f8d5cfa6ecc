import type { Pipeline } from "@docmill/client";
import { describe, expect, it } from "vitest";

import { groups } from "../src/upload/draft";
import { type FileHead, guessPipeline, isWidePdf, problemOf, sniff } from "../src/upload/files";
import { hintOf } from "../src/upload/NewJob";

const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const MEGABYTE = 1024 * 1024;

const pipeline = (name: string, types: readonly [string, string, number][], mostFiles = 1): Pipeline => ({
  name,
  title: name,
  kinds: [],
  stages: [],
  accepts: types.map(([extension, content_type, megabytes]) => ({
    extension,
    content_type,
    max_bytes: megabytes * MEGABYTE,
  })),
  limits: { max_files: mostFiles, deadline_seconds: null },
  formats: [],
  settings_schema: {},
});

const NOVEL = pipeline("novel", [
  [".pdf", "application/pdf", 50],
  [".txt", "text/plain", 10],
]);
const TIMETABLE = pipeline("timetable", [
  [".png", "image/png", 10],
  [".jpg", "image/jpeg", 10],
  [".pdf", "application/pdf", 50],
  [".csv", "text/csv", 10],
]);
const BOTH = [NOVEL, TIMETABLE];

const file = (name: string, text = "x", size = text.length): FileHead => ({
  name,
  size,
  head: bytesOf(text),
});

describe("what a file is", () => {
  it("is told by its first bytes", () => {
    expect(sniff(bytesOf("%PDF-1.7\n"))).toBe("application/pdf");
    expect(sniff(bytesOf("\x89PNG\r\n"))).toBe("image/png");
    expect(sniff(bytesOf("RIFF\0\0\0\0WEBPVP8 "))).toBe("image/webp");
    expect(sniff(bytesOf("Il était une fois"))).toBeNull();
    expect(sniff(new Uint8Array())).toBeNull();
  });

  it("knows pages that are wider than high", () => {
    expect(isWidePdf(bytesOf("%PDF-1.4 /MediaBox [0 0 842 595]"))).toBe(true);
    expect(isWidePdf(bytesOf("%PDF-1.4 /MediaBox[ 0 0 595.2 842 ]"))).toBe(false);
    expect(isWidePdf(bytesOf("%PDF-1.4 no box"))).toBe(false);
    expect(isWidePdf(bytesOf("/MediaBox [0 0 842 595]"))).toBe(false);
  });
});

describe("the pipeline", () => {
  it("is the one that takes the type", () => {
    expect(guessPipeline(BOTH, [file("a.txt")])).toBe("novel");
    expect(guessPipeline(BOTH, [file("a.PNG", "\x89PNG")])).toBe("timetable");
    expect(guessPipeline(BOTH, [file("a.exe")])).toBeNull();
    expect(guessPipeline(BOTH, [])).toBeNull();
  });

  it("is guessed from hints where several take the type", () => {
    expect(guessPipeline(BOTH, [file("a.pdf", "%PDF-")])).toBe("novel");
    expect(guessPipeline(BOTH, [file("Timetable Y2.pdf", "%PDF-")])).toBe("timetable");
    expect(guessPipeline(BOTH, [file("emploi-du-temps.pdf", "%PDF-")])).toBe("timetable");
    expect(guessPipeline(BOTH, [file("a.pdf", "%PDF- /MediaBox [0 0 842 595]")])).toBe("timetable");
    expect(guessPipeline(BOTH, [file("roman.pdf", "%PDF- /MediaBox [0 0 842 595]")])).toBe("novel");
  });

  it("is the one that takes most of the files", () => {
    const files = [file("timetable.csv"), file("b.txt"), file("c.txt")];
    expect(guessPipeline(BOTH, files)).toBe("novel");
  });
});

describe("a file is refused before it is sent", () => {
  it("when the pipeline does not take its type", () => {
    expect(problemOf(NOVEL, file("photo.png", "\x89PNG"))).toMatch(/photo\.png.*\.pdf, \.txt/);
  });

  it("when it is not what its name says", () => {
    expect(problemOf(NOVEL, file("photo.pdf", "\x89PNG"))).toMatch(/cannot be used/);
  });

  it("when it is empty or too large", () => {
    expect(problemOf(NOVEL, file("a.txt", ""))).toBe("“a.txt” is empty.");
    expect(problemOf(NOVEL, file("a.txt", "x", 10 * MEGABYTE + 1))).toBe("“a.txt” is larger than 10 MB.");
    expect(problemOf(NOVEL, file("a.txt", "x", 10 * MEGABYTE))).toBeNull();
  });
});

it("puts as many files into a job as the pipeline takes", () => {
  expect(groups([1, 2, 3], 1)).toEqual([[1], [2], [3]]);
  expect(groups([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
  expect(groups([1, 2, 3], 100)).toEqual([[1, 2, 3]]);
  expect(groups([], 1)).toEqual([]);
  expect(groups([1], 0)).toEqual([[1]]);
});

it("tells types of one size together, by the largest that any pipeline takes", () => {
  expect(hintOf(BOTH)).toBe(".pdf up to 50 MB; .txt, .png, .jpg, .csv up to 10 MB");
});
