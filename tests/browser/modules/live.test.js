import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Live, backoffMs, ticketUrl } from "../../../functions/site/page/assets/live.js";

class FakeSocket extends EventTarget {
  static CONNECTING = 0;
  static all = [];
  readyState = 1;
  sent = [];

  constructor(address) {
    super();
    this.address = address;
    FakeSocket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  fire(type, frame) {
    this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(frame) }));
  }

  static get last() {
    return FakeSocket.all.at(-1);
  }
}

class FakeStream extends EventTarget {
  static CLOSED = 2;
  static all = [];
  readyState = 1;

  constructor(address) {
    super();
    this.address = address;
    FakeStream.all.push(this);
  }

  close() {
    this.readyState = FakeStream.CLOSED;
  }

  refuse() {
    this.readyState = FakeStream.CLOSED;
    this.dispatchEvent(new Event("error"));
  }
}

beforeEach(() => {
  FakeSocket.all = [];
  FakeStream.all = [];
});

/** Promises that are already settled get their turn. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

function setUp(t, { jobs = [], ticket = async () => ({ ticket: "t", url: "ws://host/live?ticket=t" }) } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const told = { snapshots: [], events: [], modes: [], refreshed: [], lists: 0 };
  const live = new Live({
    ticket,
    snapshot: (list) => told.snapshots.push(list),
    event: (event) => told.events.push(event),
    open: () => jobs,
    refresh: async (id) => {
      told.refreshed.push(id);
      return jobs.find((job) => job.job_id === id);
    },
    list: async () => {
      told.lists += 1;
    },
    streamUrl: (job) => job.stream,
  }, { WebSocket: FakeSocket, EventSource: FakeStream, random: () => 1 });
  live.addEventListener("mode", () => told.modes.push(live.mode));
  t.after(() => live.stop());
  return { live, told };
}

test("a connection is live when its subscription is answered", async (t) => {
  const { live, told } = setUp(t, { jobs: [{ job_id: "a" }] });
  live.start();
  await settle();
  FakeSocket.last.fire("open");
  assert.deepEqual(FakeSocket.last.sent, [{ action: "subscribe", feed: "mine" }]);
  assert.equal(live.mode, "connecting");
  FakeSocket.last.fire("message", { type: "snapshot", feed: "mine", jobs: [{ job_id: "a" }] });
  assert.equal(live.mode, "live");
  assert.deepEqual(told.snapshots, [[{ job_id: "a" }]]);
  assert.deepEqual(told.refreshed, ["a"], "the snapshot may lag");
  FakeSocket.last.fire("message", { type: "progress", job_id: "a", version: 2 });
  assert.equal(told.events.length, 1);
});

test("a silent connection is given up when its ping is not answered", async (t) => {
  const { live } = setUp(t);
  live.start();
  await settle();
  FakeSocket.last.fire("message", { type: "snapshot", jobs: [] });
  const [first] = FakeSocket.all;
  t.mock.timers.tick(4 * 60_000);
  assert.deepEqual(first.sent.at(-1), { action: "ping" });
  first.fire("message", { type: "pong" });
  t.mock.timers.tick(60_000);
  assert.equal(live.mode, "live");
  t.mock.timers.tick(3 * 60_000);
  t.mock.timers.tick(10_000);
  assert.equal(live.mode, "reconnecting");
  assert.equal(first.closed, true);
  t.mock.timers.tick(500);
  await settle();
  assert.equal(FakeSocket.all.length, 2);
});

test("without a WebSocket jobs are followed by stream, without streams by asking", async (t) => {
  const jobs = [{ job_id: "a", stream: "http://host/a", poll_after_ms: 1000 }, { job_id: "b", stream: null, poll_after_ms: 1000 }];
  const { live, told } = setUp(t, {
    jobs,
    ticket: async () => {
      throw new Error("away");
    },
  });
  live.start();
  await settle();
  assert.equal(live.mode, "reconnecting");
  t.mock.timers.tick(500);
  await settle();
  assert.equal(live.mode, "stream");
  assert.deepEqual(FakeStream.all.map((stream) => stream.address), ["http://host/a"]);
  assert.equal(told.lists, 1);
  FakeStream.all[0].dispatchEvent(Object.assign(new Event("progress"), { data: "{\"version\":7}" }));
  assert.deepEqual(told.events, [{ version: 7 }]);

  FakeStream.all[0].refuse();
  assert.equal(live.mode, "polling");
  told.refreshed.length = 0;
  t.mock.timers.tick(0);
  await settle();
  assert.deepEqual(told.refreshed.toSorted(), ["a", "b"]);
  t.mock.timers.tick(1000);
  await settle();
  assert.ok(told.refreshed.length >= 4);

  jobs.pop();
  jobs.pop();
  live.jobsChanged();
  told.refreshed.length = 0;
  t.mock.timers.tick(5000);
  await settle();
  assert.deepEqual(told.refreshed, [], "what ended is not asked for");
});

test("the other doors are closed when the WebSocket is back", async (t) => {
  let away = true;
  const { live, told } = setUp(t, {
    jobs: [{ job_id: "a", stream: "http://host/a" }],
    ticket: async () => {
      if (away) throw new Error("away");
      return { ticket: "t", url: "ws://host/live" };
    },
  });
  live.start();
  await settle();
  t.mock.timers.tick(500);
  await settle();
  assert.equal(live.mode, "stream");
  away = false;
  live.hurry();
  await settle();
  FakeSocket.last.fire("message", { type: "snapshot", jobs: [] });
  assert.equal(live.mode, "live");
  assert.equal(FakeStream.all[0].readyState, FakeStream.CLOSED);
  const { lists } = told;
  t.mock.timers.tick(60_000);
  assert.equal(told.lists, lists);
});

test("news of a connection that was given up are not heard", async (t) => {
  const { live, told } = setUp(t);
  live.start();
  await settle();
  const [first] = FakeSocket.all;
  first.fire("message", { type: "snapshot", jobs: [] });
  first.fire("close");
  first.fire("message", { type: "progress", job_id: "a", version: 9 });
  first.fire("close");
  assert.deepEqual(told.events, []);
  assert.equal(live.failures, 1);
  live.stop();
  t.mock.timers.tick(60_000);
  await settle();
  assert.equal(FakeSocket.all.length, 1, "a stopped page does not come back");
});

test("a connection that is given up before it is open is closed when it is", async (t) => {
  const { live } = setUp(t);
  live.start();
  await settle();
  const [socket] = FakeSocket.all;
  socket.readyState = FakeSocket.CONNECTING;
  live.stop();
  assert.equal(socket.closed, undefined);
  socket.fire("open");
  assert.equal(socket.closed, true);
  assert.deepEqual(socket.sent, []);
});

test("waiting doubles up to half a minute, with jitter", () => {
  assert.deepEqual([1, 2, 3, 4].map((failures) => backoffMs(failures, () => 1)), [500, 1000, 2000, 4000]);
  assert.equal(backoffMs(50, () => 1), 30_000);
  assert.equal(backoffMs(50, () => 0), 15_000);
});

test("the ticket stands in the address once", () => {
  const wanted = "wss://host/live?ticket=t";
  assert.equal(ticketUrl({ ticket: "t", url: "wss://host/live" }), wanted);
  assert.equal(ticketUrl({ ticket: "t", url: "wss://host/live?ticket=t" }), wanted);
});
