import { describe, expect, it } from "vitest";
import { createFormats } from "../src/format.js";
import { englishLabels, mergeLabels } from "../src/labels.js";

const NOW = Date.parse("2026-11-21T12:00:00Z");

describe("formats", () => {
  const f = createFormats("en");
  it.each([
    [0.42, "0.4s"],
    [12.4, "12s"],
    [59.6, "1m 0s"],
    [185, "3m 5s"],
    [7_800, "2h 10m"],
  ])("%d seconds are %s", (seconds, text) => expect(f.duration(seconds)).toBe(text));

  it.each([
    ["2026-11-21T12:00:03Z", "now"],
    ["2026-11-21T11:59:20Z", "40 seconds ago"],
    ["2026-11-21T11:57:00Z", "3 minutes ago"],
    ["2026-11-20T12:00:00Z", "yesterday"],
    ["nonsense", ""],
  ])("%s is %j", (time, text) => expect(f.ago(time, NOW)).toBe(text));

  it("gives nothing for what is no time", () => {
    expect([f.clock("x"), f.dateTime("")]).toEqual(["", ""]);
  });
});

describe("labels", () => {
  it("are changed one by one, in groups, too", () => {
    const labels = mergeLabels(englishLabels, { cancel: "Stop", status: { failed: "Broken" } });
    expect([labels.cancel, labels.retry, labels.status.failed, labels.status.queued]).toEqual([
      "Stop",
      "Retry",
      "Broken",
      "Queued",
    ]);
    expect(englishLabels.status.failed).toBe("Failed");
  });
});
