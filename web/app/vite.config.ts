import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const source = (path: string) => new URL(path, import.meta.url).pathname;

// With DOCMILL_URL, `npm run dev` shows the page of the sources with the service of a running stack behind it.
const stack = process.env.DOCMILL_URL;

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
    dedupe: ["react", "react-dom"],
  },
  server: {
    // The samples of the tour lie beside the web folder.
    fs: { allow: [source("../.."), source("../../samples")] },
    ...(stack && {
      proxy: { "/v1": { target: stack, changeOrigin: true }, "/docs": { target: stack, changeOrigin: true } },
    }),
  },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.json" },
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: {
        assetFileNames: ({ names: [name = ""] }) =>
          /\.(pdf|txt)$/.test(name)
            ? "assets/samples/[name]-[hash][extname]"
            : "assets/[name]-[hash][extname]",
      },
    },
  },
});
