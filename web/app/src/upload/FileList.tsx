import { ActionIcon, Group, Stack, Text } from "@mantine/core";

import { bytes } from "../shell/format";
import { IconClose, IconFile } from "../shell/icons";
import type { ChosenFile } from "./draft";

interface FileListProps {
  files: readonly ChosenFile[];
  problems: ReadonlyMap<string, string>;
  onRemove: (id: string) => void;
}

/** The chosen files; what is wrong with one stands beside it. */
export function FileList({ files, problems, onRemove }: FileListProps) {
  if (files.length === 0) return null;
  return (
    <Stack gap={6}>
      <Stack component="ul" gap={6} p={0} m={0} style={{ listStyle: "none" }} aria-label="Chosen files">
        {files.map(({ id, name, size }) => (
          <Group key={id} component="li" gap="xs" wrap="nowrap" className="chosen-file">
            <IconFile size={18} />
            <Text size="sm" style={{ flex: 1, overflowWrap: "anywhere" }} lineClamp={2}>
              {name}
            </Text>
            <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
              {bytes(size)}
            </Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove ${name}`}
              onClick={() => onRemove(id)}
            >
              <IconClose size={16} />
            </ActionIcon>
          </Group>
        ))}
      </Stack>
      {problems.size > 0 && (
        <div role="alert">
          {[...problems].map(([id, problem]) => (
            <Text key={id} size="sm" c="var(--mantine-color-error)">
              {problem}
            </Text>
          ))}
        </div>
      )}
    </Stack>
  );
}
