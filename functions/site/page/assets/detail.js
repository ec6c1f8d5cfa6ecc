// One job: how it stands, what went wrong, its files, its result.

import { h, showNotice } from "./dom.js";
import { TERMINAL, bytes, count, dateTime, duration, integer, jobName, stem, words } from "./format.js";
import { ResultView } from "./result.js";
import { JobSummary } from "./summary.js";

// Formats but JSON come in files of at most so many rows.
const ROWS_PER_FILE = 10_000;

const FORMAT_WORDS = { csv: "CSV", json: "JSON", txt: "Text", xlsx: "Excel" };

export class JobDetail {
  /**
   * @param {HTMLElement} element where to show it
   * @param {object} commands as for JobSummary
   * @param {(job: object, format: string, part?: number) => Promise<Response>} fetchResult gets a file of the result
   */
  constructor(element, commands, fetchResult) {
    Object.assign(this, { element, commands, fetchResult, id: null });
    this.showNothing();
  }

  showNothing() {
    this.id = null;
    this.element.classList.add("idle");
    this.element.replaceChildren(
      h("p", { class: "empty big" }, "Choose a job to see its progress and its result."));
  }

  showProblem(message) {
    this.id = null;
    this.element.classList.remove("idle");
    this.element.replaceChildren(backLink(), h("p", { class: "notice bad", role: "alert" }, message));
  }

  show(job) {
    if (this.id !== job.job_id) this.#begin(job);
    this.summary.update(job);
    this.#facts(job);
    this.#notices(job);
    this.#downloads(job);
    this.#result(job);
  }

  tick() {
    this.summary?.tick();
  }

  /** Moves the keyboard here. */
  focus() {
    (this.element.querySelector("h2") ?? this.element).focus();
  }

  #begin(job) {
    this.id = job.job_id;
    this.element.classList.remove("idle");
    this.summary = new JobSummary(this.commands, { link: false, heading: "h2" });
    this.facts = h("dl", { class: "facts" });
    this.notices = h("div", { class: "notices" });
    this.downloads = h("div", { class: "downloads", hidden: true });
    this.downloadProblem = h("p", { class: "notice bad", role: "alert", hidden: true });
    this.resultBox = h("div", { class: "result" });
    this.rows = 0;
    this.resultKey = null;
    this.downloadKey = null;
    this.noticeKey = null;
    this.element.replaceChildren(
      backLink(), this.summary.element, this.notices, this.downloads, this.downloadProblem, this.resultBox,
      h("details", { class: "more" }, h("summary", {}, "About this job"), this.facts));
  }

  #facts(job) {
    const settings = Object.entries(job.settings ?? {}).map(([name, value]) => `${words(name)}: ${value}`);
    const file = job.files?.[0];
    const rows = [
      ["File", file && `${file.name} (${bytes(file.size)})`],
      ["Created", dateTime(job.created_at)],
      ["Processing time", job.processing_time_seconds !== null && duration(job.processing_time_seconds)],
      ["Chunks", job.total_chunks !== null && `${integer(job.processed_chunks)} of ${integer(job.total_chunks)}`],
      ["Attempt", job.attempt > 1 && job.attempt],
      ["Settings", settings.length > 0 && h("ul", { class: "plain" }, settings.map((line) => h("li", {}, line)))],
      ["Cost of requests", job.complete && TERMINAL.has(job.status) && `$${job.usage.cost_usd}`],
      ["Kept until", dateTime(job.expires_at)],
      ["Id", h("code", {}, job.job_id)],
    ];
    this.facts.replaceChildren(
      ...rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  }

  #notices(job) {
    const failed = job.failed_chunks ?? [];
    const key = JSON.stringify([job.warnings, failed, job.failed_count]);
    if (key === this.noticeKey) return;
    this.noticeKey = key;
    const rest = (job.failed_count ?? 0) - failed.length;
    this.notices.replaceChildren(
      ...(job.warnings ?? []).map((warning) => h("p", { class: "notice warn" }, warning.message)),
      ...(failed.length === 0 ? [] : [
        h("div", { class: "notice warn" },
          h("p", {}, `${count(job.failed_count, "part")} could not be processed:`),
          h("ul", {}, failed.map((chunk) => h("li", {}, `${chunk.label}: ${chunk.message}`)),
            rest > 0 && h("li", {}, `and ${count(rest, "more part")}`))),
      ]));
  }

  #downloads(job) {
    const key = (job.formats ?? []).join();
    if (key === this.downloadKey) return;
    this.downloadKey = key;
    this.downloads.hidden = !key;
    this.downloads.replaceChildren(
      h("span", { class: "label", id: "download-label" }, "Download"),
      ...(job.formats ?? []).map((format) => this.#downloadButton(job, format)));
  }

  #downloadButton(job, format) {
    const word = FORMAT_WORDS[format] ?? format.toUpperCase();
    const button = h("button", {
      type: "button",
      class: "small",
      "aria-label": `Download ${word}`,
      "data-format": format,
      onclick: async () => {
        button.setAttribute("aria-disabled", "true");
        showNotice(this.downloadProblem, null);
        try {
          await this.#save(job, format);
        } catch (error) {
          showNotice(this.downloadProblem, error.message);
        } finally {
          button.removeAttribute("aria-disabled");
        }
      },
    }, word);
    return button;
  }

  async #save(job, format) {
    const parts = format === "json" ? 1 : Math.max(1, Math.ceil(this.rows / ROWS_PER_FILE));
    for (let part = 1; part <= parts; part += 1) {
      const response = await this.fetchResult(job, format, part);
      const address = URL.createObjectURL(await response.blob());
      const name = `${stem(jobName(job))}${part > 1 ? `-${part}` : ""}.${format}`;
      h("a", { href: address, download: name }).click();
      // The browser has taken hold of the data by the time it shows its dialogue.
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    }
  }

  #result(job) {
    const has = (job.formats ?? []).includes("json");
    // A retry leaves the last result standing until the next replaces it.
    const key = has ? `${job.attempt}/${TERMINAL.has(job.status)}` : null;
    if (key === this.resultKey) return;
    const first = this.resultKey === null;
    this.resultKey = key;
    if (!has) this.resultBox.replaceChildren();
    else if (first || TERMINAL.has(job.status)) this.#load(job, key);
  }

  async #load(job, key) {
    this.resultBox.replaceChildren(h("p", { class: "empty", role: "status" }, "Loading the result…"));
    const mine = () => this.id === job.job_id && this.resultKey === key;
    try {
      const result = await (await this.fetchResult(job, "json")).json();
      if (!mine()) return;
      this.rows = result.sentences?.length ?? 0;
      this.resultBox.replaceChildren(new ResultView(result).element);
    } catch (error) {
      if (!mine()) return;
      this.resultBox.replaceChildren(
        h("div", { class: "notice bad", role: "alert" },
          h("p", {}, `The result could not be loaded. ${error.message}`),
          h("button", { type: "button", class: "small", onclick: () => this.#load(job, key) }, "Try again")));
    }
  }
}

const backLink = () => h("a", { class: "back", href: "#" }, "← All jobs");
