// So many WebSocket subscribers on one job of a running stack: how soon each has the event of its end, and in what order.
// `run.sh` starts a stack for it. Prints a Markdown table; fails where a promise was not kept.

import { parseArgs } from "node:util";
import { cpuSeconds, difference } from "./processes.mjs";
import { Subscriber } from "./subscriber.mjs";

const LATE_MS = 2_000;
const PATIENCE_MS = 60_000;
// So many handshakes at the same time: more only wait in the emulator's queue.
const PARALLEL = 16;
const LINE = "La mer montait lentement, et le vent ne disait plus rien du tout.\n";

const { values: options } = parseArgs({
  options: {
    subscribers: { type: "string", default: "1000" },
    bytes: { type: "string", default: "8000000" },
    pid: { type: "string" },
  },
});
const base = process.env.DOCMILL_URL;
const token = process.env.DOCMILL_TOKEN;
if (!base || !token)
  throw new Error(
    "DOCMILL_URL and DOCMILL_TOKEN name no stack: use run.sh, or the settings of `stack.py env`",
  );

async function api(path, { method = "GET", json } = {}) {
  const headers = { authorization: `Bearer ${token}` };
  if (json) headers["content-type"] = "application/json";
  const response = await fetch(`${base}${path}`, { method, headers, body: json && JSON.stringify(json) });
  const body = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}

/** A job whose file is there, and that has not begun. */
async function preparedJob() {
  const text = LINE.repeat(Math.ceil(Number(options.bytes) / LINE.length));
  const file = { name: "mer.txt", size: Buffer.byteLength(text), content_type: "text/plain" };
  const { job_id, uploads } = await api("/v1/jobs", {
    method: "POST",
    json: { pipeline: "novel", files: [file] },
  });
  const [link] = uploads[0].parts;
  const put = await fetch(link.url, { method: "PUT", headers: link.headers, body: text });
  if (!put.ok) throw new Error(`the store answered ${put.status}`);
  return job_id;
}

/** Does `action` for each, a few at the same time. */
async function forEach(items, action) {
  const waiting = [...items];
  const work = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

const quantile = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

function row(name, figures, digits = 0) {
  const sorted = figures.toSorted((a, b) => a - b);
  const cells = [0, 0.5, 0.95, 1].map((part) => quantile(sorted, part).toFixed(digits));
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}

const count = Number(options.subscribers);
const subscribers = Array.from({ length: count }, () => new Subscriber());
const jobId = await preparedJob();
const began = performance.now();
await forEach(subscribers, async (subscriber) => {
  const { url } = await api("/v1/live/ticket", { method: "POST" });
  await subscriber.follow(url, jobId);
});
console.error(`${count} subscribed after ${((performance.now() - began) / 1000).toFixed(1)} s`);

const pid = options.pid ? Number(options.pid) : null;
const cpuBefore = pid && cpuSeconds(pid);
await api(`/v1/jobs/${jobId}/start`, { method: "POST", json: {} });
let timer;
const patience = new Promise((resolve) => {
  timer = setTimeout(resolve, PATIENCE_MS);
});
await Promise.race([Promise.all(subscribers.map(({ ended }) => ended)), patience]);
clearTimeout(timer);
const cpu = pid && difference(cpuBefore, cpuSeconds(pid));

const job = await api(`/v1/jobs/${jobId}`);
const { events } = await api(`/v1/jobs/${jobId}/events`);
const recordEndMs = Date.parse(job.completed_at ?? job.updated_at);
const heardEnd = subscribers.filter(({ endedAtMs }) => endedAtMs !== null);
const ends = heardEnd.map(({ endedAtMs }) => endedAtMs);
const outOfOrder = ({ events }) =>
  events.filter(({ version }, at) => at > 0 && version <= events[at - 1].version).length;
const told = (subscriber) => new Set(subscriber.events.map(({ version }) => version));
const isNewTo =
  ({ snapshotVersion }) =>
  ({ version }) =>
    version > snapshotVersion;
const missing = (subscriber, types) => {
  const versions = told(subscriber);
  return events
    .filter(isNewTo(subscriber))
    .filter(({ type, version }) => types.includes(type) && !versions.has(version)).length;
};

console.log(
  `\n${count} subscribers on one job of ${job.total_chunks} chunks and ${events.length} events, ${job.status}.\n`,
);
console.log("| | least | median | p95 | most |\n|---|---|---|---|---|");
row(
  "connecting, ms",
  subscribers.map(({ connectMs }) => connectMs),
  1,
);
row(
  "subscription to snapshot, ms",
  subscribers.map(({ snapshotMs }) => snapshotMs),
  1,
);
row(
  "the record's end to its event, ms",
  ends.map((atMs) => atMs - recordEndMs),
);
row(
  "events a subscriber",
  subscribers.map(({ events }) => events.length),
);
row(
  "progress versions skipped",
  subscribers.map((subscriber) => missing(subscriber, ["progress"])),
);
for (const [name, seconds] of Object.entries(cpu ?? {}).toSorted(([, a], [, b]) => b - a)) {
  if (seconds >= 0.05) console.log(`| CPU of ${name}, s | ${seconds.toFixed(2)} | | | |`);
}

const late = ends.filter((atMs) => atMs - recordEndMs > LATE_MS).length;
const failures = [
  ["without the event of the end", count - heardEnd.length],
  [`with it later than ${LATE_MS / 1000} s`, late],
  ["connections lost", subscribers.filter(({ isLost }) => isLost).length],
  ["with events out of order", subscribers.filter(outOfOrder).length],
  [
    "without a status or warning event",
    subscribers.filter((one) => missing(one, ["status", "warning"]) > 0).length,
  ],
];
console.log(`\nFirst to last subscriber: ${(Math.max(...ends) - Math.min(...ends)).toFixed(0)} ms.\n`);
console.log("| subscribers | |\n|---|---|");
for (const [name, number] of failures) console.log(`| ${name} | ${number} |`);
for (const subscriber of subscribers) subscriber.close();
if (failures.some(([, number]) => number > 0)) process.exitCode = 1;
