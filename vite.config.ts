// Builds the web assets into src/svara/web/static/dist: hashed names, a manifest for the templates, compressed twins.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { defineConfig, type Plugin } from "vite";

/** The icons that templates use (`{% icon "phone" %}`), by their name in the Lucide set. */
const ICONS = [
  "clock", "repeat",
  "arrow-down", "arrow-left", "arrow-up", "bookmark", "bookmark-minus", "calendar", "chart-column", "check", "chevron-down", "chevron-right",
  "circle-alert", "circle-check", "circle-dot", "contact-round", "copy", "download", "ellipsis", "eye", "grip", "headphones", "headset", "history", "key-round", "keyboard", "languages",
  "list-filter", "lock", "lock-open", "log-in", "log-out", "mail", "message-circle", "messages-square", "mic", "mic-off", "monitor", "pause", "phone",
  "captions", "pencil", "printer", "refresh-cw",
  "phone-call", "phone-forwarded", "phone-incoming", "phone-missed", "phone-off", "phone-outgoing", "play", "plus", "qr-code", "search",
  "search-x", "settings", "shield-check", "smartphone", "square", "trash-2", "triangle-alert", "undo-2", "user-plus", "user-round", "user-x", "users-round",
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

/** The app's icons from the mark, as PNG: `any` as it is, `maskable` to the edges with the mark in the middle; signs of shortcuts. */
function icons(): Plugin {
  const require = createRequire(import.meta.url);
  const tile = (inner: string) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" fill="#0d6b68"/>${inner}</svg>`;
  const inside = (svg: string) => svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return {
    name: "svara-icons",
    async buildStart() {
      await initWasm(readFileSync(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
    },
    generateBundle() {
      const emit = (name: string, svg: string, pixels: number) => {
        const source = new Resvg(svg, { fitTo: { mode: "width", value: pixels } }).render().asPng();
        this.emitFile({ type: "asset", name, originalFileName: name, source });
      };
      const mark = readFileSync(join(import.meta.dirname, "src/svara/web/assets/mark.svg"), "utf8");
      for (const pixels of [192, 512]) {
        emit(`icon-any-${pixels}.png`, mark, pixels);
        emit(`icon-maskable-${pixels}.png`, tile(`<g transform="translate(3.2 3.2) scale(0.8)">${inside(mark)}</g>`), pixels);
      }
      for (const name of ["phone", "history", "voicemail"]) {
        const sign = inside(readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), "utf8"));
        const drawn = `<g transform="translate(7 7) scale(0.75)" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${sign}</g>`;
        emit(`shortcut-${name}.png`, tile(drawn), 96);
      }
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
    rollupOptions: { input: { main: "main.ts", mark: "mark.svg", offline: "offline.ts", worker: "service-worker.js" } },
  },
  plugins: [sprite(), icons(), compressed()],
});
