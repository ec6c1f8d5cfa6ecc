import { isTerminal, type Job, type Live } from "@docmill/client";
import { englishLabels, type Labels } from "../labels.js";
import {
  add,
  type Book,
  type Entry,
  emptyBook,
  type JobNotification,
  join,
  mark,
  notificationId,
  notificationOf,
} from "./book.js";
import { askPermission, type Permission, permission, showOnDesktop } from "./desktop.js";
import { browserShelf, type Shelf } from "./shelf.js";

/** The notifications as they are shown; a new object whenever something changed. */
export interface NotificationState {
  /** Newest first. */
  items: readonly JobNotification[];
  unread: number;
  /** What this tab shows as a toast at the moment, oldest first. */
  toasts: readonly JobNotification[];
  permission: Permission;
}

export interface NotificationOptions {
  labels: Labels;
  href?: ((jobId: string) => string) | undefined;
  navigate?: ((href: string) => void) | undefined;
}

const MOST_TOASTS = 3;
// A tab that is looked at shows the news itself; one in the background waits to see whether there is such a tab.
const BACKGROUND_WAIT_MS = 1_000;
// More open jobs than a user has; past it the oldest are forgotten.
const MOST_OPEN = 1_000;

/** Makes notifications of the ends of the user's jobs. It works while somebody is subscribed. */
export class NotificationStore {
  options: NotificationOptions = { labels: englishLabels };
  #live: Live;
  #shelf: Shelf;
  #book: Book;
  #open = new Set<string>();
  #toasts: readonly string[] = [];
  #state: NotificationState;
  #listeners = new Set<() => void>();
  #stop: (() => void) | null = null;
  #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(live: Live, userKey: string | undefined, shelf: Shelf = browserShelf(userKey)) {
    this.#live = live;
    this.#shelf = shelf;
    this.#book = shelf.read() ?? emptyBook(Date.now());
    this.#state = this.#view();
  }

  get state(): NotificationState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  };

  /** Marks one notification, or all, as read. */
  markRead = (id?: string): void =>
    this.#change(mark(this.#book, (entry) => id === undefined || entry.id === id, { isRead: true }));

  /** Takes one out of the list, for good. */
  dismiss = (id: string): void =>
    this.#change(mark(this.#book, (entry) => entry.id === id, { isDismissed: true, isRead: true }));

  /** Takes all out of the list. */
  clear = (): void => this.#change(mark(this.#book, () => true, { isDismissed: true, isRead: true }));

  /** Ends a toast; the notification stays in the list. */
  hideToast = (id: string): void => {
    this.#toasts = this.#toasts.filter((toast) => toast !== id);
    this.#publish();
  };

  /** Asks for browser notifications; to be called on a click. True when they are allowed. */
  askPermission = async (): Promise<boolean> => {
    const answer = await askPermission();
    this.#publish();
    return answer === "granted";
  };

  #start() {
    const stopListening = this.#shelf.listen((book) => {
      this.#absorb(book);
      this.#presentAll();
    });
    this.#absorb(this.#shelf.read());
    // A book that is kept from the start on knows after a reload, too, what was over before.
    this.#shelf.write(this.#book);
    const onVisible = () => this.#presentAll();
    document.addEventListener("visibilitychange", onVisible);
    this.#presentAll();
    const stopFollowing = this.#live.followMine((job) => this.#observe(job));
    this.#stop = () => {
      stopFollowing();
      stopListening();
      document.removeEventListener("visibilitychange", onVisible);
      for (const timer of this.#timers) clearTimeout(timer);
      this.#timers.clear();
    };
  }

  #end() {
    this.#stop?.();
    this.#stop = null;
  }

  #observe(job: Job) {
    const id = notificationId(job);
    if (!isTerminal(job.status)) {
      this.#open.add(id);
      const [oldest] = this.#open;
      if (oldest !== undefined && this.#open.size > MOST_OPEN) this.#open.delete(oldest);
      return;
    }
    if (job.completed_at === null) return;
    const wasSeenOpen = this.#open.delete(id);
    const notification = notificationOf(job);
    if (!notification) return;
    // Another tab may have been told first.
    this.#absorb(this.#shelf.read());
    const book = add(this.#book, notification, wasSeenOpen);
    if (book === this.#book) return;
    this.#change(book);
    this.#present(id);
  }

  /** Takes in what another tab knows. */
  #absorb(other: Book | null) {
    if (!other) return;
    const joined = join(this.#book, other);
    if (joined === this.#book) return;
    this.#book = joined;
    // Two tabs that wrote at once: whoever hears of the other's change keeps what both know.
    this.#shelf.write(joined);
    this.#publish();
  }

  #change(book: Book) {
    if (book === this.#book) return this.#publish();
    this.#book = join(book, this.#shelf.read() ?? book);
    this.#shelf.write(this.#book);
    this.#shelf.send(this.#book);
    this.#publish();
  }

  /** Shows a notification once, in one tab: as a toast where somebody looks, else by the browser. */
  #present(id: string) {
    if (document.visibilityState === "visible") void this.#toast(id);
    else if (permission() === "granted") {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        void this.#notifyDesktop(id);
      }, BACKGROUND_WAIT_MS);
      this.#timers.add(timer);
    }
  }

  /** What came while nobody looked, or by way of another tab, if somebody looks at this one. */
  #presentAll() {
    if (document.visibilityState !== "visible") return;
    const waiting = this.#book.entries.filter(
      (entry) => !entry.isShown && !entry.isRead && !entry.isDismissed,
    );
    for (const entry of waiting.slice(0, MOST_TOASTS).reverse()) void this.#toast(entry.id);
  }

  async #toast(id: string) {
    if (!(await this.#claim(id))) return;
    this.#toasts = [...this.#toasts, id].slice(-MOST_TOASTS);
    this.#publish();
  }

  async #notifyDesktop(id: string) {
    if (!(await this.#claim(id))) return;
    const entry = this.#find(id);
    if (!entry) return;
    const { labels, href, navigate = (to) => window.location.assign(to) } = this.options;
    const name = entry.name ?? labels.untitled;
    showOnDesktop({
      title: labels.outcome[entry.outcome],
      body: entry.message ? `${name}: ${entry.message}` : name,
      tag: `docmill:${id}`,
      onClick: () => {
        this.markRead(id);
        if (href) navigate(href(entry.jobId));
      },
    });
  }

  /** Whether it is this tab that shows the notification. */
  #claim(id: string): Promise<boolean> {
    return this.#shelf.exclusively(() => {
      this.#absorb(this.#shelf.read());
      const entry = this.#find(id);
      if (!entry || entry.isShown || entry.isRead || entry.isDismissed) return false;
      this.#change(mark(this.#book, (one) => one.id === id, { isShown: true }));
      return true;
    });
  }

  #find = (id: string): Entry | undefined => this.#book.entries.find((entry) => entry.id === id);

  #publish() {
    this.#state = this.#view();
    for (const listener of [...this.#listeners]) listener();
  }

  #view(): NotificationState {
    const items = this.#book.entries.filter((entry) => !entry.isDismissed);
    // What was read or dismissed, in whatever tab, needs no toast any more.
    const toasts = this.#toasts.flatMap((id) => items.find((item) => item.id === id && !item.isRead) ?? []);
    this.#toasts = toasts.map((item) => item.id);
    return { items, toasts, unread: items.filter((item) => !item.isRead).length, permission: permission() };
  }
}
