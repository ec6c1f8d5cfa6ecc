// What a user is about to send: files, pipeline, settings.

import type { Pipeline, Submission } from "@docmill/client";
import { useMemo, useState } from "react";

import { type FileHead, guessPipeline, headOf, problemOf } from "./files";
import { changesOf, defaultsOf, type Field, fieldsOf, type Schema, type Values } from "./schema";

/** A file that was chosen, with what is known of it. */
export interface ChosenFile extends FileHead {
  id: string;
  file: File;
}

/** Reads the beginnings of files. Folders and files that went away cannot be read: they come back as `unreadable`. */
export async function readHeads(
  files: readonly File[],
): Promise<{ read: ChosenFile[]; unreadable: string[] }> {
  const results = await Promise.allSettled(files.map(headOf));
  const read: ChosenFile[] = [];
  const unreadable: string[] = [];
  results.forEach((result, index) => {
    const file = files[index];
    if (!file) return;
    if (result.status === "fulfilled") read.push({ id: crypto.randomUUID(), file, ...result.value });
    else unreadable.push(file.name);
  });
  return { read, unreadable };
}

/** Files of one job each: as many in one as the pipeline takes. */
export function groups<File>(files: readonly File[], mostFiles: number): File[][] {
  const size = Math.max(1, mostFiles);
  const all: File[][] = [];
  for (let start = 0; start < files.length; start += size) all.push(files.slice(start, start + size));
  return all;
}

export interface Draft {
  files: readonly ChosenFile[];
  /** What the user has chosen, or else what the files are guessed to be for. */
  pipeline: Pipeline | undefined;
  /** Nobody has chosen the pipeline. */
  isGuessed: boolean;
  fields: readonly Field[];
  schema: Schema | undefined;
  /** What the settings are without the user. */
  proposed: Values;
  values: Values;
  label: string;
  companyId: string | null;
  /** What is wrong with files, by their ids. */
  problems: ReadonlyMap<string, string>;
  /** What would be sent: a job each. Empty while something is wrong with the files. */
  submissions: readonly Submission[];
  addFiles: (files: readonly ChosenFile[]) => void;
  removeFile: (id: string) => void;
  choosePipeline: (name: string) => void;
  setValues: (values: Values) => void;
  setLabel: (label: string) => void;
  setCompanyId: (id: string | null) => void;
  /** For the next job. Pipeline, settings and company stay. */
  reset: () => void;
}

export function useDraft(pipelines: readonly Pipeline[]): Draft {
  const [files, setFiles] = useState<readonly ChosenFile[]>([]);
  const [chosen, setChosen] = useState<string | null>(null);
  const [edited, setEdited] = useState<Readonly<Record<string, Values>>>({});
  const [label, setLabel] = useState("");
  const [companyId, setCompanyId] = useState<string | null>(null);

  const name = chosen ?? guessPipeline(pipelines, files) ?? pipelines[0]?.name;
  const pipeline = pipelines.find((one) => one.name === name);
  const schema = pipeline?.settings_schema as Schema | undefined;
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const defaults = useMemo(() => withPlace(defaultsOf(fields)), [fields]);
  const values = (name !== undefined && edited[name]) || defaults;
  const problems = useMemo(() => problemsOf(pipeline, files), [pipeline, files]);
  const submissions = useMemo(() => {
    if (!pipeline || problems.size > 0) return [];
    const settings = changesOf(fields, values);
    return groups(files, pipeline.limits.max_files).map((group, index, all) => ({
      pipeline: pipeline.name,
      files: group.map(({ file }) => file),
      settings,
      companyId,
      label: label.trim() ? `${label.trim()}${all.length > 1 ? ` (${index + 1})` : ""}` : null,
    }));
  }, [pipeline, problems, fields, values, files, companyId, label]);

  return {
    files,
    pipeline,
    isGuessed: chosen === null,
    fields,
    schema,
    proposed: defaults,
    values,
    label,
    companyId,
    problems,
    submissions,
    addFiles: (more) =>
      setFiles((known) => [...known, ...more.filter((file) => !known.some((old) => isSame(old, file)))]),
    removeFile: (id) => setFiles((known) => known.filter((file) => file.id !== id)),
    choosePipeline: setChosen,
    setValues: (next) => name !== undefined && setEdited((known) => ({ ...known, [name]: next })),
    setLabel,
    setCompanyId,
    reset: () => {
      setFiles([]);
      setLabel("");
    },
  };
}

const isSame = (a: ChosenFile, b: ChosenFile): boolean =>
  a.name === b.name && a.size === b.size && a.file.lastModified === b.file.lastModified;

function problemsOf(pipeline: Pipeline | undefined, files: readonly ChosenFile[]): Map<string, string> {
  const problems = new Map<string, string>();
  for (const file of files) {
    const problem = pipeline && problemOf(pipeline, file);
    if (problem) problems.set(file.id, problem);
  }
  return problems;
}

// Calendars are mostly meant for where one is: whoever uploads from elsewhere sees the zone in the settings.
function withPlace(values: Values): Values {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return "timezone" in values && zone ? { ...values, timezone: zone } : values;
}
