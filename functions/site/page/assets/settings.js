// A form from a pipeline's JSON Schema: whole numbers, numbers, booleans, choices, short texts.

import { h, showNotice } from "./dom.js";
import { words } from "./format.js";

const idOf = (name) => `setting-${name}`;

const labelOf = (name, schema) => schema.title ?? words(name);

/** The text with the labels that the user sees in place of the names that programs use. */
function withLabels(text, properties) {
  return text.replaceAll(/`?\b([a-z]+(?:_[a-z]+)+)\b`?/g, (found, name) =>
    properties[name] ? `“${labelOf(name, properties[name])}”` : found);
}

function control(name, schema) {
  const common = { id: idOf(name), "aria-describedby": `${idOf(name)}-hint ${idOf(name)}-error` };
  if (schema.enum) {
    const select = h("select", common, schema.enum.map((value) => h("option", { value: String(value) }, words(String(value)))));
    select.value = String(schema.default ?? schema.enum[0]);
    return select;
  }
  if (schema.type === "boolean") {
    const box = h("input", { ...common, type: "checkbox" });
    box.checked = Boolean(schema.default);
    return box;
  }
  if (schema.type === "integer" || schema.type === "number") {
    return h("input", {
      ...common,
      type: "number",
      inputmode: schema.type === "integer" ? "numeric" : "decimal",
      min: schema.minimum,
      max: schema.maximum,
      step: schema.type === "integer" ? 1 : "any",
      value: schema.default ?? "",
    });
  }
  return h("input", { ...common, type: "text", maxlength: schema.maxLength, value: schema.default ?? "" });
}

function field(name, schema, properties) {
  const input = control(name, schema);
  const label = h("label", { for: idOf(name) }, labelOf(name, schema));
  const range = schema.minimum !== undefined && schema.maximum !== undefined ? ` ${schema.minimum} to ${schema.maximum}.` : "";
  const hint = h("span", { class: "hint", id: `${idOf(name)}-hint` }, `${withLabels(schema.description ?? "", properties)}${range}`);
  const error = h("span", { class: "error", id: `${idOf(name)}-error`, hidden: true });
  const line = schema.type === "boolean" ? h("span", { class: "check" }, input, label) : [label, input];
  return h("div", { class: "field" }, line, hint, error);
}

function read(name, schema, form) {
  const input = form.elements[idOf(name)];
  if (schema.type === "boolean") return input.checked;
  if (schema.enum) return schema.enum.find((value) => String(value) === input.value);
  if (schema.type === "integer" || schema.type === "number") {
    // What is no number is sent as it is: the service's answer names the field.
    return input.value === "" ? null : Number(input.value);
  }
  return input.value;
}

/** The fields of `schema`, how to read them from their form, and how to show what is wrong with them. */
export function settingsForm(schema) {
  const known = schema?.properties ?? {};
  const properties = Object.entries(known);
  const element = h("div", { class: "settings" }, properties.map(([name, property]) => field(name, property, known)));
  return {
    element,
    isEmpty: properties.length === 0,
    read: (form) => Object.fromEntries(properties.map(([name, property]) => [name, read(name, property, form)])),
    /** Shows the errors that name a setting; gives back the others. */
    showErrors(errors) {
      const others = [];
      const texts = new Map();
      for (const error of errors) {
        const name = /^settings\.(\w+)/.exec(error.field)?.[1];
        if (known[name]) texts.set(name, withLabels(error.detail, known));
        else others.push(error);
      }
      for (const [name] of properties) {
        const input = element.querySelector(`#${CSS.escape(idOf(name))}`);
        const text = texts.get(name);
        if (text) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
        showNotice(element.querySelector(`#${CSS.escape(idOf(name))}-error`), text);
      }
      element.querySelector("[aria-invalid]")?.focus();
      return others;
    },
  };
}
