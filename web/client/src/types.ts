// Names for what the API sends and takes. The shapes come from its description: `schema.ts` is generated.

import type { components, operations } from "./schema.js";

type Schemas = components["schemas"];
type Answer<Operation extends keyof operations, Status extends number> = operations[Operation] extends {
  responses: Record<Status, { content: { "application/json": infer Body } }>;
}
  ? Body
  : never;

/** A job as its owner sees it. Lists and events leave `files`, `settings` and more out. */
export type Job = Schemas["Job"];
/** One visible change of a job; `version` is its sequence number. */
export type JobEvent = Schemas["Event"];
/** What programs read of a job. */
export type Status = Schemas["Status"];
/** Which queue a job waits in. */
export type Priority = Schemas["Priority"];
/** A file of a job, as the service knows it. */
export type JobFile = Schemas["File"];
/** A part of a job that did not work. */
export type FailedChunk = Schemas["FailedChunk"];
/** A warning or failure: a stable code and a sentence. */
export type Notice = Schemas["Notice"];
/** What a job took, and what that cost. */
export type Usage = Schemas["Usage"];
/** An edition that users made of a result. */
export type Edition = Schemas["Edition"];
/** Something the service can do with documents. */
export type Pipeline = Schemas["Pipeline"];
/** What a client needs to know of an installation. */
export type Config = Schemas["Config"];
/** What a job would come to. */
export type Estimate = Schemas["Estimate"];
/** What is left, and where it went. */
export type Credits = Schemas["Credits"];
/** How the newest jobs went. */
export type Stats = Schemas["Stats"];
/** A company and who is in it. */
export type Company = Schemas["Company"];
/** A company that the user is in. */
export type Membership = Schemas["Membership"];
/** What somebody may do in a company. */
export type Role = Schemas["Role"];
/** An invitation to a company. */
export type Invitation = Schemas["Invitation"];
/** An export of a company's data. */
export type CompanyExport = Schemas["Export"];
/** Something that was done, by whom, and what allowed it. */
export type AuditEntry = Schemas["AuditEntry"];
/** A page of {@link AuditEntry}. */
export type AuditPage = Schemas["AuditPage"];
/** The secret that callbacks are signed with. */
export type CallbackSecret = Schemas["CallbackSecret"];
/** How a file is to be brought. */
export type FileUpload = Schemas["FileUpload"];
/** The state of an upload. */
export type Uploads = Schemas["Uploads"];
/** Whether the service answers. */
export type Health = Schemas["Health"];
/** A page of jobs. */
export type JobPage = Answer<"listJobs", 200>;
/** A page of events. */
export type EventPage = Answer<"listEvents", 200>;
/** The user's companies and invitations. */
export type Companies = Answer<"listCompanies", 200>;
/** A company that is being deleted. */
export type CompanyDeletion = Answer<"deleteCompany", 202>;
/** A pass for one WebSocket. */
export type Ticket = Answer<"createTicket", 201>;

/** How the whole installation is; for operators. */
export type OperationsFigures = Schemas["Operations"];
/** A job as operators see it: neither documents nor results nor settings. */
export type OperationsJob = Schemas["OperationsJob"];
/** A page of {@link OperationsJob}. */
export type OperationsJobPage = Answer<"listOperationsJobs", 200>;
/** A message that its queue gave up on. */
export type Letter = Schemas["Letter"];
/** A page of {@link Letter}. */
export type LetterPage = Answer<"listLetters", 200>;
/** What came of asking for a missing step. */
export type Requeued = Schemas["Requeued"];

/** A file of the user, or bytes with a name. */
export type InputFile = File | { name: string; data: Blob; type?: string };

/** What to make a job of. */
export interface Submission {
  /** Name of a pipeline. */
  pipeline: string;
  /** At most as many as the pipeline takes. */
  files: readonly InputFile[];
  /** Variety, for pipelines that have several. */
  kind?: string | null;
  /** Settings of the pipeline; what is left out has its default. */
  settings?: Readonly<Record<string, unknown>> | null;
  /** A name for people. */
  label?: string | null;
  priority?: Priority;
  /** A company of the user: the job is then the company's. */
  companyId?: string | null;
  /** Groups jobs. */
  batchId?: string | null;
  /** Gets the signed event of the job's end. */
  callbackUrl?: string | null;
  /** The job whose result this one works on, for kinds that do. */
  sourceJobId?: string | null;
}

/** How far an upload is. */
export interface UploadProgress {
  /** Bytes of files that are at the service or on their way. */
  sentBytes: number;
  totalBytes: number;
}

/** How to submit. */
export interface SubmitOptions {
  /** Stops the upload. A job that was made already stays, and can be resumed or cancelled. */
  signal?: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
  /** Told as soon as there is a job, before its files are brought. */
  onCreated?: (job: Job) => void;
  /** The same key with the same content within 24 hours gives the same job. A random one unless given. */
  idempotencyKey?: string;
  /** Parts on their way at the same time; 3 unless given. */
  parallelParts?: number;
  /**
   * Whether files that are not sent with the request are declared with their SHA-256, so that the service checks what
   * arrived. True unless given. Files above 64 MB go without: the platform can only digest what is wholly in memory.
   */
  checksum?: boolean;
}

/** Which jobs to list. */
export interface JobsFilter {
  status?: Status;
  pipeline?: string;
  batchId?: string;
  /** The jobs of a company that the user is in, whoever made them. */
  companyId?: string;
  /** Jobs in one answer, 1 to 100. */
  limit?: number;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** Which jobs of the whole installation to list. */
export interface OperationsFilter {
  /** `open` unless given: those that are awaiting upload, queued or processing. */
  status?: "awaiting_upload" | "queued" | "processing" | "open" | "failed";
  pipeline?: string | null;
  /** Jobs in one answer, 1 to 100. */
  limit?: number;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** Which form of a result to fetch. */
export interface ResultOptions {
  /** One of the job's `formats`; the pipeline's first unless given. */
  format?: string;
  /** Part of a result with more rows than the format takes in one file, from 1. */
  part?: number;
  /** All columns, where the format has more than it shows. */
  full?: boolean;
  /** A form of the format, where the pipeline has several. */
  variant?: string;
  /** An edition by its number; 0 is what the worker made. The newest unless given. */
  edition?: number;
  /** Number the rows from here and leave the header out, to append to an earlier download. */
  startIndex?: number;
  signal?: AbortSignal;
}

/** Options of every call. */
export interface CallOptions {
  /** Aborting it rejects the call with the signal's reason, an `AbortError` unless another was given. */
  signal?: AbortSignal;
}

const TERMINAL: ReadonlySet<Status> = new Set(["completed", "failed", "cancelled", "expired"]);

/** Whether the attempt is over. A retry can start another one. */
export const isTerminal = (status: Status): boolean => TERMINAL.has(status);
