// A list of sentences: totals, filter by flag, pages.

import { h, replaceKeepingFocus } from "./dom.js";
import { count, integer } from "./format.js";

const PAGE_ROWS = 50;

const FLAG_WORDS = {
  fragment: ["Fragment", "No conjugated verb was found in it."],
  over_limit: ["Too long", "It has more words than the limit."],
  short: ["Short", "It has fewer words than the minimum."],
  dialogue: ["Dialogue", "Somebody speaks."],
  pronoun_copied: ["Pronoun added", "The subject was repeated so that it stands by itself."],
};

const wordOf = (flag) => FLAG_WORDS[flag]?.[0] ?? flag;

/** Shows a result of schema `novel/1`; of other results only that they are there to be downloaded. */
export class ResultView {
  constructor(result) {
    this.element = h("section", { class: "sentences", "aria-label": "Result" });
    if (!Array.isArray(result.sentences)) {
      this.element.append(h("p", { class: "empty" }, "The result is ready to be downloaded."));
      return;
    }
    this.all = result.sentences;
    this.stats = result.stats ?? {};
    this.flag = null;
    this.page = 0;
    this.originals = false;
    this.#render();
  }

  #render() {
    this.shown = this.flag ? this.all.filter((sentence) => sentence.flags.includes(this.flag)) : this.all;
    replaceKeepingFocus(this.element,
      h("h3", { class: "title" }, "Sentences"), this.#totals(), this.#filters(),
      this.all.length === 0 ? h("p", { class: "empty" }, "The text has no sentences.") : [this.#table(), this.#pages()]);
  }

  #totals() {
    const { source_sentences: before, avg_words: words, max_words: most, fragment_rate_pct: rate } = this.stats;
    const facts = [
      [integer(this.all.length), "sentences"],
      before !== undefined && [integer(before), "in the source"],
      words !== undefined && [words, "words on average"],
      most !== undefined && [integer(most), "words at most"],
      rate !== undefined && [`${rate} %`, "fragments"],
    ];
    return h("ul", { class: "totals" },
      facts.filter(Boolean).map(([value, what]) => h("li", {}, h("strong", {}, value), ` ${what}`)));
  }

  #filters() {
    const counts = new Map();
    for (const { flags } of this.all) for (const flag of flags) counts.set(flag, (counts.get(flag) ?? 0) + 1);
    if (counts.size === 0 && !this.#haveOriginals()) return null;
    const chip = (flag, text, total, title) => h("button", {
      type: "button",
      class: "chip",
      title,
      "data-key": `flag-${flag}`,
      "data-flag": flag ?? "all",
      "aria-pressed": String(this.flag === flag),
      onclick: () => this.#go({ flag, page: 0 }),
    }, text, " ", h("span", { class: "count" }, integer(total)));
    const box = h("input", { type: "checkbox", id: "originals", "data-key": "originals", onchange: () => this.#go({ originals: box.checked }) });
    box.checked = this.originals;
    return h("div", { class: "filters" },
      h("div", { class: "chips", role: "group", "aria-label": "Filter by flag" },
        chip(null, "All", this.all.length),
        [...counts].sort((a, b) => b[1] - a[1]).map(([flag, total]) => chip(flag, wordOf(flag), total, FLAG_WORDS[flag]?.[1]))),
      this.#haveOriginals() && h("span", { class: "check" }, box, h("label", { for: "originals" }, "Show the source")));
  }

  #haveOriginals() {
    return this.all.some((sentence) => sentence.original && sentence.original !== sentence.text);
  }

  // Roles are written out because the narrow layout lays rows out as blocks, which takes them from a table.
  #table() {
    const head = ["#", "Sentence", "Page", "Words", "Flags"];
    const first = this.page * PAGE_ROWS;
    const rows = this.shown.slice(first, first + PAGE_ROWS);
    return h("div", { class: "table" },
      h("table", { role: "table", "aria-label": "Sentences" },
        h("thead", { role: "rowgroup" },
          h("tr", { role: "row" }, head.map((name) => h("th", { scope: "col", role: "columnheader" }, name)))),
        h("tbody", { role: "rowgroup" }, rows.map((sentence) => this.#row(sentence)))));
  }

  #row(sentence) {
    const changed = this.originals && sentence.original && sentence.original !== sentence.text;
    return h("tr", { role: "row" },
      h("td", { role: "cell", class: "number" }, integer(sentence.index)),
      h("td", { role: "cell", class: "text" },
        h("span", { lang: "fr" }, sentence.text),
        changed && h("span", { class: "original", lang: "fr" }, sentence.original)),
      h("td", { role: "cell", class: "number", "data-name": "page" }, integer(sentence.page)),
      h("td", { role: "cell", class: "number", "data-name": "words" }, integer(sentence.words)),
      h("td", { role: "cell", class: "flags" },
        sentence.flags.map((flag) => h("span", { class: "flag", "data-flag": flag, title: FLAG_WORDS[flag]?.[1] }, wordOf(flag)))));
  }

  #pages() {
    const pages = Math.ceil(this.shown.length / PAGE_ROWS);
    if (pages <= 1) return h("p", { class: "pages" }, count(this.shown.length, "sentence"));
    const first = this.page * PAGE_ROWS;
    const button = (key, text, page, off) =>
      h("button", { type: "button", class: "small", "data-key": key, disabled: off, onclick: () => this.#go({ page }) }, text);
    return h("nav", { class: "pages", "aria-label": "Pages of sentences" },
      button("previous", "Previous", this.page - 1, this.page === 0),
      h("span", { role: "status" },
        `${integer(first + 1)}–${integer(Math.min(first + PAGE_ROWS, this.shown.length))} of ${integer(this.shown.length)}`),
      button("next", "Next", this.page + 1, this.page >= pages - 1));
  }

  #go(change) {
    const turned = change.page !== undefined && change.flag === undefined;
    Object.assign(this, change);
    this.#render();
    // A new page is read from its top.
    if (turned) this.element.querySelector(".filters, .table")?.scrollIntoView({ block: "start" });
  }
}
