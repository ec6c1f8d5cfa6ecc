import { Button, Group } from "@mantine/core";

interface ShowOlderProps {
  /** A list that is read by pages. */
  pages: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
  children: string;
}

/** Below a list: reads its next page, where there is one. */
export function ShowOlder({ pages, children }: ShowOlderProps) {
  if (!pages.hasNextPage) return null;
  return (
    <Group justify="center" mt="md">
      <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {children}
      </Button>
    </Group>
  );
}
