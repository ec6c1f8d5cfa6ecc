import { expect, onTestFinished, test, vi } from "vitest";
import { ApiError } from "../src/errors.js";
import { pollMs } from "../src/fallback.js";
import { reconnectMs } from "../src/socket.js";
import type { Job } from "../src/types.js";
import { eventOf, jobOf, listed } from "./support.js";
import { World } from "./world.js";

/** What a listener hears: version, and `+` when its details are of that version. */
function listener() {
  const heard: string[] = [];
  const listen = (job: Job, isWhole: boolean) => heard.push(`${job.version}${isWhole ? "+" : ""}`);
  return { heard, listen };
}

test("a followed job is read at once, and live when its subscription is answered", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 3));
  const { heard, listen } = listener();
  expect(world.live.mode).toBe("idle");
  world.live.follow("a", listen);
  expect(world.live.mode).toBe("connecting");
  expect(heard).toEqual([]);
  await world.pass(0);
  expect(world.takeAsked()).toEqual(["ticket", "a"]);
  expect(heard).toEqual(["3+"]);
  world.socket.open();
  expect(world.socket.address).toBe("wss://host/live?ticket=t");
  expect(world.socket.sent).toEqual([{ action: "subscribe", job_id: "a" }]);
  expect(world.live.mode).toBe("connecting");
  world.socket.frame({ type: "snapshot", job: jobOf("a", 4) });
  world.socket.frame(eventOf(jobOf("a", 5)));
  await world.pass(0);
  expect(heard).toEqual(["3+", "4+", "5"]);
  expect(world.modes).toEqual(["connecting", "live"]);
  expect(world.takeAsked()).toEqual([]);
  expect(world.live.current("a")?.version).toBe(5);
});

test("what is not newer is dropped, whatever way it comes", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 5));
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  const socket = await world.connect();
  for (const version of [6, 6, 4, 8, 7, 8]) socket.frame(eventOf(jobOf("a", version)));
  socket.frame({ type: "snapshot", job: jobOf("a", 7) });
  await world.pass(0);
  expect(heard).toEqual(["5+", "6", "8"]);
});

test("what an event does not have is read", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 5));
  const seen: Job[] = [];
  world.live.follow("a", (job) => seen.push(job));
  const socket = await world.connect();
  world.takeAsked();
  world.jobs.set("a", jobOf("a", 6, "completed"));
  socket.frame(eventOf(jobOf("a", 6, "completed"), "status"));
  await world.pass(0);
  expect(world.takeAsked()).toEqual(["a"]);
  expect(seen.map(({ version, status, formats }) => [version, status, formats])).toEqual([
    [5, "processing", []],
    [6, "completed", []],
    [6, "completed", ["json"]],
  ]);
  for (const [version, type] of [
    [7, "warning"],
    [8, "gap"],
    [9, "progress"],
  ] as const) {
    world.jobs.set("a", jobOf("a", version, "completed"));
    socket.frame(eventOf(jobOf("a", version, "completed"), type));
    await world.pass(0);
    expect(world.takeAsked(), type).toEqual(["a"]);
  }
});

test("skipped progress is read later, and once", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  const socket = await world.connect();
  world.takeAsked();
  world.jobs.set("a", jobOf("a", 30));
  for (const version of [2, 10, 20, 30]) socket.frame(eventOf(jobOf("a", version)));
  await world.pass(4_900);
  expect(world.takeAsked()).toEqual([]);
  await world.pass(100);
  expect(world.takeAsked()).toEqual(["a"]);
  expect(heard).toEqual(["1+", "2", "10", "20", "30", "30+"]);
});

test("a reason to wait does not outlive its status", async () => {
  const world = new World();
  const waiting_for = { reason: "tenant_limit" as const, until: null, ahead: 3 };
  world.jobs.set("a", jobOf("a", 1, "queued", { waiting_for }));
  world.live.follow("a", () => {});
  const socket = await world.connect();
  expect(world.live.current("a")?.waiting_for).toEqual(waiting_for);
  socket.frame(eventOf(jobOf("a", 2, "processing"), "status"));
  expect(world.live.current("a")?.waiting_for).toBeNull();
});

test("a silent connection is given up when its ping is not answered", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  world.live.follow("a", () => {});
  const first = await world.connect();
  await world.pass(4 * 60_000);
  expect(first.sent.at(-1)).toEqual({ action: "ping" });
  first.frame({ type: "pong" });
  await world.pass(60_000);
  expect(world.live.mode).toBe("live");
  await world.pass(3 * 60_000 + 9_999);
  expect(world.live.mode).toBe("live");
  await world.pass(1);
  expect(world.live.mode).toBe("connecting");
  expect(first.isClosed).toBe(true);
  await world.pass(2_000);
  expect(world.sockets).toHaveLength(2);
});

test("a page that wakes up asks whether its connection lives", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  world.live.follow("a", () => {});
  const first = await world.connect();
  world.live.hurry();
  expect(first.sent.at(-1)).toEqual({ action: "ping" });
  await world.pass(4_000);
  expect(world.live.mode).toBe("connecting");
});

test("news of a connection that was given up are not heard", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  const first = await world.connect();
  first.lose();
  first.frame(eventOf(jobOf("a", 9)));
  first.lose();
  await world.pass(2_000);
  expect(heard).toEqual(["1+"]);
  expect(world.sockets).toHaveLength(2);
});

test("a connection that is given up before it is open is closed when it is", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  world.live.follow("a", () => {});
  await world.pass(0);
  const { socket } = world;
  world.live.close();
  expect(socket.isClosed).toBe(false);
  socket.open();
  expect(socket.isClosed).toBe(true);
  expect(socket.sent).toEqual([]);
});

test("a connection that does not open is given up", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  world.live.follow("a", () => {});
  await world.pass(3_000);
  expect(world.streams).toHaveLength(1);
  await world.pass(7_000 + 2_000);
  expect(world.sockets).toHaveLength(2);
});

test("what comes over the connection may be anything", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  const socket = await world.connect();
  const frames = [
    "",
    "null",
    "7",
    "[]",
    "{",
    '{"type":"snapshot"}',
    '{"type":"snapshot","job":7}',
    '{"type":"snapshot","feed":"mine"}',
  ];
  frames.push(
    '{"type":"snapshot","feed":"mine","jobs":[null,{}]}',
    '{"type":"status","job_id":"a"}',
    '{"message":"Forbidden"}',
  );
  for (const frame of frames) socket.text(frame);
  socket.text(new ArrayBuffer(3));
  socket.frame(eventOf(jobOf("stranger", 9)));
  socket.frame(eventOf(jobOf("a", 2)));
  await world.pass(0);
  expect(heard).toEqual(["1+", "2"]);
  expect(world.live.mode).toBe("live");
});

test("without a WebSocket a job is followed by stream, and by asking where that is refused", async () => {
  const world = new World();
  world.cut(503);
  world.jobs.set("a", jobOf("a", 1, "processing", { poll_after_ms: null }));
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  await world.pass(2_000);
  expect(world.live.mode).toBe("polling");
  expect(world.stream.address).toBe("https://host/v1/jobs/a/stream?token=t1");
  world.stream.open();
  expect(world.live.mode).toBe("stream");
  world.stream.event(eventOf(jobOf("a", 2)));
  await world.pass(0);
  expect(heard).toEqual(["1+", "2"]);

  world.takeAsked();
  world.jobs.set("a", jobOf("a", 3, "processing", { poll_after_ms: null }));
  world.stream.refuse();
  expect(world.live.mode).toBe("polling");
  await world.pass(0);
  expect(heard).toEqual(["1+", "2", "3+"]);
  const times: number[] = [];
  const from = world.timers.nowMs;
  for (let second = 1; second <= 20; second += 1) {
    await world.pass(1_000);
    if (world.takeAsked().includes("a?")) times.push((world.timers.nowMs - from) / 1000);
  }
  expect(times).toEqual([1, 3, 7, 12, 17]);
});

test("a refused stream is tried again after a minute, with a fresh link", async () => {
  const world = new World({ hasWebSocket: false });
  world.jobs.set("a", jobOf("a", 1));
  world.live.follow("a", () => {});
  await world.pass(0);
  world.stream.refuse();
  world.jobs.set("a", jobOf("a", 2));
  await world.pass(60_000);
  expect(world.streams.map(({ address }) => address.slice(-2))).toEqual(["t1", "t2"]);
});

test("polls wait as long as the service wants, never shorter than their own steps", () => {
  expect([0, 1, 2, 3, 4, 99].map((asked) => pollMs(asked, 0))).toEqual([1000, 2000, 4000, 5000, 5000, 5000]);
  expect([0, 3].map((asked) => pollMs(asked, 4500))).toEqual([4500, 5000]);
  expect(pollMs(3, 30_000)).toBe(30_000);
});

test("a busy service is asked when it said", async () => {
  const world = new World({ hasWebSocket: false });
  world.jobs.set("a", jobOf("a", 1, "processing", { links: { ...jobOf("a", 1).links, stream: null } }));
  world.live.follow("a", () => {});
  await world.pass(500);
  world.jobs.set("a", new ApiError(429, "busy", { retryAfterSeconds: 20 }));
  await world.pass(1_000);
  world.takeAsked();
  await world.pass(19_000);
  expect(world.takeAsked()).toEqual([]);
  await world.pass(1_000);
  expect(world.takeAsked().length).toBeGreaterThan(0);
});

test("of many open jobs three have streams, eight are polled, and the list tells of the rest", async () => {
  const world = new World({ hasWebSocket: false });
  for (let index = 0; index < 30; index += 1) {
    const created_at = `2026-11-21T10:15:${10 + index}.000Z`;
    world.jobs.set(`j${index}`, jobOf(`j${index}`, 1, "processing", { created_at }));
  }
  world.live.followMine(() => {});
  world.live.follow("j0", () => {});
  await world.pass(500);
  for (const stream of world.streams) stream.open();
  const streamed = world.streams.map(({ address }) => address.split("/")[5]);
  expect(streamed).toEqual(["j0", "j29", "j28"]);
  world.takeAsked();
  await world.pass(10_000);
  const asked = world.takeAsked();
  expect(asked.filter((what) => what === "list")).toHaveLength(1);
  expect(new Set(asked.filter((what) => what !== "list")).size).toBe(8);
});

test("the other doors are closed when the WebSocket is back", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const cut = world.ticket;
  world.cut();
  world.live.follow("a", () => {});
  await world.pass(2_000);
  world.stream.open();
  expect(world.live.mode).toBe("stream");
  world.ticket = cut;
  world.live.hurry();
  await world.connect();
  expect(world.live.mode).toBe("live");
  expect(world.stream.readyState).toBe(2);
  world.takeAsked();
  await world.pass(29_000);
  expect(world.takeAsked()).toEqual([]);
});

test("the way back is tried with growing pauses that spread", async () => {
  expect([1, 2, 3, 4, 5, 6, 99].map((failures) => reconnectMs(failures, () => 1))).toEqual([
    2000, 4000, 8000, 16000, 30000, 30000, 30000,
  ]);
  expect([1, 99].map((failures) => reconnectMs(failures, () => 0))).toEqual([200, 3000]);
});

test("a service that does not answer is offline, and comes back", async () => {
  const world = new World();
  world.cut();
  world.jobs.set("a", new ApiError(0, "cut"));
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  await world.pass(3_000);
  expect(world.live.mode).toBe("offline");
  world.jobs.set("a", jobOf("a", 7));
  await world.pass(10_000);
  expect(world.live.mode).toBe("polling");
  expect(heard).toEqual(["7+"]);
});

test("a job of which nothing is heard is looked at, though the connection is well", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  await world.connect();
  world.takeAsked();
  await world.pass(40_000);
  expect(world.takeAsked()).toEqual([]);
  world.jobs.set("a", jobOf("a", 9, "completed"));
  await world.pass(30_000);
  expect(world.takeAsked()).toEqual(["a?"]);
  expect(heard).toEqual(["1+", "9+"]);
  await world.pass(120_000);
  expect(world.takeAsked()).toEqual([]);
});

test("a subscription that is not answered is asked for again, and its job is read", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  world.jobs.set("b", jobOf("b", 1));
  world.live.follow("a", () => {});
  const socket = await world.connect();
  const { heard, listen } = listener();
  world.live.follow("b", listen);
  world.takeAsked();
  await world.pass(10_000);
  expect(heard).toEqual(["1+"]);
  expect(world.takeAsked()).toEqual(["b"]);
  expect(socket.sent.filter(({ job_id }) => job_id === "b")).toHaveLength(2);
});

test("who follows a job that is not there is told, and it is not asked for again", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  world.live.follow("a", () => {});
  const socket = await world.connect();
  const onError = vi.fn();
  world.live.follow("b", () => {}, onError);
  socket.frame({ type: "error", code: "JOB_NOT_FOUND", detail: "There is no such job." });
  await world.pass(0);
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ status: 404 }));
  world.takeAsked();
  await world.pass(25_000);
  expect(world.takeAsked()).toEqual([]);
  expect(socket.sent.filter(({ job_id }) => job_id === "b")).toHaveLength(1);
});

test("who follows a job that is deleted meanwhile is told", async () => {
  const world = new World({ hasWebSocket: false });
  world.jobs.set("a", jobOf("a", 1, "processing", { links: { ...jobOf("a", 1).links, stream: null } }));
  const onError = vi.fn();
  world.live.follow("a", () => {}, onError);
  await world.pass(100);
  world.jobs.delete("a");
  await world.pass(5_000);
  expect(onError).toHaveBeenCalledTimes(1);
  world.takeAsked();
  await world.pass(60_000);
  expect(world.takeAsked()).toEqual([]);
});

test("a refused token stops the asking until somebody hurries", async () => {
  const world = new World();
  world.cut(401);
  world.jobs.set("a", new ApiError(401, "Your session has ended."));
  const onError = vi.fn();
  world.live.follow("a", () => {}, onError);
  await world.pass(1_000);
  expect(world.live.mode).toBe("offline");
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ status: 401 }));
  world.takeAsked();
  await world.pass(300_000);
  expect(world.takeAsked()).toEqual([]);
  world.ticket = async () => {};
  world.jobs.set("a", jobOf("a", 2));
  world.live.hurry();
  await world.connect();
  expect(world.live.mode).toBe("live");
  expect(world.live.current("a")?.version).toBe(2);
});

test("the connection is closed soon after nobody follows, and all that belongs to it", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const unfollow = world.live.follow("a", () => {});
  const socket = await world.connect();
  unfollow();
  expect(socket.sent.at(-1)).toEqual({ action: "unsubscribe", job_id: "a" });
  expect(world.live.mode).toBe("live");
  await world.pass(1_000);
  expect(world.live.mode).toBe("idle");
  expect(socket.isClosed).toBe(true);
  expect(world.timers.waiting).toBe(0);
});

test("who follows again at once keeps the connection", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const unfollow = world.live.follow("a", () => {});
  const socket = await world.connect();
  unfollow();
  unfollow();
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  await world.pass(5_000);
  expect(world.live.mode).toBe("live");
  expect(world.sockets).toHaveLength(1);
  socket.frame({ type: "snapshot", job: jobOf("a", 2) });
  await world.pass(0);
  expect(heard).toEqual(["2+"]);
});

test.each(["connecting", "live", "stream", "polling"])(
  "closing while %s leaves nothing behind",
  async (mode) => {
    const world = new World();
    world.jobs.set("a", jobOf("a", 1));
    const { heard, listen } = listener();
    if (mode === "stream" || mode === "polling") world.cut(503);
    world.live.follow("a", listen);
    world.live.followMine(listen);
    if (mode === "live") await world.connect();
    if (mode === "stream" || mode === "polling") await world.pass(3_000);
    if (mode === "stream") world.stream.open();
    expect(world.live.mode).toBe(mode);
    heard.length = 0;
    world.live.close();
    expect(world.live.mode).toBe("idle");
    expect(world.timers.waiting).toBe(0);
    world.takeAsked();
    await world.pass(300_000);
    expect([world.takeAsked(), heard]).toEqual([[], []]);
  },
);

test("whoever follows all jobs of the user hears of those only", async () => {
  const world = new World();
  world.jobs.set("mine", jobOf("mine", 1));
  const colleague = jobOf("colleague", 1, "processing", { owner: "somebody" });
  world.list = async () => [listed(jobOf("mine", 1))];
  world.jobs.set("colleague", colleague);
  const seen: string[] = [];
  world.live.followMine((job) => seen.push(`${job.job_id} ${job.version}`));
  const followed = vi.fn();
  world.live.follow("colleague", followed);
  const socket = await world.connect();
  expect(socket.sent).toEqual([
    { action: "subscribe", feed: "mine" },
    { action: "subscribe", job_id: "colleague" },
  ]);
  socket.frame(eventOf(jobOf("mine", 2)));
  socket.frame(eventOf({ ...colleague, version: 2 }));
  world.jobs.set("new", jobOf("new", 4));
  socket.frame(eventOf(jobOf("new", 4)));
  await world.pass(0);
  expect(seen).toEqual(["mine 1", "mine 2", "new 4"]);
  expect(followed).toHaveBeenCalledTimes(2);
});

test("a user without jobs hears of the first one, wherever it was made, and of nobody else's", async () => {
  const world = new World();
  const colleague = jobOf("colleague", 1, "processing", { owner: "somebody" });
  world.list = async () => [];
  world.jobs.set("colleague", colleague);
  const seen: string[] = [];
  world.live.followMine((job) => seen.push(`${job.job_id} ${job.version}`));
  const unfollow = world.live.follow("colleague", () => {});
  const socket = await world.connect();
  unfollow();
  // On its way when the following ended.
  socket.frame(eventOf({ ...colleague, version: 2 }));
  await world.pass(0);
  world.jobs.set("first", jobOf("first", 4));
  socket.frame(eventOf(jobOf("first", 4)));
  await world.pass(0);
  expect(seen).toEqual(["first 4"]);
});

test("a job that was deleted does not come back by a list that lags, or by late news", async () => {
  const world = new World();
  world.list = async () => [listed(jobOf("a", 3, "completed")), listed(jobOf("b", 1))];
  const { heard, listen } = listener();
  world.live.followMine(listen);
  const socket = await world.connect();
  expect(heard).toEqual(["3", "1"]);
  world.live.forget("a");
  expect([world.live.isForgotten("a"), world.live.isForgotten("b")]).toEqual([true, false]);
  socket.frame(eventOf(jobOf("a", 4)));
  await world.pass(2_000);
  expect([world.live.current("a"), heard]).toEqual([undefined, ["3", "1"]]);
});

test("the list is read once more after the snapshot, which lags", async () => {
  const world = new World();
  world.list = async () => [listed(jobOf("a", 1))];
  const { heard, listen } = listener();
  world.live.followMine(listen);
  await world.connect();
  world.takeAsked();
  world.list = async () => [listed(jobOf("a", 3))];
  await world.pass(2_000);
  expect(world.takeAsked()).toEqual(["list"]);
  expect(heard).toEqual(["1", "3"]);
});

test("who comes later hears what is known at once", async () => {
  const world = new World();
  world.list = async () => [listed(jobOf("a", 1)), listed(jobOf("b", 2))];
  world.live.followMine(() => {});
  await world.connect();
  const { heard, listen } = listener();
  world.live.followMine(listen);
  await world.pass(0);
  expect(heard).toEqual(["1", "2"]);
});

test("an answer from elsewhere is heard by all who follow", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const { heard, listen } = listener();
  world.live.follow("a", listen);
  await world.connect();
  world.live.learn(jobOf("a", 2, "cancelled"));
  world.live.learn(jobOf("stranger", 2));
  await world.pass(0);
  expect(heard).toEqual(["1+", "2+"]);
  expect(world.live.current("stranger")).toBeUndefined();
});

test("a job that was just made by this client is one of the user's", async () => {
  const world = new World();
  world.list = async () => [];
  const { heard, listen } = listener();
  world.live.followMine(listen);
  await world.connect();
  world.live.learn(jobOf("a", 1, "awaiting_upload"), true);
  await world.pass(0);
  expect(heard).toEqual(["1+"]);
});

test("a list does not take away the details that are known", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 2));
  world.live.follow("a", () => {});
  world.live.followMine(() => {});
  world.list = async () => [listed(jobOf("a", 2))];
  await world.connect();
  await world.pass(2_000);
  const known = world.live.current("a");
  expect(known?.files).toHaveLength(1);
  expect(known?.links.stream).toContain("token=");
});

test("a page that is open for weeks does not keep every job it saw", async () => {
  const world = new World();
  const last = jobOf("last", 1);
  world.list = async () => [];
  world.live.followMine(() => {});
  await world.connect();
  world.live.learn(last, true);
  for (let index = 0; index < 1_500; index += 1) world.live.learn(jobOf(`j${index}`, 1, "completed"));
  const known = Array.from({ length: 1_500 }, (_, index) => world.live.current(`j${index}`)).filter(Boolean);
  expect(known).toHaveLength(999);
  expect(world.live.current("last")).toBeDefined();
  expect(world.live.current("j1499")).toBeDefined();
});

test("a listener that throws keeps nobody else from hearing", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const thrown: unknown[] = [];
  const note = (error: unknown) => thrown.push(error);
  process.on("uncaughtException", note);
  const { heard, listen } = listener();
  world.live.follow("a", () => {
    throw new Error("a bug in the page");
  });
  world.live.follow("a", listen);
  await world.connect();
  await vi.waitFor(() => expect(thrown).toHaveLength(1));
  process.off("uncaughtException", note);
  expect(heard).toEqual(["1+"]);
  expect(world.live.mode).toBe("live");
});

test("a page that is looked at again, or has its network back, hurries", async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "hidden" });
  const window = new EventTarget();
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
  vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  world.live.follow("a", () => {});
  const socket = await world.connect();
  const pings = () => socket.sent.filter(({ action }) => action === "ping").length;
  page.dispatchEvent(new Event("visibilitychange"));
  expect(pings()).toBe(0);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  expect(pings()).toBe(1);
  for (const type of ["online", "offline", "pageshow"]) window.dispatchEvent(new Event(type));
  expect(pings()).toBe(4);
  world.live.close();
  window.dispatchEvent(new Event("online"));
  expect(pings()).toBe(4);
});
