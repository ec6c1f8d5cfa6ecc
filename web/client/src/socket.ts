// The WebSocket: tickets, subscriptions, pings, and coming back after it was lost.

import { ApiError } from "./errors.js";
import { isJob } from "./known.js";
import type { Timers } from "./timers.js";
import type { Job, JobEvent, Ticket } from "./types.js";

/** What is used of a WebSocket. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  // biome-ignore lint/suspicious/noExplicitAny: the event classes of browsers and of packages for Node have nothing in common
  addEventListener(type: string, listener: (event: any) => void): void;
}

/** Opens a connection to an address. */
export type SocketClass = new (url: string) => SocketLike;

/** A job by its id, or every job of the user. */
export type Topic = { job_id: string } | { feed: "mine" };

/** What the connection works with and whom it tells. */
export interface SocketHost {
  WebSocket: SocketClass;
  timers: Timers;
  random: () => number;
  ticket(signal: AbortSignal): Promise<Ticket>;
  /** What to subscribe to on a new connection. */
  topics(): Topic[];
  snapshot(jobs: readonly Job[], isMine: boolean): void;
  event(event: JobEvent): void;
  /** A subscription was answered: news come this way now. */
  isLive(): void;
  /** The connection was lost, or could not be made; so many times in a row. */
  isLost(failures: number): void;
  /** A subscription has not been answered, or was refused. */
  unanswered(topic: Topic): void;
}

const CONNECTING = 0;
// API Gateway closes a connection that is silent for ten minutes.
const PING_MS = 4 * 60_000;
const PONG_MS = 10_000;
// A page that was woken up asks whether its connection still lives, and does not wait long.
const HURRIED_PONG_MS = 4_000;
const CONNECT_MS = 10_000;
const ANSWER_MS = 10_000;
// Connections end after two hours, and all at once when the service is deployed anew: clients spread.
const RECONNECT_FIRST_MS = 2_000;
const RECONNECT_MOST_MS = 30_000;

/** The pause before trying to connect again, in milliseconds, after so many failures in a row. */
export function reconnectMs(failures: number, random: () => number): number {
  const longestMs = Math.min(RECONNECT_MOST_MS, RECONNECT_FIRST_MS * 2 ** Math.min(30, failures - 1));
  return Math.round(longestMs * (0.1 + 0.9 * random()));
}

/** Keeps one connection, for as long as it runs. */
export class Socket {
  readonly #host: SocketHost;
  #isRunning = false;
  #socket: SocketLike | null = null;
  #asking: AbortController | null = null;
  #isAnswered = false;
  #failures = 0;
  #watchdog: unknown;
  #pinger: unknown;
  #reconnect: unknown;
  /** Subscriptions without an answer, by their text, with the timer that notices. */
  readonly #pending = new Map<string, unknown>();

  constructor(host: SocketHost) {
    this.#host = host;
  }

  /** Whether news come this way. */
  get isLive(): boolean {
    return this.#isAnswered;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#failures = 0;
    void this.#connect();
  }

  stop(): void {
    this.#isRunning = false;
    this.#host.timers.clearTimeout(this.#reconnect);
    this.#asking?.abort();
    this.#drop();
  }

  /** Connects now instead of later; where there is a connection, asks whether it still lives. */
  hurry(): void {
    if (!this.#isRunning) return;
    if (this.#isAnswered) this.#ping(HURRIED_PONG_MS);
    if (this.#socket || this.#asking) return;
    this.#host.timers.clearTimeout(this.#reconnect);
    void this.#connect();
  }

  subscribe(topic: Topic): void {
    if (!this.#send({ action: "subscribe", ...topic })) return;
    const key = JSON.stringify(topic);
    const { timers } = this.#host;
    timers.clearTimeout(this.#pending.get(key));
    const late = () => {
      this.#pending.delete(key);
      this.#host.unanswered(topic);
      // The gateway drops frames when there are too many.
      if (this.#isWanted(key)) this.subscribe(topic);
    };
    this.#pending.set(key, timers.setTimeout(late, ANSWER_MS));
  }

  unsubscribe(topic: Topic): void {
    this.#answered(JSON.stringify(topic));
    this.#send({ action: "unsubscribe", ...topic });
  }

  async #connect(): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const { url, ticket } = await this.#host.ticket(asking.signal);
      if (asking.signal.aborted) return;
      this.#open(ticketUrl(url, ticket));
    } catch (error) {
      if (asking.signal.aborted) return;
      this.#asking = null;
      this.#failed(isRefusal(error));
    } finally {
      if (this.#asking === asking) this.#asking = null;
    }
  }

  #open(address: string): void {
    const socket = new this.#host.WebSocket(address);
    this.#socket = socket;
    // The connection counts once a subscription is answered.
    this.#watchdog = this.#host.timers.setTimeout(() => this.#lost(socket), CONNECT_MS);
    socket.addEventListener("open", () => {
      // Given up meanwhile: browsers complain when a connection is closed before it is open.
      if (socket !== this.#socket) socket.close();
      else for (const topic of this.#host.topics()) this.subscribe(topic);
    });
    socket.addEventListener("message", ({ data }: { data: unknown }) => this.#message(socket, data));
    socket.addEventListener("close", () => this.#lost(socket));
    // Without a listener, packages for Node end the process. A close follows.
    socket.addEventListener("error", () => {});
  }

  #message(socket: SocketLike, data: unknown): void {
    if (socket !== this.#socket) return;
    const frame = objectIn(data);
    if (frame.type === "snapshot") {
      const isMine = frame.feed === "mine";
      const given = isMine ? frame.jobs : [frame.job];
      if (!Array.isArray(given)) return;
      const jobs = given.filter(isJob);
      const topics = isMine ? [MINE] : jobs.map(({ job_id }) => JSON.stringify({ job_id }));
      for (const key of topics) this.#answered(key);
      this.#host.snapshot(jobs, isMine);
      this.#live(socket);
    } else if (frame.type === "pong") {
      this.#host.timers.clearTimeout(this.#watchdog);
    } else if (frame.type === "error") {
      if (frame.code === "UNKNOWN_CONNECTION") this.#lost(socket);
      else this.#refused(socket);
    } else if (typeof frame.job_id === "string" && typeof frame.version === "number") {
      this.#host.event(frame as unknown as JobEvent);
    }
  }

  /** A refusal does not say of what: whoever waits for an answer asks by another door. */
  #refused(socket: SocketLike): void {
    const pending = [...this.#pending.keys()];
    for (const key of pending) this.#answered(key);
    this.#live(socket);
    for (const key of pending) this.#host.unanswered(JSON.parse(key) as Topic);
  }

  #live(socket: SocketLike): void {
    if (this.#isAnswered || socket !== this.#socket) return;
    this.#host.timers.clearTimeout(this.#watchdog);
    this.#isAnswered = true;
    this.#failures = 0;
    this.#pingLater();
    this.#host.isLive();
  }

  #pingLater(): void {
    this.#pinger = this.#host.timers.setTimeout(() => {
      this.#ping(PONG_MS);
      this.#pingLater();
    }, PING_MS);
  }

  #ping(limitMs: number): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#send({ action: "ping" });
    this.#host.timers.clearTimeout(this.#watchdog);
    this.#watchdog = this.#host.timers.setTimeout(() => this.#lost(socket), limitMs);
  }

  #send(message: object): boolean {
    // The topics of a connection that is not open yet are subscribed to when it is.
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #lost(socket: SocketLike): void {
    if (socket !== this.#socket) return;
    this.#drop();
    if (this.#isRunning) this.#failed(false);
  }

  #drop(): void {
    const { timers } = this.#host;
    timers.clearTimeout(this.#watchdog);
    timers.clearTimeout(this.#pinger);
    for (const key of [...this.#pending.keys()]) this.#answered(key);
    this.#isAnswered = false;
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState !== CONNECTING) socket.close();
  }

  /** Where the token was refused, only a hurry tries again: asking every half minute would not help. */
  #failed(isRefused: boolean): void {
    this.#failures += 1;
    if (!isRefused) {
      const pauseMs = reconnectMs(this.#failures, this.#host.random);
      this.#reconnect = this.#host.timers.setTimeout(() => void this.#connect(), pauseMs);
    }
    this.#host.isLost(this.#failures);
  }

  #answered(key: string): void {
    this.#host.timers.clearTimeout(this.#pending.get(key));
    this.#pending.delete(key);
  }

  #isWanted(key: string): boolean {
    return this.#host.topics().some((topic) => JSON.stringify(topic) === key);
  }
}

const MINE = JSON.stringify({ feed: "mine" });

const isRefusal = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 401 || error.status === 403);

/** The address with its ticket, wherever the service put it. */
function ticketUrl(url: string, ticket: string): string {
  const address = new URL(url);
  address.searchParams.set("ticket", ticket);
  return address.href;
}

function objectIn(data: unknown): Record<string, unknown> {
  try {
    const value: unknown = typeof data === "string" ? JSON.parse(data) : null;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
