import { ApiError, errorOf, noAnswer } from "./errors.js";
import { withRetries } from "./retry.js";
import type { Timers } from "./timers.js";
import type { Transfer } from "./transfer.js";

/** A token, or where to get one; `fresh` when the last one was refused. */
export type TokenSource = string | ((options: { fresh: boolean }) => string | Promise<string>);

/** A request to the API. */
export interface RequestOptions {
  /** GET unless given. */
  method?: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as `multipart/form-data`. */
  form?: FormData;
  signal?: AbortSignal;
  /** Whether it does no harm to send it twice, when the answer was lost. True for GET unless given. */
  repeatable?: boolean;
  /** Tries in all, while it fails with what may pass; 4 unless given. */
  tries?: number;
  /** Sent without a token. */
  anonymous?: boolean;
  /** Told how many bytes of the body are on their way, where the platform says so. */
  onSent?: (bytes: number) => void;
}

/** What {@link Http} works with. */
export interface HttpOptions {
  baseUrl: string | URL;
  token: TokenSource;
  onUnauthorized?: (() => void) | undefined;
  transfer: Transfer;
  timers: Timers;
  random: () => number;
}

const TRIES = 4;
// The gateway gives up after 30 seconds and says so.
const ANSWER_MS = 35_000;
// Slower than this a body of ours is not moving.
const SLOWEST_BYTES_PER_MS = 8;
const UNREADABLE = "The service's answer cannot be read. Please try again.";

/** Sends requests with the token, tries again what may pass, and turns refusals into {@link ApiError}. */
export class Http {
  readonly base: URL;
  readonly timers: Timers;
  readonly random: () => number;
  readonly #options: HttpOptions;
  #renewal: Promise<string> | null = null;

  constructor(options: HttpOptions) {
    this.base = directory(options.baseUrl);
    this.timers = options.timers;
    this.random = options.random;
    this.#options = options;
  }

  /** A path of the API as an address below the base. Throws a TypeError for what would lead elsewhere with the token. */
  url(path: string): URL {
    const url = new URL(path.replace(/^\/+/, ""), this.base);
    if (!url.href.startsWith(this.base.href)) throw new TypeError(`Not a path of this service: ${path}`);
    return url;
  }

  /** The answer's JSON; undefined where it has no body. */
  request<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#withRetries(options, () => this.#authorized(path, options, readJson)) as Promise<T>;
  }

  /** The answer itself, which is `ok` or 304. Its body ends with the signal, too. */
  send(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.#withRetries(options, () => this.#authorized(path, options, keep));
  }

  #withRetries<T>(options: RequestOptions, action: () => Promise<T>): Promise<T> {
    return withRetries(action, {
      timers: this.timers,
      random: this.random,
      tries: options.tries ?? TRIES,
      repeatable: options.repeatable ?? (options.method ?? "GET") === "GET",
      signal: options.signal,
    });
  }

  async #authorized<T>(path: string, options: RequestOptions, read: Reader<T>): Promise<T> {
    if (options.anonymous) return this.#once(path, options, null, read);
    const token = await abortable(this.#token({ fresh: false }), options.signal);
    try {
      return await this.#once(path, options, token, read);
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      const other = await abortable(this.#tokenAfter(token), options.signal);
      if (other !== null) {
        try {
          return await this.#once(path, options, other, read);
        } catch (second) {
          if (isUnauthorized(second)) this.#options.onUnauthorized?.();
          throw second;
        }
      }
      this.#options.onUnauthorized?.();
      throw error;
    }
  }

  async #once<T>(path: string, options: RequestOptions, token: string | null, read: Reader<T>): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    let body: BodyInit | undefined;
    if (options.form) body = options.form;
    else if (options.json !== undefined) {
      body = JSON.stringify(options.json);
      headers["content-type"] = "application/json";
    }
    const scope = new Scope(this.timers, ANSWER_MS + bytesOf(body) / SLOWEST_BYTES_PER_MS, options.signal);
    const init: RequestInit = { method: options.method ?? "GET", headers, body, signal: scope.signal };
    try {
      const response = await this.#options.transfer(this.url(path), init, options.onSent);
      if (!response.ok && response.status !== 304) {
        throw errorOf(response.status, response.headers, await response.text());
      }
      const answer = await read(response);
      if (answer === response) scope.stopClock();
      else scope.end();
      return answer;
    } catch (error) {
      scope.end();
      if (options.signal?.aborted) throw options.signal.reason;
      if (error instanceof ApiError) throw error;
      if (scope.isOverdue) throw noAnswer(error, "The service took too long to answer. Please try again.");
      throw noAnswer(error);
    }
  }

  /** A token that is not `refused`, or null. Requests that are refused at the same time share one renewal. */
  async #tokenAfter(refused: string): Promise<string | null> {
    if (typeof this.#options.token === "string") return null;
    const current = await this.#token({ fresh: false });
    if (current !== refused) return current;
    this.#renewal ??= this.#token({ fresh: true }).finally(() => {
      this.#renewal = null;
    });
    const renewed = await this.#renewal;
    return renewed === refused ? null : renewed;
  }

  async #token(options: { fresh: boolean }): Promise<string> {
    const { token } = this.#options;
    return typeof token === "string" ? token : token(options);
  }
}

type Reader<T> = (response: Response) => Promise<T>;

/** Ends a request with the caller's signal, or when its time is over. */
class Scope {
  isOverdue = false;
  readonly #controller = new AbortController();
  readonly #timers: Timers;
  readonly #timer: unknown;
  readonly #outer: AbortSignal | undefined;
  readonly #abort = () => this.#controller.abort(this.#outer?.reason);

  constructor(timers: Timers, limitMs: number, outer: AbortSignal | undefined) {
    this.#timers = timers;
    this.#outer = outer;
    this.#timer = timers.setTimeout(() => {
      this.isOverdue = true;
      this.#controller.abort();
    }, limitMs);
    if (outer?.aborted) this.#abort();
    else outer?.addEventListener("abort", this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** There is an answer; its body may still be coming. */
  stopClock(): void {
    this.#timers.clearTimeout(this.#timer);
  }

  /** Nothing more is to come: lets go of the caller's signal, which may live much longer. */
  end(): void {
    this.stopClock();
    this.#outer?.removeEventListener("abort", this.#abort);
  }
}

const keep = async (response: Response): Promise<Response> => response;

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError(response.status, UNREADABLE, { cause });
  }
}

/** The promise, or the signal's reason if that comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

const isUnauthorized = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

/** The base without query and fragment, ending in a slash. */
function directory(base: string | URL): URL {
  const url = new URL(base);
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function bytesOf(body: BodyInit | undefined): number {
  if (typeof body === "string") return body.length;
  if (!(body instanceof FormData)) return 0;
  let bytes = 0;
  for (const value of body.values()) bytes += typeof value === "string" ? value.length : value.size;
  return bytes;
}
