import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: { "@docmill/client": new URL("../client/src/index.ts", import.meta.url).pathname },
  },
  test: {
    environment: "happy-dom",
    include: ["test/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
