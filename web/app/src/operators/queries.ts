import { ApiError, type Docmill } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import type { Letter, LetterPage, Operations, OperationsJobPage, Requeued } from "./types";

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
    queryFn: ({ signal }) => client.request<Operations>("/v1/operations", { signal, tries: 1 }),
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
      client.request<OperationsJobPage>(
        withQuery("/v1/operations/jobs", { status, pipeline, limit: "50", cursor: pageParam }),
        { signal, tries: 1 },
      ),
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
    queryFn: ({ pageParam, signal }) =>
      client.request<LetterPage>(withQuery("/v1/operations/letters", { state, cursor: pageParam }), {
        signal,
        tries: 1,
      }),
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

export const requeue = (client: Docmill, jobId: string): Promise<Requeued> =>
  client.request(`/v1/jobs/${encodeURIComponent(jobId)}/requeue`, { method: "POST", repeatable: true });

/** Redrives or discards; the second time it does nothing, so it may be sent again. */
export const settleLetter = (
  client: Docmill,
  letterId: string,
  act: "redrive" | "discard",
): Promise<Letter> =>
  client.request(`/v1/operations/letters/${encodeURIComponent(letterId)}/${act}`, {
    method: "POST",
    repeatable: true,
  });

function withQuery(path: string, fields: Record<string, string | null>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== null) query.set(name, value);
  return `${path}?${query}`;
}
