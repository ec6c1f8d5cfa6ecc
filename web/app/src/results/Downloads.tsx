import { ApiError, type Docmill, type Job, type Pipeline, type ResultOptions } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { Alert, Button, Group, Menu, Text } from "@mantine/core";
import { useState } from "react";

import { jobName, stem } from "../shell/format";
import { IconDownload } from "../shell/icons";
import { messageOf } from "../shell/parts";

/** Formats of sentences but JSON come in files of at most so many rows. */
const ROWS_PER_FILE = 10_000;

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  csv: "CSV",
  json: "JSON",
  txt: "Text",
  xlsx: "Excel",
  ics: "Calendar",
  fullcalendar: "FullCalendar",
  webp: "Picture",
};

/** Forms of a format, in words. */
const VARIANTS: Readonly<Record<string, readonly { word: string; options: ResultOptions }[]>> = {
  fullcalendar: [
    { word: "Recurring", options: { variant: "recurring" } },
    { word: "Explicit", options: { variant: "explicit" } },
  ],
};

interface DownloadsProps {
  job: Job;
  pipeline: Pipeline | undefined;
  /** Rows of the result, where it comes in parts by them. */
  rows?: number;
  /** The edition that is shown, where it is not the newest. */
  edition?: number;
}

interface File {
  word: string;
  extension: string;
  options: ResultOptions & { format: string };
}

/** A button for each format of the result. */
export function Downloads({ job, pipeline, rows, edition }: DownloadsProps) {
  const client = useDocmill();
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (file: File) => {
    setProblem(null);
    setBusy(file.word);
    try {
      await download(
        client,
        job,
        { ...file, options: { ...file.options, ...(edition !== undefined && { edition }) } },
        rows,
      );
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(null);
    }
  };
  const formats = (job.formats ?? []).map((format) => ({
    format,
    word: FORMAT_WORDS[format] ?? format.toUpperCase(),
    extension: pipeline?.formats.find(({ name }) => name === format)?.extension ?? format,
  }));
  if (formats.length === 0) return null;
  return (
    <div>
      <Group gap={6} role="group" aria-label="Downloads">
        <IconDownload size={18} />
        {formats.map(({ format, word, extension }) => {
          const variants = VARIANTS[format];
          const button = {
            variant: "default",
            size: "compact-sm",
            "aria-label": `Download ${word}`,
            "data-format": format,
            loading: busy?.startsWith(word) ?? false,
            children: word,
          } as const;
          if (!variants) {
            return (
              <Button
                key={format}
                {...button}
                onClick={() => void save({ word, extension, options: { format } })}
              />
            );
          }
          return (
            <Menu key={format} position="bottom-end">
              <Menu.Target>
                <Button {...button} />
              </Menu.Target>
              <Menu.Dropdown>
                {variants.map((variant) => (
                  <Menu.Item
                    key={variant.word}
                    onClick={() =>
                      void save({
                        word: `${word} ${variant.word}`,
                        extension,
                        options: { format, ...variant.options },
                      })
                    }
                  >
                    {variant.word}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          );
        })}
      </Group>
      {problem && (
        <Alert color="red" role="alert" mt="sm">
          <Text size="sm">{problem}</Text>
        </Alert>
      )}
    </div>
  );
}

async function download(client: Docmill, job: Job, file: File, rows: number | undefined): Promise<void> {
  const { format } = file.options;
  // How many pictures there are stands nowhere: the first that is not there is the end. Rows are counted.
  const parts = format === "webp" ? Number.POSITIVE_INFINITY : partsOf(format, rows);
  for (let part = 1; part <= parts; part += 1) {
    try {
      const response = await client.result(job.job_id, { ...file.options, ...(part > 1 && { part }) });
      saveAs(await response.blob(), fileName(job, file.extension, part));
    } catch (error) {
      if (part > 1 && error instanceof ApiError && error.code === "NO_SUCH_PART") return;
      throw error;
    }
  }
}

/** Files that a result of so many rows comes in. */
export const partsOf = (format: string, rows = 0): number =>
  format === "json" ? 1 : Math.max(1, Math.ceil(rows / ROWS_PER_FILE));

/** `la-maison.csv`, `la-maison-2.csv`. */
export const fileName = (job: Pick<Job, "label" | "file_name">, extension: string, part = 1): string =>
  `${stem(jobName(job))}${part > 1 ? `-${part}` : ""}.${extension}`;

function saveAs(data: Blob, name: string): void {
  const address = URL.createObjectURL(data);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken hold of the data by the time it shows its dialogue.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
