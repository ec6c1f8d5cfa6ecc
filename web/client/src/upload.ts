// From files to a job. Small files come with the request; larger ones go straight to the store, in parts that are tried
// again and can be resumed.

import { Bringing } from "./bringing.js";
import { randomKey, sha256Hex } from "./digest.js";
import { ApiError } from "./errors.js";
import type { Http } from "./http.js";
import { type Content, contentOf, type Description, describe, formOf } from "./input.js";
import type { Transfer } from "./transfer.js";
import type { InputFile, Job, Submission, SubmitOptions, Uploads } from "./types.js";

/** What uploads work with. */
export interface UploadTools {
  http: Http;
  transfer: Transfer;
}

// The service takes 4 MB in one request; this leaves room for the other fields.
const WITH_THE_REQUEST_BYTES = 3_000_000;

/** Makes a job and brings its files. */
export async function submit(
  tools: UploadTools,
  submission: Submission,
  options: SubmitOptions,
): Promise<Job> {
  const contents = submission.files.map(contentOf);
  const description = describe(submission);
  const headers = { "idempotency-key": options.idempotencyKey ?? randomKey() };
  if (bytesOf(contents) <= WITH_THE_REQUEST_BYTES) {
    return sendWhole(tools, description, contents, headers, options);
  }
  if (options.checksum ?? true) await addDigests(description, contents, options.signal);
  const { signal } = options;
  const created = await tools.http.request<Job & Partial<Uploads>>("/v1/jobs", {
    method: "POST",
    json: description,
    headers,
    signal,
    repeatable: true,
  });
  const { uploads, more, ...job } = created;
  options.onCreated?.(job);
  // The same key a second time: the job may have its files already.
  if (job.status !== "awaiting_upload") return job;
  return new Bringing(tools, job, contents, options).bring(uploads && { uploads, more: more ?? false });
}

/** Goes on with an upload that was interrupted. */
export async function resume(
  tools: UploadTools,
  jobOrId: Job | string,
  files: readonly InputFile[],
  options: SubmitOptions,
): Promise<Job> {
  const { signal } = options;
  const contents = files.map(contentOf);
  const id = typeof jobOrId === "string" ? jobOrId : jobOrId.job_id;
  const job = await tools.http.request<Job>(`/v1/jobs/${encodeURIComponent(id)}`, { signal });
  await checkSame(job, contents, options);
  options.onCreated?.(job);
  // The answer to `start` may have been what was lost.
  if (["queued", "processing", "completed"].includes(job.status)) return job;
  return new Bringing(tools, job, contents, options).bring();
}

async function sendWhole(
  tools: UploadTools,
  description: Description,
  contents: readonly Content[],
  headers: Record<string, string>,
  options: SubmitOptions,
): Promise<Job> {
  const totalBytes = bytesOf(contents);
  const report = (sentBytes: number) => options.onProgress?.({ sentBytes, totalBytes });
  report(0);
  const job = await tools.http.request<Job>("/v1/jobs", {
    method: "POST",
    form: formOf(description, contents),
    headers,
    signal: options.signal,
    repeatable: true,
    // What is sent has the other fields, too.
    onSent: (bytes) => report(Math.min(bytes, totalBytes)),
  });
  report(totalBytes);
  options.onCreated?.(job);
  return job;
}

/** One after the other, so that no more than one file is in memory. */
async function addDigests(
  description: Description,
  contents: readonly Content[],
  signal?: AbortSignal,
): Promise<void> {
  for (const [index, declared] of description.files.entries()) {
    signal?.throwIfAborted();
    const content = contents[index];
    declared.sha256 = (content && (await sha256Hex(content.data))) ?? undefined;
  }
}

/** Parts of another file would make a broken one that nobody notices. */
async function checkSame(job: Job, contents: readonly Content[], options: SubmitOptions): Promise<void> {
  const wanted = job.files ?? [];
  if (wanted.length !== contents.length) {
    throw mismatch(`The upload began with ${wanted.length} files; these are ${contents.length}.`);
  }
  for (const [index, file] of wanted.entries()) {
    options.signal?.throwIfAborted();
    const content = contents[index];
    if (!content) continue;
    if (content.data.size !== file.size) {
      const sizes = `"${content.name}" has ${content.data.size} bytes; "${file.name}" had ${file.size}.`;
      throw mismatch(`This is not the file that the upload began with. ${sizes}`);
    }
    if (!file.sha256 || options.checksum === false) continue;
    const digest = await sha256Hex(content.data);
    if (digest !== null && digest !== file.sha256.toLowerCase()) {
      throw mismatch(
        `"${content.name}" is not as it was when the upload began. Please submit it as a new job.`,
      );
    }
  }
}

const mismatch = (message: string): ApiError => new ApiError(0, message, { code: "FILE_MISMATCH" });

const bytesOf = (contents: readonly Content[]): number =>
  contents.reduce((sum, { data }) => sum + data.size, 0);
