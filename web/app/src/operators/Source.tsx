import { ActionIcon, Group, Popover, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";

interface SourceProps {
  /** What the figures are, for the button's name. */
  of: string;
  /** Where they come from. */
  text: string | undefined;
}

/** A small button that says where figures come from and how exact they are. */
export function Source({ of, text }: SourceProps) {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  if (!text) return null;
  return (
    // Not in a portal: what is read belongs to a landmark of the page.
    <Popover
      opened={isOpen}
      onDismiss={close}
      width={280}
      position="bottom-end"
      withArrow
      shadow="md"
      withRoles={false}
      withinPortal={false}
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Source of ${of}`}
          title="Where this comes from"
          aria-expanded={isOpen}
          onClick={toggle}
          onKeyDown={(event) => event.key === "Escape" && close()}
        >
          <svg
            viewBox="0 0 16 16"
            width="14"
            height="14"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            aria-hidden="true"
          >
            <circle cx="8" cy="8" r="6.25" />
            <path d="M8 7.25v4M8 4.75v.5" strokeLinecap="round" />
          </svg>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown role="note">
        <Text size="sm">{text}</Text>
      </Popover.Dropdown>
    </Popover>
  );
}

interface SectionHeadProps extends SourceProps {
  id: string;
  title: string;
  children?: ReactNode;
}

/** Heading of a part of the dashboard, its source beside it, and what controls it. */
export function SectionHead({ id, title, of, text, children }: SectionHeadProps) {
  return (
    <Group justify="space-between" mb="sm" gap="xs">
      <Group gap={4}>
        <Title order={2} id={id}>
          {title}
        </Title>
        <Source of={of} text={text} />
      </Group>
      {children}
    </Group>
  );
}
