import type { components } from "./schema.js";
import type { Job } from "./types.js";

/** What is wrong with one field of a request. */
export interface FieldError {
  /** Its name, such as `settings.sentence_length_limit` or `files[0].size`. */
  field: string;
  /** Stable. */
  code: string;
  /** A sentence for people. */
  detail: string;
}

interface ErrorFacts {
  code?: string | null;
  fields?: readonly FieldError[];
  retryAfterSeconds?: number | null;
  requestId?: string | null;
  cause?: unknown;
}

/** A request that was refused, failed, or was not answered. `message` is a sentence for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The service's stable code, such as `INSUFFICIENT_CREDITS`; null when the service itself did not answer. */
  readonly code: string | null;
  /** The fields that are wrong; empty when it is not about fields. */
  readonly fields: readonly FieldError[];
  /** How long the service wants to be left alone, in seconds. */
  readonly retryAfterSeconds: number | null;
  /** What to name when asking the people who run the service. */
  readonly requestId: string | null;

  constructor(status: number, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.status = status;
    this.code = facts.code ?? null;
    this.fields = facts.fields ?? [];
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
    this.requestId = facts.requestId ?? null;
  }
}

/** An upload that stopped half-way. `job` waits for the rest for 24 hours: `Docmill.resume` brings it. */
export class UploadInterrupted extends Error {
  override readonly name = "UploadInterrupted";
  readonly job: Job;

  constructor(job: Job, cause: unknown) {
    super(`The upload was interrupted. ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.job = job;
  }
}

// The gateway in front of the service answers these itself, with a text for programmers.
const GATEWAY_SENTENCES: Readonly<Record<number, string>> = {
  401: "Your session has ended. Please sign in again.",
  403: "This is not allowed.",
  408: "The request took too long to arrive. Please try again.",
  413: "The file is too large to be sent this way.",
  429: "There are too many requests right now. Please try again in a moment.",
  502: "The service could not answer. Please try again in a moment.",
  503: "The service is busy. Please try again in a moment.",
  504: "The service took too long to answer. Please try again.",
};

const NO_ANSWER = "The service cannot be reached. Check your connection and try again.";

/** The error of a request without an answer. */
export const noAnswer = (cause?: unknown, message = NO_ANSWER): ApiError =>
  new ApiError(0, message, { cause });

/** Seconds of a `Retry-After`, which is a number or a date; null when there is none that can be read. */
export function retryAfterSeconds(value: string | null, now = Date.now()): number | null {
  if (value === null || value.trim() === "") return null;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

/** What an answer says went wrong: problem details, the gateway's `{"message"}`, or the status alone. */
export function errorOf(status: number, headers: Pick<Headers, "get">, text: string): ApiError {
  const body = objectIn(text);
  const facts: ErrorFacts = {
    retryAfterSeconds: retryAfterSeconds(headers.get("retry-after")),
    requestId: headers.get("apigw-requestid"),
  };
  if (headers.get("content-type")?.includes("problem+json") && typeof body.detail === "string") {
    const problem = body as Partial<components["schemas"]["Problem"]> & { detail: string };
    return new ApiError(status, problem.detail, {
      ...facts,
      code: typeof problem.code === "string" ? problem.code : null,
      fields: Array.isArray(problem.errors) ? problem.errors : [],
      requestId: problem.request_id ?? facts.requestId,
    });
  }
  const told = typeof body.message === "string" && body.message !== "" ? body.message : null;
  const message = GATEWAY_SENTENCES[status] ?? told ?? `The service answered with an error (${status}).`;
  return new ApiError(status, message, facts);
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Not JSON: the status says enough.
    return {};
  }
}
