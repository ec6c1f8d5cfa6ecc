// The form that makes a job: a file, dropped or chosen, and the pipeline's settings.

import { h, showNotice } from "./dom.js";
import { bytes } from "./format.js";
import { settingsForm } from "./settings.js";
import { UploadInterrupted, WITH_THE_REQUEST_BYTES, resume, submit } from "./upload.js";

export class NewJob {
  /**
   * @param {HTMLFormElement} form to fill
   * @param {object} api
   * @param {object[]} pipelines as `/v1/pipelines` gives them
   * @param {(job: object, isOnItsWay: boolean) => void} onJob a job was made; whether its file is there, too
   */
  constructor(form, api, pipelines, onJob) {
    Object.assign(this, { form, api, pipelines, onJob, file: null, interrupted: null });
    this.#build();
    this.#choosePipeline(pipelines[0]);
    this.#idle();
  }

  #build() {
    this.choice = h("select", { id: "pipeline", onchange: () =>
      this.#choosePipeline(this.pipelines.find(({ name }) => name === this.choice.value)) },
    this.pipelines.map(({ name, title }) => h("option", { value: name }, title)));
    this.input = h("input", { id: "file", type: "file", class: "visually-hidden", "aria-describedby": "file-hint", onchange: () => this.#take(this.input.files[0]) });
    this.fileName = h("span", { class: "drop-name" });
    this.fileHint = h("span", { class: "hint", id: "file-hint" });
    this.drop = h("label", { class: "drop", for: "file" },
      h("span", { class: "drop-icon", "aria-hidden": "true" }, "↑"), this.fileName, this.fileHint);
    this.dropArea = h("div", { class: "drop-area" }, this.input, this.drop);
    this.label = h("input", { id: "label", type: "text", maxlength: 200, autocomplete: "off" });
    this.settingsBox = h("details", { class: "more" });
    this.bar = h("progress", { max: 100, "aria-label": "Upload" });
    this.sent = h("span", { class: "percent" });
    this.uploading = h("div", { class: "progress", hidden: true }, this.bar, this.sent);
    this.problem = h("p", { class: "notice bad", role: "alert", hidden: true });
    this.start = h("button", { type: "submit", class: "primary" }, "Start");
    this.stop = h("button", { type: "button", hidden: true, onclick: () => this.abort.abort() }, "Stop the upload");
    this.form.replaceChildren(
      h("div", { class: "field", hidden: this.pipelines.length < 2 }, h("label", { for: "pipeline" }, "What to do"), this.choice),
      this.dropArea,
      this.settingsBox,
      this.uploading,
      this.problem,
      h("div", { class: "actions" }, this.start, this.stop));
    this.form.onsubmit = (event) => {
      event.preventDefault();
      if (!this.abort) this.#send();
    };
    this.#listenForDrops();
  }

  #listenForDrops() {
    const over = (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      this.drop.classList.add("over");
    };
    this.dropArea.addEventListener("dragenter", over);
    this.dropArea.addEventListener("dragover", over);
    this.dropArea.addEventListener("dragleave", () => this.drop.classList.remove("over"));
    this.dropArea.addEventListener("drop", (event) => {
      event.preventDefault();
      this.drop.classList.remove("over");
      if (this.abort) return;
      if (event.dataTransfer.files.length > 1) this.#refuse("Please drop one file at a time.");
      else this.#take(event.dataTransfer.files[0]);
    });
  }

  #choosePipeline(pipeline) {
    this.pipeline = pipeline;
    this.settings = settingsForm(pipeline.settings_schema);
    this.settingsBox.replaceChildren(
      h("summary", {}, "Settings"),
      h("div", { class: "field" }, h("label", { for: "label" }, "Name"), this.label, h("span", { class: "hint" }, "Instead of the file's name, if you like.")),
      this.settings.element);
    const extensions = pipeline.accepts.map(({ extension }) => extension);
    this.input.accept = extensions.join();
    this.fileHint.textContent = pipeline.accepts
      .map(({ extension, max_bytes: most }) => `${extension} up to ${bytes(most)}`).join(", ");
    this.#take(null);
  }

  #take(file) {
    this.interrupted = null;
    this.file = null;
    this.drop.classList.toggle("chosen", Boolean(file));
    this.fileName.textContent = file ? `${file.name} (${bytes(file.size)})` : "Choose a file or drop it here";
    showNotice(this.problem, null);
    this.start.textContent = "Start";
    if (!file) return;
    const problem = this.#problemOf(file);
    if (problem) this.#refuse(problem);
    else this.file = file;
  }

  /** What the service would refuse, told before anything is sent. */
  #problemOf(file) {
    const accepted = this.pipeline.accepts.filter(({ extension }) => file.name.toLowerCase().endsWith(extension));
    if (accepted.length === 0) {
      return `“${file.name}” cannot be used here. Please choose a file of type ${this.input.accept.replaceAll(",", ", ")}.`;
    }
    const most = Math.max(...accepted.map(({ max_bytes: limit }) => limit));
    if (file.size > most) return `“${file.name}” is larger than ${bytes(most)}.`;
    if (file.size === 0) return `“${file.name}” is empty.`;
    return null;
  }

  #refuse(message) {
    this.drop.classList.remove("chosen");
    showNotice(this.problem, message);
  }

  async #send() {
    if (!this.file) {
      if (this.problem.hidden) this.#refuse("Please choose a file first.");
      this.input.focus();
      return;
    }
    const { file, interrupted } = this;
    this.settings.showErrors([]);
    showNotice(this.problem, null);
    this.#busy(file);
    const options = {
      signal: this.abort.signal,
      onProgress: (sent) => this.#progress(sent, file.size),
      onCreated: (job) => this.onJob(job, false),
    };
    try {
      const job = interrupted
        ? await resume(this.api, interrupted, file, options)
        : await submit(this.api, {
          file,
          pipeline: this.pipeline.name,
          settings: this.settings.read(this.form),
          label: this.label.value.trim(),
        }, options);
      this.input.value = "";
      this.label.value = "";
      this.#take(null);
      this.onJob(job, true);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#idle();
    }
  }

  #failed(error) {
    if (error instanceof UploadInterrupted) {
      this.interrupted = error.job;
      this.start.textContent = "Go on with the upload";
      showNotice(this.problem, error.message);
      return;
    }
    this.interrupted = null;
    this.start.textContent = "Start";
    const fields = error.fields ?? [];
    if (fields.some(({ field }) => field.startsWith("settings"))) this.settingsBox.open = true;
    const others = this.settings.showErrors(fields);
    const detail = fields.length > 0 && others.length === 0 && fields.length > 1 ? "Please check the settings." : error.message;
    showNotice(this.problem, [detail, ...(fields.length > 1 ? others.map((other) => other.detail) : [])].join(" "));
  }

  #busy(file) {
    this.abort = new AbortController();
    const straight = file.size <= WITH_THE_REQUEST_BYTES;
    this.uploading.hidden = false;
    this.stop.hidden = straight;
    this.start.setAttribute("aria-disabled", "true");
    this.input.disabled = true;
    if (straight) {
      // Too short to be worth a figure.
      this.bar.removeAttribute("value");
      this.sent.textContent = "";
    } else {
      this.#progress(0, file.size);
    }
  }

  #progress(sent, size) {
    if (!this.abort) return;
    const percent = Math.floor((100 * sent) / size);
    this.bar.value = percent;
    this.sent.textContent = `${percent} %`;
  }

  #idle() {
    this.abort = null;
    this.uploading.hidden = true;
    this.stop.hidden = true;
    this.start.removeAttribute("aria-disabled");
    this.input.disabled = false;
  }
}
