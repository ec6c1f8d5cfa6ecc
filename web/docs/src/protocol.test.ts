import { describe, expect, it } from "vitest";
import { Description, render } from "./protocol.ts";
import { fields, type Json, object, typeOf } from "./schema.ts";

const PROTOCOL = new URL("../../../infra/asyncapi.yaml", import.meta.url).pathname;

describe("the description of the protocol", () => {
  it("is shown whole, and every link leads somewhere", () => {
    const description = new Description(PROTOCOL);
    const html = render(description);
    const { operations, components } = description.root;
    for (const name of Object.keys(object(operations))) expect(html).toContain(`id="operation-${name}"`);
    for (const name of Object.keys(object(object(components).messages)))
      expect(html).toContain(`id="message-${name}"`);
    for (const name of ["Event", "Job", "Notice"]) expect(html).toContain(`id="schema-${name}"`);
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(20);
    for (const id of links) expect(html).toContain(`id="${id}"`);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(html).not.toMatch(/<script|style=|undefined|\[object/);
  });

  it("is not shown with a reference to nothing", () => {
    const description = new Description(PROTOCOL);
    expect(() => description.resolved({ $ref: "#/components/schemas/Nothing" })).toThrow(/refers to nothing/);
    const job = description.resolved({ $ref: "openapi.yaml#/components/schemas/Job" });
    const links = object(object(job).properties).links;
    expect(object(links).$ref).toBe("openapi.yaml#/components/schemas/Links");
    expect(description.resolved(links).type).toBe("object");
  });
});

describe("a schema in words", () => {
  it.each<[Json, string]>([
    [{ type: "string", format: "uuid" }, "string (uuid)"],
    [{ type: ["integer", "null"], minimum: 1 }, "integer or null, at least 1"],
    [{ type: "integer", minimum: 0, maximum: 100 }, "integer, 0 to 100"],
    [{ const: "pong" }, "<code>pong</code>"],
    [{ type: "string", enum: ["a", "b"] }, "<code>a</code> <code>b</code>"],
    [{ type: ["string", "null"], enum: ["a", null] }, "<code>a</code> or null"],
    [{ type: "array", items: { $ref: "#/x/Job" } }, 'list of <a href="#schema-Job">Job</a>'],
    [
      { oneOf: [{ type: "null" }, { $ref: "openapi.yaml#/x/Notice" }] },
      'null or <a href="#schema-Notice">Notice</a>',
    ],
  ])("%j", (schema, words) => {
    expect(typeOf(schema)).toBe(words);
  });

  it("tells optional fields, and shows text as text", () => {
    const html = fields(
      {
        type: "object",
        required: ["a"],
        properties: { a: { type: "string" }, "<b>": { type: "integer", description: "1 < 2, `c`" } },
      },
      "Fields",
    );
    expect(html).toContain("<tr><td><code>a</code></td><td>string</td><td></td></tr>");
    expect(html).toContain(
      "<code>&lt;b&gt;</code></td><td>integer, optional</td><td>1 &lt; 2, <code>c</code></td>",
    );
  });
});
