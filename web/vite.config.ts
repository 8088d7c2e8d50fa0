import { defineConfig } from "vite";

// While developing, the API is a running Nightshift (or the test double) on this port.
const backend = process.env.NIGHTSHIFT_URL ?? "http://127.0.0.1:8700";

export default defineConfig({
  server: { host: "127.0.0.1", proxy: { "/api": { target: backend, ws: true } } },
  build: {
    target: "es2022",
    // The polyfill would be an inline script in spirit: every browser we target has modulepreload.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
