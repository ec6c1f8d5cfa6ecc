// A pipeline's settings as JSON Schema (2020-12), and what a form needs to know of them.

/** As much of a schema as the form understands. What it does not is edited as JSON. */
export interface Schema {
  type?: string | readonly string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  oneOf?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
}

/** How a value is entered. */
export type Kind =
  | { type: "boolean" }
  | { type: "number"; isInteger: boolean; minimum?: number | undefined; maximum?: number | undefined }
  | { type: "choice"; options: readonly unknown[] }
  | { type: "choices"; options: readonly unknown[] }
  | { type: "text"; maxLength?: number | undefined; pattern?: string | undefined }
  | { type: "date" }
  | { type: "time" }
  /** A list of a fixed length. */
  | { type: "tuple"; length: number; item: Kind }
  /** A list that grows. */
  | { type: "rows"; item: Kind; most: number }
  | { type: "object"; fields: readonly Field[] }
  | { type: "json" };

export interface Field {
  name: string;
  label: string;
  description: string;
  kind: Kind;
  /** May be left out. */
  isOptional: boolean;
  default: unknown;
}

/** Values of fields by name. */
export type Values = Readonly<Record<string, unknown>>;

/** What is wrong, by the path of the value: `holidays[0].to`. */
export type FieldErrors = ReadonlyMap<string, string>;

/** The fields of an object's schema, in its order. */
export function fieldsOf(schema: Schema | undefined): Field[] {
  const properties = schema?.properties ?? {};
  const required = new Set(schema?.required);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    label: property.title ?? words(name),
    description: sentences(property, properties),
    kind: kindOf(property),
    isOptional: !required.has(name),
    default: property.default,
  }));
}

function kindOf(schema: Schema): Kind {
  const type = typeOf(schema);
  if (schema.enum) return { type: "choice", options: schema.enum };
  if (type === "boolean") return { type: "boolean" };
  if (type === "integer" || type === "number") {
    return {
      type: "number",
      isInteger: type === "integer",
      minimum: schema.minimum,
      maximum: schema.maximum,
    };
  }
  if (type === "string") return textKind(schema);
  if (type === "object" && schema.properties) return { type: "object", fields: fieldsOf(schema) };
  if (type === "array" && schema.items) return listKind(schema, schema.items);
  return { type: "json" };
}

// `["string", "null"]` is a text that may be left out.
function typeOf({ type }: Schema): string | undefined {
  if (typeof type === "string" || type === undefined) return type;
  const [only, ...others] = type.filter((name) => name !== "null");
  return others.length === 0 ? only : undefined;
}

function textKind({ format, pattern, maxLength }: Schema): Kind {
  if (format === "date") return { type: "date" };
  if (format === "time" || (pattern && isTimePattern(pattern))) return { type: "time" };
  return { type: "text", maxLength, pattern };
}

// A pattern that takes exactly what a time input gives.
function isTimePattern(pattern: string): boolean {
  const regex = safeRegExp(pattern);
  return Boolean(regex?.test("00:00") && regex.test("23:59") && !regex.test("24:00") && !regex.test("9:30"));
}

function listKind(schema: Schema, items: Schema): Kind {
  if (items.enum) return { type: "choices", options: items.enum };
  const item = kindOf(alternative(items));
  if (item.type === "json") return item;
  if (schema.minItems !== undefined && schema.minItems === schema.maxItems) {
    return { type: "tuple", length: schema.minItems, item };
  }
  return { type: "rows", item, most: schema.maxItems ?? 1_000 };
}

// Of several forms of an entry the one with named fields needs the least explanation.
const alternative = (schema: Schema): Schema =>
  schema.oneOf?.find((one) => typeOf(one) === "object") ?? schema.oneOf?.[0] ?? schema;

function sentences(schema: Schema, siblings: Readonly<Record<string, Schema>>): string {
  const { minimum, maximum, description = "" } = schema;
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}.` : "";
  return [withLabels(description, siblings), range].filter(Boolean).join(" ");
}

/** The text with the labels that people see in place of the names that programs use. */
export function withLabels(text: string, properties: Readonly<Record<string, Schema>> = {}): string {
  return text.replaceAll(/`?\b(?:settings\.)?([a-z]+(?:_[a-z]+)+)\b`?/g, (found, name: string) => {
    const property = properties[name];
    return property ? `“${property.title ?? words(name)}”` : found;
  });
}

const words = (name: string): string => {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** Where a form begins: each field's default. */
export const defaultsOf = (fields: readonly Field[]): Values =>
  Object.fromEntries(fields.map(({ name, default: value }) => [name, value ?? null]));

/** What an entry of a list begins as. */
export function blankOf(kind: Kind): unknown {
  switch (kind.type) {
    case "object":
      return Object.fromEntries(
        kind.fields.map((field) => [field.name, field.default ?? blankOf(field.kind)]),
      );
    case "boolean":
      return false;
    case "choice":
      return kind.options[0] ?? null;
    case "choices":
    case "rows":
      return [];
    case "tuple":
      return Array.from({ length: kind.length }, () => blankOf(kind.item));
    default:
      return "";
  }
}

/** The settings that differ from what they are by themselves: what has to be sent. */
export function changesOf(fields: readonly Field[], values: Values): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  for (const field of fields) {
    const value = sent(field.kind, values[field.name]);
    if (JSON.stringify(value) !== JSON.stringify(field.default ?? null)) changes[field.name] = value;
  }
  return changes;
}

// A text that was left empty is none, and an object says nothing of what it may leave out.
function sent(kind: Kind, value: unknown): unknown {
  if (value === "" || value === undefined) return null;
  if (kind.type === "object" && isRecord(value)) {
    const given = kind.fields.map(
      ({ name, kind: inner, isOptional }) => [name, sent(inner, value[name]), isOptional] as const,
    );
    return Object.fromEntries(given.filter(([, inner, isOptional]) => inner !== null || !isOptional));
  }
  if ((kind.type === "rows" || kind.type === "tuple") && Array.isArray(value)) {
    return value.map((item) => sent(kind.item, item));
  }
  return value;
}

/** What is wrong by the schema alone; the service checks the rest. */
export function check(fields: readonly Field[], values: Values): Map<string, string> {
  const errors = new Map<string, string>();
  for (const field of fields) checkValue(field.kind, values[field.name], field.name, true, errors);
  return errors;
}

function checkValue(
  kind: Kind,
  value: unknown,
  path: string,
  isOptional: boolean,
  errors: Map<string, string>,
): void {
  const isEmpty = value === null || value === undefined || value === "";
  if (isEmpty) {
    if (kind.type === "number") errors.set(path, "Please enter a number.");
    else if (!isOptional && kind.type !== "json") errors.set(path, "Please fill this in.");
    return;
  }
  const problem = problemOf(kind, value);
  if (problem) errors.set(path, problem);
  else if (kind.type === "object" && isRecord(value)) {
    for (const field of kind.fields) {
      checkValue(field.kind, value[field.name], `${path}.${field.name}`, field.isOptional, errors);
    }
  } else if ((kind.type === "rows" || kind.type === "tuple") && Array.isArray(value)) {
    for (const [index, item] of value.entries())
      checkValue(kind.item, item, `${path}[${index}]`, false, errors);
  }
}

function problemOf(kind: Kind, value: unknown): string | null {
  switch (kind.type) {
    case "number": {
      if (typeof value !== "number" || !Number.isFinite(value)) return "Please enter a number.";
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, isInteger } = kind;
      if (isInteger && !Number.isInteger(value)) return "Please enter a whole number.";
      if (value >= minimum && value <= maximum) return null;
      if (kind.minimum === undefined) return `Please enter at most ${maximum}.`;
      return kind.maximum === undefined
        ? `Please enter at least ${minimum}.`
        : `Please enter ${minimum} to ${maximum}.`;
    }
    case "text":
      if (kind.pattern && !safeRegExp(kind.pattern)?.test(String(value)))
        return "This is not in the right form.";
      return kind.maxLength !== undefined && [...String(value)].length > kind.maxLength
        ? `Please use at most ${kind.maxLength} characters.`
        : null;
    case "rows":
      return Array.isArray(value) && value.length > kind.most
        ? `Please use at most ${kind.most} entries.`
        : null;
    default:
      return null;
  }
}

function safeRegExp(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return null;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Sorts what the service says is wrong: by the path of a setting, or as sentences about something else. */
export function errorsOf(
  fields: readonly Field[],
  errors: readonly { field: string; detail: string }[],
  schema: Schema | undefined,
): { atFields: Map<string, string>; others: string[] } {
  const atFields = new Map<string, string>();
  const others: string[] = [];
  const names = new Set(fields.map(({ name }) => name));
  for (const { field, detail } of errors) {
    const path = field.replace(/^settings\./, "");
    const name = /^\w+/.exec(path)?.[0];
    const text = withLabels(detail, schema?.properties);
    if (field.startsWith("settings.") && name && names.has(name)) atFields.set(path, text);
    else others.push(text);
  }
  return { atFields, others };
}
