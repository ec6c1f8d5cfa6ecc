// @vitest-environment happy-dom
import { ApiError, type Docmill, type Job, type SubmitOptions, UploadInterrupted } from "@docmill/client";
import { describe, expect, it, vi } from "vitest";

import { Uploads } from "../src/upload/uploads";

interface Call {
  options: SubmitOptions;
  /** The job exists, before its files are there. */
  create: () => void;
  finish: () => void;
  fail: (error: unknown) => void;
}

const job = (id: string): Job => ({ job_id: id, pipeline: "novel", label: null }) as Job;

/** A client whose calls end when the test says so; an abort rejects, as the real one's do. */
function scripted() {
  const calls: Call[] = [];
  const call = (options: SubmitOptions = {}) =>
    new Promise<Job>((resolve, reject) => {
      const made = job(`j${calls.length + 1}`);
      calls.push({
        options,
        create: () => options.onCreated?.(made),
        finish: () => resolve(made),
        fail: reject,
      });
      options.signal?.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    });
  const client = {
    submit: vi.fn((_: unknown, options?: SubmitOptions) => call(options)),
    resume: vi.fn((_: unknown, __: unknown, options?: SubmitOptions) => call(options)),
    cancel: vi.fn(async (id: string) => job(id)),
  };
  return { uploads: new Uploads(client as unknown as Docmill), client, calls };
}

const submission = (name = "a.txt") => ({ pipeline: "novel", files: [new File(["four"], name)] });
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("uploads", () => {
  it("go two at a time, in their order", async () => {
    const { uploads, calls } = scripted();
    for (const name of ["a", "b", "c"]) uploads.add(submission(name));
    expect(uploads.snapshot().map(({ state }) => state)).toEqual(["sending", "sending", "waiting"]);
    calls[0]?.finish();
    await settled();
    expect(uploads.snapshot().map(({ state }) => state)).toEqual(["done", "sending", "sending"]);
    expect(uploads.snapshot()[0]).toMatchObject({ sentBytes: 4, totalBytes: 4 });
  });

  it("tell of the job as soon as there is one, or why there is none", async () => {
    const { uploads, calls } = scripted();
    const first = uploads.add(submission());
    const second = uploads.add(submission());
    calls[0]?.create();
    await expect(first.accepted).resolves.toMatchObject({ job_id: "j1" });
    calls[1]?.fail(new ApiError(422, "Too short."));
    await expect(second.accepted).rejects.toThrow("Too short.");
    expect(uploads.snapshot()[1]?.state).toBe("failed");
  });

  it("can be paused, and go on with the same job and key", async () => {
    const { uploads, client, calls } = scripted();
    const { id } = uploads.add(submission(), "key-1");
    calls[0]?.create();
    uploads.pause(id);
    await settled();
    expect(uploads.snapshot()[0]).toMatchObject({ state: "interrupted", error: null });
    uploads.resume(id);
    expect(client.resume).toHaveBeenCalledWith(
      expect.objectContaining({ job_id: "j1" }),
      expect.anything(),
      expect.anything(),
    );
    expect(calls[1]?.options.idempotencyKey).toBe("key-1");
    calls[1]?.finish();
    await settled();
    expect(uploads.snapshot()[0]?.state).toBe("done");
  });

  it("go on by themselves when the connection is back, unless somebody has paused them", async () => {
    const { uploads, client, calls } = scripted();
    const leave = uploads.attend();
    const lost = uploads.add(submission("lost"));
    const paused = uploads.add(submission("paused"));
    calls[1]?.create();
    uploads.pause(paused.id);
    calls[0]?.fail(new UploadInterrupted(job("j1"), new Error("No network.")));
    await settled();
    expect(uploads.snapshot().map(({ state }) => state)).toEqual(["interrupted", "interrupted"]);
    dispatchEvent(new Event("online"));
    expect(client.resume).toHaveBeenCalledTimes(1);
    expect(uploads.snapshot().find(({ id }) => id === lost.id)?.state).toBe("sending");
    leave();
  });

  it("are cancelled with their job", async () => {
    const { uploads, client, calls } = scripted();
    const { id } = uploads.add(submission());
    calls[0]?.create();
    await uploads.cancel(id);
    expect(calls[0]?.options.signal?.aborted).toBe(true);
    expect(client.cancel).toHaveBeenCalledWith("j1");
    expect(uploads.snapshot()).toEqual([]);
  });

  it("go on with a job that an earlier page has left", async () => {
    const { uploads, client } = scripted();
    uploads.goOn(job("old"), [new File(["x"], "a.txt")]);
    expect(client.resume).toHaveBeenCalledTimes(1);
    expect(client.submit).not.toHaveBeenCalled();
  });

  it("ask whoever leaves the page while they are under way", async () => {
    const { uploads, calls } = scripted();
    const leave = uploads.attend();
    uploads.add(submission());
    const leaving = () => {
      const event = new Event("beforeunload", { cancelable: true });
      dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(leaving()).toBe(true);
    calls[0]?.finish();
    await settled();
    expect(leaving()).toBe(false);
    leave();
  });
});
