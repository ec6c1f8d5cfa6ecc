// The client against a whole stack: the one that DOCMILL_STACK_ENV names.

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type ConnectionMode, Docmill, type Job, UploadInterrupted } from "../src/index.js";

const settingsFile = process.env.DOCMILL_STACK_ENV;
const isRequired = process.env.DOCMILL_SYSTEM_TESTS === "required";

test.runIf(isRequired)("a stack is named where these tests are required", () => {
  expect(settingsFile, "DOCMILL_STACK_ENV").toBeTruthy();
});

/** `NAME=value` or `export NAME='value'`, a line each. */
function settingsIn(text: string): Map<string, string> {
  const lines = text.matchAll(/^(?:export )?(\w+)='?([^'\n]*)'?$/gm);
  return new Map(Array.from(lines, ([, name, value]) => [name ?? "", value ?? ""]));
}

/** So many lines of French, each of 58 bytes. */
function prose(lines: number): Blob {
  return new Blob(["La mer montait lentement, et le vent ne disait plus rien.\n".repeat(lines)], {
    type: "text/plain",
  });
}

const LINE_BYTES = prose(1).size;

describe.runIf(settingsFile)("against a stack", { timeout: 120_000 }, () => {
  const open: Docmill[] = [];
  let settings = new Map<string, string>();

  const docmill = (options: Partial<ConstructorParameters<typeof Docmill>[0]> = {}): Docmill => {
    const client = new Docmill({
      baseUrl: `${settings.get("DOCMILL_URL")}/`,
      token: settings.get("DOCMILL_TOKEN") ?? "",
      WebSocket,
      ...options,
    });
    open.push(client);
    return client;
  };

  const watched = async (client: Docmill, id: string): Promise<Job[]> => {
    const seen: Job[] = [];
    for await (const job of client.watch(id)) seen.push(job);
    return seen;
  };

  const expectGrowing = (jobs: Job[]) => {
    const versions = jobs.map((job) => job.version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  };

  beforeAll(async () => {
    settings = settingsIn(await readFile(settingsFile ?? "", "utf8"));
  });

  afterAll(() => {
    for (const client of open) client.live.close();
  });

  test("the sample book is submitted, watched to its end and read", async () => {
    const client = docmill();
    const data = new Blob([
      await readFile(new URL("../../../samples/le-phare-de-kermor.txt", import.meta.url)),
    ]);
    const progress: number[] = [];
    const job = await client.submit(
      {
        pipeline: "novel",
        files: [{ name: "le-phare-de-kermor.txt", data, type: "text/plain" }],
        label: "Kermor",
      },
      { onProgress: ({ sentBytes }) => progress.push(sentBytes) },
    );
    expect(progress.at(-1)).toBe(data.size);
    const jobs = await watched(client, job.job_id);
    expectGrowing(jobs);
    const last = jobs.at(-1);
    expect(last).toMatchObject({ status: "completed", progress_percent: 100, label: "Kermor" });
    expect(last?.formats).toContain("csv");
    expect(last?.links.result).toBeTruthy();
    const csv = await (await client.result(job.job_id, { format: "csv" })).text();
    expect(csv.split("\n").length).toBeGreaterThan(10);
  });

  test.each(["live", "stream", "polling"] as const)(
    "while its connection is %s, a job is watched",
    async (mode) => {
      const client = docmill(mode === "live" ? {} : { WebSocket: null });
      if (mode === "polling") {
        client.url = () => {
          throw new TypeError("no streams here");
        };
      }
      const file = { name: "mer.txt", data: prose(Math.ceil(4_000_000 / LINE_BYTES)) };
      const job = await waiting(client, file);
      const watching = watched(client, job.job_id);
      await inMode(client, mode);
      await client.resume(job, [file]);
      const jobs = await watching;
      expectGrowing(jobs);
      expect(jobs[0]?.status).toBe("awaiting_upload");
      expect(jobs.at(-1)).toMatchObject({ status: "completed", progress_percent: 100 });
      expect(jobs.at(-1)?.formats).toContain("csv");
    },
  );

  test("a job is cancelled, and what follows it hears of that", async () => {
    const client = docmill();
    const file = { name: "mer.txt", data: prose(Math.ceil(4_000_000 / LINE_BYTES)) };
    const { job_id } = await waiting(client, file);
    const watching = watched(client, job_id);
    const answer = await client.cancel(job_id);
    expect(["cancelled", "awaiting_upload"]).toContain(answer.status);
    expect((await watching).at(-1)?.status).toBe("cancelled");
    await client.delete(job_id);
    await expect(client.job(job_id)).rejects.toMatchObject({ status: 404, code: "JOB_NOT_FOUND" });
    await expect(watched(client, job_id)).rejects.toMatchObject({ status: 404 });
  });

  test("a large file goes in parts, and after a lost connection only what is missing", async () => {
    // Whether it can be read is not what this is about.
    const data = new Blob(["%PDF-1.7\n", prose(Math.ceil(18_000_000 / LINE_BYTES))]);
    const file = { name: "longue-mer.pdf", data, type: "application/pdf" };
    const puts: string[] = [];
    let isBroken = true;
    const flaky: typeof fetch = async (input, init) => {
      if (init?.method === "PUT") {
        const part = new URL(String(input)).searchParams.get("partNumber") ?? "?";
        if (isBroken && part === "2") throw new TypeError("network down");
        puts.push(part);
      }
      return fetch(input, init);
    };
    const client = docmill({ fetch: flaky, random: () => 0 });
    const progress: number[] = [];
    const outcome = await client
      .submit(
        { pipeline: "novel", files: [file] },
        { onProgress: ({ sentBytes }) => progress.push(sentBytes), parallelParts: 1 },
      )
      .catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(UploadInterrupted);
    expect(puts).toEqual(["1"]);
    isBroken = false;
    const { job } = outcome as UploadInterrupted;
    const other = { ...file, data: file.data.slice(1) };
    await expect(client.resume(job, [other])).rejects.toMatchObject({ code: "FILE_MISMATCH" });
    const queued = await client.resume(job, [file], {
      onProgress: ({ sentBytes }) => progress.push(sentBytes),
    });
    expect(puts).toEqual(["1", "2", "3"]);
    expect(progress.at(-1)).toBe(file.data.size);
    expect(queued.files?.[0]).toMatchObject({
      size: file.data.size,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expectGrowing(await watched(client, job.job_id));
  });

  test("bytes are counted while a part is sent", async () => {
    const client = docmill();
    const file = { name: "mer.txt", data: prose(Math.ceil(9_000_000 / LINE_BYTES)) };
    const progress: number[] = [];
    const job = await client.submit(
      { pipeline: "novel", files: [file] },
      { onProgress: (now) => progress.push(now.sentBytes) },
    );
    const between = progress.filter((bytes) => bytes > 0 && bytes < file.data.size);
    expect(between.length).toBeGreaterThan(3);
    await client.cancel(job.job_id).catch(() => {});
    expect((await watched(client, job.job_id)).length).toBeGreaterThan(0);
  });
});

/** A job that waits for its file. */
async function waiting(client: Docmill, file: { name: string; data: Blob }): Promise<Job> {
  let created: Job | null = null;
  const abort = new AbortController();
  const stopped = client.submit(
    { pipeline: "novel", files: [file] },
    {
      signal: abort.signal,
      onCreated: (job) => {
        created = job;
        abort.abort();
      },
    },
  );
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  return created as unknown as Job;
}

function inMode(client: Docmill, wanted: ConnectionMode): Promise<void> {
  return new Promise((resolve) => {
    if (client.live.mode === wanted) resolve();
    client.live.onMode((mode) => mode === wanted && resolve());
  });
}
