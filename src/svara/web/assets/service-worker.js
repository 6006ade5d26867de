// When the server cannot be reached, a page says so instead of the browser's own. That page, in each language, and what it is made
// of are all that is kept: no other page, no answer and nothing about anybody. What is kept and its version stand before this text.
import "./push/worker.js";

const { version, shells, parts } = self.svara;
const KEPT = `svara-${version}`;

self.addEventListener("install", (event) => {
  const wanted = [...Object.values(shells), ...parts].map((address) => new Request(address, { credentials: "omit" }));
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(wanted)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("svara-") && name !== KEPT) await caches.delete(name);
      await self.registration.navigationPreload?.enable();
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (parts.includes(new URL(request.url).pathname)) event.respondWith(part(request));
});

self.addEventListener("message", (event) => {
  if (event.data === "apply") void self.skipWaiting();
  else if (event.data === "version") event.ports[0]?.postMessage(version);
});

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    const language = navigator.languages.map((one) => one.toLowerCase().split("-")[0].replace("no", "nb")).find((one) => shells[one]);
    return (await caches.match(shells[language ?? "en"], { cacheName: KEPT })) ?? Response.error();
  }
}

async function part(request) {
  return (await caches.match(request, { cacheName: KEPT, ignoreVary: true })) ?? fetch(request);
}
