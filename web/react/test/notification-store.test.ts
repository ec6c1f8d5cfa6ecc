import type { Live } from "@docmill/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Book } from "../src/notifications/book.js";
import { parseBook } from "../src/notifications/book.js";
import { forgetNotifications, type Shelf } from "../src/notifications/shelf.js";
import { NotificationStore } from "../src/notifications/store.js";
import { ended, endedByEvent, FakeLive, makeJob } from "./fake.js";

/** Storage and channel of one browser; each tab takes a shelf of its own. */
class FakeBrowser {
  kept: string | null = null;
  beforeTelling = () => {};
  #tabs = new Map<symbol, (book: Book) => void>();
  #lock: Promise<unknown> = Promise.resolve();

  shelf(): Shelf {
    const me = Symbol("tab");
    return {
      read: () => (this.kept === null ? null : parseBook(JSON.parse(this.kept))),
      write: (book) => {
        this.kept = JSON.stringify(book);
      },
      send: (book) => {
        this.beforeTelling();
        for (const [tab, listener] of this.#tabs) if (tab !== me) listener(JSON.parse(JSON.stringify(book)));
      },
      listen: (listener) => {
        this.#tabs.set(me, listener);
        return () => this.#tabs.delete(me);
      },
      exclusively: (work) => {
        const done = this.#lock.then(work);
        this.#lock = done;
        return done;
      },
    };
  }

  tab(live = new FakeLive()) {
    const store = new NotificationStore(live as unknown as Live, "me", this.shelf());
    const close = store.subscribe(() => {});
    return { live, store, close };
  }
}

let visibility: DocumentVisibilityState = "visible";
const shown: {
  title: string;
  options: NotificationOptions | undefined;
  instance: { onclick: (() => void) | null };
}[] = [];

beforeEach(() => {
  visibility = "visible";
  shown.length = 0;
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
  vi.stubGlobal(
    "Notification",
    class {
      static permission = "granted";
      static requestPermission = async () => "granted";
      onclick: (() => void) | null = null;
      close() {}
      constructor(title: string, options?: NotificationOptions) {
        shown.push({ title, options, instance: this });
      }
    },
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe("notifications", () => {
  it("tell of a job's end once, however often the news comes", async () => {
    const { live, store } = new FakeBrowser().tab();
    const job = makeJob();
    live.tell(job);
    live.tell(ended(job));
    live.tell(ended(job, { version: 20 }));
    await settle();
    expect(store.state.items).toHaveLength(1);
    expect(store.state.unread).toBe(1);
    expect(store.state.toasts).toHaveLength(1);
  });

  it("wait for what became of a job, which comes after the event of its end", () => {
    const { live, store } = new FakeBrowser().tab();
    const [partial, cancelled] = [makeJob({ job_id: "a" }), makeJob({ job_id: "b" })];
    for (const job of [partial, cancelled]) live.tell(job);
    live.tell(endedByEvent(partial), false);
    live.tell(endedByEvent(cancelled, "cancelled"), false);
    expect(store.state.items).toHaveLength(0);
    live.tell(ended(partial, { outcome: "partial" }));
    live.tell(ended(cancelled, { status: "cancelled", outcome: null, cancelled_by: "an operator" }));
    expect(store.state.items.map((item) => item.outcome).sort()).toEqual(["cancelled", "partial"]);
  });

  it("tell of the next attempt, too", () => {
    const { live, store } = new FakeBrowser().tab();
    const job = makeJob();
    live.tell(
      ended(job, { status: "failed", error: { code: "NO_TEXT", message: "There is no text in it." } }),
    );
    live.tell(makeJob({ attempt: 2, version: 20 }));
    live.tell(ended(makeJob({ attempt: 2, version: 30 })));
    expect(store.state.items.map((item) => item.outcome).sort()).toEqual(["failed", "ready"]);
    expect(store.state.items.find((item) => item.outcome === "failed")?.message).toBe(
      "There is no text in it.",
    );
  });

  it("say nothing of jobs that were over before", () => {
    const { live, store } = new FakeBrowser().tab();
    live.tell(ended(makeJob(), { completed_at: "2020-01-01T00:00:00Z" }));
    expect(store.state.items).toHaveLength(0);
  });

  it("survive a reload, and what ended meanwhile is told", () => {
    const browser = new FakeBrowser();
    const before = browser.tab();
    before.live.tell(ended(makeJob({ job_id: "a" })));
    before.store.markRead();
    before.close();
    const after = browser.tab();
    expect(after.store.state.items.map((item) => [item.jobId, item.isRead])).toEqual([["a", true]]);
    after.live.tell(ended(makeJob({ job_id: "a" })));
    after.live.tell(
      ended(makeJob({ job_id: "b" }), { completed_at: new Date(Date.now() + 1000).toISOString() }),
    );
    expect(after.store.state.items.map((item) => item.jobId)).toEqual(["b", "a"]);
  });

  it("are the same in two tabs, which show a toast once and agree on what is read", async () => {
    const browser = new FakeBrowser();
    const [one, two] = [browser.tab(), browser.tab()];
    for (const tab of [one, two]) tab.live.tell(makeJob());
    for (const tab of [one, two]) tab.live.tell(ended(makeJob()));
    await settle();
    expect(one.store.state.items).toEqual(two.store.state.items);
    expect(one.store.state.items).toHaveLength(1);
    expect(one.store.state.toasts.length + two.store.state.toasts.length).toBe(1);
    two.store.markRead();
    expect(one.store.state.unread).toBe(0);
    expect(one.store.state.toasts.length + two.store.state.toasts.length).toBe(0);
    one.store.clear();
    expect(two.store.state.items).toHaveLength(0);
    two.live.tell(ended(makeJob(), { version: 40 }));
    expect(two.store.state.items).toHaveLength(0);
  });

  it("mend what two tabs wrote at once", () => {
    const browser = new FakeBrowser();
    const [one, two] = [browser.tab(), browser.tab()];
    one.live.tell(ended(makeJob({ job_id: "a" })));
    const onlyA = browser.kept;
    two.live.tell(ended(makeJob({ job_id: "b" })));
    // The storage has lost what the second tab wrote; the next change brings it back.
    browser.kept = onlyA;
    one.store.markRead("a#1");
    const kept = parseBook(JSON.parse(browser.kept ?? "null"));
    expect(kept?.entries.map((entry) => entry.jobId).sort()).toEqual(["a", "b"]);
  });

  it("come from the browser where no tab is looked at, once for two tabs", async () => {
    vi.useFakeTimers();
    visibility = "hidden";
    const browser = new FakeBrowser();
    const tabs = [browser.tab(), browser.tab()];
    const gone: string[] = [];
    for (const { store } of tabs) {
      store.options = { ...store.options, href: (id) => `#/jobs/${id}`, navigate: (to) => gone.push(to) };
    }
    for (const { live } of tabs) live.tell(ended(makeJob()));
    expect(shown).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(shown.map(({ title, options }) => [title, options?.body])).toEqual([
      ["Document ready!", "la-maison-du-port.txt"],
    ]);
    expect(tabs.flatMap(({ store }) => store.state.toasts)).toHaveLength(0);
    shown[0]?.instance.onclick?.();
    expect(gone).toEqual([`#/jobs/${makeJob().job_id}`]);
    expect(tabs[1]?.store.state.unread).toBe(0);
  });

  it("are not repeated by a background tab when another one is looked at", async () => {
    vi.useFakeTimers();
    const browser = new FakeBrowser();
    const [front, back] = [browser.tab(), browser.tab()];
    // The one document of the test is hidden for the tab at the back, and visible when the other is told.
    visibility = "hidden";
    browser.beforeTelling = () => {
      visibility = "visible";
    };
    back.live.tell(ended(makeJob()));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(front.store.state.toasts).toHaveLength(1);
    expect(back.store.state.toasts).toHaveLength(0);
    expect(shown).toHaveLength(0);
  });

  it("show what came while nobody looked as soon as somebody does", async () => {
    vi.stubGlobal("Notification", undefined);
    visibility = "hidden";
    const { live, store } = new FakeBrowser().tab();
    for (const job_id of ["a", "b", "c", "d"]) live.tell(ended(makeJob({ job_id })));
    await settle();
    expect(store.state.toasts).toHaveLength(0);
    expect(store.state.permission).toBe("unsupported");
    visibility = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(store.state.toasts).toHaveLength(3);
    expect(store.state.unread).toBe(4);
  });

  it("follow nothing while nobody shows them", () => {
    const live = new FakeLive();
    const { close } = new FakeBrowser().tab(live);
    expect(live.followerCount).toBe(1);
    close();
    expect(live.followerCount).toBe(0);
  });
});

describe("the browser's storage", () => {
  it("keeps the book under the user's key until it is forgotten, and bears nonsense", async () => {
    localStorage.setItem("docmill:notifications:me", "{not json");
    const live = new FakeLive();
    const store = new NotificationStore(live as unknown as Live, "me");
    const close = store.subscribe(() => {});
    live.tell(ended(makeJob()));
    await settle();
    const again = new NotificationStore(live as unknown as Live, "me");
    expect(again.state.items).toHaveLength(1);
    expect(new NotificationStore(live as unknown as Live, "you").state.items).toHaveLength(0);
    close();
    forgetNotifications("me");
    expect(new NotificationStore(live as unknown as Live, "me").state.items).toHaveLength(0);
  });

  it("may be turned off", () => {
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const live = new FakeLive();
    const store = new NotificationStore(live as unknown as Live, "me");
    const close = store.subscribe(() => {});
    live.tell(ended(makeJob()));
    expect(store.state.items).toHaveLength(1);
    close();
  });
});
