import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ApiError } from "../../../functions/site/page/assets/api.js";
import { UploadInterrupted, WITH_THE_REQUEST_BYTES, resume, submit } from "../../../functions/site/page/assets/upload.js";

const PART_BYTES = 2_000_000;
const JOB = { job_id: "j", status: "awaiting_upload" };

/** What the store is told, and how it answers: a status, or 0 for no answer. */
let store;

class FakeRequest extends EventTarget {
  upload = new EventTarget();
  headers = {};

  open(method, url) {
    Object.assign(this, { method, url });
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  abort() {
    this.aborted = true;
    this.dispatchEvent(new Event("abort"));
    this.dispatchEvent(new Event("loadend"));
  }

  getResponseHeader(name) {
    return name === "etag" ? `"${this.url}"` : null;
  }

  async send(blob) {
    this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded: blob.size / 2 }));
    await Promise.resolve();
    if (this.aborted) return;
    this.status = store.answer(this.url);
    store.puts.push({ url: this.url, size: blob.size, first: (await blob.slice(0, 1).text())[0], headers: this.headers });
    this.dispatchEvent(new Event(this.status === 0 ? "error" : "load"));
    this.dispatchEvent(new Event("loadend"));
  }
}

beforeEach(() => {
  store = { puts: [], answer: () => 200 };
  globalThis.XMLHttpRequest = FakeRequest;
});

/** A file whose parts begin with a, b, c, … */
function fileOf(bytes) {
  const letters = Array.from({ length: Math.ceil(bytes / PART_BYTES) }, (_, index) => String.fromCharCode(97 + index));
  const text = letters.map((letter) => letter.repeat(PART_BYTES)).join("").slice(0, bytes);
  return new File([text], "roman.txt", { type: "text/plain" });
}

function partsOf(file, numbers) {
  return numbers.map((number) => {
    const offset = (number - 1) * PART_BYTES;
    return { number, url: `part-${number}`, headers: { "content-type": "text/plain" }, offset, size: Math.min(PART_BYTES, file.size - offset) };
  });
}

/** An API that hands out `pages` of links, one a request. */
function apiOf(pages, { start = () => ({ ...JOB, status: "queued" }) } = {}) {
  const asked = [];
  const state = () => {
    const page = pages.shift();
    return { uploads: [{ file: 0, method: "multipart", uploaded: [], ...page }], more: pages.length > 0 && page.more !== false };
  };
  return {
    asked,
    async json(path, options) {
      asked.push({ path, ...options });
      return { job_id: "small", status: "queued" };
    },
    async post(path, body, headers) {
      asked.push({ path, body, headers });
      if (path.endsWith("/start")) return start();
      return path === "/v1/jobs" ? { ...JOB, ...state() } : state();
    },
  };
}

const run = () => {
  const seen = { progress: [], created: [] };
  const abort = new AbortController();
  return {
    seen,
    abort,
    options: { signal: abort.signal, onProgress: (bytes) => seen.progress.push(bytes), onCreated: (job) => seen.created.push(job) },
  };
};

test("a small file comes with the request", async () => {
  const { seen, options } = run();
  const file = fileOf(WITH_THE_REQUEST_BYTES);
  const api = apiOf([]);
  const job = await submit(api, { file, pipeline: "novel", settings: { a: 1 }, label: "L" }, options);
  assert.equal(job.job_id, "small");
  const [request] = api.asked;
  assert.deepEqual([...request.body.keys()], ["pipeline", "settings", "label", "file"]);
  assert.equal(request.body.get("settings"), "{\"a\":1}");
  assert.match(request.headers["idempotency-key"], /^[0-9a-f-]{36}$/);
  assert.deepEqual([seen.progress, seen.created, store.puts], [[file.size], [], []]);
});

test("a large file goes in parts, each its own piece, and its tags are handed in by number", async () => {
  const { seen, options } = run();
  const file = fileOf(7_000_000);
  const api = apiOf([{ parts: partsOf(file, [1, 2]) }, { uploaded: [{ number: 1, etag: "one", size: PART_BYTES }], parts: partsOf(file, [3, 4]), more: false }]);
  const job = await submit(api, { file, pipeline: "novel", settings: {}, label: "" }, options);
  assert.equal(job.status, "queued");
  assert.deepEqual(seen.created, [JOB]);
  assert.deepEqual(store.puts.map(({ url, size, first }) => [url, size, first]).sort(), [
    ["part-1", PART_BYTES, "a"], ["part-2", PART_BYTES, "b"], ["part-3", PART_BYTES, "c"], ["part-4", 1_000_000, "d"],
  ]);
  assert.equal(store.puts[0].headers["content-type"], "text/plain");
  const start = api.asked.at(-1);
  assert.deepEqual(start.body.files[0].parts.map(({ number, etag }) => [number, etag]),
    [[1, "one"], [2, "\"part-2\""], [3, "\"part-3\""], [4, "\"part-4\""]]);
  assert.equal(seen.progress.at(-1), file.size);
});

test("a part that failed is tried again, and after three times the upload can go on", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { options } = run();
  const file = fileOf(4_000_000);
  let failures = 0;
  store.answer = (url) => {
    if (url !== "part-2") return 200;
    failures += 1;
    return [0, 503, 500][failures - 1] ?? 200;
  };
  const pages = [{ parts: partsOf(file, [1, 2]) }];
  const outcome = submit(apiOf(pages), { file, pipeline: "novel", settings: {} }, options).catch((error) => error);
  for (let turn = 0; turn < 200; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(100);
  }
  const error = await outcome;
  assert.ok(error instanceof UploadInterrupted, String(error));
  assert.equal(failures, 3);

  store.puts.length = 0;
  const api = apiOf([{ uploaded: [{ number: 1, etag: "one", size: PART_BYTES }], parts: partsOf(file, [2]) }]);
  const job = await resume(api, error.job, file, options);
  assert.equal(job.status, "queued");
  assert.deepEqual(store.puts.map(({ url }) => url), ["part-2"]);
  assert.equal(api.asked[0].path, "/v1/jobs/j/uploads");
});

test("a refusal of the file is told as it is", async () => {
  const { options } = run();
  const file = fileOf(4_000_000);
  const api = apiOf([{ parts: partsOf(file, [1, 2]) }], {
    start: () => {
      throw new ApiError(415, "This is not a text.");
    },
  });
  await assert.rejects(submit(api, { file, pipeline: "novel", settings: {} }, options), { name: "ApiError", message: "This is not a text." });
});

test("a stopped upload is not tried again", async () => {
  const { options, abort } = run();
  const file = fileOf(4_000_000);
  store.answer = () => {
    abort.abort();
    return 0;
  };
  await assert.rejects(submit(apiOf([{ parts: partsOf(file, [1, 2]) }]), { file, pipeline: "novel", settings: {} }, options), UploadInterrupted);
  assert.ok(store.puts.length <= 2);
});
