import { ApiError, errorOf, noAnswer, UploadInterrupted } from "./errors.js";
import type { Content } from "./input.js";
import { withRetries } from "./retry.js";
import type { FileUpload, Job, SubmitOptions, Uploads } from "./types.js";
import type { UploadTools } from "./upload.js";

const PARALLEL_PARTS = 3;
const MOST_PARALLEL_PARTS = 16;
const TRIES = 4;
// A connection on which nothing moves for so long is dead, though nobody says so.
const STALL_MS = 60_000;
// Rounds of fresh links in a row that brought nothing.
const FRUITLESS_ROUNDS = 3;
// These answers of the service do not change by going on.
const REFUSALS: ReadonlySet<number> = new Set([402, 403, 404, 409, 410, 413, 415, 422]);
// But these mean that something is missing at the store, which its next state will tell.
const INCOMPLETE: ReadonlySet<string | null> = new Set(["UPLOAD_INCOMPLETE", "PARTS_MISMATCH"]);

interface Link {
  file: number;
  part: FileUpload["parts"][number];
}

interface Stored {
  number: number;
  etag: string | null;
  size: number;
}

/** Brings the files of one job to the store and starts it. */
export class Bringing {
  readonly #tools: UploadTools;
  readonly #job: Job;
  readonly #contents: readonly Content[];
  readonly #options: SubmitOptions;
  readonly #totalBytes: number;
  /** What the store has, by file. */
  readonly #stored = new Map<number, Map<number, Stored>>();
  readonly #methods = new Map<number, FileUpload["method"]>();
  /** Bytes of parts that are on their way. */
  readonly #underway = new Map<Link, number>();

  constructor(tools: UploadTools, job: Job, contents: readonly Content[], options: SubmitOptions) {
    this.#tools = tools;
    this.#job = job;
    this.#contents = contents;
    this.#options = options;
    this.#totalBytes = contents.reduce((sum, { data }) => sum + data.size, 0);
  }

  /** Brings what is missing, from `state` on if that is known already; the job as it was queued. */
  async bring(state?: Uploads): Promise<Job> {
    try {
      return await this.#bring(state ?? (await this.#ask()));
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const isRefusal =
        error instanceof ApiError && REFUSALS.has(error.status) && !INCOMPLETE.has(error.code);
      throw isRefusal || isUnreadable(error) ? error : new UploadInterrupted(this.#job, error);
    }
  }

  async #bring(first: Uploads): Promise<Job> {
    let state = first;
    for (let fruitless = 0; ; ) {
      this.#take(state);
      const links = state.uploads.flatMap(({ file, parts }) => parts.map((part) => ({ file, part })));
      const refusal = await this.#putAll(links);
      if (!refusal && !state.more) {
        try {
          return await this.#start();
        } catch (error) {
          if (!(error instanceof ApiError && INCOMPLETE.has(error.code)) || fruitless > 0) throw error;
        }
      }
      fruitless = links.length > 0 && !refusal ? 0 : fruitless + 1;
      if (fruitless >= FRUITLESS_ROUNDS) throw refusedByStore(refusal);
      state = await this.#ask();
    }
  }

  #ask(): Promise<Uploads> {
    return this.#post("uploads");
  }

  /** Without ETags, which some stores do not show to pages of other origins, the service takes what is there. */
  #start(): Promise<Job> {
    const files = [];
    for (const [file, method] of this.#methods) {
      const parts = [...(this.#stored.get(file)?.values() ?? [])].sort((a, b) => a.number - b.number);
      if (method === "multipart" && parts.every(({ etag }) => etag)) files.push({ file, parts });
    }
    return this.#post("start", { files });
  }

  #post<T>(what: string, json?: unknown): Promise<T> {
    const path = `/v1/jobs/${encodeURIComponent(this.#job.job_id)}/${what}`;
    return this.#tools.http.request<T>(path, {
      method: "POST",
      json,
      signal: this.#options.signal,
      repeatable: true,
    });
  }

  #take(state: Uploads): void {
    for (const { file, method, uploaded } of state.uploads) {
      const parts = uploaded.map(({ number, etag, size = 0 }) => [number, { number, etag, size }] as const);
      this.#methods.set(file, method);
      this.#stored.set(file, new Map(parts));
    }
    this.#report();
  }

  /** Puts all parts; the store's refusal of a link, if it refused one: it may have expired, and a fresh one may do. */
  async #putAll(links: readonly Link[]): Promise<ApiError | null> {
    const { signal, parallelParts = PARALLEL_PARTS } = this.#options;
    const all = new AbortController();
    const abort = () => all.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const waiting = [...links];
    let refusal: ApiError | null = null;
    const work = async () => {
      for (let link = waiting.shift(); link && !refusal; link = waiting.shift()) {
        refusal = (await this.#put(link, all.signal)) ?? refusal;
      }
    };
    const lanes = Math.min(Math.max(1, Math.floor(parallelParts)), MOST_PARALLEL_PARTS, links.length);
    const workers = Array.from({ length: lanes }, () =>
      work().catch((error) => {
        // The others would go on sending for nothing.
        all.abort(error);
        throw error;
      }),
    );
    const outcomes = await Promise.allSettled(workers);
    signal?.removeEventListener("abort", abort);
    // The first to fail is the reason of the others.
    if (all.signal.aborted) throw all.signal.reason;
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    return refusal;
  }

  async #put(link: Link, signal: AbortSignal): Promise<ApiError | null> {
    const { http } = this.#tools;
    const { number, offset, size } = link.part;
    const bytes = this.#contents[link.file]?.data.slice(offset, offset + size);
    if (bytes?.size !== size)
      throw new ApiError(0, "The service asked for a part that the file does not have.");
    try {
      const etag = await withRetries(() => this.#putOnce(link, bytes, signal), {
        timers: http.timers,
        random: http.random,
        tries: TRIES,
        repeatable: true,
        signal,
      });
      this.#stored.get(link.file)?.set(number, { number, etag, size });
      return null;
    } catch (error) {
      const isRefused =
        error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (isRefused) return error;
      if (!signal.aborted) await checkReadable(bytes);
      throw error;
    } finally {
      this.#underway.delete(link);
      this.#report();
    }
  }

  async #putOnce(link: Link, bytes: Blob, outer: AbortSignal): Promise<string | null> {
    const { http, transfer } = this.#tools;
    const { url, headers, size } = link.part;
    const own = new AbortController();
    const abort = () => own.abort(outer.reason);
    const stalled = () => own.abort(noAnswer(undefined, "The connection to the store was lost."));
    let watchdog = http.timers.setTimeout(stalled, STALL_MS);
    outer.addEventListener("abort", abort, { once: true });
    const onSent = (sent: number) => {
      http.timers.clearTimeout(watchdog);
      watchdog = http.timers.setTimeout(stalled, STALL_MS);
      this.#underway.set(link, Math.min(sent, size));
      this.#report();
    };
    try {
      // A type of the blob's own would be sent in place of the one that is signed.
      const init = { method: "PUT", headers, body: bytes, signal: own.signal };
      const response = await transfer(url, init, onSent);
      const text = await response.text();
      if (!response.ok) throw errorOf(response.status, response.headers, text);
      return response.headers.get("etag");
    } catch (error) {
      if (own.signal.aborted) throw own.signal.reason;
      throw error instanceof ApiError ? error : noAnswer(error, "The connection to the store was lost.");
    } finally {
      http.timers.clearTimeout(watchdog);
      outer.removeEventListener("abort", abort);
      this.#underway.delete(link);
    }
  }

  #report(): void {
    let sentBytes = 0;
    for (const parts of this.#stored.values()) for (const { size } of parts.values()) sentBytes += size;
    for (const bytes of this.#underway.values()) sentBytes += bytes;
    this.#options.onProgress?.({
      sentBytes: Math.min(sentBytes, this.#totalBytes),
      totalBytes: this.#totalBytes,
    });
  }
}

/** The store is no part of the service: what it refuses is no word of the service on the job. */
function refusedByStore(cause: ApiError | null): ApiError {
  const status = cause === null ? "it does not have the file" : String(cause.status);
  return new ApiError(0, `The store did not take the file (${status}).`, { code: "STORE_REFUSED", cause });
}

/** Browsers report a file that was changed or removed meanwhile as a lost connection. */
async function checkReadable(bytes: Blob): Promise<void> {
  try {
    await bytes.slice(0, 1).arrayBuffer();
  } catch (cause) {
    const message =
      "The file cannot be read any more. It may have been changed or moved; please choose it again.";
    throw new ApiError(0, message, { code: "FILE_UNREADABLE", cause });
  }
}

const isUnreadable = (error: unknown): boolean =>
  error instanceof ApiError && error.code === "FILE_UNREADABLE";
