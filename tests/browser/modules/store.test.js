import assert from "node:assert/strict";
import { test } from "node:test";

import { JobStore, wantsDetails } from "../../../functions/site/page/assets/store.js";

const job = (version, more = {}) => ({
  job_id: "a", version, status: "processing", stage: "Working", progress_percent: 10 * version, created_at: "2026-11-21T10:00:00.000Z",
  links: { stream: null }, ...more,
});
const event = (version, more = {}) => ({
  type: "progress", job_id: "a", version, at: `2026-11-21T10:00:0${version}.000Z`, status: "processing", stage: `Stage ${version}`,
  progress_percent: 10 * version, processed_chunks: version, total_chunks: 9, message: null, ...more,
});

test("all doors lead to the newest version, in whatever order the news come", () => {
  const news = [
    (store) => store.applyEvent(event(2)),
    (store) => store.applyEvent(event(3)),
    (store) => store.applyEvent(event(5, { status: "completed", type: "status" })),
    (store) => store.applyJob(job(4)),
    (store) => store.applyJob(job(1)),
  ];
  for (const order of permutations(news)) {
    const store = new JobStore();
    store.applyJob(job(1));
    for (const tell of order) tell(store);
    const known = store.get("a");
    assert.equal(known.version, 5);
    assert.equal(known.status, "completed");
    assert.equal(known.progress_percent, 50);
    assert.deepEqual(store.open(), []);
  }
});

function permutations(list) {
  if (list.length < 2) return [list];
  return list.flatMap((first, index) => permutations(list.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}

test("old and repeated events change nothing and tell nobody", () => {
  const store = new JobStore();
  store.applyJob(job(3));
  let told = 0;
  store.addEventListener("change", () => {
    told += 1;
  });
  assert.equal(store.applyEvent(event(3)), "old");
  assert.equal(store.applyEvent(event(2)), "old");
  assert.equal(store.applyJob(job(2)), false);
  assert.equal(told, 0);
  assert.equal(store.applyEvent(event(4)), "applied");
  assert.equal(told, 1);
  assert.equal(store.applyEvent({ ...event(1), job_id: "b" }), "unknown");
});

test("lists have no details and take none away", () => {
  const store = new JobStore();
  store.applyJob(job(3, { files: [{ name: "a.txt" }], links: { stream: "/s" } }));
  assert.equal(store.get("a").complete, true);
  assert.equal(store.applyJob(job(3)), false);
  store.applyJob(job(4));
  const known = store.get("a");
  assert.deepEqual(known.files, [{ name: "a.txt" }]);
  assert.equal(known.links.stream, "/s");
  assert.equal(known.complete, false, "the details are of an older version");
});

test("the newest job comes first", () => {
  const store = new JobStore();
  for (const [id, hour] of [["a", 10], ["b", 12], ["c", 11]]) {
    store.applyJob(job(1, { job_id: id, created_at: `2026-11-21T${hour}:00:00.000Z` }));
  }
  assert.deepEqual(store.all().map(({ job_id: id }) => id), ["b", "c", "a"]);
});

test("ends, warnings and cancels want the whole job", () => {
  assert.equal(wantsDetails(event(2)), false);
  assert.equal(wantsDetails(event(2, { status: "queued", type: "status" })), false);
  for (const more of [{ status: "failed" }, { type: "warning" }, { stage: "Cancelling" }]) {
    assert.equal(wantsDetails(event(2, more)), true);
  }
});
