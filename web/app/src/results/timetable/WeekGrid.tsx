import { SegmentedControl, Text, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";

import { words } from "../../shell/format";
import type { DraftBlock } from "./edit";
import { boundsOf, daysOf, type Placed, placed, scaleOf } from "./grid";
import { type Day, isUncertain, timeOf } from "./model";

/** Below this height a block has room for one line. */
const TWO_LINES_PIXELS = 36;

interface WeekGridProps {
  blocks: readonly DraftBlock[];
  expected: readonly Day[];
  /** Opens a block; without it there is nothing to be done but to look. */
  onOpen: ((block: DraftBlock) => void) | null;
}

/** A week, days side by side; on a narrow screen one day at a time. */
export function WeekGrid({ blocks, expected, onOpen }: WeekGridProps) {
  const isNarrow = useMediaQuery("(max-width: 48em)");
  const days = daysOf(blocks, expected);
  const [chosen, setChosen] = useState<Day | undefined>(days[0]);
  const shown = isNarrow ? days.filter((day) => day === (chosen ?? days[0])) : days;
  const [from, to] = boundsOf(blocks);
  const scale = scaleOf(blocks);
  const height = (to - from) * scale;
  const hours = Array.from({ length: (to - from) / 60 + 1 }, (_, index) => from + index * 60);
  const without = blocks.filter(({ day, start }) => day === "unspecified" || start === null);
  return (
    <div>
      {isNarrow && (
        <SegmentedControl
          fullWidth
          size="xs"
          mb="sm"
          aria-label="Day"
          value={chosen ?? days[0] ?? "monday"}
          onChange={(day) => setChosen(day as Day)}
          data={days.map((day) => ({ value: day, label: words(day).slice(0, 3) }))}
        />
      )}
      <div
        className="week"
        style={{ gridTemplateColumns: `3.25rem repeat(${shown.length}, minmax(0, 1fr))` }}
      >
        <div className="week-hours" aria-hidden="true" style={{ height }}>
          {hours.map((hour) => (
            <span key={hour} style={{ top: (hour - from) * scale }}>
              {timeOf(hour)}
            </span>
          ))}
        </div>
        {shown.map((day) => (
          <section key={day} className="week-day" aria-label={words(day)}>
            <h3 className="week-day-name">{words(day)}</h3>
            <ul style={{ height, backgroundSize: `100% ${60 * scale}px` }}>
              {placed(blocks.filter((block) => block.day === day)).map((one) => (
                <li
                  key={one.block.key}
                  style={styleOf(one, from, scale)}
                  data-short={(one.to - one.from) * scale < TWO_LINES_PIXELS || undefined}
                >
                  <BlockButton block={one.block} onOpen={onOpen} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      {without.length > 0 && (
        <section aria-label="Without a place in the week" className="week-rest">
          <Text size="sm" c="dimmed" mb={4}>
            Without a day or a time
          </Text>
          <ul>
            {without.map((block) => (
              <li key={block.key}>
                <BlockButton block={block} onOpen={onOpen} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function styleOf({ from, to, lane, lanes }: Placed<DraftBlock>, dayStart: number, scale: number) {
  return {
    top: (from - dayStart) * scale,
    height: (to - from) * scale,
    left: `${(100 * lane) / lanes}%`,
    width: `${100 / lanes}%`,
  };
}

function BlockButton({ block, onOpen }: { block: DraftBlock; onOpen: WeekGridProps["onOpen"] }) {
  const { event_name, start, end, room, event_type, color } = block;
  const time = start && end ? `${start}–${end}` : "";
  const doubts = [isUncertain(block) && "uncertain", block.inferred && "fills a gap"]
    .filter(Boolean)
    .join(", ");
  const content = (
    <>
      <strong>{event_name}</strong>
      <span>{[time, room].filter(Boolean).join(" · ")}</span>
      {doubts && <em>{doubts}</em>}
    </>
  );
  const look = {
    className: "week-block",
    "data-type": event_type,
    "data-doubt": doubts ? true : undefined,
    title: [event_name, time, room, doubts].filter(Boolean).join(", "),
    style: color ? { borderInlineStartColor: color } : undefined,
  };
  if (!onOpen) return <div {...look}>{content}</div>;
  return (
    <UnstyledButton {...look} onClick={() => onOpen(block)}>
      {content}
    </UnstyledButton>
  );
}
