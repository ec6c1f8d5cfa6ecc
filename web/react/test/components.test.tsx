import { ApiError, type Job } from "@docmill/client";
import { act, fireEvent, render, screen, within } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  ConnectionDot,
  JobProgress,
  JobProgressCompact,
  JobProgressModal,
  NotificationCenter,
} from "../src/index.js";
import { deferred, ended, fakeClient, inProvider, makeJob } from "./fake.js";

const NAME = "la-maison-du-port.txt";
const href = (id: string) => `#/jobs/${id}`;
const settle = () => act(async () => {});

function show(element: React.ReactElement, props = {}) {
  const fake = fakeClient();
  return { fake, ...render(element, { wrapper: inProvider(fake, { href, ...props }) }) };
}

describe("JobProgress", () => {
  it("shows a job on its way", () => {
    show(<JobProgress job={makeJob({ attempt: 2 })} />);
    expect(screen.getByRole("heading", { level: 3, name: NAME })).toBeTruthy();
    expect(screen.getByRole("link", { name: NAME }).getAttribute("href")).toBe(href(makeJob().job_id));
    const bar = screen.getByRole("progressbar", { name: `Progress of ${NAME}` });
    expect(bar.getAttribute("aria-valuenow")).toBe("40");
    expect(bar.getAttribute("aria-valuetext")).toBe("40 %, Processing chunks (3/7)");
    for (const text of ["Processing", "Processing chunks (3/7)", "3 of 7 parts", "Attempt 2"]) {
      expect(screen.getByText(text)).toBeTruthy();
    }
  });

  it("shows the end: no bar, how long it took, and what can be done", () => {
    show(<JobProgress job={ended(makeJob(), { outcome: "partial", failed_count: 2 })} />);
    expect(screen.queryByRole("progressbar")).toBeNull();
    expect(screen.getByText("Completed with errors")).toBeTruthy();
    expect(screen.getByText("Took 4.2s")).toBeTruthy();
    expect(screen.getByText("2 parts could not be processed")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /^Cancel/ })).toBeNull();
    expect(screen.getByRole("button", { name: `Retry ${NAME}` })).toBeTruthy();
  });

  it.each([
    [{ reason: "upload", until: null, ahead: null }, "Waits for its files."],
    [{ reason: "queue", until: null, ahead: null }, "Waits in the queue."],
    [{ reason: "tenant_limit", until: null, ahead: 1 }, /1 is ahead/],
    [{ reason: "tenant_limit", until: null, ahead: 99 }, /99 or more are ahead/],
    [{ reason: "provider_cooldown", until: "2026-11-21T10:15:00Z", ahead: null }, /it goes on at/],
  ] satisfies [Job["waiting_for"], string | RegExp][])("says why it waits: %j", (waiting_for, text) => {
    show(<JobProgress job={makeJob({ status: "queued", waiting_for })} />);
    expect(screen.getByText(text)).toBeTruthy();
  });

  it("says what went wrong, with its code", () => {
    const error = { code: "NO_TEXT", message: "There is no text in this document." };
    const failed_chunks = [
      { chunk: 1, label: "pages 1–40", code: "NO_TEXT", message: "No text.", attempts: 3 },
    ];
    const job = ended(makeJob(), { status: "failed", outcome: null, error, failed_chunks, failed_count: 5 });
    show(<JobProgress job={job} />);
    expect(screen.getByText(/There is no text in this document/).textContent).toContain("NO_TEXT");
    expect(screen.getByText(/pages 1–40: No text\./)).toBeTruthy();
    expect(screen.getByText("and 4 more parts")).toBeTruthy();
  });

  it("tells screen readers of stages and the end, not of every number", () => {
    const job = makeJob();
    const fake = fakeClient();
    const { rerender } = render(<JobProgress job={job} />, { wrapper: inProvider(fake) });
    const told = () => screen.getByRole("status").textContent;
    expect(told()).toBe("");
    rerender(
      <JobProgress job={{ ...job, version: 13, stage: "Processing chunks (4/7)", progress_percent: 50 }} />,
    );
    expect(told()).toBe("");
    rerender(<JobProgress job={{ ...job, version: 14, stage: "Merging results", progress_percent: 75 }} />);
    expect(told()).toBe(`${NAME}: Merging results.`);
    rerender(<JobProgress job={ended(job)} />);
    expect(told()).toBe(`${NAME}: Completed.`);
  });

  it("follows a job by its id, says that it loads, and what prevents it", () => {
    const { fake } = show(<JobProgress jobId="x" />);
    expect(screen.getByRole("status").textContent).toBe("Loading…");
    act(() => fake.live.fail("x", new ApiError(404, "There is no such job in your account.")));
    expect(screen.getByRole("alert").textContent).toBe("There is no such job in your account.");
    act(() => fake.live.tell(makeJob({ job_id: "x" })));
    expect(screen.getByRole("progressbar")).toBeTruthy();
  });

  it("cancels, and the keyboard does not lose its place when the button goes", async () => {
    const fake = fakeClient();
    const job = makeJob({ job_id: "x" });
    const answer = deferred<Job>();
    fake.cancel.mockReturnValue(answer.promise);
    render(<JobProgress jobId="x" href={null} />, { wrapper: inProvider(fake) });
    act(() => fake.live.tell(job));
    const button = screen.getByRole("button", { name: `Cancel ${NAME}` });
    act(() => button.focus());
    fireEvent.click(button);
    expect(screen.getByRole("button", { name: `Cancelling… ${NAME}` }).getAttribute("aria-disabled")).toBe(
      "true",
    );
    const cancelled = ended(job, {
      status: "cancelled",
      outcome: null,
      links: { ...job.links, cancel: null },
    });
    await act(async () => answer.resolve(cancelled));
    expect(screen.queryByRole("button")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("heading", { name: NAME }));
  });

  it("does not call the keyboard back from elsewhere", () => {
    const fake = fakeClient();
    const job = makeJob({ job_id: "x" });
    render(<JobProgress jobId="x" href={null} />, { wrapper: inProvider(fake) });
    act(() => fake.live.tell(job));
    const button = screen.getByRole("button", { name: `Cancel ${NAME}` });
    act(() => button.focus());
    fireEvent.pointerDown(document.body);
    act(() => button.blur());
    act(() => fake.live.tell(ended(job)));
    expect(document.activeElement).toBe(document.body);
  });

  it("shows a refusal", async () => {
    const fake = fakeClient();
    fake.retry.mockRejectedValue(new ApiError(402, "This job needs 3 credits; you have 1."));
    render(<JobProgress job={ended(makeJob())} />, { wrapper: inProvider(fake) });
    fireEvent.click(screen.getByRole("button", { name: /^Retry/ }));
    await settle();
    expect(screen.getByRole("alert").textContent).toBe("This job needs 3 credits; you have 1.");
  });

  it("takes other words, other actions, and more below", () => {
    show(
      <JobProgress
        job={makeJob()}
        labels={{ status: { processing: "En cours" } }}
        actions={({ job }) => <button type="button">Stop {job.job_id.length}</button>}
      >
        <a href="#result">Result</a>
      </JobProgress>,
      { labels: { percent: (percent: number) => `${percent} pour cent` }, locale: "fr" },
    );
    expect(screen.getByText("En cours")).toBeTruthy();
    expect(screen.getByText("40 pour cent")).toBeTruthy();
    expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(["Stop 36"]);
    expect(screen.getByRole("link", { name: "Result" })).toBeTruthy();
  });

  it("shows names as text, whatever is in them", () => {
    show(<JobProgress job={makeJob({ label: "<img src=x onerror=alert(1)>" })} />);
    expect(screen.getByRole("heading").textContent).toBe("<img src=x onerror=alert(1)>");
    expect(document.querySelector("img")).toBeNull();
  });
});

describe("JobProgressCompact", () => {
  it("is one line, and silent", () => {
    show(<JobProgressCompact job={makeJob()} />);
    expect(screen.getByRole("progressbar")).toBeTruthy();
    expect(screen.queryByRole("status")).toBeNull();
  });

  it("ends in a word and the reason", () => {
    const error = { code: "X", message: "It broke." };
    show(
      <JobProgressCompact
        job={ended(makeJob(), { status: "failed", outcome: null, error })}
        actions={null}
      />,
    );
    expect(screen.getByText("Failed")).toBeTruthy();
    expect(screen.getByText("It broke.")).toBeTruthy();
    expect(screen.queryByRole("button")).toBeNull();
  });
});

function Opener() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Open
      </button>
      <JobProgressModal job={makeJob()} isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

describe("JobProgressModal", () => {
  it("opens as a modal dialog with a name, and closes by its button", () => {
    const showModal = vi.spyOn(HTMLDialogElement.prototype, "showModal");
    show(<Opener />);
    fireEvent.click(screen.getByRole("button", { name: "Open" }));
    expect(showModal).toHaveBeenCalledTimes(1);
    const dialog = screen.getByRole<HTMLDialogElement>("dialog", { name: "Your job" });
    expect(within(dialog).getByRole("progressbar")).toBeTruthy();
    fireEvent.click(within(dialog).getByRole("button", { name: "Go on in the background" }));
    expect(dialog.open).toBe(false);
    expect(within(dialog).queryByRole("progressbar")).toBeNull();
  });

  it("can be closed before there is a job to show", () => {
    const onClose = vi.fn();
    show(<JobProgressModal jobId="x" isOpen onClose={onClose} />);
    expect(screen.getByRole("status").textContent).toBe("Loading…");
    fireEvent.click(screen.getByRole("button", { name: "Close the dialog" }));
    expect(onClose).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["Escape", (dialog: HTMLElement) => fireEvent(dialog, new Event("cancel", { cancelable: true }))],
    ["a click beside it", (dialog: HTMLElement) => fireEvent.click(dialog)],
    ["the browser", (dialog: HTMLElement) => (dialog as HTMLDialogElement).close()],
  ])("closes by %s", async (_, leave) => {
    show(<Opener />);
    fireEvent.click(screen.getByRole("button", { name: "Open" }));
    const dialog = screen.getByRole<HTMLDialogElement>("dialog");
    fireEvent.click(within(dialog).getByRole("progressbar"));
    expect(dialog.open).toBe(true);
    await act(async () => leave(dialog));
    expect(dialog.open).toBe(false);
  });
});

describe("ConnectionDot", () => {
  it("says in words what its colour shows, and tells of being cut off alone", () => {
    const { fake, container } = show(<ConnectionDot />);
    expect(screen.getByText("Live")).toBeTruthy();
    act(() => fake.live.setMode("polling"));
    expect(screen.getByText("Polling")).toBeTruthy();
    expect(screen.getByRole("status").textContent).toBe("");
    act(() => fake.live.setMode("offline"));
    expect(screen.getByRole("status").textContent).toMatch(/out of date/);
    expect(container.querySelector("[data-mode]")?.getAttribute("data-mode")).toBe("offline");
  });
});

describe("NotificationCenter", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const bell = () => screen.getByRole("button", { name: /^Notifications/ });

  it("counts, lists and marks as read", async () => {
    const { fake } = show(<NotificationCenter toasts={false} />);
    act(() => fake.live.tell(ended(makeJob({ job_id: "a" }))));
    const error = { code: "NO_TEXT", message: "There is no text in it." };
    act(() =>
      fake.live.tell(
        ended(makeJob({ job_id: "b", label: "Contract" }), { status: "failed", outcome: null, error }),
      ),
    );
    await settle();
    expect(bell().getAttribute("aria-label")).toBe("Notifications, 2 unread");
    expect(bell().getAttribute("aria-expanded")).toBe("false");
    fireEvent.click(bell());
    const panel = screen.getByRole("dialog", { name: "Notifications" });
    expect(document.activeElement).toBe(panel);
    expect(bell().getAttribute("aria-label")).toBe("Notifications");
    expect(within(panel).getByText("Document ready!")).toBeTruthy();
    expect(within(panel).getByText("Document failed")).toBeTruthy();
    expect(within(panel).getByText("There is no text in it.")).toBeTruthy();
    expect(within(panel).getAllByText("New")).toHaveLength(2);
    expect(within(panel).getByRole("link", { name: "Contract" }).getAttribute("href")).toBe("#/jobs/b");

    fireEvent.click(within(panel).getByRole("button", { name: "Dismiss Contract" }));
    expect(within(panel).queryByText("Document failed")).toBeNull();
    expect(document.activeElement).toBe(panel);
    fireEvent.click(within(panel).getByRole("button", { name: "Clear all" }));
    expect(within(panel).getByText("No notifications yet")).toBeTruthy();
  });

  it("closes by Escape and gives the keyboard back; a press or focus elsewhere closes it, too", () => {
    show(
      <>
        <NotificationCenter />
        <button type="button">Elsewhere</button>
      </>,
    );
    fireEvent.click(bell());
    fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(bell());
    fireEvent.click(bell());
    act(() => screen.getByRole("button", { name: "Elsewhere" }).focus());
    expect(screen.queryByRole("dialog")).toBeNull();
    fireEvent.click(bell());
    fireEvent.pointerDown(document.body);
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("shows what is new for some seconds, longer while it is held", async () => {
    vi.useFakeTimers();
    const { fake } = show(<NotificationCenter />);
    act(() => fake.live.tell(ended(makeJob())));
    await act(() => vi.advanceTimersByTimeAsync(0));
    const toast = screen.getByText("Document ready!").closest(".docmill-toast") as HTMLElement;
    expect(screen.getByRole("status").textContent).toBe(`Document ready! ${NAME}`);
    fireEvent.pointerEnter(toast);
    await act(() => vi.advanceTimersByTimeAsync(20_000));
    expect(screen.queryByText("Document ready!")).toBeTruthy();
    fireEvent.pointerLeave(toast);
    await act(() => vi.advanceTimersByTimeAsync(9_000));
    expect(screen.queryByText("Document ready!")).toBeNull();
    expect(bell().getAttribute("aria-label")).toBe("Notifications, 1 unread");
  });

  it("asks for browser notifications on a click alone", async () => {
    const requestPermission = vi.fn(async () => "granted");
    const stub = { permission: "default", requestPermission };
    vi.stubGlobal("Notification", stub);
    show(<NotificationCenter />);
    fireEvent.click(bell());
    expect(requestPermission).not.toHaveBeenCalled();
    stub.permission = "granted";
    await act(async () =>
      fireEvent.click(screen.getByRole("button", { name: "Allow browser notifications" })),
    );
    expect(requestPermission).toHaveBeenCalledTimes(1);
    expect(screen.queryByRole("button", { name: "Allow browser notifications" })).toBeNull();
  });

  it("says where they are blocked", () => {
    vi.stubGlobal("Notification", { permission: "denied" });
    show(<NotificationCenter />);
    fireEvent.click(bell());
    expect(screen.getByText("Your browser blocks notifications of this page.")).toBeTruthy();
  });
});
