// Builds the web assets into src/svara/web/static/dist: hashed names, a manifest for the templates, compressed twins.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** The icons that templates use (`{% icon "phone" %}`), by their name in the Lucide set. */
const ICONS = [
  "arrow-down", "arrow-left", "arrow-up", "bookmark", "bookmark-minus", "calendar", "chart-column", "check", "chevron-right",
  "circle-alert", "circle-check", "circle-dot", "copy", "download", "ellipsis", "headphones", "headset", "history", "key-round", "keyboard", "languages",
  "list-filter", "lock", "lock-open", "log-in", "log-out", "mail", "message-circle", "mic", "mic-off", "monitor", "pause", "phone",
  "phone-call", "phone-forwarded", "phone-incoming", "phone-missed", "phone-off", "phone-outgoing", "play", "plus", "qr-code", "search",
  "search-x", "settings", "shield-check", "smartphone", "trash-2", "triangle-alert", "undo-2", "user-round", "user-x", "users-round",
  "voicemail", "x",
];

/** One file with a symbol for every icon. */
function sprite(): Plugin {
  const require = createRequire(import.meta.url);
  return {
    name: "svara-sprite",
    generateBundle() {
      const symbols = ICONS.map((name) => {
        const svg = readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), "utf8");
        const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
        return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${inner.replace(/\s+/g, " ").trim()}</symbol>`;
      });
      this.emitFile({
        type: "asset",
        name: "icons.svg",
        originalFileName: "icons.svg",
        source: `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`,
      });
    },
  };
}

/** `name.br` and `name.gz` beside every text file, so that the server compresses nothing at run time. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "svara-compressed",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir, "assets");
    },
    closeBundle() {
      for (const name of readdirSync(folder)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const bytes = readFileSync(join(folder, name));
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: join(import.meta.dirname, "src/svara/web/assets"),
  base: "/static/",
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    rollupOptions: { input: { main: "main.ts", mark: "mark.svg" } },
  },
  plugins: [sprite(), compressed()],
});
