import { Table } from "@mantine/core";

import { integer, words } from "../shell/format";
import { Panel } from "../shell/parts";
import { seconds } from "./figures";
import { SectionHead, Source } from "./Source";
import type { Operations } from "./types";
import { WideTable } from "./WideTable";

/** How deep each queue is and how long its oldest job has waited. */
export function QueuesPanel({ figures: { queues, sources } }: { figures: Operations }) {
  return (
    <Panel component="section" aria-labelledby="operators-queues">
      <SectionHead id="operators-queues" title="Queues" of="queue figures" text={sources.queues} />
      <WideTable labelledBy="operators-queues" minWidth={480} isNumeric>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Queue</Table.Th>
            <Table.Th scope="col">Waiting</Table.Th>
            <Table.Th scope="col">In flight</Table.Th>
            <Table.Th scope="col">Delayed</Table.Th>
            <Table.Th scope="col">
              Oldest <Source of="the oldest wait" text={sources.oldest_seconds} />
            </Table.Th>
            <Table.Th scope="col">Dead letters</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {queues.map((queue) => (
            <Table.Tr key={queue.queue}>
              <Table.Th scope="row">{words(queue.queue)}</Table.Th>
              <Table.Td>{integer(queue.waiting)}</Table.Td>
              <Table.Td>{integer(queue.in_flight)}</Table.Td>
              <Table.Td>{integer(queue.delayed)}</Table.Td>
              <Table.Td>{seconds(queue.oldest_seconds)}</Table.Td>
              <Table.Td data-state={queue.dead_letters > 0 ? "bad" : undefined}>
                {integer(queue.dead_letters)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </Panel>
  );
}
