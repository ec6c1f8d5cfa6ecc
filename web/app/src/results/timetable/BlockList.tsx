import { Badge, Button, Table, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";

import { words } from "../../shell/format";
import type { DraftBlock } from "./edit";
import { isUncertain, WEEK } from "./model";

interface BlockListProps {
  blocks: readonly DraftBlock[];
  onOpen: ((block: DraftBlock) => void) | null;
}

/** The same blocks as a list, by day and time. */
export function BlockList({ blocks, onOpen }: BlockListProps) {
  const isNarrow = useMediaQuery("(max-width: 48em)");
  const sorted = [...blocks].sort(byTime);
  return (
    <Table verticalSpacing={6} aria-label="Blocks">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Day</Table.Th>
          <Table.Th>Time</Table.Th>
          <Table.Th>Name</Table.Th>
          {!isNarrow && <Table.Th>Room</Table.Th>}
          {!isNarrow && <Table.Th>Type</Table.Th>}
          {!isNarrow && <Table.Th>Confidence</Table.Th>}
          {onOpen && (
            <Table.Th>
              <span className="visually-hidden">Change</span>
            </Table.Th>
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {sorted.map((block) => (
          <Table.Tr key={block.key}>
            <Table.Td>{isNarrow ? words(block.day).slice(0, 3) : words(block.day)}</Table.Td>
            <Table.Td style={{ whiteSpace: "nowrap" }}>
              {block.start && block.end ? `${block.start}–${block.end}` : "–"}
            </Table.Td>
            <Table.Td style={{ overflowWrap: "anywhere" }}>
              {block.event_name}
              {block.notes && (
                <Text size="xs" c="dimmed">
                  {block.notes}
                </Text>
              )}
            </Table.Td>
            {!isNarrow && <Table.Td>{block.room}</Table.Td>}
            {!isNarrow && <Table.Td>{words(block.event_type)}</Table.Td>}
            {!isNarrow && (
              <Table.Td>
                {block.confidence}{" "}
                {isUncertain(block) && (
                  <Badge variant="light" color="yellow" size="sm" tt="none">
                    uncertain
                  </Badge>
                )}
              </Table.Td>
            )}
            {onOpen && (
              <Table.Td>
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Edit ${block.event_name}, ${words(block.day)} ${block.start ?? ""}`.trim()}
                  onClick={() => onOpen(block)}
                >
                  Edit
                </Button>
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const DAYS: readonly string[] = [...WEEK, "unspecified"];

const byTime = (a: DraftBlock, b: DraftBlock): number =>
  DAYS.indexOf(a.day) - DAYS.indexOf(b.day) ||
  (a.start ?? "99").localeCompare(b.start ?? "99") ||
  a.event_name.localeCompare(b.event_name);
