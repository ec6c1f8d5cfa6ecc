// From a file to a job. Small files come with the request; larger ones go straight to the store, in parts that are
// tried again and can be resumed.

import { ApiError, errorOf } from "./api.js";

// Below API Gateway's limits with room for the other fields.
export const WITH_THE_REQUEST_BYTES = 3_000_000;
const PARALLEL_PARTS = 3;
const TRIES = 3;
const RETRY_MS = 1_000;

/** An upload that stopped half-way: `job` waits for the rest. */
export class UploadInterrupted extends Error {
  constructor(job, cause) {
    super(`The upload was interrupted. ${cause.message}`);
    Object.assign(this, { job, cause });
  }
}

/**
 * Makes a job of `file` and gives it back, queued. `onProgress` gets bytes sent so far; `onCreated` gets a job that still
 * waits for its file; `signal` stops the upload.
 */
export async function submit(api, { file, pipeline, settings, label }, { onProgress, onCreated, signal }) {
  // One key for all tries of this request: an answer that was lost does not make a second job.
  const headers = { "idempotency-key": crypto.randomUUID() };
  if (file.size <= WITH_THE_REQUEST_BYTES) {
    const form = new FormData();
    form.set("pipeline", pipeline);
    form.set("settings", JSON.stringify(settings));
    if (label) form.set("label", label);
    form.set("file", file, file.name);
    const job = await again(() => api.json("/v1/jobs", { method: "POST", body: form, headers }), signal);
    onProgress(file.size);
    return job;
  }
  const description = {
    pipeline,
    settings,
    ...(label && { label }),
    files: [{ name: file.name, size: file.size, content_type: file.type || "application/octet-stream" }],
  };
  const { uploads, more, ...job } = await again(() => api.post("/v1/jobs", description, headers), signal);
  onCreated(job);
  return bring(api, job, file, { uploads, more }, { onProgress, signal });
}

/** Goes on with an upload that was interrupted. */
export async function resume(api, job, file, { onProgress, signal }) {
  try {
    const state = await api.post(`/v1/jobs/${job.job_id}/uploads`);
    return await bring(api, job, file, state, { onProgress, signal });
  } catch (error) {
    throw interrupted(job, error);
  }
}

async function bring(api, job, file, state, { onProgress, signal }) {
  try {
    const done = new Map();
    for (;;) {
      const [upload] = state.uploads;
      for (const part of upload.uploaded) done.set(part.number, part);
      await putParts(upload.parts, file, done, { onProgress, signal });
      if (!state.more) {
        const parts = upload.method === "multipart" ? sorted(done) : [];
        return await again(() => api.post(`/v1/jobs/${job.job_id}/start`, { files: [{ file: upload.file, parts }] }), signal);
      }
      state = await api.post(`/v1/jobs/${job.job_id}/uploads`);
    }
  } catch (error) {
    throw interrupted(job, error);
  }
}

/** A refusal of the file itself cannot be mended by going on; everything else can. */
function interrupted(job, error) {
  if (error instanceof UploadInterrupted) return error;
  return [404, 409, 415, 422].includes(error.status) ? error : new UploadInterrupted(job, error);
}

const sorted = (parts) => [...parts.values()].sort((a, b) => a.number - b.number);

async function putParts(parts, file, done, { onProgress, signal }) {
  const sentNow = new Map();
  const report = () => {
    const whole = [...done.values()].reduce((sum, part) => sum + part.size, 0);
    onProgress(whole + [...sentNow.values()].reduce((sum, bytes) => sum + bytes, 0));
  };
  const waiting = [...parts];
  const work = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      const bytes = file.slice(part.offset, part.offset + part.size);
      const put = () => putPart(part, bytes, signal, (sent) => {
        sentNow.set(part.number, sent);
        report();
      });
      const etag = await again(put, signal);
      sentNow.delete(part.number);
      done.set(part.number, { number: part.number, etag, size: part.size });
      report();
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_PARTS, parts.length) }, work));
}

// XMLHttpRequest, because fetch does not tell how much of a body is sent.
function putPart(part, bytes, signal, onSent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    request.open("PUT", part.url);
    for (const [name, value] of Object.entries(part.headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => onSent(Math.min(loaded, part.size)));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve(request.getResponseHeader("etag") ?? "");
      else reject(errorOf(request.status, request.getResponseHeader("content-type"), "", null));
    });
    request.addEventListener("error", () => reject(new ApiError(0, "The connection to the store was lost.")));
    request.addEventListener("abort", () => reject(new ApiError(0, "You stopped it.", { code: "STOPPED" })));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    request.send(bytes);
  });
}

/** Tries what may succeed on another try: no answer, too many requests, a fault of the other side. */
async function again(action, signal) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await action();
    } catch (error) {
      const passing = error.code !== "STOPPED" && (error.status === 0 || error.status === 429 || error.status >= 500);
      if (!passing || tried === TRIES || signal.aborted) throw error;
      const pauseMs = (error.retryAfterSeconds ?? 0) * 1000 || RETRY_MS * 2 ** (tried - 1);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
