import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./scripts/compress.ts";

/** Where `npm run dev` finds the gateway; the built app is served by the gateway itself. */
const gateway = process.env.GATEWAY_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), compress()],
  resolve: {
    alias: {
      "@tiketi/client": fileURLToPath(new URL("packages/client/src/index.ts", import.meta.url)),
    },
  },
  build: {
    target: "es2022",
    manifest: true,
    // The Content-Security-Policy allows no data: scripts, and small files are cached better apart.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/api": { target: gateway, changeOrigin: false },
      "/ws": { target: gateway.replace(/^http/, "ws"), ws: true },
    },
  },
  test: {
    environment: "node",
    include: ["packages/client/tests/**/*.test.ts", "tests/**/*.test.{ts,tsx}"],
    globalSetup: "tests/support/zone.ts",
    testTimeout: 30_000,
    restoreMocks: true,
  },
});
