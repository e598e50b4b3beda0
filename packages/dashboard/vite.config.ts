import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "../server/dist/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // The policy of the page allows no data: addresses and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
