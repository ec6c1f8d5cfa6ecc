// What stands of a job in the list and at the head of its own view. Elements stay and change their text, so that a
// button does not vanish under the pointer when news come.

import { h, showNotice } from "./dom.js";
import { TERMINAL, ago, count, dateTime, jobName } from "./format.js";

const STATUS_WORDS = {
  awaiting_upload: "Waiting for file",
  queued: "Queued",
  processing: "Processing",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
  expired: "Expired",
};

export class JobSummary {
  /**
   * @param {{cancel: (id: string) => void, retry: (id: string) => void, state: (id: string) => {busy?: string, problem?: string}}} commands
   * @param {{link: boolean, heading: string}} options whether the name leads to the job; the name's element
   */
  constructor(commands, { link, heading }) {
    this.commands = commands;
    this.name = link ? h("a", { class: "job-name" }) : h("span", { class: "job-name" });
    this.badge = h("span", { class: "badge" });
    this.bar = h("progress", { max: 100 });
    this.percent = h("span", { class: "percent", "aria-hidden": "true" });
    this.progress = h("div", { class: "progress" }, this.bar, this.percent);
    this.stage = h("span", { class: "stage" });
    this.time = h("time", { class: "time" });
    this.warnings = h("span", { class: "warned" });
    this.error = h("p", { class: "job-error" });
    this.problem = h("p", { class: "notice bad", role: "alert" });
    this.cancel = h("button", { type: "button", class: "small", onclick: () => commands.cancel(this.id) }, "Cancel");
    this.retry = h("button", { type: "button", class: "small", onclick: () => commands.retry(this.id) }, "Retry");
    this.element = h("div", { class: "summary" },
      h("div", { class: "summary-head" }, h(heading, { class: "job-title", tabindex: link ? null : -1 }, this.name), this.badge),
      this.progress,
      h("p", { class: "summary-line" }, this.stage, this.warnings, this.time),
      this.error,
      this.problem,
      h("div", { class: "actions" }, this.cancel, this.retry));
  }

  update(job) {
    const name = jobName(job);
    const open = !TERMINAL.has(job.status);
    const { busy, problem } = this.commands.state(job.job_id);
    this.id = job.job_id;
    this.created = job.created_at;
    if (this.name.href !== undefined) this.name.href = `#/jobs/${job.job_id}`;
    setText(this.name, name);
    const partial = job.outcome === "partial";
    setText(this.badge, partial ? "Completed with errors" : STATUS_WORDS[job.status] ?? job.status);
    this.badge.dataset.status = partial ? "partial" : job.status;
    this.progress.hidden = !open;
    this.bar.value = job.progress_percent;
    this.bar.setAttribute("aria-label", `Progress of ${name}`);
    setText(this.percent, `${job.progress_percent} %`);
    // What the badge says already is not said again.
    setText(this.stage, open && job.stage !== this.badge.textContent ? job.stage : "");
    const warnings = job.warnings?.length ?? 0;
    setText(this.warnings, warnings ? count(warnings, "warning") : "");
    this.tick();
    showNotice(this.error, job.error?.message);
    showNotice(this.problem, problem);
    this.#button(this.cancel, open && (job.links.cancel || busy === "cancel"), busy === "cancel", "Cancel", "Cancelling…", name);
    this.#button(this.retry, !open && (job.links.retry || busy === "retry"), busy === "retry", "Retry", "Retrying…", name);
  }

  /** The time goes on. */
  tick() {
    setText(this.time, ago(this.created));
    this.time.dateTime = this.created;
    this.time.title = dateTime(this.created);
  }

  #button(button, shown, busy, word, busyWord, name) {
    const had = document.activeElement === button;
    button.hidden = !shown;
    button.setAttribute("aria-disabled", String(busy));
    setText(button, busy ? busyWord : word);
    button.setAttribute("aria-label", `${busy ? busyWord : word} ${name}`);
    // The keyboard does not lose its place when the button it was on goes.
    if (had && !shown) (this.name.href ? this.name : this.name.parentElement).focus();
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
