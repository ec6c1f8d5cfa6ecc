import { expect, onTestFinished, test, vi } from "vitest";
import { EventStreamParser, FetchEventStream, type ServerSentEvent } from "../src/event-stream.js";
import { type Answer, EagerTimers, ManualTimers, randomOf, serve } from "./support.js";

const TEXT = [
  "\uFEFFretry: 1000",
  ": connected",
  "",
  "id: 12",
  "event: progress",
  'data: {"a":1}',
  "",
  "data",
  "data:two",
  "data:  three",
  "id: 13\0",
  "unknown: field",
  "",
  "event: nothing",
  "",
  "id",
  "data: é",
  "",
  "data: cut",
];
const EVENTS: ServerSentEvent[] = [
  { type: "progress", data: '{"a":1}' },
  { type: "message", data: "\ntwo\n three" },
  { type: "message", data: "é" },
];

test.each([["\n"], ["\r\n"], ["\r"]])(
  "a stream is read the same however it is cut, with lines that end in %j",
  (end) => {
    const text = TEXT.join(end);
    for (let seed = 0; seed < 200; seed += 1) {
      const random = randomOf(seed);
      const parser = new EventStreamParser();
      const events: ServerSentEvent[] = [];
      for (let at = 0; at < text.length; ) {
        const next = at + Math.floor(random() * 12);
        events.push(...parser.push(text.slice(at, next)));
        at = next;
      }
      expect(events, `seed ${seed}`).toEqual(EVENTS);
      expect(parser.retryMs).toBe(1000);
      expect(parser.lastEventId).toBe("");
    }
  },
);

test("a stream that never ends an event is not kept in memory", () => {
  const endless = new EventStreamParser();
  const piece = "x".repeat(100_000);
  expect(() => {
    for (let times = 0; times < 11; times += 1) endless.push(piece);
  }).toThrow(RangeError);
  const lines = new EventStreamParser();
  expect(() => {
    for (let times = 0; times < 11; times += 1) lines.push(`data:${piece}\n`);
  }).toThrow(RangeError);
});

function open(url: string, timers = new EagerTimers()) {
  const stream = new FetchEventStream(url, { fetch: globalThis.fetch, timers, random: () => 1 });
  onTestFinished(() => stream.close());
  const heard: unknown[] = [];
  stream.addEventListener("progress", ({ data }) => heard.push(data));
  return { stream, heard, timers };
}

const events = (text: string): Answer => ({
  text,
  headers: { "content-type": "text/event-stream; charset=utf-8" },
});

test("a stream comes back where it stopped, and stays away when there is nothing more", async () => {
  const answers = [
    events("retry: 300\n\nid: 1\nevent: progress\ndata: one\n\n"),
    events("id: 2\nevent: progress\ndata: two\n\n"),
  ];
  const { asked, url } = await serve(() => answers.shift() ?? { status: 204 });
  const { stream, heard, timers } = open(url);
  await vi.waitFor(() => expect(stream.readyState).toBe(2));
  expect(heard).toEqual(["one", "two"]);
  expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1", "2"]);
  expect(timers.delaysMs).toEqual([300, 300]);
});

test("a lost connection comes back, later each time", async () => {
  const answers: Answer[] = [
    { drop: true },
    { drop: true },
    { drop: true },
    events("event: progress\ndata: one\n\n"),
  ];
  const { url } = await serve(() => answers.shift() ?? { status: 204 });
  const { stream, heard, timers } = open(url);
  await vi.waitFor(() => expect(stream.readyState).toBe(2));
  expect(heard).toEqual(["one"]);
  expect(timers.delaysMs).toEqual([1000, 2000, 4000, 1000]);
});

test.each<[string, Answer, number]>([
  ["a refusal", { status: 401, json: {} }, 2],
  ["something else than events", { text: "<html>", headers: { "content-type": "text/html" } }, 2],
  ["a busy service", { status: 503, json: {} }, 0],
])("after %s the stream is in state %s", async (_name, answer, state) => {
  const { asked, url } = await serve(() => answer);
  const stream = new FetchEventStream(url, {
    fetch: globalThis.fetch,
    timers: new ManualTimers(),
    random: () => 1,
  });
  onTestFinished(() => stream.close());
  const onError = vi.fn();
  stream.addEventListener("error", onError);
  await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(1));
  expect(stream.readyState).toBe(state);
  expect(asked).toHaveLength(1);
});

test("a closed stream is silent", async () => {
  const { url } = await serve(() => events("event: progress\ndata: one\n\nevent: progress\ndata: two\n\n"));
  const { stream, heard } = open(url);
  stream.addEventListener("progress", () => stream.close());
  await vi.waitFor(() => expect(heard.length).toBeGreaterThan(0));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toEqual(["one"]);
});
