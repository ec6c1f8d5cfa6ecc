import type { Job, JobPage } from "@docmill/client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { JobList } from "../src/job-list.js";
import { deferred, ended, fakeClient, makeJob } from "./fake.js";

/** Job number `n`; a higher number is a newer job. */
const numbered = (n: number, change: Partial<Job> = {}) =>
  makeJob({
    job_id: `job-${n}`,
    created_at: new Date(Date.UTC(2026, 10, 21) + n * 1000).toISOString(),
    ...change,
  });

function open(pages: Record<string, JobPage>, filter = {}) {
  const fake = fakeClient();
  fake.jobs.mockImplementation(
    async (asked = {}) => pages[asked.cursor ?? "first"] ?? { jobs: [], next_cursor: null },
  );
  const list = new JobList(fake.client, filter);
  const close = list.subscribe(() => {});
  const ids = () => list.state.jobs.map((job) => job.job_id);
  return { ...fake, list, close, ids, pages };
}

afterEach(() => {
  vi.useRealTimers();
});

const loaded = (list: JobList) => vi.waitFor(() => expect(list.state.isLoading).toBe(false));

describe("a list of jobs", () => {
  it("reads pages and puts new jobs on top as they come", async () => {
    const { list, live, ids } = open({
      first: { jobs: [numbered(5), numbered(4)], next_cursor: "c" },
      c: { jobs: [numbered(3)], next_cursor: null },
    });
    expect(list.state.isLoading).toBe(true);
    await loaded(list);
    expect([ids(), list.state.hasMore]).toEqual([["job-5", "job-4"], true]);
    live.tell(numbered(6));
    expect(ids()).toEqual(["job-6", "job-5", "job-4"]);
    await list.loadMore();
    expect([ids(), list.state.hasMore]).toEqual([["job-6", "job-5", "job-4", "job-3"], false]);
  });

  it("keeps a job of a page that is still to come for that page", async () => {
    const { list, live, ids } = open({
      first: { jobs: [numbered(5)], next_cursor: "c" },
      c: { jobs: [numbered(4), numbered(3)], next_cursor: null },
    });
    await loaded(list);
    live.tell(numbered(3, { version: 50 }));
    expect(ids()).toEqual(["job-5"]);
    await list.loadMore();
    expect(ids()).toEqual(["job-5", "job-4", "job-3"]);
    expect(list.state.jobs[2]?.version).toBe(50);
  });

  it("drops what is not newer", async () => {
    const { list, live } = open({
      first: { jobs: [numbered(1, { version: 9, progress_percent: 70 })], next_cursor: null },
    });
    await loaded(list);
    live.tell(numbered(1, { version: 8, progress_percent: 60 }));
    expect(list.state.jobs[0]?.progress_percent).toBe(70);
    live.tell(numbered(1, { version: 10, progress_percent: 80 }));
    expect(list.state.jobs[0]?.progress_percent).toBe(80);
  });

  it("lets jobs in and out as its filter says", async () => {
    const { list, live, ids } = open(
      { first: { jobs: [numbered(1)], next_cursor: null } },
      { status: "processing", pipeline: "novel" },
    );
    await loaded(list);
    live.tell(numbered(2, { pipeline: "timetable" }));
    live.tell(numbered(3, { status: "queued" }));
    expect(ids()).toEqual(["job-1"]);
    live.tell(numbered(3, { version: 13 }));
    live.tell(ended(numbered(1)));
    expect(ids()).toEqual(["job-3"]);
  });

  it("drops what is gone when it is read again, but not what its index has not got yet", async () => {
    const { list, live, ids, pages } = open({
      first: { jobs: [numbered(3), numbered(2), numbered(1)], next_cursor: null },
    });
    await loaded(list);
    live.tell(numbered(4));
    live.tell(numbered(5, { created_at: new Date().toISOString() }));
    pages.first = { jobs: [numbered(3), numbered(1)], next_cursor: null };
    await list.refresh();
    expect(ids()).toEqual(["job-5", "job-3", "job-1"]);
  });

  it("keeps older pages when the first is read again", async () => {
    const { list, ids } = open({
      first: { jobs: [numbered(5), numbered(4)], next_cursor: "c" },
      c: { jobs: [numbered(3), numbered(2)], next_cursor: "d" },
      d: { jobs: [numbered(1)], next_cursor: null },
    });
    await loaded(list);
    await list.loadMore();
    await list.refresh();
    expect(ids()).toEqual(["job-5", "job-4", "job-3", "job-2"]);
    await list.loadMore();
    expect(ids()).toEqual(["job-5", "job-4", "job-3", "job-2", "job-1"]);
  });

  it("does not show a deleted job again", async () => {
    const { list, live, ids } = open({ first: { jobs: [numbered(2), numbered(1)], next_cursor: null } });
    await loaded(list);
    list.remove("job-2");
    live.tell(numbered(2, { version: 99 }));
    await list.refresh();
    expect(ids()).toEqual(["job-1"]);
  });

  it("tells what failed, keeps what it has, and recovers", async () => {
    const { list, jobs, ids } = open({ first: { jobs: [numbered(1)], next_cursor: null } });
    await loaded(list);
    jobs.mockRejectedValueOnce(new Error("The service is busy."));
    await list.refresh();
    expect([list.state.error?.message, ids()]).toEqual(["The service is busy.", ["job-1"]]);
    await list.refresh();
    expect(list.state.error).toBeNull();
  });

  it("takes the answer of the last question alone", async () => {
    const { list, jobs, ids } = open({});
    await loaded(list);
    const slow = deferred<JobPage>();
    jobs.mockReturnValueOnce(slow.promise).mockResolvedValueOnce({ jobs: [numbered(2)], next_cursor: null });
    const first = list.refresh();
    await list.refresh();
    slow.resolve({ jobs: [numbered(1)], next_cursor: null });
    await first;
    expect(ids()).toEqual(["job-2"]);
    expect(jobs.mock.calls[1]?.[1]?.signal?.aborted).toBe(true);
  });

  it("reads a company's list again from time to time, and stops when nobody looks", async () => {
    vi.useFakeTimers();
    const { jobs, close, live } = open({}, { companyId: "c" });
    await vi.advanceTimersByTimeAsync(31_000);
    expect(jobs).toHaveBeenCalledTimes(3);
    close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(jobs).toHaveBeenCalledTimes(3);
    expect(live.followerCount).toBe(0);
  });
});
