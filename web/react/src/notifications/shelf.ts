import { type Book, parseBook } from "./book.js";

const PREFIX = "docmill:notifications:";

/** Where a user's book lies between visits, and how the tabs of a browser hear of each other's changes. */
export interface Shelf {
  read(): Book | null;
  write(book: Book): void;
  /** Tells the other tabs. */
  send(book: Book): void;
  /** Listens to them; the returned function ends it. */
  listen(listener: (book: Book) => void): () => void;
  /** Runs `work` while no other tab does, as far as the browser can tell. */
  exclusively<T>(work: () => T): Promise<T>;
}

/** In the browser, under a user's key; without a key nothing is kept or told. */
export function browserShelf(userKey: string | undefined): Shelf {
  if (userKey === undefined || typeof window === "undefined") return noShelf;
  const key = PREFIX + userKey;
  let channel: BroadcastChannel | null = null;
  return {
    read: () => {
      try {
        return parseBook(JSON.parse(localStorage.getItem(key) ?? "null"));
      } catch {
        // Storage that is turned off, or something else's text: as if there were nothing.
        return null;
      }
    },
    write: (book) => {
      try {
        localStorage.setItem(key, JSON.stringify(book));
      } catch {
        // Full or turned off: the book lives as long as the page, and the other tabs still hear of it.
      }
    },
    send: (book) => channel?.postMessage(book),
    listen: (listener) => {
      if (typeof BroadcastChannel === "undefined") return () => {};
      const opened = new BroadcastChannel(key);
      channel = opened;
      opened.onmessage = ({ data }) => {
        const book = parseBook(data);
        if (book) listener(book);
      };
      return () => {
        opened.close();
        if (channel === opened) channel = null;
      };
    },
    exclusively: async (work) => {
      // Locks stand in secure contexts only. Without them two tabs may at worst both show a notification.
      const { locks } = navigator;
      if (!locks) return work();
      return (await locks.request(key, work)) as Awaited<ReturnType<typeof work>>;
    },
  };
}

const noShelf: Shelf = {
  read: () => null,
  write: () => {},
  send: () => {},
  listen: () => () => {},
  exclusively: async (work) => work(),
};

/** Deletes what is kept of a user's notifications in this browser: they hold names of documents. For signing out. */
export function forgetNotifications(userKey: string): void {
  try {
    localStorage.removeItem(PREFIX + userKey);
  } catch {
    // Nothing is kept where storage is turned off.
  }
}
