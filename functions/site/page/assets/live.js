// News of jobs as they happen: by WebSocket; while there is none, by event streams; where those fail, by asking.
// All three lead to the same versions, so they may overlap: the store drops what it knows.

// API Gateway closes a connection that is silent for ten minutes.
const PING_MS = 4 * 60_000;
const PONG_MS = 10_000;
const CONNECT_MS = 10_000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_MOST_MS = 30_000;
// A first lost connection is mostly back at once; from the second failure on, the other doors are used.
const FAILURES_BEFORE_FALLBACK = 2;
// Browsers open few connections to one host over HTTP/1.1, and the page needs some itself.
const MOST_STREAMS = 3;
const POLL_MS = 2_000;
const LIST_MS = 15_000;

/** Milliseconds to wait before connection attempt `failures` + 1: doubling, with jitter. */
export function backoffMs(failures, random = Math.random) {
  const longest = Math.min(RECONNECT_MOST_MS, RECONNECT_FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(longest * (0.5 + random() / 2));
}

/** The address to connect to, from the answer of `POST /v1/live/ticket`. */
export function ticketUrl({ url, ticket }) {
  const address = new URL(url);
  address.searchParams.set("ticket", ticket);
  return address.href;
}

/**
 * `mode` is `connecting`, `live`, `reconnecting`, `stream` or `polling`; a `mode` event tells of each change.
 *
 * `source` is what it works with:
 * - `ticket()` gives `{ticket, url}`;
 * - `snapshot(jobs)` and `event(event)` take the news;
 * - `open()` lists the jobs that may still change; `refresh(id)` reads one and gives it back;
 * - `list()` reads the newest jobs;
 * - `streamUrl(job)` is the address of a job's event stream, or null.
 */
export class Live extends EventTarget {
  constructor(source, { WebSocket = globalThis.WebSocket, EventSource = globalThis.EventSource, random = Math.random } = {}) {
    super();
    Object.assign(this, { source, WebSocket, EventSource, random });
    this.mode = "connecting";
    this.streams = new Map();
    this.polls = new Map();
    this.failures = 0;
  }

  start() {
    this.running = true;
    this.#connect();
  }

  stop() {
    this.running = false;
    clearTimeout(this.reconnect);
    this.#dropSocket();
    this.#stopFallback();
  }

  /** Tries again now: the network is back, or the user looks at the page again. */
  hurry() {
    if (!this.running || this.socket || this.connecting) return;
    clearTimeout(this.reconnect);
    this.#connect();
  }

  /** To be called when a job was added or ended. */
  jobsChanged() {
    if (this.fallback) this.#attend();
  }

  async #connect() {
    this.connecting = true;
    try {
      const address = ticketUrl(await this.source.ticket());
      if (this.running) this.#open(address);
    } catch {
      if (this.running) this.#failed();
    } finally {
      this.connecting = false;
    }
  }

  #open(address) {
    const socket = new this.WebSocket(address);
    this.socket = socket;
    // The connection counts once the subscription is answered.
    this.watchdog = setTimeout(() => this.#lost(socket), CONNECT_MS);
    socket.addEventListener("open", () => {
      // Given up meanwhile: browsers complain when a connection is closed before it is open.
      if (socket !== this.socket) socket.close();
      else socket.send(JSON.stringify({ action: "subscribe", feed: "mine" }));
    });
    socket.addEventListener("message", ({ data }) => this.#message(socket, data));
    socket.addEventListener("close", () => this.#lost(socket));
  }

  #message(socket, data) {
    if (socket !== this.socket) return;
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame.type === "snapshot") {
      this.source.snapshot(frame.jobs ?? [frame.job]);
      this.#isLive(socket);
    } else if (frame.type === "pong") {
      clearTimeout(this.watchdog);
    } else if (frame.type === "error") {
      if (frame.code === "UNKNOWN_CONNECTION") this.#lost(socket);
    } else if (frame.job_id) {
      this.source.event(frame);
    }
  }

  #isLive(socket) {
    clearTimeout(this.watchdog);
    this.failures = 0;
    this.#stopFallback();
    this.#setMode("live");
    clearInterval(this.pinger);
    this.pinger = setInterval(() => {
      socket.send(JSON.stringify({ action: "ping" }));
      this.watchdog = setTimeout(() => this.#lost(socket), PONG_MS);
    }, PING_MS);
    // The snapshot comes from an index that lags a little, and has the newest jobs only.
    for (const job of this.source.open()) this.source.refresh(job.job_id).catch(() => {});
  }

  #lost(socket) {
    if (socket !== this.socket) return;
    this.#dropSocket();
    if (this.running) this.#failed();
  }

  #dropSocket() {
    clearTimeout(this.watchdog);
    clearInterval(this.pinger);
    const socket = this.socket;
    this.socket = null;
    if (socket?.readyState !== this.WebSocket.CONNECTING) socket?.close();
  }

  #failed() {
    this.failures += 1;
    if (this.failures >= FAILURES_BEFORE_FALLBACK) this.#startFallback();
    else this.#setMode("reconnecting");
    clearTimeout(this.reconnect);
    this.reconnect = setTimeout(() => this.#connect(), backoffMs(this.failures, this.random));
  }

  #startFallback() {
    if (this.fallback) return;
    this.fallback = true;
    this.#attend();
    const list = () => this.source.list().catch(() => {});
    list();
    this.lister = setInterval(list, LIST_MS);
  }

  #stopFallback() {
    this.fallback = false;
    clearInterval(this.lister);
    for (const stream of this.streams.values()) stream?.close();
    for (const timer of this.polls.values()) clearTimeout(timer);
    this.streams.clear();
    this.polls.clear();
  }

  /** Gives every open job a stream or a poll, and takes both from those that ended. */
  #attend() {
    const open = new Set(this.source.open().map((job) => job.job_id));
    for (const [id, stream] of this.streams) {
      if (open.has(id)) continue;
      stream?.close();
      this.streams.delete(id);
    }
    for (const [id, timer] of this.polls) {
      if (open.has(id)) continue;
      clearTimeout(timer);
      this.polls.delete(id);
    }
    for (const id of open) {
      if (this.streams.get(id) || this.polls.has(id)) continue;
      const refused = this.streams.has(id);
      const streaming = [...this.streams.values()].filter(Boolean).length;
      if (refused || streaming >= MOST_STREAMS || !this.EventSource) this.#poll(id, 0);
      else this.#stream(id);
    }
    this.#setMode([...this.streams.values()].some(Boolean) ? "stream" : "polling");
  }

  /** Follows a job's stream. A stream that was refused stays in the table as null: the job is polled then. */
  async #stream(id) {
    const waiting = { close: () => {} };
    this.streams.set(id, waiting);
    let address = null;
    try {
      // Reading the job brings a link with a fresh token.
      address = this.source.streamUrl(await this.source.refresh(id));
    } catch {
      // Treated as refused.
    }
    if (this.streams.get(id) !== waiting) return;
    if (!address) {
      this.#refused(id);
      return;
    }
    const stream = new this.EventSource(address);
    this.streams.set(id, stream);
    for (const type of ["progress", "status", "warning", "gap"]) {
      stream.addEventListener(type, ({ data }) => {
        this.source.event(JSON.parse(data));
      });
    }
    // A stream that merely ended comes back by itself.
    stream.addEventListener("error", () => {
      if (stream.readyState === this.EventSource.CLOSED && this.streams.get(id) === stream) this.#refused(id);
    });
  }

  #refused(id) {
    this.streams.set(id, null);
    this.#attend();
  }

  #poll(id, afterMs) {
    this.polls.set(id, setTimeout(async () => {
      let nextMs = POLL_MS;
      try {
        nextMs = (await this.source.refresh(id))?.poll_after_ms ?? POLL_MS;
      } catch {
        nextMs = 2 * POLL_MS;
      }
      if (this.polls.has(id)) this.#poll(id, nextMs);
    }, afterMs));
  }

  #setMode(mode) {
    if (mode === this.mode) return;
    this.mode = mode;
    this.dispatchEvent(new Event("mode"));
  }
}
