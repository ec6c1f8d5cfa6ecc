// Server-Sent Events by `fetch`, for platforms without `EventSource`.

import { backoffMs } from "./retry.js";
import type { Timers } from "./timers.js";

/** What is used of an `EventSource`. */
export interface EventStream {
  /** 0 connecting, 1 open, 2 closed for good. */
  readonly readyState: number;
  close(): void;
  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void;
}

/** Makes an {@link EventStream} of an address. */
export type OpenStream = (url: string) => EventStream;

/** One event as it stands in a stream. */
export interface ServerSentEvent {
  type: string;
  data: string;
}

const CONNECTING = 0;
const OPEN = 1;
/** `readyState` of a stream that does not come back. */
export const CLOSED = 2;

// An event has about 400 bytes. What never ends a line is no event stream.
const MOST_BUFFERED_CHARS = 1_000_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** Reads the text of an event stream as the HTML standard says, in pieces that may be cut anywhere. */
export class EventStreamParser {
  /** The last `id`, to go on from. */
  lastEventId = "";
  /** What the stream says to wait before coming back; null when it has not said. */
  retryMs: number | null = null;
  #rest = "";
  #type = "";
  #data: string[] = [];
  #isFirst = true;

  /** The events that a piece completes. Throws a RangeError when a line does not end. */
  push(piece: string): ServerSentEvent[] {
    let text = this.#rest + piece;
    if (this.#isFirst && text !== "") {
      text = text.replace(/^\uFEFF/, "");
      this.#isFirst = false;
    }
    // A carriage return at the end may be the first half of a line's end.
    const cut = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, cut).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + text.slice(cut);
    const events = lines.flatMap((line) => this.#line(line) ?? []);
    const buffered = this.#data.reduce((sum, line) => sum + line.length, this.#rest.length);
    if (buffered > MOST_BUFFERED_CHARS) throw new RangeError("an event of the stream does not end");
    return events;
  }

  #line(line: string): ServerSentEvent | null {
    if (line === "") {
      const event =
        this.#data.length > 0 ? { type: this.#type || "message", data: this.#data.join("\n") } : null;
      this.#type = "";
      this.#data = [];
      return event;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.lastEventId = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
    return null;
  }
}

/** An event stream read with `fetch`. Comes back by itself where it stopped, like `EventSource`. */
export class FetchEventStream implements EventStream {
  readyState = CONNECTING;
  readonly #url: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #timers: Timers;
  readonly #random: () => number;
  readonly #listeners = new Map<string, Set<(event: { data?: unknown }) => void>>();
  readonly #controller = new AbortController();
  #lastEventId = "";
  #retryMs = FIRST_RETRY_MS;
  #failures = 0;
  #timer: unknown;

  constructor(url: string, tools: { fetch: typeof globalThis.fetch; timers: Timers; random: () => number }) {
    this.#url = url;
    this.#fetch = tools.fetch;
    this.#timers = tools.timers;
    this.#random = tools.random;
    void this.#read();
  }

  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  close(): void {
    this.readyState = CLOSED;
    this.#timers.clearTimeout(this.#timer);
    this.#controller.abort();
  }

  async #read(): Promise<void> {
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (this.#lastEventId) headers["last-event-id"] = this.#lastEventId;
      const { signal } = this.#controller;
      const response = await this.#fetch(this.#url, { headers, signal, cache: "no-store" });
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
      if (response.status !== 200 || !isStream || !response.body) {
        await response.body?.cancel();
        this.#end(response.status >= 500 || response.status === 429);
        return;
      }
      this.readyState = OPEN;
      this.#failures = 0;
      this.#tell("open", {});
      await this.#take(response.body);
      this.#end(true);
    } catch {
      // A lost connection; the standard lets `EventSource` come back then, too.
      this.#failures += 1;
      this.#end(true);
    }
  }

  async #take(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    const parser = new EventStreamParser();
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.readyState === CLOSED) return;
        for (const { type, data } of parser.push(decoder.decode(value, { stream: true }))) {
          this.#lastEventId = parser.lastEventId;
          this.#tell(type, { data });
        }
        this.#retryMs = parser.retryMs ?? this.#retryMs;
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  /** The answer is over: comes back later, or stays closed. */
  #end(comesBack: boolean): void {
    if (this.readyState === CLOSED) return;
    this.readyState = comesBack ? CONNECTING : CLOSED;
    if (comesBack) {
      const longer = backoffMs(this.#failures, this.#random, FIRST_RETRY_MS, LONGEST_RETRY_MS);
      const pauseMs = this.#failures === 0 ? this.#retryMs : Math.max(this.#retryMs, longer);
      this.#timer = this.#timers.setTimeout(() => void this.#read(), pauseMs);
    }
    this.#tell("error", {});
  }

  #tell(type: string, event: { data?: unknown }): void {
    if (this.readyState === CLOSED && type !== "error") return;
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}
