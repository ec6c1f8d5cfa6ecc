// Holds the description of the WebSocket protocol against AsyncAPI and prints what is not right.
//
// usage: node validate.js [FILE]

import { fileURLToPath } from "node:url";
import { fromFile, Parser } from "@asyncapi/parser";

const file = process.argv[2] ?? fileURLToPath(new URL("../../infra/asyncapi.yaml", import.meta.url));
const { document, diagnostics } = await fromFile(new Parser(), file).parse();
for (const { code, path, message } of diagnostics)
  console.error(`${file}: ${path.join("/")}: ${message} (${code})`);
if (!document || diagnostics.length) process.exit(1);
console.log(`${file}: AsyncAPI ${document.version()}, ${document.allMessages().length} messages`);
