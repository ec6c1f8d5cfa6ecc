import { type EventStream, FetchEventStream } from "./event-stream.js";
import type { RequestOptions, TokenSource } from "./http.js";
import { Http } from "./http.js";
import { describe } from "./input.js";
import { Live, type LiveTools } from "./live.js";
import type { SocketClass } from "./socket.js";
import { platformTimers, type Timers } from "./timers.js";
import { type Transfer, transferBy } from "./transfer.js";
import type * as t from "./types.js";
import { resume, submit, type UploadTools } from "./upload.js";
import { type WatchOptions, watch } from "./watch.js";

/** Where the service is, who asks, and what the platform lacks. */
export interface DocmillOptions {
  /** The service's own base, such as `new URL("./", location.href)` on its page: `/v1/…` goes below it. */
  baseUrl: string | URL;
  /** A token, or what gives one: it is asked before each request, with `fresh` when the last one was refused. */
  token: TokenSource;
  /** Told when a request was refused although the token was renewed: the user has to sign in again. */
  onUnauthorized?: () => void;
  fetch?: typeof globalThis.fetch;
  /** For platforms without one, such as Node 20. Without any, or with null, jobs are followed by event streams. */
  WebSocket?: SocketClass | null;
  /** Event streams are read with `fetch` where there is none. */
  EventSource?: new (
    url: string,
  ) => EventStream;
  /** From 0 to 1. */
  random?: () => number;
  timers?: Timers;
}

/** A client of one Docmill installation. Every call rejects with an `ApiError`, or with the reason of its signal. */
export class Docmill {
  /** The connection that brings news of jobs, shared by all who follow one. */
  readonly live: Live;
  readonly #http: Http;
  readonly #transfer: Transfer;

  constructor(options: DocmillOptions) {
    this.#transfer = transferBy(options.fetch);
    this.#http = new Http({
      ...options,
      transfer: this.#transfer,
      random: options.random ?? Math.random,
      timers: options.timers ?? platformTimers,
    });
    this.live = new Live(this.#liveTools(options));
  }

  /** Sends a request to any path of the API (`/v1/…`), with the token; the answer's JSON. */
  request<T>(path: string, options?: RequestOptions): Promise<T> {
    return this.#http.request<T>(path, options);
  }

  /** A path of the API, such as those in `job.links`, as an address. */
  url(path: string): URL {
    return this.#http.url(path);
  }

  /**
   * Makes a job and brings its files: with the request where they are small, else straight to the store, in parts.
   * Rejects with `UploadInterrupted` where {@link resume} can go on.
   */
  submit(submission: t.Submission, options: t.SubmitOptions = {}): Promise<t.Job> {
    return this.#learn(submit(this.#uploadTools, submission, this.#learning(options, true)), true);
  }

  /** Goes on with an upload that was interrupted, with the same files in the same order; only what is missing is sent. */
  resume(job: t.Job | string, files: readonly t.InputFile[], options: t.SubmitOptions = {}): Promise<t.Job> {
    return this.#learn(resume(this.#uploadTools, job, files, this.#learning(options)));
  }

  /** What a job would come to. Nothing is made. */
  estimate(submission: t.Submission, { signal }: t.CallOptions = {}): Promise<t.Estimate> {
    const { pipeline, kind, settings, files } = describe(submission);
    const json = { pipeline, kind, settings: settings ?? {}, files };
    return this.request("/v1/estimate", { method: "POST", json, signal, repeatable: true });
  }

  /** A job. With `ifNewerThan`, null when its version is no other. */
  job(jobId: string, options: t.CallOptions & { ifNewerThan: number }): Promise<t.Job | null>;
  job(jobId: string, options?: t.CallOptions): Promise<t.Job>;
  job(jobId: string, options: t.CallOptions & { ifNewerThan?: number } = {}): Promise<t.Job | null> {
    return this.#read(jobId, options);
  }

  /** A page of jobs, newest first, without those that were deleted here. What changed a moment ago may lag. */
  async jobs(filter: t.JobsFilter = {}, { signal }: t.CallOptions = {}): Promise<t.JobPage> {
    const { status, pipeline, batchId, companyId, limit, cursor } = filter;
    const query = { status, pipeline, batch_id: batchId, company_id: companyId, limit, cursor };
    const page = await this.request<t.JobPage>(withQuery("/v1/jobs", query), { signal });
    return { ...page, jobs: page.jobs.filter((job) => !this.live.isForgotten(job.job_id)) };
  }

  /** Events with a version above `after`, oldest first; waits up to `waitSeconds` (20 at most) for the first. */
  events(
    jobId: string,
    options: t.CallOptions & { after?: number; waitSeconds?: number } = {},
  ): Promise<t.EventPage> {
    const { after, waitSeconds, signal } = options;
    return this.request(withQuery(jobPath(jobId, "events"), { after, wait: waitSeconds }), { signal });
  }

  /** Cancels a job: at once, or within a minute where somebody works on it. Doing it twice does nothing more. */
  cancel(jobId: string, { signal }: t.CallOptions = {}): Promise<t.Job> {
    return this.#learn(this.request(jobPath(jobId, "cancel"), { method: "POST", signal, repeatable: true }));
  }

  /** Starts the next attempt, over what is not done. */
  retry(jobId: string, { signal }: t.CallOptions = {}): Promise<t.Job> {
    return this.#learn(this.request(jobPath(jobId, "retry"), { method: "POST", signal }));
  }

  /** Deletes a job that is over, with all that belongs to it. */
  async delete(jobId: string, { signal }: t.CallOptions = {}): Promise<void> {
    await this.request(jobPath(jobId), { method: "DELETE", signal });
    this.live.forget(jobId);
  }

  /** A file of the result. The service redirects to the store, where the token is not taken along. */
  result(jobId: string, options: t.ResultOptions = {}): Promise<Response> {
    const { format, part, full, variant, edition, startIndex, signal } = options;
    const query = { format, part, full: full || undefined, variant, edition, start_index: startIndex };
    return this.#http.send(withQuery(jobPath(jobId, "result"), query), {
      signal,
      headers: { accept: "*/*" },
    });
  }

  /**
   * Makes the next edition of a result. `ifMatch` is the edition that was edited, as `"<attempt>.<edition>"` with or
   * without quotation marks: if somebody else was faster the call rejects with status 412 and nothing is changed.
   */
  editResult(
    jobId: string,
    body: unknown,
    options: t.CallOptions & { ifMatch?: string } = {},
  ): Promise<t.Job> {
    const { ifMatch, signal } = options;
    const headers = ifMatch === undefined ? undefined : { "if-match": `"${ifMatch.replaceAll('"', "")}"` };
    return this.#learn(
      this.request(jobPath(jobId, "result"), { method: "PATCH", json: body, headers, signal }),
    );
  }

  /**
   * The job now and as it changes, until its attempt is over. Versions only grow; who is slow gets the newest. The last
   * one has every detail. By WebSocket, event stream or polling, whatever works.
   */
  watch(jobId: string, options: WatchOptions = {}): AsyncIterable<t.Job> {
    return watch(this.live, jobId, options);
  }

  /** What the service can do. */
  async pipelines({ signal }: t.CallOptions = {}): Promise<t.Pipeline[]> {
    return (await this.request<{ pipelines: t.Pipeline[] }>("/v1/pipelines", { signal })).pipelines;
  }

  /** What a client needs to know of the installation; needs no token. */
  config({ signal }: t.CallOptions = {}): Promise<t.Config> {
    return this.request("/v1/config", { signal, anonymous: true });
  }

  /** Whether the service answers; needs no token. */
  health({ signal }: t.CallOptions = {}): Promise<t.Health> {
    return this.request("/v1/health", { signal, anonymous: true });
  }

  /** The user's credits, and a page of where they went. */
  credits({ cursor, signal }: t.CallOptions & { cursor?: string | null } = {}): Promise<t.Credits> {
    return this.request(withQuery("/v1/credits", { cursor }), { signal });
  }

  /** How the newest jobs went: the user's, or a company's. */
  stats({ companyId, signal }: t.CallOptions & { companyId?: string } = {}): Promise<t.Stats> {
    return this.request(withQuery("/v1/stats", { company_id: companyId }), { signal });
  }

  /** What was done to the user's own jobs, newest first; with `companyId`, what was done in that company. */
  audit(options: t.CallOptions & { companyId?: string; cursor?: string | null } = {}): Promise<t.AuditPage> {
    const { companyId, cursor, signal } = options;
    const path = companyId === undefined ? "/v1/audit" : companyPath(companyId, "audit");
    return this.request(withQuery(path, { cursor }), { signal });
  }

  /** The user's companies and invitations. */
  companies({ signal }: t.CallOptions = {}): Promise<t.Companies> {
    return this.request("/v1/companies", { signal });
  }

  /** A company and who is in it. */
  company(companyId: string, { signal }: t.CallOptions = {}): Promise<t.Company> {
    return this.request(companyPath(companyId), { signal });
  }

  /** Makes a company with the user as its first admin. */
  createCompany(name: string, { signal }: t.CallOptions = {}): Promise<t.Company> {
    return this.request("/v1/companies", { method: "POST", json: { name }, signal });
  }

  /** Deletes a company with all its data. There is no way back. */
  deleteCompany(companyId: string, { signal }: t.CallOptions = {}): Promise<t.CompanyDeletion> {
    return this.request(companyPath(companyId), { method: "DELETE", signal });
  }

  /** Begins to export a company's data; {@link companyExport} tells how far it is. */
  exportCompany(companyId: string, { signal }: t.CallOptions = {}): Promise<t.CompanyExport> {
    return this.request(companyPath(companyId, "export"), { method: "POST", signal });
  }

  /** The latest export of a company, with fresh links. */
  companyExport(companyId: string, { signal }: t.CallOptions = {}): Promise<t.CompanyExport> {
    return this.request(companyPath(companyId, "export"), { signal });
  }

  /** Invites a mail address. Doing it again renews the invitation. */
  invite(
    companyId: string,
    email: string,
    { role, signal }: t.CallOptions & { role?: t.Role } = {},
  ): Promise<t.Invitation> {
    const path = companyPath(companyId, "invitations");
    return this.request(path, { method: "POST", json: { email, role }, signal, repeatable: true });
  }

  /** Takes an invitation back. */
  withdrawInvitation(companyId: string, email: string, { signal }: t.CallOptions = {}): Promise<void> {
    const path = companyPath(companyId, `invitations/${encodeURIComponent(email)}`);
    return this.request(path, { method: "DELETE", signal });
  }

  /** Takes the user's invitation to a company. */
  join(companyId: string, { signal }: t.CallOptions = {}): Promise<t.Company> {
    return this.request(companyPath(companyId, "join"), { method: "POST", signal });
  }

  /** Gives a member a role. */
  setRole(companyId: string, user: string, role: t.Role, { signal }: t.CallOptions = {}): Promise<t.Company> {
    const path = companyPath(companyId, `members/${encodeURIComponent(user)}`);
    return this.request(path, { method: "PATCH", json: { role }, signal, repeatable: true });
  }

  /** Takes a member out; with the user's own `sub`, leaves. */
  removeMember(companyId: string, user: string, { signal }: t.CallOptions = {}): Promise<void> {
    const path = companyPath(companyId, `members/${encodeURIComponent(user)}`);
    return this.request(path, { method: "DELETE", signal });
  }

  /** The secret that callbacks are signed with: the user's, or a company's. */
  callbackSecret({
    companyId,
    signal,
  }: t.CallOptions & { companyId?: string } = {}): Promise<t.CallbackSecret> {
    return this.request(withQuery("/v1/callback-secret", { company_id: companyId }), { signal });
  }

  /** Makes a new secret. For 24 hours callbacks carry a signature of the one before as well. */
  rotateCallbackSecret({
    companyId,
    signal,
  }: t.CallOptions & { companyId?: string } = {}): Promise<t.CallbackSecret> {
    const path = withQuery("/v1/callback-secret", { company_id: companyId });
    return this.request(path, { method: "POST", signal });
  }

  #liveTools(options: DocmillOptions): LiveTools {
    const { timers, random } = this.#http;
    const EventSource = options.EventSource ?? (globalThis.EventSource as DocmillOptions["EventSource"]);
    const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    return {
      timers,
      random,
      WebSocket: options.WebSocket === undefined ? (globalThis.WebSocket ?? null) : options.WebSocket,
      openStream: (url) =>
        EventSource ? new EventSource(url) : new FetchEventStream(url, { fetch, timers, random }),
      // Whoever follows has a rhythm of their own.
      ticket: (signal) => this.request("/v1/live/ticket", { method: "POST", signal, tries: 1 }),
      job: (jobId, { ifNewerThan, signal }) => this.#read(jobId, { ifNewerThan, signal, tries: 1 }),
      jobs: (signal) => this.request("/v1/jobs", { signal, tries: 1 }),
      url: (path) => this.url(path),
    };
  }

  async #read(jobId: string, options: RequestOptions & { ifNewerThan?: number }): Promise<t.Job | null> {
    const { ifNewerThan, ...request } = options;
    const headers = ifNewerThan === undefined ? undefined : { "if-none-match": `"${ifNewerThan}"` };
    return (await this.request<t.Job | undefined>(jobPath(jobId), { ...request, headers })) ?? null;
  }

  /** Whoever follows the job hears of it now. */
  async #learn(job: Promise<t.Job>, isOwn = false): Promise<t.Job> {
    const learned = await job;
    this.live.learn(learned, isOwn);
    return learned;
  }

  #learning(options: t.SubmitOptions, isOwn = false): t.SubmitOptions {
    const onCreated = (job: t.Job) => {
      this.live.learn(job, isOwn);
      options.onCreated?.(job);
    };
    return { ...options, onCreated };
  }

  get #uploadTools(): UploadTools {
    return { http: this.#http, transfer: this.#transfer };
  }
}

function jobPath(jobId: string, what = ""): string {
  return `/v1/jobs/${encodeURIComponent(jobId)}${what && `/${what}`}`;
}

function companyPath(companyId: string, what = ""): string {
  return `/v1/companies/${encodeURIComponent(companyId)}${what && `/${what}`}`;
}

function withQuery(
  path: string,
  fields: Record<string, string | number | boolean | null | undefined>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
