import { isRecord } from "../../upload/schema";

/** A sentence of a result `novel/1`. */
export interface Sentence {
  index: number;
  text: string;
  /** The sentence of the source that it comes from. */
  original: string;
  original_index: number;
  page: number;
  words: number;
  method: string;
  flags: readonly string[];
}

export interface Sentences {
  sentences: readonly Sentence[];
  stats?: {
    source_sentences?: number;
    avg_words?: string;
    max_words?: number;
    fragment_rate_pct?: string;
  };
}

export const isSentences = (result: unknown): result is Sentences =>
  isRecord(result) && String(result.schema).startsWith("novel/") && Array.isArray(result.sentences);

/** What a flag is called, and what it means. */
export const FLAG_WORDS: Readonly<Record<string, readonly [word: string, meaning: string]>> = {
  fragment: ["Fragment", "No conjugated verb was found in it."],
  over_limit: ["Too long", "It has more words than the limit."],
  short: ["Short", "It has fewer words than the minimum."],
  dialogue: ["Dialogue", "Somebody speaks."],
  pronoun_copied: ["Pronoun added", "The subject was repeated so that it stands by itself."],
};

export const flagWord = (flag: string): string => FLAG_WORDS[flag]?.[0] ?? flag.replaceAll("_", " ");

/** How many sentences have each flag, the most frequent first. */
export function flagCounts(sentences: readonly Sentence[]): [flag: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { flags } of sentences) for (const flag of flags) counts.set(flag, (counts.get(flag) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** Which sentences to show. */
export interface Filter {
  flag: string | null;
  /** Shown are those that have it in them or in their source; letter case and accents do not count. */
  text: string;
}

export function filtered(sentences: readonly Sentence[], { flag, text }: Filter): readonly Sentence[] {
  const wanted = plain(text.trim());
  if (!flag && !wanted) return sentences;
  return sentences.filter(
    (sentence) =>
      (!flag || sentence.flags.includes(flag)) &&
      (!wanted || plain(sentence.text).includes(wanted) || plain(sentence.original).includes(wanted)),
  );
}

const plain = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();

/** A row of the table, with how many rows its source stands beside: 0 where the row above has it already. */
export interface Row {
  sentence: Sentence;
  span: number;
}

/** Joins the sources of sentences that follow each other and come from the same one. */
export function rowsOf(sentences: readonly Sentence[]): Row[] {
  const rows: Row[] = [];
  let first: Row | null = null;
  for (const sentence of sentences) {
    if (first && first.sentence.original_index === sentence.original_index) {
      first.span += 1;
      rows.push({ sentence, span: 0 });
    } else {
      first = { sentence, span: 1 };
      rows.push(first);
    }
  }
  return rows;
}
