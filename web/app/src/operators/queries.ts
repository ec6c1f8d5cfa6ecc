import { ApiError } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

// Often enough to see a queue move; it stops while nobody looks at the page.
const REFRESH_MS = 5_000;

// Every page that was opened is read again each time. Whoever went far back looks at what no longer changes.
const MOST_PAGES_REFRESHED = 3;

const KEY = "operations";

export type JobsStatus = "open" | "queued" | "processing" | "awaiting_upload" | "failed";
export type LettersState = "open" | "settled";

/** The figures, read again every five seconds. */
export function useOperations() {
  const client = useDocmill();
  return useQuery({
    queryKey: [KEY, "figures"],
    queryFn: ({ signal }) => client.operations.figures({ signal }),
    refetchInterval: REFRESH_MS,
    retry: mayPass,
  });
}

/** Jobs of the whole installation, by pages. */
export function useOperationsJobs(status: JobsStatus, pipeline: string | null) {
  const client = useDocmill();
  return useInfiniteQuery({
    queryKey: [KEY, "jobs", status, pipeline],
    queryFn: ({ pageParam, signal }) =>
      client.operations.jobs({ status, pipeline, cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => pagesInterval(state.data?.pages.length),
    retry: mayPass,
  });
}

/** Dead letters, by pages. */
export function useLetters(state: LettersState) {
  const client = useDocmill();
  return useInfiniteQuery({
    queryKey: [KEY, "letters", state],
    queryFn: ({ pageParam, signal }) => client.operations.letters({ state, cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => pagesInterval(state.data?.pages.length),
    retry: mayPass,
  });
}

/** Names of the queries above, to read all of them again after something was done. */
export const operationsKey = [KEY];

/** Whether somebody who is refused this is no operator. */
export const isNoOperator = (error: unknown): boolean => error instanceof ApiError && error.status === 403;

const pagesInterval = (pages = 0): number | false => (pages <= MOST_PAGES_REFRESHED ? REFRESH_MS : false);

// The next refresh comes in seconds anyway; a refusal stays one.
const mayPass = (failures: number, error: Error): boolean =>
  failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);
