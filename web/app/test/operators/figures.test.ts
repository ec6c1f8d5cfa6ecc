import { describe, expect, it } from "vitest";

import { curvesOf, dollars, lately, longestWait, waitingMessages } from "../../src/operators/figures";
import { hours, operations } from "./sample";

describe("dollars", () => {
  it.each([
    ["0", "$0.00"],
    ["1.25", "$1.25"],
    ["0.012345", "$0.0123"],
    ["0.000003", "< $0.0001"],
    ["18234.5", "$18,234.50"],
    ["nonsense", "nonsense"],
  ])("%s is %s", (text, shown) => expect(dollars(text)).toBe(shown));
});

describe("figures over all queues", () => {
  it("are the longest wait and the sum", () => {
    const figures = operations();
    expect(longestWait(figures)).toEqual({ queue: "low", seconds: 421 });
    expect(waitingMessages(figures)).toBe(1_296);
    const idle = operations({ queues: figures.queues.map((queue) => ({ ...queue, oldest_seconds: null })) });
    expect(longestWait(idle)).toBeNull();
  });
});

describe("the last hours", () => {
  it("are counted to the newest", () => {
    const figures = operations({
      hours: hours().map((hour, index) => ({
        ...hour,
        completed: index < 24 ? 100 : 1,
        failed: index === 47 ? 3 : 0,
        cancelled: 0,
        expired: 0,
      })),
    });
    expect(lately(figures)).toEqual({ ended: 27, failed: 3 });
  });

  it("make curves with gaps where nothing was measured", () => {
    const given = hours();
    const { jobs, processing } = curvesOf(given);
    expect(jobs.lines.map((line) => line.name)).toEqual(["Completed", "Failed", "Cancelled"]);
    const idle = given.findIndex((hour) => hour.processing_seconds === null);
    expect(jobs.lines[0]?.values[idle]).toBe(0);
    expect(processing.lines.map((line) => line.values[idle])).toEqual([null, null, null]);
    expect(processing.lines.every((line) => line.values.length === 48)).toBe(true);
  });
});
