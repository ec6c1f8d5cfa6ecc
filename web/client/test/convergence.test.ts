// Whatever the transports do to the news of a job, nobody who follows it sees it go back, and everybody ends with its
// newest version. Each seed is another history of the job under another history of faults.

import { expect, test } from "vitest";
import { ApiError } from "../src/errors.js";
import { Live, type LiveTools } from "../src/live.js";
import type { Job, JobEvent } from "../src/types.js";
import { watch } from "../src/watch.js";
import { eventOf, FakeSocket, FakeStream, jobOf, listed, ManualTimers, randomOf } from "./support.js";

const SEEDS = Number(process.env.SEEDS ?? 300);
// Faults last so long, then the world is well.
const TROUBLE_MS = 90_000;

/** A job that changes, and transports that lose, double, delay and reorder what they tell of it. */
class Trouble {
  readonly timers = new ManualTimers();
  readonly random: () => number;
  readonly used = new Set<string>();
  job: Job = jobOf("a", 1, "queued");
  isTroubled = true;
  #sockets: FakeSocket[] = [];
  #streams: FakeStream[] = [];

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  tools(hasWebSocket: boolean): LiveTools {
    const trouble = this;
    class Socket extends FakeSocket {
      constructor(address: string) {
        super(address);
        trouble.#connect(this);
      }
    }
    return {
      timers: this.timers,
      random: this.random,
      WebSocket: hasWebSocket ? Socket : null,
      openStream: () => this.#stream(),
      ticket: () => this.#answer(() => ({ ticket: "t", url: "wss://host/live", expires_at: "" })),
      job: async (_id, { ifNewerThan }) => {
        this.used.add("job");
        const job = await this.#answer(() => structuredClone(this.job));
        return ifNewerThan !== undefined && job.version <= ifNewerThan ? null : job;
      },
      jobs: () => this.#answer(() => ({ jobs: [listed(this.job)], next_cursor: null })),
      url: (path) => new URL(path, "https://host/"),
    };
  }

  /** One change of the job, told by every door. */
  change(): void {
    const { version, status } = this.job;
    const isOver = status === "completed";
    const next = isOver ? status : this.#chance(0.1) ? "completed" : "processing";
    this.job = jobOf("a", version + 1, next);
    const isStatus = next !== status;
    const event = eventOf(this.job, isStatus ? "status" : this.#chance(0.1) ? "warning" : "progress");
    for (const socket of this.#sockets) this.#tell(() => socket.frame(event), event, isStatus);
    for (const stream of this.#streams) this.#tell(() => stream.event(event), event, isStatus);
  }

  /** Something breaks. */
  fault(): void {
    const socket = this.#sockets[Math.floor(this.random() * this.#sockets.length)];
    const stream = this.#streams[Math.floor(this.random() * this.#streams.length)];
    if (this.#chance(0.5)) socket?.lose();
    else if (socket && this.#chance(0.3)) socket.text("{");
    else stream?.refuse();
  }

  #tell(tell: () => void, event: JobEvent, isStatus: boolean): void {
    if (this.isTroubled && !isStatus && this.#chance(0.3)) return;
    // Frames are posted at most once more than needed, and may overtake each other.
    const copies = this.isTroubled && this.#chance(0.2) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) this.#later(tell);
    this.used.add(event.type);
  }

  #connect(socket: FakeSocket): void {
    this.used.add("socket");
    if (this.isTroubled && this.#chance(0.3)) return;
    this.#later(() => {
      socket.open();
      this.#sockets.push(socket);
      for (const { feed } of socket.sent) {
        if (this.isTroubled && this.#chance(0.2)) continue;
        const known = structuredClone(this.job);
        const frame = feed
          ? { type: "snapshot", feed, jobs: [listed(known)] }
          : { type: "snapshot", job: known };
        this.#later(() => socket.frame(frame));
      }
    });
  }

  #stream(): FakeStream {
    this.used.add("stream");
    const stream = new FakeStream("");
    this.#later(() => {
      if (this.isTroubled && this.#chance(0.4)) stream.refuse();
      else if (stream.readyState === 0) {
        stream.open();
        this.#streams.push(stream);
        for (let version = 1; version <= this.job.version; version += 1) {
          const event = eventOf(version === this.job.version ? this.job : jobOf("a", version));
          this.#later(() => stream.event(event));
        }
      }
    });
    return stream;
  }

  /** What was true when it was asked, some time later; or no answer. */
  async #answer<T>(what: () => T): Promise<T> {
    const value = what();
    await new Promise<void>((resolve) => this.#later(resolve));
    if (this.isTroubled && this.#chance(0.3)) throw new ApiError(this.#chance(0.5) ? 0 : 503, "trouble");
    return value;
  }

  #later(what: () => void): void {
    const delayMs = this.isTroubled ? Math.floor(this.random() ** 3 * 8_000) : 20;
    this.timers.setTimeout(what, delayMs);
  }

  #chance(part: number): boolean {
    return this.random() < part;
  }
}

async function live(seed: number) {
  const trouble = new Trouble(seed);
  const connection = new Live(trouble.tools(seed % 5 !== 0));
  const heard: { version: number; isWhole: boolean }[][] = [[], []];
  const listen = (index: number) => (job: Job, isWhole: boolean) =>
    heard[index]?.push({ version: job.version, isWhole });
  connection.follow("a", listen(0));
  connection.followMine(listen(1));
  const watched: number[] = [];
  void (async () => {
    for await (const job of watch(connection, "a")) watched.push(job.version);
  })();
  const current: number[] = [];
  for (let passedMs = 0; passedMs < TROUBLE_MS; ) {
    const untilMs = passedMs + Math.floor(trouble.random() * 6_000);
    for (; passedMs < untilMs; passedMs += 100) {
      await trouble.timers.pass(100);
      current.push(connection.current("a")?.version ?? 0);
    }
    if (trouble.random() < 0.7) trouble.change();
    if (trouble.random() < 0.3) trouble.fault();
    if (trouble.random() < 0.1) connection.hurry();
  }
  trouble.isTroubled = false;
  await trouble.timers.pass(10_000);
  trouble.change();
  await trouble.timers.pass(150_000);
  const mode = connection.mode;
  connection.close();
  await trouble.timers.pass(60_000);
  return { trouble, heard, watched, current, mode };
}

test(`in ${SEEDS} histories of faults nobody sees a job go back, and all end with its newest version`, {
  timeout: 300_000,
}, async () => {
  const used = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { trouble, heard, watched, current, mode } = await live(seed);
    for (const what of trouble.used) used.add(what);
    for (const news of heard) {
      for (const [at, now] of news.entries()) {
        const before = news[at - 1];
        if (!before) continue;
        const isNewer = now.version > before.version;
        const isCompletion = now.version === before.version && now.isWhole && !before.isWhole;
        expect(isNewer || isCompletion, `seed ${seed}: ${before.version}, then ${now.version}`).toBe(true);
      }
      expect(news.at(-1)?.version, `seed ${seed}: the newest`).toBe(trouble.job.version);
    }
    expect(heard[0]?.at(-1)?.isWhole, `seed ${seed}: details`).toBe(true);
    expect(watched, `seed ${seed}: watched`).toEqual([...new Set(watched)].sort((a, b) => a - b));
    expect(current, `seed ${seed}: current`).toEqual(current.toSorted((a, b) => a - b));
    // A job that is over needs no stream.
    expect(seed % 5 === 0 ? ["stream", "polling"] : ["live"], `seed ${seed}`).toContain(mode);
    expect(trouble.timers.waiting, `seed ${seed}: timers`).toBe(0);
  }
  expect([...used].sort()).toEqual(["job", "progress", "socket", "status", "stream", "warning"]);
});
