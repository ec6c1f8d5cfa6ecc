// What the tests share: a server that does as it is told, fakes of the platform's connections, and jobs.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { EventStream } from "../src/event-stream.js";
import type { SocketLike } from "../src/socket.js";
import type { Timers } from "../src/timers.js";
import type { Job, JobEvent, Status } from "../src/types.js";

/** A request as it arrived. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** What to answer. `hang`: never; `drop`: the connection is cut. */
export interface Answer {
  status?: number;
  json?: unknown;
  problem?: { code: string; detail: string; errors?: unknown[] };
  text?: string;
  headers?: Record<string, string>;
  hang?: boolean;
  drop?: boolean;
}

/** A real server on the loopback, for as long as the test runs. */
export async function serve(answer: (asked: Asked) => Answer | Promise<Answer>) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const url = new URL(request.url ?? "/", "http://localhost");
    const { method = "", headers } = request;
    const one = { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.concat(chunks) };
    asked.push(one);
    write(response, await answer(one));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
  return { asked, url };
}

function write(response: ServerResponse, answer: Answer): void {
  if (answer.hang) return;
  if (answer.drop) {
    response.destroy();
    return;
  }
  const { problem, status = 200 } = answer;
  const body = problem
    ? { type: "about:blank", title: "", status, request_id: "r-1", ...problem }
    : answer.json;
  const type = problem ? "application/problem+json" : "application/json";
  response.writeHead(status, { "content-type": type, ...answer.headers });
  response.end(answer.text ?? (body === undefined ? undefined : JSON.stringify(body)));
}

/** Timers that only go off when told. */
export class ManualTimers implements Timers {
  /** What was asked for, in the order it was. */
  readonly delaysMs: number[] = [];
  #now = 0;
  #next = 1;
  readonly #timers = new Map<number, { atMs: number; callback: () => void }>();

  setTimeout(callback: () => void, delayMs: number): number {
    this.delaysMs.push(delayMs);
    this.#timers.set(this.#next, { atMs: this.#now + delayMs, callback });
    this.#next += 1;
    return this.#next - 1;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  get nowMs(): number {
    return this.#now;
  }

  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets time pass; promises that are settled get their turn after every timer. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#now + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.atMs <= untilMs);
      const first = due.sort(([a, one], [b, other]) => one.atMs - other.atMs || a - b)[0];
      if (!first) break;
      const [handle, { atMs, callback }] = first;
      this.#timers.delete(handle);
      this.#now = Math.max(this.#now, atMs);
      callback();
      await settle();
    }
    this.#now = untilMs;
  }
}

/** Timers that do not wait. What they were asked for stands in `delaysMs`; long ones, which guard, never go off. */
export class EagerTimers implements Timers {
  readonly delaysMs: number[] = [];

  setTimeout(callback: () => void, delayMs: number): unknown {
    if (delayMs >= 30_000) return null;
    this.delaysMs.push(delayMs);
    return setTimeout(callback, 0);
  }

  clearTimeout(handle: unknown): void {
    clearTimeout(handle as NodeJS.Timeout);
  }
}

/** Promises that are already settled get their turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

/** A WebSocket that the test moves. */
export class FakeSocket implements SocketLike {
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  isClosed = false;
  readonly #listeners = new Map<string, ((event: { data?: unknown }) => void)[]>();

  constructor(readonly address: string) {}

  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.#fire("open", {});
  }

  frame(frame: unknown): void {
    this.text(JSON.stringify(frame));
  }

  text(data: unknown): void {
    this.#fire("message", { data });
  }

  /** The other side is gone. */
  lose(): void {
    this.readyState = 3;
    this.#fire("close", {});
  }

  #fire(type: string, event: { data?: unknown }): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** An event stream that the test moves. */
export class FakeStream implements EventStream {
  readyState = 0;
  readonly #listeners = new Map<string, ((event: { data?: unknown }) => void)[]>();

  constructor(readonly address: string) {}

  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  close(): void {
    this.readyState = 2;
  }

  open(): void {
    this.readyState = 1;
    this.#fire("open", {});
  }

  event(event: JobEvent): void {
    this.#fire(event.type, { data: JSON.stringify(event) });
  }

  refuse(): void {
    this.readyState = 2;
    this.#fire("error", {});
  }

  #fire(type: string, event: { data?: unknown }): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

export const OWNER = "owner-1";

/** A job as it is read by its id. */
export function jobOf(
  id: string,
  version: number,
  status: Status = "processing",
  fields: Partial<Job> = {},
): Job {
  const path = `/v1/jobs/${id}`;
  return {
    job_id: id,
    pipeline: "novel",
    kind: null,
    label: null,
    batch_id: null,
    company_id: null,
    owner: OWNER,
    priority: "normal",
    status,
    outcome: status === "completed" ? "complete" : null,
    stage: `Stage ${version}`,
    stage_index: 1,
    stage_count: 6,
    progress_percent: Math.min(100, version),
    total_chunks: 7,
    processed_chunks: 0,
    failed_count: 0,
    failed_chunks: [],
    attempt: 1,
    version,
    poll_after_ms: 1000,
    waiting_for: null,
    file_name: "roman.txt",
    files: [{ name: "roman.txt", size: 10, content_type: "text/plain", sha256: null }],
    settings: {},
    warnings: [],
    error: null,
    formats: status === "completed" ? ["json"] : [],
    created_at: "2026-11-21T10:15:00.000Z",
    started_at: null,
    completed_at: null,
    updated_at: "2026-11-21T10:15:00.000Z",
    deadline_at: null,
    expires_at: "2026-12-21T10:15:00.000Z",
    cancel_requested_at: null,
    cancelled_at: null,
    cancelled_by: null,
    processing_time_seconds: null,
    links: {
      self: path,
      events: `${path}/events`,
      stream: `${path}/stream?token=t${version}`,
      result: null,
      cancel: null,
      retry: null,
    },
    ...fields,
  } as Job;
}

/** The job as lists have it. */
export function listed(job: Job): Job {
  const { files: _files, settings: _settings, failed_chunks: _chunks, formats: _formats, ...rest } = job;
  return { ...rest, links: { ...job.links, stream: null } } as Job;
}

/** The event of a version. */
export function eventOf(job: Job, type: JobEvent["type"] = "progress"): JobEvent {
  const { job_id, version, updated_at: at, status, stage, progress_percent, processed_chunks } = job;
  const total_chunks = job.total_chunks ?? null;
  return {
    type,
    job_id,
    version,
    at,
    status,
    stage,
    progress_percent,
    processed_chunks,
    total_chunks,
    message: null,
  };
}

/** A generator of numbers from 0 to 1 that repeats for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
