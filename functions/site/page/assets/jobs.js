// The list of jobs.

import { h } from "./dom.js";
import { JobSummary } from "./summary.js";

export class JobList {
  constructor(element, commands, loadMore) {
    this.commands = commands;
    this.rows = new Map();
    this.list = h("ul", { class: "jobs" });
    this.empty = h("p", { class: "empty" }, "No jobs yet. Choose a text above to start your first.");
    this.more = h("button", { type: "button", class: "wide", hidden: true, onclick: () => this.#more(loadMore) }, "Show older jobs");
    element.replaceChildren(this.list, this.empty, this.more);
  }

  /** Shows these jobs in this order. `selected` is the id of the one whose details are shown. */
  show(jobs, selected) {
    const ids = new Set(jobs.map((job) => job.job_id));
    for (const [id, { item }] of this.rows) {
      if (ids.has(id)) continue;
      item.remove();
      this.rows.delete(id);
    }
    jobs.forEach((job, index) => {
      const row = this.rows.get(job.job_id) ?? this.#row(job.job_id);
      if (this.list.children[index] !== row.item) this.list.insertBefore(row.item, this.list.children[index] ?? null);
      this.#update(row, job, selected);
    });
    this.empty.hidden = jobs.length > 0;
    this.list.hidden = jobs.length === 0;
  }

  /** Whether there are jobs that are not shown. */
  hasMore(yes) {
    this.more.hidden = !yes;
  }

  tick() {
    for (const { summary } of this.rows.values()) summary.tick();
  }

  #row(id) {
    const summary = new JobSummary(this.commands, { link: true, heading: "h3" });
    const row = { summary, item: h("li", { class: "job" }, summary.element) };
    this.rows.set(id, row);
    return row;
  }

  #update({ summary, item }, job, selected) {
    summary.update(job);
    item.classList.toggle("selected", job.job_id === selected);
    if (job.job_id === selected) summary.name.setAttribute("aria-current", "true");
    else summary.name.removeAttribute("aria-current");
  }

  async #more(loadMore) {
    this.more.disabled = true;
    try {
      await loadMore();
    } finally {
      this.more.disabled = false;
    }
  }
}
