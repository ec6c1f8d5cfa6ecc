import { useSyncExternalStore } from "react";

// The page is served at one address and does not know which: its views are told apart by what follows `#`. A query stands
// there, too (`#/jobs?status=failed`), so that it is no part of what is asked of the server.

const subscribe = (listener: () => void): (() => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};

function split(): [path: string, search: string] {
  const [path = "", search = ""] = location.hash.replace(/^#?\/?/, "").split("?", 2);
  return [`/${path}`, search];
}

const pathNow = () => split()[0];
const searchNow = () => split()[1];

/** Goes to `/path?query`. With `replace` the step back leads to where one came from. */
export function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  const hash = `#${to.startsWith("/") ? to : `/${to}`}`;
  if (hash === location.hash) return;
  if (!replace) {
    location.hash = hash;
    return;
  }
  const oldURL = location.href;
  history.replaceState(history.state, "", hash);
  // Replacing tells nobody.
  dispatchEvent(new HashChangeEvent("hashchange", { oldURL, newURL: location.href }));
}

/** For the router: the path and how to change it. */
export function usePath(): [string, typeof navigate] {
  return [useSyncExternalStore(subscribe, pathNow), navigate];
}
usePath.hrefs = (path: string) => `#${path}`;

/** For the router: the query. */
export function useQueryText(): string {
  return useSyncExternalStore(subscribe, searchNow);
}

/** Address of a job's view. */
export const jobHref = (jobId: string): string => `#/jobs/${encodeURIComponent(jobId)}`;
