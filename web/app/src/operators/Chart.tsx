import "uplot/dist/uPlot.min.css";

import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";

import type { Curve } from "./figures";

const HEIGHT_PX = 260;

// Told apart by their dashes, too: not everybody sees the colours.
const STROKES = {
  light: ["#1f4ea8", "#b42318", "#7a4a00"],
  dark: ["#8db0ea", "#ff9a92", "#f3cf8a"],
};
const DASHES = [[], [8, 4], [2, 4]];
const LEGEND_DASHES = ["solid", "dashed", "dotted"];
const INK = { light: "#566070", dark: "#a4adbb" };
const GRID = { light: "#e3e6eb", dark: "#343944" };

const HOUR = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en", {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

interface ChartProps {
  curve: Curve;
  /** Beginnings of the hours, RFC 3339. */
  hours: readonly string[];
}

/** Curves over the hours, in the browser's own time. For the eyes alone: the same numbers stand in a table. */
export function Chart({ curve, hours }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme("light");
  const data = toData(curve, hours);
  const latest = useRef({ curve, data });
  latest.current = { curve, data };

  const shape = `${curve.name} ${curve.lines.map((line) => line.name).join()}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: new numbers go into the chart that stands, see below.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(
      optionsOf(latest.current.curve, scheme, element.clientWidth),
      latest.current.data,
      element,
    );
    plot.current = made;
    const watching = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    watching.observe(element);
    return () => {
      watching.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, scheme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the numbers decide, not the array that holds them.
  useEffect(() => plot.current?.setData(latest.current.data), [JSON.stringify(data)]);

  return <div ref={box} className="operators-chart" aria-hidden="true" />;
}

const toData = (curve: Curve, hours: readonly string[]): uPlot.AlignedData => [
  hours.map((hour) => Date.parse(hour) / 1000),
  ...curve.lines.map((line) => line.values),
];

function optionsOf(curve: Curve, scheme: "light" | "dark", width: number): uPlot.Options {
  const axis = {
    stroke: INK[scheme],
    grid: { stroke: GRID[scheme], width: 1 },
    ticks: { stroke: GRID[scheme], width: 1 },
    font: '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  };
  const spoken = (value: number | null) =>
    value === null || value === undefined ? "–" : curve.format(value);
  return {
    width,
    height: HEIGHT_PX,
    padding: [12, 12, 0, 0],
    // The first of the series is the time.
    legend: { markers: { dash: (_, index) => LEGEND_DASHES[index - 1] ?? "solid" } },
    cursor: { drag: { setScale: false }, points: { size: 7 } },
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => HOUR.format(tick * 1000)) },
      { ...axis, size: 76, values: (_, ticks) => ticks.map((tick) => curve.format(tick)) },
    ],
    series: [
      { value: (_, at) => (at === null || at === undefined ? "–" : DAY.format(at * 1000)), label: "Hour" },
      ...curve.lines.map((line, index) => ({
        label: line.name,
        stroke: STROKES[scheme][index] ?? STROKES[scheme][0] ?? "",
        dash: DASHES[index] ?? [],
        width: 2,
        points: { show: line.values.filter((value) => value !== null).length < 12, size: 6 },
        value: (_: uPlot, value: number | null) => spoken(value),
      })),
    ],
  };
}
