// The page: signs in, then keeps the list, the details and the live connection together.

import { Api, baseUrl, publicJson } from "./api.js";
import { Session } from "./auth.js";
import { JobDetail } from "./detail.js";
import { byId, h } from "./dom.js";
import { TERMINAL, jobName } from "./format.js";
import { JobList } from "./jobs.js";
import { Live } from "./live.js";
import { NewJob } from "./new-job.js";
import { signInForms } from "./sign-in.js";
import { JobStore, wantsDetails } from "./store.js";

const TICK_MS = 15_000;
const MODE_WORDS = {
  connecting: "Connecting",
  live: "Live",
  stream: "Live (event stream)",
  reconnecting: "Reconnecting",
  polling: "Polling",
};

class Workspace {
  constructor(api, pipelines) {
    this.api = api;
    this.store = new JobStore();
    this.states = new Map();
    this.cursor = null;
    this.commands = {
      cancel: (id) => this.#command(id, "cancel"),
      retry: (id) => this.#command(id, "retry"),
      state: (id) => this.states.get(id) ?? {},
    };
    this.list = new JobList(byId("jobs"), this.commands, () => this.#older());
    this.detail = new JobDetail(byId("detail"), this.commands, (job, format, part) => api.result(job.job_id, format, part));
    new NewJob(byId("new-job"), api, pipelines, (job, isOnItsWay) => this.#created(job, isOnItsWay));
    this.live = new Live({
      ticket: () => api.post("/v1/live/ticket"),
      snapshot: (jobs) => jobs.forEach((job) => this.store.applyJob(job)),
      event: (event) => this.#event(event),
      open: () => this.store.open(),
      refresh: (id) => this.refresh(id),
      list: () => this.#newest(),
      streamUrl: (job) => job?.links.stream && api.url(job.links.stream).href,
    });
  }

  async start() {
    this.store.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.live.addEventListener("mode", () => showMode(this.live.mode));
    this.onHash = () => this.#select(true);
    this.onOnline = () => this.live.hurry();
    this.onVisible = () => document.visibilityState === "visible" && this.live.hurry();
    addEventListener("hashchange", this.onHash);
    addEventListener("online", this.onOnline);
    document.addEventListener("visibilitychange", this.onVisible);
    this.ticker = setInterval(() => {
      this.list.tick();
      this.detail.tick();
    }, TICK_MS);
    showMode(this.live.mode);
    // Connecting does not wait for the list: what both tell is the same.
    this.live.start();
    this.#render();
    this.#select(false);
    const page = await this.api.jobs();
    this.#takePage(page);
  }

  stop() {
    this.live.stop();
    clearInterval(this.ticker);
    removeEventListener("hashchange", this.onHash);
    removeEventListener("online", this.onOnline);
    document.removeEventListener("visibilitychange", this.onVisible);
    this.detail.showNothing();
  }

  /** Reads a job and gives back what is known of it then. */
  async refresh(id) {
    const known = this.store.get(id);
    const job = await this.api.jobIfNewer(id, known?.complete && known.links.stream ? known.version : null);
    if (job) this.store.applyJob(job);
    return this.store.get(id);
  }

  get selected() {
    return /^#\/jobs\/([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? null;
  }

  #event(event) {
    const taken = this.store.applyEvent(event);
    if (taken === "unknown" || (taken === "applied" && wantsDetails(event))) this.refresh(event.job_id).catch(() => {});
  }

  #created(job, isOnItsWay) {
    this.store.applyJob(job);
    if (isOnItsWay) location.hash = `#/jobs/${job.job_id}`;
  }

  async #newest() {
    const page = await this.api.jobs();
    page.jobs.forEach((job) => this.store.applyJob(job));
  }

  async #older() {
    this.#takePage(await this.api.jobs(this.cursor));
  }

  #takePage(page) {
    page.jobs.forEach((job) => this.store.applyJob(job));
    this.cursor = page.next_cursor;
    this.list.hasMore(Boolean(this.cursor));
  }

  async #command(id, name) {
    if (this.states.get(id)?.busy) return;
    this.#setState(id, { busy: name });
    try {
      const job = await this.api[name](id);
      this.#setState(id, {});
      this.store.applyJob(job);
    } catch (error) {
      this.#setState(id, { problem: error.message });
      // A refusal mostly means that the job went on meanwhile.
      this.refresh(id).catch(() => {});
    }
  }

  #setState(id, state) {
    this.states.set(id, state);
    this.#render();
  }

  #changed({ before, after }) {
    this.#render();
    if (!after) return;
    const wasOpen = before && !TERMINAL.has(before.status);
    const isOpen = !TERMINAL.has(after.status);
    if (wasOpen !== isOpen) this.live.jobsChanged();
    announce(before, after);
  }

  #render() {
    const jobs = this.store.all();
    this.list.show(jobs, this.selected);
    const job = this.store.get(this.selected);
    if (job) this.detail.show(job);
    const busy = jobs.find((one) => one.status === "processing");
    document.title = busy ? `${busy.progress_percent} % · Docmill` : "Docmill";
  }

  /** Shows the job in the address. `byUser`: the keyboard goes there, too. */
  async #select(byUser) {
    const id = this.selected;
    byId("workspace").classList.toggle("has-selection", Boolean(id));
    if (!id) {
      this.detail.showNothing();
      this.#render();
      return;
    }
    if (!this.store.get(id)) byId("detail").replaceChildren(h("p", { class: "empty big", role: "status" }, "Loading…"));
    this.#render();
    if (byUser && this.store.get(id)) this.#goToDetail();
    try {
      await this.refresh(id);
    } catch (error) {
      if (this.selected === id && !this.store.get(id)) this.detail.showProblem(error.message);
    }
  }

  #goToDetail() {
    this.detail.focus();
    // Where list and details share one column, the details begin at the top.
    if (getComputedStyle(byId("workspace").querySelector(".left")).display === "none") scrollTo(0, 0);
  }
}

function showMode(mode) {
  byId("connection").hidden = false;
  byId("connection").dataset.mode = mode;
  byId("connection-text").textContent = MODE_WORDS[mode];
}

/** Tells screen readers of a new status, and of each quarter on the way. */
function announce(before, after) {
  if (!before) return;
  const quarter = (job) => Math.floor(job.progress_percent / 25);
  if (before.status === after.status && quarter(before) === quarter(after)) return;
  const percent = after.status === "processing" ? `, ${after.progress_percent} percent` : "";
  byId("announcer").textContent = `${jobName(after)}: ${after.stage}${percent}`;
}

function showFailure(message, again) {
  const box = byId("failure");
  box.replaceChildren(h("p", {}, message), h("button", { type: "button", class: "small", onclick: again }, "Try again"));
  box.hidden = false;
}

async function main() {
  byId("failure").hidden = true;
  byId("starting").hidden = false;
  const base = baseUrl();
  let config;
  try {
    config = await publicJson(new URL("v1/config", base));
  } catch (error) {
    showFailure(error.message, main);
    return;
  } finally {
    byId("starting").hidden = true;
  }

  let workspace = null;
  const session = new Session(config, `docmill:${base.pathname}`, (message) => {
    workspace?.stop();
    workspace = null;
    for (const id of ["workspace", "sign-out", "user", "connection", "failure"]) byId(id).hidden = true;
    document.title = "Docmill";
    showSignIn(message);
  });
  const api = new Api(base, session);

  const enter = async () => {
    for (const id of ["sign-in", "failure"]) byId(id).hidden = true;
    for (const id of ["sign-out", "user"]) byId(id).hidden = false;
    byId("user").textContent = session.name;
    try {
      const { pipelines } = await api.json("/v1/pipelines");
      workspace = new Workspace(api, pipelines);
      byId("workspace").hidden = false;
      await workspace.start();
    } catch (error) {
      if (session.isSignedIn) showFailure(error.message, () => {
        workspace?.stop();
        enter();
      });
    }
  };
  const showSignIn = signInForms(session, config, () => {
    byId("main").focus();
    enter();
  });
  byId("sign-out").onclick = () => session.signOut();
  if (session.isSignedIn) enter();
  else showSignIn(null);
}

main();
