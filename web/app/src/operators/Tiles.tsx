import { Anchor, Group, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { count, integer } from "../shell/format";
import { Panel } from "../shell/parts";
import { atLeast, dollars, lately, longestWait, seconds, waitingMessages } from "./figures";
import { Source } from "./Source";
import type { Operations } from "./types";

/** The figures that an operator looks at first. */
export function Tiles({ figures }: { figures: Operations }) {
  const { open, running, letters, cost, accounting, sources } = figures;
  const wait = longestWait(figures);
  const day = lately(figures);
  return (
    <SimpleGrid component="ul" className="operators-tiles" cols={{ base: 2, sm: 3, md: 4 }} spacing="sm">
      <Tile name="Open jobs" source={sources.open} value={atLeast(open.jobs, open.complete)}>
        {open.by_status.processing ?? 0} processing, {open.by_status.queued ?? 0} queued
      </Tile>
      <Tile name="Running now" source={sources.running} value={atLeast(running.total, running.complete)}>
        chunks, plans and merges
      </Tile>
      <Tile name="Messages waiting" source={sources.queues} value={integer(waitingMessages(figures))}>
        in all queues
      </Tile>
      <Tile name="Longest wait" source={sources.oldest_seconds} value={wait ? seconds(wait.seconds) : "None"}>
        {wait ? `in the ${wait.queue} queue` : "No job waits for a worker"}
      </Tile>
      <Tile
        name="Failed, 24 hours"
        source={sources.hours}
        value={integer(day.failed)}
        state={day.failed > 0 ? "warn" : "good"}
      >
        of {count(day.ended, "ended job")}
      </Tile>
      <Tile
        name="Dead letters"
        source={sources.letters}
        value={atLeast(letters.open, letters.complete)}
        state={letters.open > 0 ? "bad" : "good"}
      >
        {letters.open > 0 ? (
          <Anchor component={Link} href="/operators?tab=letters" size="sm">
            Look at them
          </Anchor>
        ) : (
          "Nothing to deal with"
        )}
      </Tile>
      <Tile
        name="Accounting check"
        source={sources.accounting}
        value={accounting.balanced ? "Balanced" : "Off"}
        state={accounting.balanced ? "good" : "bad"}
      >
        {accountsText(accounting)}
      </Tile>
      <Tile name="Cost today" source={sources.cost} value={dollars(cost.today_usd)}>
        {dollars(cost.month_usd)} this month (UTC)
      </Tile>
    </SimpleGrid>
  );
}

function accountsText({ balanced, users, wrong }: Operations["accounting"]): string {
  if (!balanced) return `${count(wrong.length, "account")} wrong`;
  return users === 0 ? "No account was checked yet" : `${count(users, "account")} checked`;
}

interface TileProps {
  name: string;
  value: string;
  source: string | undefined;
  /** Colours the value, which says the same in words. */
  state?: "good" | "warn" | "bad";
  children: ReactNode;
}

function Tile({ name, value, source, state, children }: TileProps) {
  return (
    <li>
      <Panel p="sm" h="100%">
        <Group justify="space-between" wrap="nowrap" gap={4}>
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          <Source of={name} text={source} />
        </Group>
        <Text className="operators-value" data-state={state}>
          {value}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {children}
        </Text>
      </Panel>
    </li>
  );
}
