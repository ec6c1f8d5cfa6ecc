import { ApiError, type Job, UploadInterrupted } from "@docmill/client";
import { act, renderHook, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { useConnection, useDocmill, useJob, useJobs, useUpload } from "../src/index.js";
import { deferred, ended, endedByEvent, fakeClient, inProvider, makeJob } from "./fake.js";

const notFound = new ApiError(404, "There is no such job in your account.", { code: "JOB_NOT_FOUND" });

describe("useJob", () => {
  it("follows a job and lets go of it", () => {
    const fake = fakeClient();
    const job = makeJob();
    const { result, unmount } = renderHook(() => useJob(job.job_id), { wrapper: inProvider(fake) });
    expect(result.current.isLoading).toBe(true);
    act(() => fake.live.tell(job));
    expect([result.current.isLoading, result.current.job?.progress_percent]).toEqual([false, 40]);
    act(() => fake.live.tell({ ...job, version: 11, progress_percent: 10 }));
    expect(result.current.job?.progress_percent).toBe(40);
    act(() => fake.live.tell({ ...job, version: 13, progress_percent: 60 }));
    expect(result.current.job?.progress_percent).toBe(60);
    unmount();
    expect(fake.live.followerCount).toBe(0);
  });

  it("keeps the details of the attempt that news leave out, not those of another", () => {
    const fake = fakeClient();
    const job = makeJob({ files: [], failed_chunks: [] });
    const { result } = renderHook(() => useJob(job.job_id), { wrapper: inProvider(fake) });
    act(() => fake.live.tell(job));
    act(() => fake.live.tell(makeJob({ version: 13 })));
    expect(result.current.job?.files).toEqual([]);
    act(() => fake.live.tell(makeJob({ version: 14, attempt: 2 })));
    expect(result.current.job?.failed_chunks).toBeUndefined();
  });

  it("shows what became of a job as soon as it is read, after its event", () => {
    const fake = fakeClient();
    const job = makeJob({ files: [] });
    const { result } = renderHook(() => useJob(job.job_id), { wrapper: inProvider(fake) });
    act(() => fake.live.tell(job));
    act(() => fake.live.tell(endedByEvent(job), false));
    expect([result.current.job?.status, result.current.job?.outcome]).toEqual(["completed", null]);
    act(() => fake.live.tell(ended(job, { outcome: "partial" })));
    expect(result.current.job?.outcome).toBe("partial");
    act(() => fake.live.tell(endedByEvent(job), false));
    expect(result.current.job?.outcome).toBe("partial");
  });

  it("shows a job that cannot be read at the moment, but not one that is gone", () => {
    const fake = fakeClient();
    const job = makeJob();
    const { result } = renderHook(() => useJob(job.job_id), { wrapper: inProvider(fake) });
    act(() => fake.live.tell(job));
    act(() => fake.live.fail(job.job_id, new ApiError(503, "The service is busy.")));
    expect([result.current.job, result.current.error?.message]).toEqual([job, "The service is busy."]);
    act(() => fake.live.fail(job.job_id, notFound));
    expect([result.current.job, result.current.error]).toEqual([null, notFound]);
  });

  it("tells why there is no job, and shows it once there is", () => {
    const fake = fakeClient();
    const { result } = renderHook(() => useJob("x"), { wrapper: inProvider(fake) });
    act(() => fake.live.fail("x", notFound));
    expect([result.current.error, result.current.isLoading]).toEqual([notFound, false]);
    act(() => fake.live.tell(makeJob({ job_id: "x" })));
    expect([result.current.error, result.current.job?.job_id]).toEqual([null, "x"]);
  });

  it("shows nothing of one job under the name of another", async () => {
    const fake = fakeClient();
    const late = deferred<Job>();
    fake.job.mockReturnValueOnce(late.promise);
    const { result, rerender } = renderHook(({ id }) => useJob(id), {
      initialProps: { id: "a" as string | null },
      wrapper: inProvider(fake),
    });
    act(() => fake.live.tell(makeJob({ job_id: "a" })));
    let refreshing: Promise<void> | undefined;
    act(() => {
      refreshing = result.current.refresh();
    });
    rerender({ id: "b" });
    expect([result.current.job, result.current.isLoading]).toEqual([null, true]);
    act(() => fake.live.tell(makeJob({ job_id: "b" })));
    await act(async () => {
      late.resolve(makeJob({ job_id: "a", version: 99 }));
      await refreshing;
    });
    expect(result.current.job?.job_id).toBe("b");
    rerender({ id: null });
    expect([result.current.job, result.current.isLoading]).toEqual([null, false]);
  });

  it("cancels once for two clicks, and shows the answer", async () => {
    const fake = fakeClient();
    const answer = deferred<Job>();
    fake.cancel.mockReturnValue(answer.promise);
    const job = makeJob();
    const { result } = renderHook(() => useJob(job.job_id), { wrapper: inProvider(fake) });
    act(() => fake.live.tell(job));
    act(() => {
      void result.current.cancel();
      void result.current.cancel();
    });
    expect([result.current.pending, fake.cancel.mock.calls.length]).toEqual(["cancel", 1]);
    await act(async () =>
      answer.resolve({ ...job, version: 13, cancel_requested_at: "2026-11-21T10:16:00Z" }),
    );
    expect(result.current.pending).toBeNull();
    expect(result.current.job?.cancel_requested_at).not.toBeNull();
  });

  it("tells of a refusal and looks the job up again", async () => {
    const fake = fakeClient();
    const job = makeJob();
    fake.cancel.mockRejectedValue(
      new ApiError(409, "The job is over: it is completed.", { code: "JOB_FINISHED" }),
    );
    fake.job.mockResolvedValue(ended(job));
    const { result } = renderHook(() => useJob(job.job_id), { wrapper: inProvider(fake) });
    act(() => fake.live.tell(job));
    await act(() => result.current.cancel());
    expect(result.current.actionError?.message).toMatch(/over/);
    await waitFor(() => expect(result.current.job?.status).toBe("completed"));
  });
});

describe("useJobs", () => {
  it("lists by a filter that is written in place, asking once", async () => {
    const fake = fakeClient();
    fake.jobs.mockResolvedValue({ jobs: [makeJob()], next_cursor: null });
    const { result, rerender } = renderHook(({ pipeline }) => useJobs({ pipeline }), {
      initialProps: { pipeline: "novel" },
      wrapper: inProvider(fake),
    });
    await waitFor(() => expect(result.current.jobs).toHaveLength(1));
    rerender({ pipeline: "novel" });
    expect(fake.jobs).toHaveBeenCalledTimes(1);
    rerender({ pipeline: "timetable" });
    expect([result.current.jobs, result.current.isLoading]).toEqual([[], true]);
    await waitFor(() => expect(fake.jobs).toHaveBeenCalledTimes(2));
    expect(fake.jobs.mock.calls[1]?.[0]).toEqual({ pipeline: "timetable" });
  });
});

describe("useConnection", () => {
  it("says how news come", () => {
    const fake = fakeClient();
    const { result } = renderHook(() => useConnection(), { wrapper: inProvider(fake) });
    expect(result.current).toBe("live");
    act(() => fake.live.setMode("polling"));
    expect(result.current).toBe("polling");
  });
});

describe("without a provider", () => {
  it("hooks say what is missing", () => {
    expect(() => renderHook(() => useDocmill())).toThrow(/DocmillProvider/);
  });
});

describe("useUpload", () => {
  const submission = { pipeline: "novel", files: [{ name: "a.txt", data: new Blob(["abc"]) }] };
  const render = (fake = fakeClient()) => ({
    fake,
    ...renderHook(() => useUpload(), { wrapper: inProvider(fake) }),
  });

  it("shows how far it is and what it came to", async () => {
    const answer = deferred<Job>();
    const { fake, result } = render();
    fake.submit.mockReturnValue(answer.promise);
    let uploading: Promise<Job | null> | undefined;
    act(() => {
      uploading = result.current.upload(submission);
    });
    expect(result.current.state).toBe("uploading");
    act(() => fake.submit.mock.calls[0]?.[1]?.onProgress?.({ sentBytes: 2, totalBytes: 3 }));
    expect([result.current.sentBytes, result.current.totalBytes]).toEqual([2, 3]);
    const job = makeJob();
    await act(async () => answer.resolve(job));
    expect(await uploading).toBe(job);
    expect([result.current.state, result.current.job]).toEqual(["done", job]);
  });

  it("begins no second upload while one is on its way", async () => {
    const { fake, result } = render();
    fake.submit.mockReturnValue(new Promise(() => {}));
    act(() => void result.current.upload(submission));
    await act(async () => expect(await result.current.upload(submission)).toBeNull());
    expect(fake.submit).toHaveBeenCalledTimes(1);
  });

  it("goes on with what was interrupted", async () => {
    const { fake, result } = render();
    const job = makeJob({ status: "awaiting_upload" });
    fake.submit.mockRejectedValue(new UploadInterrupted(job, new Error("offline")));
    await act(async () => expect(await result.current.upload(submission)).toBeNull());
    expect([result.current.state, result.current.job]).toEqual(["interrupted", job]);
    await act(() => result.current.resume());
    expect(fake.resume.mock.calls[0]?.slice(0, 2)).toEqual([job, submission.files]);
    expect(result.current.state).toBe("done");
  });

  it("tries again under the same key when nothing is known of a job", async () => {
    const { fake, result } = render();
    fake.submit.mockRejectedValueOnce(new ApiError(0, "The service cannot be reached."));
    await act(() => result.current.upload(submission));
    expect([result.current.state, result.current.error?.message]).toEqual([
      "failed",
      "The service cannot be reached.",
    ]);
    await act(() => result.current.resume());
    const keys = fake.submit.mock.calls.map((call) => call[1]?.idempotencyKey);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(result.current.state).toBe("done");
  });

  it.each([
    ["before there is a job", false, "idle"],
    ["when there is a job", true, "interrupted"],
  ])("stops %s", async (_, hasJob, state) => {
    const { fake, result } = render();
    fake.submit.mockImplementation(
      (_submission, options) =>
        new Promise((_resolve, reject) => {
          if (hasJob) options?.onCreated?.(makeJob({ status: "awaiting_upload" }));
          options?.signal?.addEventListener("abort", () => reject(options.signal?.reason));
        }),
    );
    let uploading: Promise<Job | null> | undefined;
    act(() => {
      uploading = result.current.upload(submission);
    });
    await act(async () => {
      result.current.abort();
      await uploading;
    });
    expect([result.current.state, result.current.error]).toEqual([state, null]);
  });

  it("forgets an upload, whatever still comes of it", async () => {
    const answer = deferred<Job>();
    const { fake, result } = render();
    fake.submit.mockReturnValue(answer.promise);
    act(() => void result.current.upload(submission));
    act(() => result.current.reset());
    await act(async () => answer.resolve(makeJob()));
    expect([result.current.state, result.current.job]).toEqual(["idle", null]);
  });
});
