// One WebSocket that follows one job, and what arrived on it when.

import WebSocket from "ws";

const TERMINAL = new Set(["completed", "failed", "cancelled", "expired"]);

export class Subscriber {
  /** Milliseconds from opening the connection to its being open, and from subscribing to the snapshot. */
  connectMs = 0;
  snapshotMs = 0;
  /** Version that the snapshot had. */
  snapshotVersion = 0;
  /** Events in the order in which they arrived: `{version, type, atMs}`. */
  events = [];
  /** When the terminal event arrived, in milliseconds of the machine's clock; null before. */
  endedAtMs = null;
  isLost = false;
  #socket;
  #ended;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  /** Connects with a ticket and subscribes; resolves with the snapshot. */
  async follow(url, jobId) {
    const began = performance.now();
    const socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket = socket;
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const opened = performance.now();
    this.connectMs = opened - began;
    socket.on("close", () => {
      this.isLost = this.endedAtMs === null;
      this.#ended();
    });
    socket.on("error", () => {});
    await new Promise((resolve, reject) => {
      socket.on("message", (data) => this.#frame(JSON.parse(data), resolve, reject));
      socket.send(JSON.stringify({ action: "subscribe", job_id: jobId }));
    });
    this.snapshotMs = performance.now() - opened;
  }

  close() {
    this.#socket?.terminate();
  }

  #frame(frame, subscribed, refused) {
    if (frame.type === "snapshot") {
      this.snapshotVersion = frame.job.version;
      subscribed();
    } else if (frame.type === "error") {
      refused(new Error(`${frame.code}: ${frame.detail}`));
    } else if (frame.version) {
      const atMs = performance.timeOrigin + performance.now();
      this.events.push({ version: frame.version, type: frame.type, atMs });
      if (TERMINAL.has(frame.status)) {
        this.endedAtMs = atMs;
        this.#ended();
      }
    }
  }
}
