// Svara as an installed app: the service worker, a new version of the pages, and the button that installs.
//
// A new version is told at once, and taken when nobody is at work here: the page is loaded anew when it is not looked at or nobody
// has touched it for a minute, and never while there is a call (<html data-in-call>), something half written, recorded or played.
import { announce } from "./htmx";

const IDLE_MS = 60_000;
const LOOK_MS = 5_000;
const CHECK_MS = 60_000;
const TAKE_OVER_MS = 3_000;
const TRIED = "svara-version"; // in this tab: so that two servers with two versions do not make it load for ever

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

let touched = Date.now();
let fresh: string | null = null;

export function startInstalled(): void {
  if (location.hash === "#dial") document.getElementById("dial")?.focus(); // a shortcut of the app
  offer();
  addEventListener("load", () => void start());
}

async function start(): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined; // encrypted pages alone have them
  const registration = await workers?.register("/service-worker.js", { updateViaCache: "none" }).catch(() => undefined);
  if (!workers || !registration) return;
  for (const kind of ["pointerdown", "keydown", "input", "wheel"])
    addEventListener(kind, () => (touched = Date.now()), { capture: true, passive: true });
  const look = () => void meet(registration.waiting, registration);
  look();
  workers.addEventListener("controllerchange", () => void meet(workers.controller, registration)); // another tab took a new one
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  let checked = Date.now();
  const check = () => {
    if (document.hidden || Date.now() - checked < CHECK_MS) return;
    checked = Date.now();
    registration.update().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", check);
  document.body.addEventListener("svara:catch-up", check); // the server was away: perhaps it is a new one
  setInterval(check, CHECK_MS);
  document.body.addEventListener("svara:page", () => fresh && announce("update")); // it goes with the page; what it says holds
  document.addEventListener("click", (event) => {
    if ((event.target as HTMLElement).closest("[data-update]") && !inCall()) apply();
  });
  setInterval(() => {
    const idle = document.hidden || Date.now() - touched > IDLE_MS;
    if (fresh && idle && !atWork()) apply();
  }, LOOK_MS);
}

/** A worker that came after the page: is its version another one? */
async function meet(worker: ServiceWorker | null, registration: ServiceWorkerRegistration): Promise<void> {
  if (!worker) return;
  const version = await new Promise<string>((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = (event: MessageEvent<string>) => resolve(event.data);
    worker.postMessage("version", [channel.port2]);
  });
  const mine = document.documentElement.dataset.version;
  if (worker === registration.waiting && version === mine) return worker.postMessage("apply"); // this page is new already
  if (version === mine || sessionStorage.getItem(TRIED) === version) return;
  fresh = version;
  announce("update");
}

/** The new worker takes over, then the page is loaded: the other way round, the old one might be kept busy and stay. */
function apply(): void {
  if (!fresh) return;
  sessionStorage.setItem(TRIED, fresh);
  const load = () => inCall() || location.reload();
  void navigator.serviceWorker.getRegistration().then((registration) => {
    if (!registration?.waiting) return load();
    navigator.serviceWorker.addEventListener("controllerchange", load, { once: true });
    setTimeout(load, TAKE_OVER_MS);
    registration.waiting.postMessage("apply");
  });
}

function inCall(): boolean {
  return document.documentElement.dataset.inCall !== undefined;
}

function atWork(): boolean {
  if (inCall() || document.querySelector("dialog[open], .htmx-request, [data-recorder]:not([data-state='idle'])")) return true;
  if ([...document.querySelectorAll("audio, video")].some((player) => !(player as HTMLMediaElement).paused)) return true;
  return [...document.querySelectorAll("input, select, textarea")].some(changed);
}

function changed(control: Element): boolean {
  if (control instanceof HTMLSelectElement) {
    const set = [...control.options].some((option) => option.defaultSelected);
    return [...control.options].some((option, index) => option.selected !== (set ? option.defaultSelected : index === 0)) && !control.multiple;
  }
  if (control instanceof HTMLTextAreaElement) return control.value !== control.defaultValue;
  const input = control as HTMLInputElement;
  if (input.type === "checkbox" || input.type === "radio") return input.checked !== input.defaultChecked;
  return input.type === "hidden" || input.type === "range" ? false : input.value !== input.defaultValue;
}

/** The browser says when it can install; the button is there from then on. */
function offer(): void {
  let prompt: InstallPrompt | null = null;
  const show = () => {
    for (const button of document.querySelectorAll<HTMLElement>("[data-install-now]")) button.hidden = !prompt;
  };
  addEventListener("beforeinstallprompt", (event) => {
    prompt = event as InstallPrompt;
    show();
  });
  addEventListener("appinstalled", () => {
    prompt = null;
    show();
  });
  document.addEventListener("htmx:after:swap", show);
  document.addEventListener("click", (event) => {
    if (!(event.target as HTMLElement).closest("[data-install-now]") || !prompt) return;
    void prompt.prompt();
    prompt = null;
    show();
  });
}
