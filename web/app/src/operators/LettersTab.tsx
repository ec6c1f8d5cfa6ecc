import type { Docmill } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Badge, Button, Code, Group, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";

import { bytes, count, dateTime, words } from "../shell/format";
import { Ago, Failure, Loading, Nothing, Panel } from "../shell/parts";
import type { Question } from "./ask";
import { JobLink } from "./JobLink";
import { Audited } from "./jobActs";
import { type LettersState, settleLetter, useLetters } from "./queries";
import { workName } from "./RunningPanel";
import { SectionHead } from "./Source";
import type { Letter } from "./types";
import { WideTable } from "./WideTable";

interface LettersTabProps {
  source: string | undefined;
  ask: (question: Question) => void;
}

/** Messages that the queues gave up on, and what can be done about them. */
export function LettersTab({ source, ask }: LettersTabProps) {
  const [state, setState] = useState<LettersState>("open");
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useLetters(state);
  const letters = data?.pages.flatMap((page) => page.letters) ?? [];
  return (
    <Panel component="section" aria-labelledby="operators-letters">
      <SectionHead id="operators-letters" title="Dead letters" of="dead letters" text={source}>
        <SegmentedControl
          size="xs"
          aria-label="Which dead letters"
          value={state}
          onChange={(value) => setState(value as LettersState)}
          data={[
            { value: "open", label: "Open" },
            { value: "settled", label: "Dealt with" },
          ]}
        />
      </SectionHead>
      {error && (
        <Failure error={error} title="The dead letters could not be read" onRetry={() => void refetch()} />
      )}
      {isPending && <Loading />}
      {data && letters.length === 0 && (
        <Nothing title={state === "open" ? "No dead letters" : "None was dealt with"}>
          {state === "open"
            ? "No message was given up on, or all were dealt with."
            : "Letters that were redriven or discarded stand here for 30 days."}
        </Nothing>
      )}
      {letters.length > 0 && <LettersTable letters={letters} ask={ask} />}
      {hasNextPage && (
        <Button variant="default" mt="md" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show older letters
        </Button>
      )}
    </Panel>
  );
}

function LettersTable({ letters, ask }: { letters: readonly Letter[]; ask: (question: Question) => void }) {
  return (
    <WideTable labelledBy="operators-letters" minWidth={800}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Given up</Table.Th>
          <Table.Th scope="col">About</Table.Th>
          <Table.Th scope="col">Why</Table.Th>
          <Table.Th scope="col">Queue</Table.Th>
          <Table.Th scope="col">State</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {letters.map((letter) => (
          <Row key={letter.id} letter={letter} ask={ask} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function Row({ letter, ask }: { letter: Letter; ask: (question: Question) => void }) {
  const client = useDocmill();
  return (
    <Table.Tr>
      <Table.Td>
        <Ago time={letter.given_up_at} />
      </Table.Td>
      <Table.Td>
        {letter.job_id ? (
          <>
            <JobLink jobId={letter.job_id} />
            <Text size="xs" c="dimmed">
              {letter.slot && workName({ slot: letter.slot, chunk: letter.chunk })}
              {letter.attempt !== null && `, attempt ${letter.attempt}`}
            </Text>
          </>
        ) : (
          `${bytes(letter.bytes)} that cannot be read`
        )}
      </Table.Td>
      <Table.Td maw={360}>
        <Text size="sm">{letter.why}</Text>
        <Text size="xs" c="dimmed">
          <Code>{letter.code}</Code> after {count(letter.receives, "delivery", "deliveries")}
        </Text>
      </Table.Td>
      <Table.Td>{words(letter.queue)}</Table.Td>
      <Table.Td>
        {letter.state === "open" ? (
          <Group gap={6} wrap="nowrap">
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Redrive letter ${letter.id}`}
              onClick={() => ask(redriveQuestion(client, letter))}
            >
              Redrive
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Discard letter ${letter.id}`}
              onClick={() => ask(discardQuestion(client, letter))}
            >
              Discard
            </Button>
          </Group>
        ) : (
          <Settled letter={letter} />
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Settled({ letter }: { letter: Letter }) {
  return (
    <>
      <Badge variant="light" color="gray" tt="none" miw="max-content">
        {words(letter.state)}
      </Badge>
      {letter.settled_at && (
        <Text size="xs" c="dimmed" mt={2}>
          {dateTime(letter.settled_at)}
          {letter.settled_by && (
            <>
              {" by "}
              <Code title={letter.settled_by}>{letter.settled_by.slice(0, 8)}</Code>
            </>
          )}
        </Text>
      )}
    </>
  );
}

const redriveQuestion = (client: Docmill, letter: Letter): Question => ({
  title: "Redrive this dead letter?",
  action: "Redrive it",
  isDangerous: false,
  text: (
    <Stack gap="xs">
      <Text size="sm">
        {letter.kind === "undecodable"
          ? "The message goes back to its queue as it was. That helps when a worker can read it now; else it comes back here."
          : "The job's next attempt begins, over what failed only; finished chunks are kept. The owner pays for it as for any retry: it is refused where their credits do not suffice."}
      </Text>
      <Audited />
    </Stack>
  ),
  run: async () => `The dead letter was ${(await settleLetter(client, letter.id, "redrive")).state}.`,
});

const discardQuestion = (client: Docmill, letter: Letter): Question => ({
  title: "Discard this dead letter?",
  action: "Discard it",
  isDangerous: true,
  text: (
    <Stack gap="xs">
      <Text size="sm">
        It is marked as dealt with. Nothing else changes: what it was about stays failed. It cannot be
        redriven afterwards.
      </Text>
      <Audited />
    </Stack>
  ),
  run: async () => `The dead letter was ${(await settleLetter(client, letter.id, "discard")).state}.`,
});
