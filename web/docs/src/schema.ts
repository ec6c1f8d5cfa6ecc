// Types and fields of a JSON Schema, in words.

import { marked } from "marked";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const object = (value: Json | undefined): JsonObject =>
  value && typeof value === "object" && !Array.isArray(value) ? value : {};
export const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
export const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
export const escaped = (plain: string) => plain.replace(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter);
export const inline = (markdown: string) => marked.parseInline(markdown, { async: false });
export const prose = (markdown: string) => marked.parse(markdown, { async: false });

/** The last word of a reference: what a schema is called. */
export const nameOf = (schema: Json | undefined): string | undefined =>
  text(object(schema).$ref).split("/").at(-1) || undefined;

const code = (value: Json) =>
  `<code>${escaped(typeof value === "string" ? value : JSON.stringify(value))}</code>`;

/** The type in a few words; a named schema as a link to its section. */
export function typeOf(schema: Json | undefined): string {
  const name = nameOf(schema);
  if (name) return `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`;
  const known = object(schema);
  if (known.const !== undefined) return code(known.const);
  for (const [word, between] of [
    ["oneOf", " or "],
    ["anyOf", " or "],
    ["allOf", " with "],
  ] as const) {
    const parts = list(known[word]);
    if (parts.length) return parts.map(typeOf).join(between);
  }
  const types = (Array.isArray(known.type) ? known.type : [known.type]).map(text).filter(Boolean);
  const words = types.map((type) => (type === "array" ? `list of ${typeOf(known.items)}` : escaped(type)));
  const choices = list(known.enum).filter((choice) => choice !== null);
  const shown = choices.length
    ? [choices.map(code).join(" "), ...words.filter((word) => word === "null")]
    : words;
  const format = text(known.format);
  return shown.join(" or ") + (format ? ` (${escaped(format)})` : "") + range(known);
}

function range({ minimum, maximum }: JsonObject): string {
  if (minimum === undefined && maximum === undefined) return "";
  if (maximum === undefined) return `, at least ${minimum}`;
  return minimum === undefined ? `, at most ${maximum}` : `, ${minimum} to ${maximum}`;
}

/** A table of an object's fields; for anything else its type. */
export function fields(schema: Json | undefined, label: string): string {
  const known = object(schema);
  const required = list(known.required);
  const rows = Object.entries(object(known.properties)).map(([name, property]) => {
    const optional = required.includes(name) ? "" : ", optional";
    const meaning = inline(text(object(property).description));
    return `<tr><td><code>${escaped(name)}</code></td><td>${typeOf(property)}${optional}</td><td>${meaning}</td></tr>`;
  });
  if (!rows.length) return `<p>${typeOf(schema)}</p>`;
  const head = ["Field", "Type", "Meaning"].map((title) => `<th scope="col">${title}</th>`).join("");
  return (
    `<div class="scroll" tabindex="0" role="group" aria-label="${escaped(label)}"><table>` +
    `<thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`
  );
}
