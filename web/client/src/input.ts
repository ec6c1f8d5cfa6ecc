import type { InputFile, Submission } from "./types.js";

/** A file to bring, whatever it was given as. */
export interface Content {
  name: string;
  type: string;
  data: Blob;
}

/** Name, type and bytes of a file. */
export function contentOf(file: InputFile): Content {
  if (typeof File !== "undefined" && file instanceof File)
    return { name: file.name, type: file.type, data: file };
  const { name, data, type } = file as { name: string; data: Blob; type?: string };
  return { name, type: type ?? data.type, data };
}

/** A file of a job as the API wants it described. */
export interface Declared {
  name: string;
  size: number;
  content_type?: string;
  sha256?: string;
}

/** A submission as the API wants it, without what was not given. */
export interface Description {
  pipeline: string;
  kind?: string;
  settings?: Readonly<Record<string, unknown>>;
  label?: string;
  priority?: string;
  company_id?: string;
  batch_id?: string;
  callback_url?: string;
  source_job_id?: string;
  files: Declared[];
}

/** Describes a submission. */
export function describe(submission: Submission): Description {
  const { pipeline, kind, settings, label, priority, companyId, batchId, callbackUrl, sourceJobId } =
    submission;
  return {
    pipeline,
    kind: kind ?? undefined,
    settings: settings ?? undefined,
    label: label || undefined,
    priority,
    company_id: companyId ?? undefined,
    batch_id: batchId ?? undefined,
    callback_url: callbackUrl || undefined,
    source_job_id: sourceJobId ?? undefined,
    files: submission.files.map(contentOf).map(({ name, type, data }) => {
      return { name, size: data.size, content_type: type || undefined };
    }),
  };
}

/** A description as a form, with the files themselves. */
export function formOf(description: Description, contents: readonly Content[]): FormData {
  const form = new FormData();
  const { files: _, settings, ...fields } = description;
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
  if (settings) form.set("settings", JSON.stringify(settings));
  for (const { name, type, data } of contents) {
    // A part's type is that of its blob.
    form.append("file", type === data.type ? data : data.slice(0, data.size, type), name);
  }
  return form;
}
