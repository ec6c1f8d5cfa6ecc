import { Badge, Button, Group, Switch, Table, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue, useMediaQuery } from "@mantine/hooks";
import { useMemo, useRef, useState } from "react";

import { integer } from "../../shell/format";
import { Nothing } from "../../shell/parts";
import {
  FLAG_WORDS,
  filtered,
  flagCounts,
  flagWord,
  type Row,
  rowsOf,
  type Sentence,
  type Sentences,
} from "./model";

const PAGE_ROWS = 50;

/** Sentences, original beside rewritten; shown by pages, so that a thick book is as quick as a thin one. */
export function SentencesView({ result }: { result: Sentences }) {
  const { sentences } = result;
  const [flag, setFlag] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [settledText] = useDebouncedValue(text, 200);
  const [page, setPage] = useState(0);
  const [hasSources, setSources] = useState(true);
  const top = useRef<HTMLDivElement>(null);
  const counts = useMemo(() => flagCounts(sentences), [sentences]);
  const shown = useMemo(
    () => filtered(sentences, { flag, text: settledText }),
    [sentences, flag, settledText],
  );
  const pages = Math.max(1, Math.ceil(shown.length / PAGE_ROWS));
  const current = Math.min(page, pages - 1);
  const rows = rowsOf(shown.slice(current * PAGE_ROWS, (current + 1) * PAGE_ROWS));
  if (sentences.length === 0) return <Nothing title="The text has no sentences" />;
  const choose = (next: string | null) => {
    setFlag(next);
    setPage(0);
  };
  const turn = (to: number) => {
    setPage(to);
    // A new page is read from its top.
    top.current?.scrollIntoView({ block: "start" });
  };
  return (
    <div ref={top} style={{ scrollMarginTop: 72 }}>
      <Totals result={result} />
      <Group gap="sm" my="md" justify="space-between">
        <Group gap={6} role="group" aria-label="Filter by flag">
          <Chip flag={null} word="All" total={sentences.length} isChosen={flag === null} onChoose={choose} />
          {counts.map(([name, total]) => (
            <Chip
              key={name}
              flag={name}
              word={flagWord(name)}
              total={total}
              isChosen={flag === name}
              onChoose={choose}
            />
          ))}
        </Group>
        <Group gap="md">
          <TextInput
            type="search"
            size="xs"
            aria-label="Find in the sentences"
            placeholder="Find"
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setPage(0);
            }}
          />
          <Switch
            label="Show the source"
            checked={hasSources}
            onChange={(event) => setSources(event.currentTarget.checked)}
          />
        </Group>
      </Group>
      {rows.length > 0 ? (
        <SentenceTable rows={rows} hasSources={hasSources} />
      ) : (
        <Nothing title="No sentence is like this" />
      )}
      <Group component="nav" aria-label="Pages of sentences" justify="space-between" mt="md">
        <Button
          variant="default"
          size="compact-sm"
          disabled={current === 0}
          onClick={() => turn(current - 1)}
        >
          Previous
        </Button>
        <Text size="sm" role="status">
          {shown.length === 0
            ? "0 sentences"
            : `${integer(current * PAGE_ROWS + 1)}–${integer(Math.min((current + 1) * PAGE_ROWS, shown.length))} of ${integer(shown.length)}`}
        </Text>
        <Button
          variant="default"
          size="compact-sm"
          disabled={current >= pages - 1}
          onClick={() => turn(current + 1)}
        >
          Next
        </Button>
      </Group>
    </div>
  );
}

function Totals({ result: { sentences, stats = {} } }: { result: Sentences }) {
  const facts: [value: string, what: string][] = [[integer(sentences.length), "sentences"]];
  if (stats.source_sentences !== undefined) facts.push([integer(stats.source_sentences), "in the source"]);
  if (stats.avg_words !== undefined) facts.push([stats.avg_words, "words on average"]);
  if (stats.max_words !== undefined) facts.push([integer(stats.max_words), "words at most"]);
  if (stats.fragment_rate_pct !== undefined) facts.push([`${stats.fragment_rate_pct} %`, "fragments"]);
  return (
    <Group component="ul" gap="xs" p={0} m={0} className="totals">
      {facts.map(([value, what]) => (
        <li key={what}>
          <strong>{value}</strong> {what}
        </li>
      ))}
    </Group>
  );
}

interface ChipProps {
  /** Null for all. */
  flag: string | null;
  word: string;
  total: number;
  isChosen: boolean;
  onChoose: (flag: string | null) => void;
}

function Chip({ flag, word, total, isChosen, onChoose }: ChipProps) {
  return (
    <UnstyledButton
      className="chip"
      data-flag={flag ?? "all"}
      aria-pressed={isChosen}
      title={flag ? FLAG_WORDS[flag]?.[1] : undefined}
      onClick={() => onChoose(flag)}
    >
      {word} <span className="count">{integer(total)}</span>
    </UnstyledButton>
  );
}

function SentenceTable({ rows, hasSources }: { rows: readonly Row[]; hasSources: boolean }) {
  const isNarrow = useMediaQuery("(max-width: 48em)");
  const isBeside = hasSources && !isNarrow;
  return (
    <Table verticalSpacing={6} aria-label="Sentences" className="sentences">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={48}>#</Table.Th>
          <Table.Th>Sentence</Table.Th>
          {isBeside && <Table.Th w="40%">Source</Table.Th>}
          {!isNarrow && <Table.Th w={60}>Page</Table.Th>}
          {!isNarrow && <Table.Th w={64}>Words</Table.Th>}
          {!isNarrow && <Table.Th w={140}>Flags</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ sentence, span }) => (
          <Table.Tr key={sentence.index}>
            <Table.Td c="dimmed">{integer(sentence.index)}</Table.Td>
            <Table.Td>
              <span lang="fr">{sentence.text}</span>
              {isNarrow && hasSources && span > 0 && isRewritten(sentence) && (
                <Text lang="fr" size="sm" c="dimmed">
                  {sentence.original}
                </Text>
              )}
              {isNarrow && <Flags sentence={sentence} />}
            </Table.Td>
            {isBeside && span > 0 && (
              <Table.Td rowSpan={span} c="dimmed" className="source">
                {isRewritten(sentence) || span > 1 ? <span lang="fr">{sentence.original}</span> : "unchanged"}
              </Table.Td>
            )}
            {!isNarrow && <Table.Td c="dimmed">{integer(sentence.page)}</Table.Td>}
            {!isNarrow && (
              <Table.Td c="dimmed" data-name="words">
                {integer(sentence.words)}
              </Table.Td>
            )}
            {!isNarrow && (
              <Table.Td>
                <Flags sentence={sentence} />
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const isRewritten = ({ text, original }: Sentence): boolean => original !== "" && original !== text;

function Flags({ sentence: { flags } }: { sentence: Sentence }) {
  return (
    <Group gap={4}>
      {flags.map((flag) => (
        <Badge
          key={flag}
          variant="light"
          color="gray"
          size="sm"
          tt="none"
          data-flag={flag}
          title={FLAG_WORDS[flag]?.[1]}
        >
          {flagWord(flag)}
        </Badge>
      ))}
    </Group>
  );
}
