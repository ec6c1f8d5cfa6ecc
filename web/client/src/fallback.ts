// What brings news while there is no WebSocket: event streams for a few jobs, polling for the others.

import { ApiError } from "./errors.js";
import { CLOSED, type EventStream, type OpenStream } from "./event-stream.js";
import type { Timers } from "./timers.js";
import type { Job, JobEvent } from "./types.js";

/** What the fallback works with and whom it tells. */
export interface FallbackHost {
  timers: Timers;
  openStream: OpenStream;
  /** Jobs that may still change, the most wanted first. */
  open(): string[];
  /** Reads a job and takes it; rejects with an ApiError. `isFresh`: with a fresh link to its event stream. */
  read(jobId: string, isFresh: boolean): Promise<Job | undefined>;
  /** Lists the newest jobs of the user and takes them, if somebody follows them all. */
  list(): Promise<void>;
  event(event: JobEvent): void;
  streamUrl(job: Job): string | null;
  /** A stream was opened or closed. */
  changed(): void;
}

// Browsers open six connections to one host over HTTP/1.1, and the page needs some itself.
const MOST_STREAMS = 3;
// More open jobs than this are only seen in the list.
const MOST_POLLS = 8;
const POLL_STEPS_MS = [1_000, 2_000, 4_000, 5_000] as const;
const LONGEST_POLL_MS = 5_000;
const LIST_MS = 10_000;
// A stream that was refused is tried again: its token may have been too old.
const REFUSED_MS = 60_000;
const EVENT_TYPES = ["progress", "status", "warning", "gap"] as const;

/** The pause before poll `asked` + 1, in milliseconds; longer when the service wants it. */
export function pollMs(asked: number, wantedMs: number): number {
  return Math.max(POLL_STEPS_MS[asked] ?? LONGEST_POLL_MS, wantedMs);
}

/** Attends to the open jobs while it runs. */
export class Fallback {
  readonly #host: FallbackHost;
  #isRunning = false;
  #lister: unknown;
  /** Streams by job; null while the link to it is asked for. */
  readonly #streams = new Map<string, EventStream | null>();
  /** Polls by job: how to stop each. */
  readonly #polls = new Map<string, () => void>();
  /** Jobs whose stream was refused, with the timer that forgets it. */
  readonly #refused = new Map<string, unknown>();

  constructor(host: FallbackHost) {
    this.#host = host;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Whether a stream brings news. */
  get isStreaming(): boolean {
    return [...this.#streams.values()].some((stream) => stream?.readyState === 1);
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.attend();
    this.#list();
  }

  stop(): void {
    this.#isRunning = false;
    this.#host.timers.clearTimeout(this.#lister);
    for (const id of [...this.#streams.keys()]) this.#stopStream(id);
    for (const id of [...this.#polls.keys()]) this.#stopPoll(id);
    for (const timer of this.#refused.values()) this.#host.timers.clearTimeout(timer);
    this.#refused.clear();
  }

  /** Asks now instead of later. */
  hurry(): void {
    if (!this.#isRunning) return;
    for (const id of [...this.#polls.keys()]) this.#stopPoll(id);
    this.attend();
    this.#list();
  }

  /** Gives each open job a stream or a poll, and takes both from those that ended. */
  attend(): void {
    if (!this.#isRunning) return;
    const open = this.#host.open();
    const wanted = new Set(open);
    for (const id of [...this.#streams.keys()]) if (!wanted.has(id)) this.#stopStream(id);
    for (const id of [...this.#polls.keys()]) if (!wanted.has(id)) this.#stopPoll(id);
    for (const id of open) {
      if (this.#streams.has(id)) continue;
      if (!this.#refused.has(id) && this.#streams.size < MOST_STREAMS) {
        this.#stopPoll(id);
        void this.#stream(id);
      } else if (!this.#polls.has(id) && this.#polls.size < MOST_POLLS) {
        this.#poll(id);
      }
    }
  }

  /** Reading the job first brings a link with a fresh token, and what happened meanwhile. */
  async #stream(id: string): Promise<void> {
    this.#streams.set(id, null);
    let url: string | null = null;
    try {
      const job = await this.#host.read(id, true);
      url = job ? this.#host.streamUrl(job) : null;
    } catch {
      // Polling goes on trying.
    }
    if (this.#streams.get(id) !== null) return;
    if (url === null) {
      this.#refuse(id);
      return;
    }
    const stream = this.#host.openStream(url);
    this.#streams.set(id, stream);
    stream.addEventListener("open", () => this.#host.changed());
    for (const type of EVENT_TYPES) {
      stream.addEventListener(type, ({ data }) => {
        const event = eventIn(data);
        if (event && this.#streams.get(id) === stream) this.#host.event(event);
      });
    }
    // A stream that merely ended comes back by itself.
    stream.addEventListener("error", () => {
      if (this.#streams.get(id) !== stream) return;
      if (stream.readyState === CLOSED) this.#refuse(id);
      this.#host.changed();
    });
  }

  #refuse(id: string): void {
    this.#stopStream(id);
    const again = () => {
      this.#refused.delete(id);
      this.attend();
    };
    this.#host.timers.clearTimeout(this.#refused.get(id));
    this.#refused.set(id, this.#host.timers.setTimeout(again, REFUSED_MS));
    this.attend();
    this.#host.changed();
  }

  #poll(id: string): void {
    const { timers } = this.#host;
    let timer: unknown;
    let isStopped = false;
    this.#polls.set(id, () => {
      isStopped = true;
      timers.clearTimeout(timer);
    });
    let asked = 0;
    const ask = async () => {
      const wantedMs = await this.#ask(id);
      if (isStopped) return;
      if (wantedMs === null) {
        this.#stopPoll(id);
        return;
      }
      timer = timers.setTimeout(() => void ask(), pollMs(asked, wantedMs));
      asked += 1;
    };
    void ask();
  }

  /** Asks once; the pause that the service wants, in milliseconds, or null when asking again is no use. */
  async #ask(id: string): Promise<number | null> {
    try {
      return (await this.#host.read(id, false))?.poll_after_ms ?? 0;
    } catch (error) {
      if (!(error instanceof ApiError)) return LONGEST_POLL_MS;
      if ([401, 403, 404].includes(error.status)) return null;
      return (error.retryAfterSeconds ?? 0) * 1000;
    }
  }

  #list(): void {
    const { timers } = this.#host;
    timers.clearTimeout(this.#lister);
    const again = () => {
      if (!this.#isRunning) return;
      this.attend();
      timers.clearTimeout(this.#lister);
      this.#lister = timers.setTimeout(() => this.#list(), LIST_MS);
    };
    this.#host.list().then(again, again);
  }

  #stopStream(id: string): void {
    this.#streams.get(id)?.close();
    this.#streams.delete(id);
  }

  #stopPoll(id: string): void {
    this.#polls.get(id)?.();
    this.#polls.delete(id);
  }
}

function eventIn(data: unknown): JobEvent | null {
  try {
    const event = JSON.parse(String(data)) as JobEvent | null;
    return typeof event?.job_id === "string" && typeof event.version === "number" ? event : null;
  } catch {
    return null;
  }
}
