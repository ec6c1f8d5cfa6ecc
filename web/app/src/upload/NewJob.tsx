import { ApiError, type Pipeline, type Submission } from "@docmill/client";
import {
  Alert,
  Anchor,
  Button,
  Collapse,
  NativeSelect,
  SimpleGrid,
  Stack,
  TextInput,
  Title,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";

import { RecentJobs } from "../jobs/RecentJobs";
import { bytes, count } from "../shell/format";
import { Failure, Loading, messageOf, Panel, ViewTitle } from "../shell/parts";
import { DropZone } from "./DropZone";
import { type Draft, readHeads, useDraft } from "./draft";
import { EstimateLine } from "./EstimateLine";
import { FileList } from "./FileList";
import { extensionsOf } from "./files";
import { useCompanies, useEstimate, usePipelines } from "./queries";
import { focusFirstError, SettingsForm } from "./SettingsForm";
import { check, errorsOf } from "./schema";
import { UploadList } from "./UploadList";
import { useUploads } from "./uploads";

/** The start: a new job, and the newest ones. */
export function NewJob() {
  const pipelines = usePipelines();
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="lg" style={{ alignItems: "start" }}>
      <Stack gap="lg">
        <Panel component="section" aria-labelledby="new-title">
          <Stack gap="md">
            <div id="new-title">
              <ViewTitle>New job</ViewTitle>
            </div>
            {pipelines.data ? (
              <JobForm pipelines={pipelines.data} />
            ) : pipelines.error ? (
              <Failure error={pipelines.error} onRetry={() => void pipelines.refetch()} />
            ) : (
              <Loading />
            )}
          </Stack>
        </Panel>
      </Stack>
      <Panel component="section" aria-labelledby="recent-title">
        <Title order={2} id="recent-title" mb="md">
          Your jobs
        </Title>
        <RecentJobs />
      </Panel>
    </SimpleGrid>
  );
}

function JobForm({ pipelines }: { pipelines: readonly Pipeline[] }) {
  const draft = useDraft(pipelines);
  const form = useRef<HTMLFormElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [isOpen, setOpen] = useState(false);
  const sending = useSending(draft, () => setOpen(true));
  const [settled] = useDebouncedValue(draft.submissions, 400);
  const estimate = useEstimate(settled);
  const { problem, errors } = sending;
  // What the service says about the settings while they are edited stands at them, without taking the keyboard there.
  const refused = estimate.error instanceof ApiError ? estimate.error.fields : [];
  const early = errorsOf(draft.fields, refused, draft.schema).atFields;
  const shownErrors = errors.size > 0 ? errors : early;
  useEffect(() => {
    if (errors.size > 0) focusFirstError(form.current);
  }, [errors]);

  const addFiles = async (files: readonly File[]) => {
    sending.clear();
    const { read, unreadable } = await readHeads(files);
    draft.addFiles(read);
    if (unreadable.length > 0)
      sending.refuse(
        `${unreadable.join(", ")} cannot be read. A folder's files have to be chosen themselves.`,
      );
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft.files.length === 0) {
      sending.refuse("Please choose a file first.");
      input.current?.focus();
      return;
    }
    if (draft.submissions.length > 0) void sending.start();
  };
  const jobs = draft.submissions.length;
  return (
    <form ref={form} onSubmit={submit} noValidate aria-label="New job">
      <Stack gap="md">
        <DropZone
          inputRef={input}
          accept={[...new Set(pipelines.flatMap(extensionsOf))]}
          hint={hintOf(
            draft.isGuessed ? pipelines : pipelines.filter(({ name }) => name === draft.pipeline?.name),
          )}
          isDisabled={sending.isBusy}
          onFiles={(files) => void addFiles(files)}
        />
        <FileList files={draft.files} problems={draft.problems} onRemove={draft.removeFile} />
        <PipelineChoice pipelines={pipelines} draft={draft} />
        <CompanyChoice draft={draft} />
        <Collapse expanded={draft.files.length > 0} transitionDuration={0}>
          <TextInput
            id="label"
            label="Name"
            description="Instead of the file's name, if you like."
            maxLength={200}
            autoComplete="off"
            value={draft.label}
            onChange={(event) => draft.setLabel(event.currentTarget.value)}
          />
        </Collapse>
        <SettingsForm
          fields={draft.fields}
          proposed={draft.proposed}
          values={draft.values}
          errors={shownErrors}
          isOpen={isOpen}
          onToggle={() => setOpen(!isOpen)}
          onChange={(values) => {
            sending.clear();
            draft.setValues(values);
          }}
        />
        {problem && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
        {jobs > 0 && estimate.data && <EstimateLine estimate={estimate.data} jobs={jobs} />}
        <Button
          type="submit"
          size="md"
          loading={sending.isBusy}
          aria-disabled={draft.problems.size > 0 || undefined}
        >
          Start
        </Button>
        {sending.started && (
          <Alert color="green" role="status">
            {count(sending.started.jobs, "job")} started.{" "}
            <Anchor component={Link} href={`/jobs?batch=${sending.started.batchId}`} inherit>
              Show them
            </Anchor>
          </Alert>
        )}
        <UploadList />
      </Stack>
    </form>
  );
}

/** Sends a draft: what went wrong is kept, until something is changed. */
function useSending(draft: Draft, showSettings: () => void) {
  const { uploads } = useUploads();
  const [, navigate] = useLocation();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  // The same content has the same key: a Start whose answer was lost, pressed again, makes no second job.
  const keys = useRef(new Map<Submission, string>());
  const batch = useRef<{ of: readonly Submission[]; id: string } | null>(null);
  const [started, setStarted] = useState<{ batchId: string; jobs: number } | null>(null);
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);

  const send = (submission: Submission, batchId: string | null) => {
    const key = keys.current.get(submission) ?? crypto.randomUUID();
    keys.current.set(submission, key);
    return uploads.add({ ...submission, batchId }, key);
  };
  const refuse = (error: unknown) => {
    const fields = error instanceof ApiError ? error.fields : [];
    const { atFields, others } = errorsOf(draft.fields, fields, draft.schema);
    if (atFields.size > 0) showSettings();
    setErrors(atFields);
    const onlySettings = atFields.size > 0 && others.length === 0;
    setProblem(
      onlySettings ? "Please check the settings." : [messageOf(error), ...others.slice(1)].join(" "),
    );
  };

  const start = async () => {
    const wrong = check(draft.fields, draft.values);
    if (wrong.size > 0) {
      showSettings();
      setErrors(wrong);
      setProblem("Please check the settings.");
      return;
    }
    const [first, ...others] = draft.submissions;
    if (!first) return;
    setBusy(true);
    setProblem(null);
    setErrors(new Map());
    if (batch.current?.of !== draft.submissions)
      batch.current = { of: draft.submissions, id: crypto.randomUUID() };
    const batchId = others.length > 0 ? batch.current.id : null;
    const added = send(first, batchId);
    try {
      // What is refused for the first would be refused for each.
      const job = await added.accepted;
      for (const other of others) send(other, batchId);
      keys.current.clear();
      draft.reset();
      const isLarge = uploads.snapshot().some(({ id, state }) => id === added.id && state !== "done");
      if (batchId) setStarted({ batchId, jobs: others.length + 1 });
      if (isShown.current && others.length === 0 && !isLarge) navigate(`/jobs/${job.job_id}`);
      else if (isShown.current && others.length === 0) followWhenDone(added.id, job.job_id);
    } catch (error) {
      uploads.forget(added.id);
      const wasStopped = error instanceof DOMException && error.name === "AbortError";
      if (!wasStopped) refuse(error);
    } finally {
      setBusy(false);
    }
  };
  // A large file is shown on its way; whoever still looks at it when it has arrived sees its job next.
  const followWhenDone = (id: string, jobId: string) => {
    const stop = uploads.subscribe(() => {
      const upload = uploads.snapshot().find((one) => one.id === id);
      if (upload && upload.state !== "done") return;
      stop();
      if (upload && isShown.current) navigate(`/jobs/${jobId}`);
    });
  };
  const clear = () => {
    setStarted(null);
    setProblem(null);
    setErrors(new Map());
  };
  return { isBusy, problem, errors, started, start, clear, refuse: setProblem };
}

function PipelineChoice({ pipelines, draft }: { pipelines: readonly Pipeline[]; draft: Draft }) {
  if (pipelines.length < 2) return null;
  const isGuess = draft.isGuessed && draft.files.length > 0;
  return (
    <NativeSelect
      id="pipeline"
      label="What to do"
      description={isGuess ? "Guessed from the files. Choose another one if it is wrong." : undefined}
      value={draft.pipeline?.name}
      data={pipelines.map(({ name, title }) => ({ value: name, label: title }))}
      onChange={(event) => draft.choosePipeline(event.currentTarget.value)}
    />
  );
}

function CompanyChoice({ draft }: { draft: Draft }) {
  const companies = useCompanies().data?.companies ?? [];
  if (companies.length === 0) return null;
  return (
    <NativeSelect
      id="company"
      label="For"
      description="Jobs of a company are seen by everybody in it."
      value={draft.companyId ?? ""}
      data={[
        { value: "", label: "Myself" },
        ...companies.map(({ company_id, name }) => ({ value: company_id, label: name })),
      ]}
      onChange={(event) => draft.setCompanyId(event.currentTarget.value || null)}
    />
  );
}

/** `.pdf up to 50 MB, .txt up to 10 MB`: types of one size together. */
export function hintOf(pipelines: readonly Pipeline[]): string {
  const bySize = new Map<number, Set<string>>();
  for (const [extension, most] of largest(pipelines)) {
    bySize.set(most, (bySize.get(most) ?? new Set()).add(extension));
  }
  const sizes = [...bySize].sort(([a], [b]) => b - a);
  return sizes.map(([most, extensions]) => `${[...extensions].join(", ")} up to ${bytes(most)}`).join("; ");
}

function largest(pipelines: readonly Pipeline[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const { extension, max_bytes } of pipelines.flatMap(({ accepts }) => accepts)) {
    most.set(extension, Math.max(most.get(extension) ?? 0, max_bytes));
  }
  return most;
}
