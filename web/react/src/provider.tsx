import type { Docmill } from "@docmill/client";
import { createContext, type ReactNode, use, useEffect, useMemo } from "react";
import { createFormats, type Formats } from "./format.js";
import { englishLabels, type LabelChanges, type Labels, mergeLabels } from "./labels.js";
import { NotificationStore } from "./notifications/store.js";

export interface DocmillProviderProps {
  client: Docmill;
  /**
   * Who is signed in, e.g. the `sub` of the token. Notifications are kept in the browser under this key and shared by
   * its tabs; without it they live as long as the page.
   */
  userKey?: string | undefined;
  /** Where the page shows a job. Without it names are no links. */
  href?: ((jobId: string) => string) | undefined;
  /** Follows such a link from a browser notification; by default `location.assign`. */
  navigate?: ((href: string) => void) | undefined;
  /** Other words than the English ones. Give the same object every time (outside of the component, or memoized). */
  labels?: LabelChanges | undefined;
  /** BCP 47 tag for numbers and times; "en" by default. */
  locale?: string | undefined;
  children?: ReactNode;
}

/** What hooks and components share. */
export interface DocmillContext {
  client: Docmill;
  notifications: NotificationStore;
  labels: Labels;
  formats: Formats;
  href: ((jobId: string) => string) | undefined;
}

const Context = createContext<DocmillContext | null>(null);

/** Makes a client known to the hooks and components below. */
export function DocmillProvider(props: DocmillProviderProps) {
  const { client, userKey, href, navigate, labels, locale = "en", children } = props;
  const words = useMemo(() => mergeLabels(englishLabels, labels), [labels]);
  const formats = useMemo(() => createFormats(locale), [locale]);
  const notifications = useMemo(() => new NotificationStore(client.live, userKey), [client, userKey]);
  // What a notification says and where it leads may change without the store having to start again.
  useEffect(() => {
    notifications.options = { labels: words, href, navigate };
  }, [notifications, words, href, navigate]);
  const value = useMemo(
    () => ({ client, notifications, labels: words, formats, href }),
    [client, notifications, words, formats, href],
  );
  return <Context value={value}>{children}</Context>;
}

/** The client, labels and formats of the provider above. */
export function useDocmillContext(): DocmillContext {
  const context = use(Context);
  if (!context) throw new Error("Docmill's hooks and components need a <DocmillProvider> above them.");
  return context;
}

/** The client that was given to the provider. */
export const useDocmill = (): Docmill => useDocmillContext().client;

/** The provider's labels with a component's own changes. */
export function useLabels(changes?: LabelChanges): Labels {
  const { labels } = useDocmillContext();
  return useMemo(() => mergeLabels(labels, changes), [labels, changes]);
}
