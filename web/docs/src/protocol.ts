// The WebSocket protocol as a page without scripts, made when the page is built. There is a component of AsyncAPI's for
// this: two megabytes of script for one channel, and light looks only.

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { escaped, fields, type Json, type JsonObject, list, nameOf, object, prose, text } from "./schema.ts";

/** A description in a file, beside the others that it refers to. */
export class Description {
  private readonly files = new Map<string, Json>();

  constructor(private readonly path: string) {}

  get root(): JsonObject {
    return object(this.file(this.path));
  }

  /** Files that were read so far. */
  get sources(): string[] {
    return [...this.files.keys()];
  }

  private file(path: string): Json {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    const read: Json = parse(readFileSync(path, "utf8"));
    this.files.set(path, read);
    return read;
  }

  /** What a reference stands for; anything else is itself. */
  resolved(value: Json | undefined): JsonObject {
    const reference = text(object(value).$ref);
    if (!reference) return object(value);
    const [name, pointer = ""] = reference.split("#");
    const path = name ? this.path.replace(/[^/]*$/, name) : this.path;
    let found: Json | undefined = this.file(path);
    for (const key of pointer.split("/").filter(Boolean)) found = object(found)[key];
    if (found === undefined) throw new Error(`${reference} refers to nothing`);
    return this.resolved(this.absolute(found, name ?? ""));
  }

  /** References inside of another file's part name that file. */
  private absolute(value: Json, name: string): Json {
    if (!name || value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((item) => this.absolute(item, name));
    const entries = Object.entries(value).map(([key, item]) =>
      key === "$ref" && text(item).startsWith("#") ? [key, name + item] : [key, this.absolute(item, name)],
    );
    return Object.fromEntries(entries);
  }
}

/** The page's main part. */
export function render(description: Description): string {
  const { info, operations, servers, components } = description.root;
  const title = text(object(info).title);
  const address = Object.values(object(servers)).map((server) => {
    const { protocol, host, pathname, description: said } = object(server);
    return `<p><code>${escaped(`${protocol}://${host}${pathname}`)}</code></p>${prose(text(said))}`;
  });
  const named = Object.entries(object(operations));
  const receives = named.filter(([, operation]) => object(operation).action === "receive");
  const sends = named.filter(([, operation]) => object(operation).action === "send");
  const messages = Object.entries(object(object(components).messages));
  const show = ([id, operation]: [string, Json]) => operationOf(id, object(operation));
  return [
    `<h1>${escaped(title)}</h1>`,
    prose(text(object(info).description)),
    `<h2>Address</h2>${address.join("")}`,
    `<h2>What you send</h2>${receives.map(show).join("")}`,
    `<h2>What comes by itself</h2>${sends.map(show).join("")}`,
    `<h2>Messages</h2>${messages.map(([id, message]) => messageOf(id, object(message), description)).join("")}`,
    `<h2>Schemas</h2>${schemasOf(messages, description)}`,
  ].join("\n");
}

function operationOf(id: string, operation: JsonObject): string {
  const answers = list(object(operation.reply).messages);
  return (
    `<section><h3 id="operation-${escaped(id)}">${escaped(text(operation.title))}</h3>` +
    `${prose(text(operation.description))}<p>${links(list(operation.messages))}` +
    `${answers.length ? `, answered with ${links(answers)}` : ""}</p></section>`
  );
}

const links = (references: Json[]) =>
  references
    .map((reference) => escaped(nameOf(reference) ?? ""))
    .map((name) => `<a href="#message-${name}">${name}</a>`)
    .join(" or ");

function messageOf(id: string, message: JsonObject, description: Description): string {
  const title = escaped(text(message.title));
  const payload = description.resolved(message.payload);
  const examples = list(message.examples).map((example) => {
    const shown = JSON.stringify(object(example).payload, null, 1).replace(/\n\s*/g, " ");
    return `<pre tabindex="0" aria-label="Example of ${title}"><code>${escaped(shown)}</code></pre>`;
  });
  return (
    `<section><h3 id="message-${escaped(id)}">${title} <code class="quiet">${escaped(id)}</code></h3>` +
    prose(text(message.summary)) +
    prose(text(message.description)) +
    fields(payload, `Fields of ${title}`) +
    examples.join("") +
    "</section>"
  );
}

/** Every schema that messages refer to, by way of others too. */
function schemasOf(messages: [string, Json][], description: Description): string {
  const found = new Map<string, JsonObject>();
  const visit = (value: Json | undefined): void => {
    if (value === null || typeof value !== "object") return;
    const name = Array.isArray(value) ? undefined : nameOf(value);
    if (name && !found.has(name)) {
      const schema = description.resolved(value);
      found.set(name, schema);
      visit(schema);
    }
    Object.values(value).forEach(visit);
  };
  for (const [, message] of messages) visit(object(message).payload);
  return [...found.entries()]
    .sort(([a], [b]) => a.localeCompare(b, "en"))
    .map(
      ([name, schema]) =>
        `<section><h3 id="schema-${escaped(name)}">${escaped(name)}</h3>${prose(text(schema.description))}` +
        `${fields(schema, `Fields of ${name}`)}</section>`,
    )
    .join("");
}
