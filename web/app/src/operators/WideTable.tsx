import { Table } from "@mantine/core";
import type { ReactNode } from "react";

interface WideTableProps {
  /** Id of the heading that names the table, or the name itself. */
  labelledBy?: string;
  label?: string;
  /** Below this width the table scrolls sideways, in pixels. */
  minWidth: number;
  /** Above this height it scrolls under its head, in pixels. */
  maxHeight?: number;
  /** All columns but the first are numbers. */
  isNumeric?: boolean;
  children: ReactNode;
}

/** A table that scrolls where it has no room, by keyboard, too. */
export function WideTable({
  labelledBy,
  label,
  minWidth,
  maxHeight,
  isNumeric = false,
  children,
}: WideTableProps) {
  const name = labelledBy ? { "aria-labelledby": labelledBy } : { "aria-label": label };
  return (
    <Table.ScrollContainer
      minWidth={minWidth}
      type="native"
      tabIndex={0}
      role="group"
      {...name}
      {...(maxHeight && { mah: maxHeight })}
    >
      <Table
        {...name}
        verticalSpacing="xs"
        stickyHeader={maxHeight !== undefined}
        {...(isNumeric && { className: "operators-numbers" })}
      >
        {children}
      </Table>
    </Table.ScrollContainer>
  );
}
