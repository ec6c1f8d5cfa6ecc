import type { RequestOptions } from "./http.js";
import { withQuery } from "./paths.js";
import type * as t from "./types.js";

type Request = <T>(path: string, options?: RequestOptions) => Promise<T>;

/** What operators do: look at the whole installation, and move what stands still. Others are refused with status 403. */
export class Operations {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** How the installation is, with the source of each figure. */
  figures({ signal }: t.CallOptions = {}): Promise<t.OperationsFigures> {
    return this.#request("/v1/operations", { signal });
  }

  /** A page of the jobs of everybody that are open, or that failed. */
  jobs(filter: t.OperationsFilter = {}, { signal }: t.CallOptions = {}): Promise<t.OperationsJobPage> {
    const { status, pipeline, limit, cursor } = filter;
    return this.#request(withQuery("/v1/operations/jobs", { status, pipeline, limit, cursor }), { signal });
  }

  /** A page of messages that the queues gave up on: those that nobody has dealt with, or the others. */
  letters(
    { state, cursor }: { state?: "open" | "settled"; cursor?: string | null } = {},
    { signal }: t.CallOptions = {},
  ): Promise<t.LetterPage> {
    return this.#request(withQuery("/v1/operations/letters", { state, cursor }), { signal });
  }

  /** Does what a dead letter was for. Doing it twice does nothing more. */
  redrive(letterId: string, { signal }: t.CallOptions = {}): Promise<t.Letter> {
    return this.#settle(letterId, "redrive", signal);
  }

  /** Marks a dead letter as dealt with. Doing it twice does nothing more. */
  discard(letterId: string, { signal }: t.CallOptions = {}): Promise<t.Letter> {
    return this.#settle(letterId, "discard", signal);
  }

  /** Sends what a job waits for, now. Safe at any time. */
  requeue(jobId: string, { signal }: t.CallOptions = {}): Promise<t.Requeued> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/requeue`;
    return this.#request(path, { method: "POST", signal, repeatable: true });
  }

  #settle(letterId: string, act: "redrive" | "discard", signal?: AbortSignal): Promise<t.Letter> {
    const path = `/v1/operations/letters/${encodeURIComponent(letterId)}/${act}`;
    return this.#request(path, { method: "POST", signal, repeatable: true });
  }
}
