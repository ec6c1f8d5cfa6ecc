// A connection under test, with everything around it in the test's hands.

import { onTestFinished } from "vitest";
import { ApiError } from "../src/errors.js";
import { type ConnectionMode, Live, type LiveTools } from "../src/live.js";
import type { Job } from "../src/types.js";
import { FakeSocket, FakeStream, ManualTimers } from "./support.js";

export class World {
  readonly timers = new ManualTimers();
  readonly sockets: FakeSocket[] = [];
  readonly streams: FakeStream[] = [];
  readonly modes: ConnectionMode[] = [];
  /** What was asked for: `ticket`, `list`, or a job's id, with `?` where only a newer version was wanted. */
  readonly asked: string[] = [];
  /** What the service has; an error is what it answers. */
  readonly jobs = new Map<string, Job | Error>();
  ticket: () => Promise<void> = async () => {};
  list: () => Promise<Job[]> = async () => {
    const jobs = [...this.jobs.values()].filter((job) => !(job instanceof Error)) as Job[];
    return jobs.sort((a, b) => b.created_at.localeCompare(a.created_at));
  };
  readonly live: Live;

  constructor({ hasWebSocket = true }: { hasWebSocket?: boolean } = {}) {
    const { sockets, streams, timers } = this;
    class Socket extends FakeSocket {
      constructor(address: string) {
        super(address);
        sockets.push(this);
      }
    }
    const tools: LiveTools = {
      timers,
      random: () => 1,
      WebSocket: hasWebSocket ? Socket : null,
      openStream: (url) => {
        const stream = new FakeStream(url);
        streams.push(stream);
        return stream;
      },
      ticket: async () => {
        this.asked.push("ticket");
        await this.ticket();
        return { ticket: "t", url: "wss://host/live?ticket=t", expires_at: "" };
      },
      job: async (id, { ifNewerThan, signal }) => {
        this.asked.push(ifNewerThan === undefined ? id : `${id}?`);
        signal.throwIfAborted();
        const job =
          this.jobs.get(id) ?? new ApiError(404, "There is no such job.", { code: "JOB_NOT_FOUND" });
        if (job instanceof Error) throw job;
        return ifNewerThan !== undefined && job.version <= ifNewerThan ? null : structuredClone(job);
      },
      jobs: async () => {
        this.asked.push("list");
        return { jobs: await this.list(), next_cursor: null };
      },
      url: (path) => new URL(path, "https://host/"),
    };
    this.live = new Live(tools);
    this.live.onMode((mode) => this.modes.push(mode));
    onTestFinished(() => this.live.close());
  }

  /** The newest connection. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no connection was made");
    return socket;
  }

  /** The newest stream. */
  get stream(): FakeStream {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error("no stream was opened");
    return stream;
  }

  /** What was asked since this was called last. */
  takeAsked(): string[] {
    return this.asked.splice(0);
  }

  pass(ms: number): Promise<void> {
    return this.timers.pass(ms);
  }

  /** Opens the connection and answers what it subscribes to. */
  async connect(): Promise<FakeSocket> {
    await this.pass(0);
    const { socket } = this;
    socket.open();
    for (const { job_id, feed } of socket.sent) {
      if (feed === "mine") socket.frame({ type: "snapshot", feed, jobs: await this.list() });
      else socket.frame({ type: "snapshot", job: this.jobs.get(String(job_id)) });
    }
    await this.pass(0);
    return socket;
  }

  /** Makes connecting impossible. */
  cut(status = 0): void {
    this.ticket = async () => {
      throw new ApiError(status, "cut");
    };
  }
}
