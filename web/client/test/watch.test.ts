import { expect, test } from "vitest";
import type { Job } from "../src/types.js";
import { watch } from "../src/watch.js";
import { eventOf, jobOf } from "./support.js";
import { World } from "./world.js";

/** Reads to the end in the background. */
function read(jobs: AsyncIterable<Job>) {
  const seen: Job[] = [];
  const end = (async () => {
    for await (const job of jobs) seen.push(job);
  })();
  const outcome = end.then(
    () => "ended",
    (error: unknown) => error,
  );
  return { seen, outcome, versions: () => seen.map(({ version }) => version) };
}

test("a job is seen as it is and as it changes, to its end with every detail", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const { seen, outcome, versions } = read(watch(world.live, "a"));
  const socket = await world.connect();
  socket.frame(eventOf(jobOf("a", 2)));
  await world.pass(0);
  socket.frame(eventOf(jobOf("a", 2)));
  socket.frame(eventOf(jobOf("a", 3)));
  await world.pass(0);
  world.jobs.set("a", jobOf("a", 4, "completed"));
  socket.frame(eventOf(jobOf("a", 4, "completed"), "status"));
  await world.pass(0);
  expect(await outcome).toBe("ended");
  expect(versions()).toEqual([1, 2, 3, 4]);
  expect(seen.at(-1)?.formats).toEqual(["json"]);
  await world.pass(1_000);
  expect(world.live.mode).toBe("idle");
});

test("a job that is over is seen once", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 9, "failed"));
  const first = read(watch(world.live, "a"));
  await world.pass(0);
  expect([await first.outcome, first.versions()]).toEqual(["ended", [9]]);
  const second = read(watch(world.live, "a", { after: 9 }));
  await world.pass(0);
  expect([await second.outcome, second.versions()]).toEqual(["ended", []]);
});

test("whoever is slow gets the newest", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const watching = watch(world.live, "a");
  const first = watching.next();
  const socket = await world.connect();
  expect((await first).value).toMatchObject({ version: 1 });
  for (let version = 2; version <= 50; version += 1) socket.frame(eventOf(jobOf("a", version)));
  await world.pass(0);
  expect((await watching.next()).value).toMatchObject({ version: 50 });
  await watching.return();
});

test("aborting ends the watching with an AbortError and lets go of the job", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const abort = new AbortController();
  const { outcome, versions } = read(watch(world.live, "a", { signal: abort.signal }));
  await world.connect();
  abort.abort();
  expect(await outcome).toMatchObject({ name: "AbortError" });
  expect(versions()).toEqual([1]);
  await world.pass(1_000);
  expect(world.live.mode).toBe("idle");
  expect(world.timers.waiting).toBe(0);
  const late = read(watch(world.live, "a", { signal: abort.signal }));
  expect(await late.outcome).toMatchObject({ name: "AbortError" });
  expect(world.live.mode).toBe("idle");
});

test("leaving the loop lets go of the job", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 1));
  const left = (async () => {
    for await (const job of watch(world.live, "a")) return job.version;
  })();
  await world.pass(0);
  expect(await left).toBe(1);
  await world.pass(1_000);
  expect(world.live.mode).toBe("idle");
});

test("a job that is not there is an error", async () => {
  const world = new World();
  const { outcome } = read(watch(world.live, "a"));
  await world.pass(0);
  expect(await outcome).toMatchObject({ name: "ApiError", status: 404 });
});

test("a job that was retried while the reader was busy is watched on", async () => {
  const world = new World();
  world.jobs.set("a", jobOf("a", 4, "failed"));
  const watching = watch(world.live, "a");
  const first = watching.next();
  const socket = await world.connect();
  expect((await first).value).toMatchObject({ status: "failed" });
  world.jobs.set("a", jobOf("a", 5, "queued", { attempt: 2 }));
  socket.frame(eventOf(jobOf("a", 5, "queued"), "status"));
  await world.pass(0);
  expect((await watching.next()).value).toMatchObject({ status: "queued", version: 5 });
  await watching.return();
});
