// @vitest-environment happy-dom
import { ApiError, type Docmill } from "@docmill/client";
import { DocmillProvider } from "@docmill/react";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Router } from "wouter";

import { OperatorsView } from "../../src/operators/OperatorsView";
import { SessionContext } from "../../src/session/context";
import type { Session } from "../../src/session/session";
import { usePath, useQueryText } from "../../src/shell/location";
import { job, letter, operations } from "./sample";

// A busy machine takes its time over so large a page.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });

// Drawing wants a canvas; the numbers are looked at in the table, and the drawing in a browser.
vi.mock("../../src/operators/Chart", () => ({ Chart: () => <p>A curve</p> }));

const fake = () => {
  const answers: Record<string, unknown> = {
    "GET /v1/operations": operations(),
    "GET /v1/operations/jobs": { jobs: [job()], next_cursor: null },
    "GET /v1/operations/letters": { letters: [letter()], next_cursor: null },
  };
  const request = vi.fn(async (path: string, options: { method?: string } = {}) => {
    const answer = answers[`${options.method ?? "GET"} ${path.split("?")[0]}`];
    if (answer === undefined) throw new ApiError(404, `Nothing stands at ${path}.`);
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const client = {
    request,
    pipelines: async () => [],
    cancel: vi.fn(async () => ({ status: "cancelled" })),
    retry: vi.fn(async () => ({ attempt: 2 })),
    live: { mode: "live", onMode: () => () => {}, followMine: () => () => {} },
  };
  return { ...client, answers, client: client as unknown as Docmill };
};

type Fake = ReturnType<typeof fake>;

function show({ client }: Fake, { isOperator = true, at = "#/operators" } = {}) {
  location.hash = at;
  const user = { id: "me", name: "me@example.com", isOperator };
  return render(
    <MantineProvider env="test">
      <SessionContext value={{ session: {} as Session, user }}>
        <QueryClientProvider client={new QueryClient()}>
          <DocmillProvider client={client}>
            <Router hook={usePath} searchHook={useQueryText}>
              <OperatorsView />
            </Router>
          </DocmillProvider>
        </QueryClientProvider>
      </SessionContext>
    </MantineProvider>,
  );
}

const asked = (given: Fake, what: string) =>
  given.request.mock.calls.filter(([path]) => path.startsWith(what)).length;

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the overview", () => {
  it("shows each figure with its source", async () => {
    show(fake());
    expect(screen.getByText("Reading the figures…")).toBeTruthy();
    const queues = await screen.findByRole("table", { name: "Queues" });
    expect(within(queues).getByRole("row", { name: /^Normal 1,284 8 2 1 min 14 s 0$/ })).toBeTruthy();
    const open = screen.getByRole("table", { name: "Open jobs" });
    expect(within(open).getByRole("row", { name: "timetable 2 1 2 5" })).toBeTruthy();
    const running = screen.getByRole("table", { name: "Running" });
    expect(within(running).getByText("ran out 5 s ago")).toBeTruthy();
    expect(within(running).getAllByText("4f1b9ac07e52")).toHaveLength(3);
    const tiles = screen.getAllByRole("listitem").slice(0, 8);
    for (const tile of tiles) expect(within(tile).getByRole("button", { name: /^Source of/ })).toBeTruthy();

    const source = screen.getByRole("button", { name: "Source of queue figures" });
    source.focus();
    fireEvent.click(source);
    expect(await screen.findByText("Read from SQS a moment ago; its counts are approximate.")).toBeTruthy();
  });

  it("has a table for each curve", async () => {
    show(fake());
    await screen.findByText("A curve");
    fireEvent.click(screen.getByRole("radio", { name: "Processing time" }));
    fireEvent.click(screen.getByRole("button", { name: "Show as a table" }));
    const table = screen.getByRole("table", { name: "Processing time, by hour" });
    expect(
      within(table)
        .getAllByRole("columnheader")
        .map((cell) => cell.textContent),
    ).toEqual(["Hour from", "p50", "p95", "p99"]);
    expect(within(table).getAllByRole("row").length).toBeGreaterThan(10);
  });

  it("says what is off in the accounts", async () => {
    const given = fake();
    const { accounting } = operations();
    given.answers["GET /v1/operations"] = operations({
      accounting: { ...accounting, balanced: false, wrong: ["user-7"] },
    });
    show(given);
    expect(await screen.findByText("1 balance not what the ledger says")).toBeTruthy();
    expect(screen.getByText("user-7")).toBeTruthy();
  });

  it("is calm where there is nothing", async () => {
    const given = fake();
    const empty = operations({
      running: { slots: [], total: 0, complete: true },
      open: { jobs: 0, by_status: {}, by_pipeline: {}, complete: true },
      failures: { last_24_hours: [], last_30_days: [] },
      letters: { open: 0, complete: true },
    });
    empty.hours = empty.hours.map((hour) => ({ ...hour, completed: 0, failed: 0, cancelled: 0, expired: 0 }));
    given.answers["GET /v1/operations"] = empty;
    show(given);
    for (const text of [
      "No job is open",
      "Nobody works at the moment",
      "Nothing failed",
      "Nothing to deal with",
      "Nothing ended in these hours",
    ]) {
      expect(await screen.findByText(text)).toBeTruthy();
    }
  });

  it("is read again every five seconds while somebody looks", async () => {
    vi.useFakeTimers();
    const given = fake();
    show(given);
    await act(() => vi.advanceTimersByTimeAsync(100));
    expect(asked(given, "/v1/operations")).toBe(1);
    await act(() => vi.advanceTimersByTimeAsync(10_100));
    expect(asked(given, "/v1/operations")).toBe(3);
  });

  it("keeps the last figures when they cannot be read, and says how old they are", async () => {
    vi.useFakeTimers();
    const given = fake();
    show(given);
    await act(() => vi.advanceTimersByTimeAsync(100));
    given.answers["GET /v1/operations"] = new ApiError(503, "The service is busy.");
    await act(() => vi.advanceTimersByTimeAsync(10_000));
    expect(screen.getByText(/These figures are from .* The service is busy\./)).toBeTruthy();
    expect(screen.getByRole("table", { name: "Queues" })).toBeTruthy();
  });

  it("says why there are none, and tries again", async () => {
    const given = fake();
    given.answers["GET /v1/operations"] = new ApiError(422, "This does not work.");
    show(given);
    expect(await screen.findByText("The figures could not be read")).toBeTruthy();
    given.answers["GET /v1/operations"] = operations();
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("table", { name: "Queues" })).toBeTruthy();
  });

  it("asks nothing for somebody who is no operator", async () => {
    const given = fake();
    show(given, { isOperator: false });
    expect(screen.getByText("This is for operators")).toBeTruthy();
    expect(given.request).not.toHaveBeenCalled();
  });

  it("believes the service, not the token", async () => {
    const given = fake();
    given.answers["GET /v1/operations"] = new ApiError(403, "You may not do this.");
    show(given);
    expect(await screen.findByText("This is for operators")).toBeTruthy();
  });
});

describe("jobs", () => {
  const confirm = async (open: string, action: string) => {
    fireEvent.click(await screen.findByRole("button", { name: open }));
    const dialog = await screen.findByRole("dialog");
    fireEvent.click(within(dialog).getByRole("button", { name: action }));
  };

  it("are cancelled after a question that says what happens", async () => {
    const given = fake();
    show(given, { at: "#/operators?tab=jobs" });
    fireEvent.click(await screen.findByRole("button", { name: `Cancel job ${job().job_id}` }));
    const dialog = await screen.findByRole("dialog", { name: "Cancel this job?" });
    expect(dialog.textContent).toMatch(/credits for it go back to the owner/);
    expect(dialog.textContent).toMatch(/audit trail/);
    fireEvent.click(within(dialog).getByRole("button", { name: "Leave it" }));
    expect(given.cancel).not.toHaveBeenCalled();
    const before = asked(given, "/v1/operations/jobs");
    await confirm(`Cancel job ${job().job_id}`, "Cancel the job");
    expect(await screen.findByText("The job was cancelled.")).toBeTruthy();
    expect(given.cancel).toHaveBeenCalledWith(job().job_id);
    await waitFor(() => expect(asked(given, "/v1/operations/jobs")).toBeGreaterThan(before));
  });

  it("are requeued, and what was done is told", async () => {
    const given = fake();
    const id = job().job_id;
    given.answers[`POST /v1/jobs/${id}/requeue`] = {
      job_id: id,
      did: "nothing",
      detail: "Somebody works on it.",
    };
    show(given, { at: "#/operators?tab=jobs" });
    await confirm(`Requeue job ${id}`, "Requeue the job");
    expect(await screen.findByText("Somebody works on it.")).toBeTruthy();
  });

  it("show why a retry was refused, in the dialog", async () => {
    const given = fake();
    given.answers["GET /v1/operations/jobs"] = {
      jobs: [job({ status: "failed", error_code: "NO_TEXT", acts: ["retry"] })],
      next_cursor: null,
    };
    given.retry.mockRejectedValue(new ApiError(402, "This job needs 3 credits; its owner has 1."));
    show(given, { at: "#/operators?tab=jobs" });
    await confirm(`Retry job ${job().job_id}`, "Retry the job");
    const dialog = await screen.findByRole("dialog");
    expect((await within(dialog).findByRole("alert")).textContent).toMatch(/its owner has 1/);
  });

  it("are read by pages and by filter", async () => {
    const given = fake();
    const older = job({ job_id: "019aa5a2-0000-7d4e-9b0a-52c1de80f6a1" });
    given.request.mockImplementation(async (path: string) => {
      if (path.includes("cursor=c1")) return { jobs: [older], next_cursor: null };
      return path.includes("/jobs") ? { jobs: [job()], next_cursor: "c1" } : operations();
    });
    show(given, { at: "#/operators?tab=jobs" });
    fireEvent.click(await screen.findByRole("button", { name: "Show older jobs" }));
    await waitFor(() =>
      expect(given.request.mock.calls.some(([path]) => path.includes("cursor=c1"))).toBe(true),
    );
    fireEvent.change(screen.getByLabelText("Status"), { target: { value: "failed" } });
    await waitFor(() =>
      expect(given.request.mock.calls.some(([path]) => path.includes("status=failed"))).toBe(true),
    );
  });
});

describe("dead letters", () => {
  it("are counted on the tab, redriven and discarded", async () => {
    const given = fake();
    const path = `POST /v1/operations/letters/${letter().id}`;
    given.answers[`${path}/redrive`] = letter({ state: "redriven" });
    given.answers[`${path}/discard`] = letter({ state: "discarded" });
    show(given);
    const tab = await screen.findByRole("tab", { name: /Dead letters/ });
    await waitFor(() => expect(within(tab).getByLabelText("2 open")).toBeTruthy());
    fireEvent.click(tab);
    for (const [button, action, told] of [
      ["Redrive", "Redrive it", "The dead letter was redriven."],
      ["Discard", "Discard it", "The dead letter was discarded."],
    ] as const) {
      fireEvent.click(await screen.findByRole("button", { name: `${button} letter ${letter().id}` }));
      fireEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: action }));
      expect(await screen.findByText(told)).toBeTruthy();
    }
  });

  it("of old say who dealt with them", async () => {
    const given = fake();
    given.answers["GET /v1/operations/letters"] = {
      letters: [letter({ state: "discarded", settled_at: "2026-11-21T10:00:00Z", settled_by: "operator-1" })],
      next_cursor: null,
    };
    show(given, { at: "#/operators?tab=letters" });
    expect(await screen.findByText("Discarded")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /^Redrive/ })).toBeNull();
  });
});
