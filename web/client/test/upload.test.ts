import { createHash } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import { DIGEST_MOST_BYTES } from "../src/digest.js";
import {
  Docmill,
  type DocmillOptions,
  type InputFile,
  type Job,
  type SubmitOptions,
  UploadInterrupted,
} from "../src/index.js";
import { type Answer, type Asked, EagerTimers, jobOf, ManualTimers, serve } from "./support.js";

const MB = 1_000_000;
const PART_BYTES = 2 * MB;

/** A file whose parts begin with a, b, c, … */
function fileOf(bytes: number, name = "roman.txt"): { name: string; data: Blob; type: string } {
  const count = Math.ceil(bytes / PART_BYTES);
  const parts = Array.from({ length: count }, (_, index) =>
    String.fromCharCode(97 + index).repeat(PART_BYTES),
  );
  return { name, type: "text/plain", data: new Blob(parts).slice(0, bytes) };
}

const sha256 = async (data: Blob) =>
  createHash("sha256")
    .update(Buffer.from(await data.arrayBuffer()))
    .digest("hex");

/** The service and its store, as far as uploads see them. */
class Service {
  readonly files: { name: string; size: number; sha256?: string }[] = [];
  readonly stored = new Map<string, { etag: string; size: number; first: string }>();
  readonly puts: string[] = [];
  job = jobOf("j", 1, "awaiting_upload");
  /** Links in one answer. */
  page = 500;
  /** Links carry this; those of another time have expired. */
  era = 1;
  onPut: (key: string, asked: Asked) => Answer | null = () => null;
  onStart: () => Answer | null = () => null;
  started: unknown = null;
  url = "";
  asked: Asked[] = [];

  async listen(): Promise<this> {
    const server = await serve((asked) => this.#answer(asked));
    this.url = server.url;
    this.asked = server.asked;
    return this;
  }

  paths(): string[] {
    return this.asked
      .filter(({ method }) => method !== "PUT")
      .map(({ method, path }) => `${method} ${path.slice(5)}`);
  }

  #answer(asked: Asked): Answer {
    const path = asked.path.slice("/base".length);
    if (asked.method === "PUT") return this.#put(path.slice("/store/".length), asked);
    if (path === "/v1/jobs" && asked.headers["content-type"] === "application/json") {
      if (this.files.length === 0) this.files.push(...JSON.parse(String(asked.body)).files);
      this.job = {
        ...this.job,
        files: this.files.map((file) => ({ sha256: null, content_type: "text/plain", ...file })),
      };
      return { status: 202, json: { ...this.job, ...this.#state() } };
    }
    if (path === "/v1/jobs") return { status: 202, json: jobOf("small", 1, "queued") };
    if (path === "/v1/jobs/j/uploads") return { json: this.#state() };
    if (path === "/v1/jobs/j/start") {
      this.started = JSON.parse(String(asked.body));
      return this.onStart() ?? { status: 202, json: { ...this.job, status: "queued", version: 2 } };
    }
    return { json: this.job };
  }

  #put(key: string, asked: Asked): Answer {
    this.puts.push(key);
    const answer = this.onPut(key, asked);
    if (answer) return answer;
    if (asked.query.get("era") !== String(this.era))
      return { status: 403, text: "<Code>AccessDenied</Code>" };
    this.stored.set(key, {
      etag: `"${key}"`,
      size: asked.body.length,
      first: String(asked.body.subarray(0, 1)),
    });
    return { headers: { etag: `"${key}"` } };
  }

  #state() {
    let left = this.page;
    let more = false;
    const uploads = this.files.map((file, index) => {
      const numbers = Array.from(
        { length: Math.max(1, Math.ceil(file.size / PART_BYTES)) },
        (_, at) => at + 1,
      );
      const isThere = (number: number) => this.stored.has(`${index}/${number}`);
      const missing = numbers.filter((number) => !isThere(number));
      const given = missing.slice(0, left);
      left -= given.length;
      more ||= given.length < missing.length;
      return {
        file: index,
        name: file.name,
        method: numbers.length > 1 ? "multipart" : "put",
        uploaded: numbers
          .filter(isThere)
          .map((number) => ({ number, ...this.stored.get(`${index}/${number}`) })),
        parts: given.map((number) => {
          const offset = (number - 1) * PART_BYTES;
          const url = `${this.url}store/${index}/${number}?era=${this.era}`;
          return {
            number,
            url,
            headers: { "x-signed": "yes" },
            offset,
            size: Math.min(PART_BYTES, file.size - offset),
          };
        }),
        expires_at: "2026-11-21T11:15:00.000Z",
      };
    });
    return { uploads, more };
  }
}

const client = (service: Service, options: Partial<DocmillOptions> = {}) =>
  new Docmill({ baseUrl: service.url, token: "t", timers: new EagerTimers(), random: () => 1, ...options });

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as Error,
  );

async function interrupted(promise: Promise<Job>): Promise<UploadInterrupted> {
  const error = await failure(promise);
  expect(error).toBeInstanceOf(UploadInterrupted);
  return error as UploadInterrupted;
}

test("small files come with the request, all fields with them", async () => {
  const service = await new Service().listen();
  const created = vi.fn();
  const progress: number[] = [];
  const options: SubmitOptions = {
    onCreated: created,
    onProgress: ({ sentBytes }) => progress.push(sentBytes),
  };
  const files: InputFile[] = [
    { name: "é 1.txt", data: new Blob(["one"]), type: "text/plain" },
    new File(["two"], "2.csv", { type: "text/csv" }),
  ];
  const submission = {
    pipeline: "novel",
    kind: "k",
    files,
    settings: { a: 1 },
    label: "L",
    priority: "high" as const,
    companyId: "c",
    batchId: "b",
    callbackUrl: "https://example.com/",
    sourceJobId: "s",
  };
  const job = await client(service).submit(submission, options);
  expect(job.job_id).toBe("small");
  expect(created).toHaveBeenCalledExactlyOnceWith(job);
  expect(progress).toEqual([0, 6]);
  const [asked] = service.asked;
  expect(asked?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/);
  const form = await new Response(new Uint8Array(asked?.body ?? []), {
    headers: { "content-type": asked?.headers["content-type"] ?? "" },
  }).formData();
  const fields = Object.fromEntries([...form].filter(([name]) => name !== "file"));
  expect(fields).toEqual({
    pipeline: "novel",
    kind: "k",
    settings: '{"a":1}',
    label: "L",
    priority: "high",
    company_id: "c",
    batch_id: "b",
    callback_url: "https://example.com/",
    source_job_id: "s",
  });
  const sent = form.getAll("file") as File[];
  expect(sent.map(({ name, type }) => [name, type])).toEqual([
    ["é 1.txt", "text/plain"],
    ["2.csv", "text/csv"],
  ]);
  expect(await sent[1]?.text()).toBe("two");
});

test("what was not given is not sent", async () => {
  const service = await new Service().listen();
  await client(service).submit({
    pipeline: "novel",
    files: [],
    kind: null,
    settings: null,
    label: "",
    companyId: null,
  });
  const [asked] = service.asked;
  const form = await new Response(new Uint8Array(asked?.body ?? []), {
    headers: { "content-type": asked?.headers["content-type"] ?? "" },
  }).formData();
  expect([...form.keys()]).toEqual(["pipeline"]);
});

test("large files go in parts, each its own piece, and their tags are handed in by number", async () => {
  const service = await new Service().listen();
  const files = [fileOf(7 * MB), fileOf(1 * MB, "note.txt")];
  const progress: number[] = [];
  const created: Job[] = [];
  const job = await client(service).submit(
    { pipeline: "novel", files },
    {
      onProgress: ({ sentBytes, totalBytes }) => progress.push(sentBytes / totalBytes),
      onCreated: (one) => created.push(one),
    },
  );
  expect(job.status).toBe("queued");
  expect(created.map(({ status }) => status)).toEqual(["awaiting_upload"]);
  expect(created[0]).not.toHaveProperty("uploads");
  const stored = [...service.stored].map(([key, { size, first }]) => [key, size, first]).sort();
  expect(stored).toEqual([
    ["0/1", 2 * MB, "a"],
    ["0/2", 2 * MB, "b"],
    ["0/3", 2 * MB, "c"],
    ["0/4", 1 * MB, "d"],
    ["1/1", 1 * MB, "a"],
  ]);
  expect(service.started).toEqual({
    files: [
      {
        file: 0,
        parts: [1, 2, 3, 4].map((number) => ({
          number,
          etag: `"0/${number}"`,
          size: number < 4 ? 2 * MB : MB,
        })),
      },
    ],
  });
  expect(service.files.map((file) => file.sha256)).toEqual(
    await Promise.all(files.map(({ data }) => sha256(data))),
  );
  expect(progress[0]).toBe(0);
  expect(progress.at(-1)).toBe(1);
  expect(progress.filter((part) => part > 0 && part < 1).length).toBeGreaterThan(8);
  expect(Math.max(...progress)).toBeLessThanOrEqual(1);
  const puts = service.asked.filter(({ method }) => method === "PUT");
  expect(
    puts.every(({ headers }) => headers["x-signed"] === "yes" && headers.authorization === undefined),
  ).toBe(true);
});

test("checksums can be left out, and are where a file is too large to be in memory", async () => {
  const service = await new Service().listen();
  await client(service).submit({ pipeline: "novel", files: [fileOf(4 * MB)] }, { checksum: false });
  expect(service.files[0]).not.toHaveProperty("sha256");

  const huge = { size: DIGEST_MOST_BYTES + 1, type: "", slice: () => new Blob([]), arrayBuffer: vi.fn() };
  service.files.length = 0;
  service.job = jobOf("j", 1, "queued");
  await client(service).submit({
    pipeline: "novel",
    files: [{ name: "huge.txt", data: huge as unknown as Blob }],
  });
  expect(service.files[0]).toEqual({ name: "huge.txt", size: huge.size });
  expect(huge.arrayBuffer).not.toHaveBeenCalled();
});

test("more links than fit in one answer are asked for when the first are used", async () => {
  const service = await new Service().listen();
  service.page = 2;
  await client(service).submit({ pipeline: "novel", files: [fileOf(9 * MB)] });
  expect(service.stored.size).toBe(5);
  expect(service.paths()).toEqual([
    "POST /v1/jobs",
    "POST /v1/jobs/j/uploads",
    "POST /v1/jobs/j/uploads",
    "POST /v1/jobs/j/start",
  ]);
});

test("no more parts are on their way at the same time than wanted", async () => {
  const service = await new Service().listen();
  let now = 0;
  let most = 0;
  const counting: typeof fetch = async (input, init) => {
    if (init?.method !== "PUT") return fetch(input, init);
    now += 1;
    most = Math.max(most, now);
    return fetch(input, init).finally(() => {
      now -= 1;
    });
  };
  await client(service, { fetch: counting }).submit(
    { pipeline: "novel", files: [fileOf(12 * MB)] },
    { parallelParts: 2 },
  );
  expect(most).toBe(2);
});

test("a part that failed is tried again", async () => {
  const service = await new Service().listen();
  const answers: Answer[] = [{ drop: true }, { status: 503, text: "SlowDown" }, { status: 500 }];
  service.onPut = (key) => (key === "0/2" ? (answers.shift() ?? null) : null);
  await client(service).submit({ pipeline: "novel", files: [fileOf(4 * MB)] });
  expect(service.puts.filter((key) => key === "0/2")).toHaveLength(4);
  expect(service.stored.size).toBe(2);
});

test("after a lost connection only what is missing is sent", async () => {
  const service = await new Service().listen();
  const files = [fileOf(8 * MB)];
  service.onPut = (key) => (key === "0/3" ? { drop: true } : null);
  const { job } = await interrupted(
    client(service).submit({ pipeline: "novel", files }, { parallelParts: 1 }),
  );
  expect(job.job_id).toBe("j");
  expect(service.puts).toEqual(["0/1", "0/2", "0/3", "0/3", "0/3", "0/3"]);

  service.puts.length = 0;
  service.onPut = () => null;
  const progress: number[] = [];
  const resumed = await client(service).resume(job, files, {
    onProgress: ({ sentBytes }) => progress.push(sentBytes),
  });
  expect(resumed.status).toBe("queued");
  expect(service.puts.sort()).toEqual(["0/3", "0/4"]);
  expect(progress[0]).toBe(4 * MB);
  expect(progress.at(-1)).toBe(8 * MB);
});

test("links that expired are renewed", async () => {
  const service = await new Service().listen();
  service.onPut = (key) => {
    if (key === "0/3") service.era = 2;
    return null;
  };
  await client(service).submit({ pipeline: "novel", files: [fileOf(8 * MB)] }, { parallelParts: 1 });
  expect(service.puts).toEqual(["0/1", "0/2", "0/3", "0/3", "0/4"]);
});

test("a store that refuses every link is not asked for ever", async () => {
  const service = await new Service().listen();
  service.onPut = () => ({ status: 403, text: "<Code>AccessDenied</Code>" });
  const { cause } = await interrupted(client(service).submit({ pipeline: "novel", files: [fileOf(4 * MB)] }));
  expect(cause).toMatchObject({ code: "STORE_REFUSED", cause: { status: 403 } });
  expect(service.paths().filter((path) => path.endsWith("/uploads"))).toHaveLength(2);
});

test("what the store turned out to lack is sent once more", async () => {
  const service = await new Service().listen();
  const answers: Answer[] = [
    { status: 409, problem: { code: "UPLOAD_INCOMPLETE", detail: "The file is not there yet." } },
  ];
  service.onStart = () => {
    if (answers.length > 0) service.stored.delete("0/2");
    return answers.shift() ?? null;
  };
  await client(service).submit({ pipeline: "novel", files: [fileOf(4 * MB)] });
  expect(service.puts.filter((key) => key === "0/2")).toHaveLength(2);
});

test("a refusal of the file is told as it is", async () => {
  const service = await new Service().listen();
  service.onStart = () => ({ status: 415, problem: { code: "FILE_TYPE", detail: "This is not a text." } });
  const error = await failure(client(service).submit({ pipeline: "novel", files: [fileOf(4 * MB)] }));
  expect(error).toMatchObject({ name: "ApiError", status: 415, code: "FILE_TYPE" });
});

test("a connection on which nothing moves is given up and tried again", async () => {
  const timers = new ManualTimers();
  const service = await new Service().listen();
  const answers: Answer[] = [{ hang: true }];
  service.onPut = () => answers.shift() ?? null;
  const submitted = client(service, { timers }).submit(
    { pipeline: "novel", files: [fileOf(4 * MB)] },
    { parallelParts: 1 },
  );
  await vi.waitFor(() => expect(service.puts).toHaveLength(1));
  await timers.pass(60_000);
  await vi.waitFor(() => expect(timers.delaysMs.at(-1)).toBe(500));
  await timers.pass(500);
  expect((await submitted).status).toBe("queued");
  expect(service.puts).toEqual(["0/1", "0/1", "0/2"]);
  expect(timers.waiting).toBe(0);
});

test("one Idempotency-Key serves all tries of a submission", async () => {
  const keys: unknown[] = [];
  const { url } = await serve(({ headers }) => {
    keys.push(headers["idempotency-key"]);
    return keys.length < 3 ? { drop: true } : { status: 202, json: jobOf("j", 1, "queued") };
  });
  const docmill = new Docmill({ baseUrl: url, token: "t", timers: new EagerTimers() });
  await docmill.submit({ pipeline: "novel", files: [fileOf(10)] });
  await docmill.submit({ pipeline: "novel", files: [fileOf(10)] }, { idempotencyKey: "mine" });
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(2);
  expect(keys[3]).toBe("mine");
});

test("a job that the same key has queued before is not brought again", async () => {
  const service = await new Service().listen();
  service.job = jobOf("j", 3, "processing");
  const job = await client(service).submit(
    { pipeline: "novel", files: [fileOf(4 * MB)] },
    { idempotencyKey: "k" },
  );
  expect(job.status).toBe("processing");
  expect(service.puts).toEqual([]);
});

test("an upload that is aborted stops at once, and nothing is asked after it", async () => {
  const timers = new ManualTimers();
  const service = await new Service().listen();
  service.onPut = () => ({ hang: true });
  const abort = new AbortController();
  const outcome = failure(
    client(service, { timers }).submit(
      { pipeline: "novel", files: [fileOf(8 * MB)] },
      { signal: abort.signal },
    ),
  );
  await vi.waitFor(() => expect(service.puts).toHaveLength(3));
  abort.abort();
  expect(await outcome).toMatchObject({ name: "AbortError" });
  expect(timers.waiting).toBe(0);
  const asked = service.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(service.asked).toHaveLength(asked);
});

test("one part that cannot be sent stops the others", async () => {
  const service = await new Service().listen();
  service.onPut = (key) => (key === "0/1" ? { drop: true } : { hang: true });
  await interrupted(client(service).submit({ pipeline: "novel", files: [fileOf(12 * MB)] }));
  expect(service.puts.filter((key) => key !== "0/1")).toHaveLength(2);
});

test("another file than the one that was begun with is refused before anything is sent", async () => {
  const service = await new Service().listen();
  const file = fileOf(4 * MB);
  service.onPut = () => ({ drop: true });
  const { job } = await interrupted(
    client(service).submit({ pipeline: "novel", files: [file] }, { parallelParts: 1 }),
  );
  const before = service.puts.length;
  const changed = { ...file, data: new Blob([file.data.slice(0, file.data.size - 1), "!"]) };
  const shorter = { ...file, data: file.data.slice(1) };
  for (const files of [[changed], [shorter], [], [file, file]]) {
    const error = await failure(client(service).resume(job, files));
    expect(error).toMatchObject({ name: "ApiError", code: "FILE_MISMATCH" });
  }
  expect(service.puts).toHaveLength(before);
});

test("an upload whose start was only not answered is found done", async () => {
  const service = await new Service().listen();
  const file = fileOf(4 * MB);
  service.onStart = () => ({ drop: true });
  const { job } = await interrupted(client(service).submit({ pipeline: "novel", files: [file] }));
  service.job = { ...service.job, status: "processing", version: 3 };
  const before = service.asked.length;
  expect(await client(service).resume(job.job_id, [file])).toMatchObject({ status: "processing" });
  expect(service.asked).toHaveLength(before + 1);
});

test("a file that can no longer be read is told apart from a lost connection", async () => {
  const service = await new Service().listen();
  const gone = {
    size: 4 * MB,
    type: "",
    slice: (start: number, end: number) => ({
      size: end - start,
      slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("changed", "NotReadableError")) }),
    }),
  };
  const unreadable: typeof fetch = (input, init) =>
    init?.method === "PUT" ? Promise.reject(new TypeError("failed")) : fetch(input, init);
  const files = [{ name: "roman.txt", data: gone as unknown as Blob }];
  const error = await failure(
    client(service, { fetch: unreadable }).submit({ pipeline: "novel", files }, { checksum: false }),
  );
  expect(error).toMatchObject({ code: "FILE_UNREADABLE" });
});

/** A browser's request that sends in two halves. */
class FakeXhr extends EventTarget {
  static all: FakeXhr[] = [];
  readonly upload = new EventTarget();
  readonly headers: Record<string, string> = {};
  responseType = "";
  response = new ArrayBuffer(0);
  status = 0;
  statusText = "";
  isAborted = false;
  url = "";

  open(_method: string, url: string) {
    this.url = url;
    FakeXhr.all.push(this);
  }

  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }

  getAllResponseHeaders() {
    return 'content-type: application/json\r\netag: "x"\r\n';
  }

  abort() {
    this.isAborted = true;
    this.#end("abort");
  }

  async send(body: Blob | FormData) {
    const bytes = body instanceof Blob ? body.size : 2_000_400;
    this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded: bytes / 2 }));
    await Promise.resolve();
    if (this.isAborted) return;
    this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded: bytes }));
    const isCreate = this.url.endsWith("/v1/jobs");
    this.status = isCreate ? 202 : 200;
    if (isCreate)
      this.response = new TextEncoder().encode(JSON.stringify(jobOf("small", 1, "queued")))
        .buffer as ArrayBuffer;
    this.#end("load");
  }

  #end(type: string) {
    this.dispatchEvent(new Event(type));
    this.dispatchEvent(new Event("loadend"));
  }
}

function inBrowser() {
  FakeXhr.all = [];
  vi.stubGlobal("XMLHttpRequest", FakeXhr);
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
}

test("in browsers bytes are counted as they are sent", async () => {
  inBrowser();
  const service = await new Service().listen();
  const small: number[] = [];
  const onProgress = ({ sentBytes }: { sentBytes: number }) => small.push(sentBytes);
  expect(
    (await client(service).submit({ pipeline: "novel", files: [fileOf(2 * MB)] }, { onProgress })).job_id,
  ).toBe("small");
  expect(small).toEqual([0, 1_000_200, 2 * MB, 2 * MB]);
  expect(FakeXhr.all[0]?.headers.authorization).toBe("Bearer t");

  const large: number[] = [];
  await client(service).submit(
    { pipeline: "novel", files: [fileOf(4 * MB)] },
    { onProgress: ({ sentBytes }) => large.push(sentBytes), parallelParts: 1 },
  );
  expect([...new Set(large)]).toEqual([0, MB, 2 * MB, 3 * MB, 4 * MB]);
  expect(FakeXhr.all[1]?.headers).toEqual({ "x-signed": "yes" });
});

test("in browsers an aborted upload aborts what is being sent", async () => {
  inBrowser();
  const service = await new Service().listen();
  const abort = new AbortController();
  const outcome = failure(
    client(service).submit(
      { pipeline: "novel", files: [fileOf(4 * MB)] },
      { signal: abort.signal, onProgress: ({ sentBytes }) => sentBytes > 0 && abort.abort() },
    ),
  );
  expect(await outcome).toMatchObject({ name: "AbortError" });
  expect(FakeXhr.all.length).toBeGreaterThan(0);
  expect(FakeXhr.all.every(({ isAborted }) => isAborted)).toBe(true);
});
