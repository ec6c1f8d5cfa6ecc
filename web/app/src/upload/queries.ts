import { ApiError, type Estimate, type Pipeline, type Submission } from "@docmill/client";
import { useDocmill } from "@docmill/react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

/** Jobs of one submission that are asked about; the rest is taken to be like them. */
const ASKED_JOBS = 8;

export function usePipelines() {
  const client = useDocmill();
  return useQuery({
    queryKey: ["pipelines"],
    queryFn: ({ signal }) => client.pipelines({ signal }),
    // They change with a release, and then the page is loaded anew.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The pipeline of that name; undefined while it is not known, or when the installation has it no more. */
export function usePipeline(name: string | undefined): Pipeline | undefined {
  return usePipelines().data?.find((pipeline) => pipeline.name === name);
}

export function useCompanies() {
  const client = useDocmill();
  return useQuery({ queryKey: ["companies"], queryFn: ({ signal }) => client.companies({ signal }) });
}

/** What jobs would come to together. */
export interface Together extends Pick<Estimate, "credits" | "seconds" | "balance" | "affordable"> {
  pages: number | null;
  /** Some jobs were not asked about. */
  isExtrapolated: boolean;
}

/** What these submissions would come to; asked again when they change. */
export function useEstimate(submissions: readonly Submission[]) {
  const client = useDocmill();
  const described = submissions.map(({ pipeline, settings, files }) => ({
    pipeline,
    settings,
    files: files.map((file) => ("data" in file ? [file.name, file.data.size] : [file.name, file.size])),
  }));
  return useQuery({
    queryKey: ["estimate", described],
    enabled: submissions.length > 0,
    placeholderData: keepPreviousData,
    // A refusal is an answer, too.
    retry: (failures, error) =>
      failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    queryFn: async ({ signal }) => {
      const asked = submissions.slice(0, ASKED_JOBS);
      return together(
        await Promise.all(asked.map((one) => client.estimate(one, { signal }))),
        submissions.length,
      );
    },
  });
}

/** Adds estimates up for `jobs` jobs, of which these are the first. */
export function together(estimates: readonly Estimate[], jobs: number): Together {
  const sum = (of: (estimate: Estimate) => number) => estimates.reduce((total, one) => total + of(one), 0);
  const scale = estimates.length > 0 ? jobs / estimates.length : 1;
  const credits = Math.ceil(sum(({ credits }) => credits) * scale);
  const balance = estimates[0]?.balance ?? 0;
  const hasPages = estimates.every(({ pages }) => pages !== null);
  return {
    credits,
    balance,
    pages: hasPages ? Math.ceil(sum(({ pages }) => pages ?? 0) * scale) : null,
    seconds: Math.ceil(sum(({ seconds }) => seconds) * scale),
    affordable: estimates.every(({ affordable }) => affordable) && (jobs === 1 || credits <= balance),
    isExtrapolated: jobs > estimates.length,
  };
}
