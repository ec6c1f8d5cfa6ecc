import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { defineConfig, type Plugin } from "vite";
import { Description, render } from "./src/protocol.ts";

const file = (path: string) => new URL(path, import.meta.url).pathname;
const PROTOCOL = file("../../infra/asyncapi.yaml");

/** Puts the protocol into its page. */
const protocol: Plugin = {
  name: "docmill-protocol",
  transformIndexHtml(html, { path, server }) {
    if (!path.endsWith("/live.html")) return html;
    const description = new Description(PROTOCOL);
    const shown = render(description);
    server?.watcher.add(description.sources);
    // A function, since `$` means something in a replacement.
    return html.replace("<!-- protocol -->", () => shown);
  },
};

/** Swagger UI comes bundled: what is inside, and under which licences, is in a file of its own. */
const licences: Plugin = {
  name: "docmill-licences-of-swagger",
  apply: "build",
  generateBundle() {
    const bundle = createRequire(import.meta.url).resolve("swagger-ui-dist/swagger-ui-es-bundle.js");
    const source = readFileSync(`${bundle}.LICENSE.txt`, "utf8");
    this.emitFile({ type: "asset", fileName: "licenses-swagger-ui.txt", source });
  },
};

// Two pages, at `docs` and `docs/live` of wherever the site is.
export default defineConfig({
  base: "./",
  plugins: [protocol, licences],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    license: { fileName: "licenses.json" },
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: [file("docs.html"), file("docs/live.html")],
    },
  },
});
