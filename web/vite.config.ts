import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env.TAPELINE_API ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../python/tapeline/api/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // The server's content policy has no `data:` and no inline script: every asset is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": backend, "/ws": { target: backend, ws: true } } },
  test: { environment: "node", include: ["src/**/*.test.ts"], testTimeout: 60_000 },
});
