import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const source = (path: string) => new URL(path, import.meta.url).pathname;

// The site serves everything below `assets/`, whatever the address it is deployed at: all addresses are relative.
export default defineConfig({
  base: "./",
  plugins: [react()],
  resolve: {
    alias: [
      { find: "@docmill/react/style.css", replacement: source("../react/src/style.css") },
      { find: "@docmill/react", replacement: source("../react/src/index.ts") },
      { find: "@docmill/client", replacement: source("../client/src/index.ts") },
    ],
  },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.json" },
  },
});
