import { Alert, Group, Text } from "@mantine/core";

import { count, duration } from "../shell/format";
import { IconCoins } from "../shell/icons";
import type { Together } from "./queries";

/** What starting would cost, and how long it would take. */
export function EstimateLine({ estimate, jobs }: { estimate: Together; jobs: number }) {
  const { credits, balance, seconds, pages, affordable, isExtrapolated } = estimate;
  const about = isExtrapolated ? "about " : "up to ";
  if (!affordable) {
    return (
      <Alert color="yellow" variant="light" title="Not enough credits">
        This needs {about}
        {count(credits, "credit")}, and you have {count(balance, "credit")}. New ones come with the next
        month.
      </Alert>
    );
  }
  const facts = [
    jobs > 1 && count(jobs, "job"),
    pages !== null && count(pages, "page"),
    `about ${duration(Math.max(1, seconds))}`,
    `${about}${count(credits, "credit")} of your ${count(balance, "credit")}`,
  ];
  return (
    <Group gap={8} wrap="nowrap" role="status" c="dimmed">
      <IconCoins size={18} />
      <Text size="sm">{facts.filter(Boolean).join(" · ")}</Text>
    </Group>
  );
}
