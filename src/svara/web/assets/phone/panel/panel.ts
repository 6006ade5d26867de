// The phone in this browser, as a person sees it: off until they turn it on; then a window over every page for the calls that
// come and go. It stands beside the pages (`pages.ts`), knows no protocol, and works by what the engine (`port.ts`) tells.
import htmx from "../../htmx";
import type { Call, Devices, Engine } from "../port";
import { makeCard, paintCard, tickCard, who } from "./card";
import { phone } from "../start";
import { enter, startFinder } from "./finder";
import { allowed, fillDevices, paintNotices, startDevices } from "./devices";
import { keep, kept, noChoice } from "./kept";
import { forgetNames, ownName } from "./names";
import { notify, Ringing, unnotify } from "./ringing";
import { known, word } from "./words";

interface Asked {
  readonly action: string;
  readonly method: string;
  readonly body: FormData;
}

let root: HTMLElement;
let engine: Engine | null = null;
let loading: Promise<Engine> | null = null;
const ringing = new Ringing();
const told = new Map<string, string>(); // what was announced of each call

function part<T extends HTMLElement>(name: string): T {
  return root.querySelector<T>(`[data-part="${name}"]`) as T;
}

function load(): Promise<Engine> {
  loading ??= (async () => {
    const made = await phone();
    if (!made) throw new Error("failed");
    engine = made;
    engine.addEventListener("change", paint);
    await engine.use((kept() ?? noChoice()).devices);
    return engine;
  })();
  return loading;
}

/** As the engine tells them, by the names that our own contacts have. */
function calls(): readonly Call[] {
  return (engine?.calls ?? []).map((call) => {
    const name = ownName(call.number, paint);
    return name ? { ...call, name } : call;
  });
}

function talks(): Call[] {
  return calls().filter((call) => call.state === "talking");
}

/** What went wrong, in words. */
function trouble(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "NotAllowedError" || name === "SecurityError") return word("trouble-microphone-denied");
  if (name === "NotFoundError" || name === "OverconstrainedError") return word("trouble-no-microphone");
  const told = word(`trouble-${message}`);
  return told.startsWith("trouble-") ? word("trouble-failed") : told;
}

function say(text: string): void {
  const line = part("problem");
  line.textContent = text;
  line.hidden = !text;
}

function failed(error: unknown): void {
  open();
  say(trouble(error));
}

// --- on and off

async function turnOn(): Promise<void> {
  say("");
  if (!isSecureContext || !navigator.mediaDevices) return say(word("trouble-insecure"));
  await allowed();
  keep(kept() ?? noChoice());
  await (await load()).start();
  paint();
  await fillDevices();
}

async function turnOff(): Promise<void> {
  keep(null);
  await engine?.stop();
  paint();
}

async function choose(devices: Devices): Promise<void> {
  const before = kept();
  if (before) keep({ ...before, devices });
  await (await load()).use(devices);
}

// --- calling

/** Whether the call buttons of the pages call from here. */
function takes(): boolean {
  const via = document.getElementById("app")?.dataset.callVia ?? "";
  return engine?.readiness === "ready" && (via === "" || via === "browser");
}

async function dial(number: string, name = ""): Promise<void> {
  if (!engine || !number.trim()) return;
  say("");
  openForCall();
  const id = await engine.dial(number.trim(), name === number ? "" : name);
  const { activeElement: chosen } = document;
  if (chosen === document.body || root.contains(chosen)) cardOf(id)?.querySelector<HTMLElement>("[data-call=hangup]")?.focus();
}

async function act(what: string, call: Call, card: HTMLElement): Promise<void> {
  if (!engine) return;
  const other = talks().find((one) => one.id !== call.id);
  if (what === "answer") await engine.answer(call.id);
  else if (what === "decline") await engine.decline(call.id);
  else if (what === "hangup") await engine.hangup(call.id);
  else if (what === "mute") engine.mute(call.id, !call.muted);
  else if (what === "hold") await engine.hold(call.id, !call.held);
  else if (what === "keys" || what === "transfer") unfold(card, what);
  else if (what === "join" && other) await engine.transferTo(call.id, other.id);
  else if (what === "merge" && other) await engine.merge([call.id, other.id]);
  else if (what === "again") await dial(call.number, call.name);
}

function unfold(card: HTMLElement, what: string): void {
  for (const fold of card.querySelectorAll<HTMLElement>("[data-fold]")) {
    fold.hidden = fold.dataset.fold !== what || !fold.hidden;
    card.querySelector(`[data-call="${fold.dataset.fold}"]`)?.setAttribute("aria-expanded", String(!fold.hidden));
    if (!fold.hidden) fold.querySelector<HTMLElement>("input, button")?.focus();
  }
}

async function press(digit: string, call: Call | undefined): Promise<void> {
  if (!call || !engine) return;
  const line = cardOf(call.id)?.querySelector("[data-show=pressed]");
  if (line) line.textContent = `${line.textContent ?? ""}${digit}`.slice(-24);
  await engine.keys(call.id, digit);
}

function cardOf(id: string): HTMLElement | null {
  return root.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
}

// --- what is seen

function open(): void {
  root.hidden = false;
  delete root.dataset.small;
  delete root.dataset.came;
}

/** What came with a call goes with it; what somebody opened stays. */
function openForCall(): void {
  const came = root.hidden || root.dataset.came !== undefined;
  open();
  if (came) root.dataset.came = "";
}

/** Out of the way: a strip while there are calls, else nothing. */
function close(): void {
  if (calls().length) root.dataset.small = "";
  else root.hidden = true;
  say("");
}

function paint(): void {
  const going = calls().filter((call) => call.state !== "ended");
  const rings = going.filter((call) => call.state === "ringing");
  document.documentElement.toggleAttribute("data-in-call", going.length > 0);
  paintCalls();
  paintReadiness();
  tell();
  const busy = going.some((call) => call.state === "talking" && !call.held);
  ringing.play(rings.length ? (busy ? "knock" : "ring") : null, (kept() ?? noChoice()).devices.ringer);
  for (const call of rings) notice(call);
  unnotify(new Set(rings.map((call) => call.id)));
}

/** To others who see the screen it says no more than its person wants. */
function notice(call: Call): void {
  if (!kept()?.names) notify(call.id, word("incoming"), "");
  else notify(call.id, who(call), call.via ? `${word("incoming")} · ${call.via}` : word("incoming"));
}

function paintCalls(): void {
  if (!calls().length) forgetNames();
  const list = part("calls");
  const there = new Set(calls().map((call) => call.id));
  for (const card of list.querySelectorAll<HTMLElement>(":scope > [data-id]")) if (!there.has(card.dataset.id ?? "")) drop(card);
  for (const call of calls()) {
    let card = cardOf(call.id);
    if (!card) {
      card = makeCard(call.id);
      list.append(card);
      htmx.process(card);
      openForCall();
    }
    paintCard(card, call, talks().filter((one) => one.id !== call.id));
  }
  root.toggleAttribute("data-busy", there.size > 0);
  part("strip").textContent = calls().map((call) => who(call)).join(" · ");
}

/** A card that goes takes the focus along to the next thing in the window. */
function drop(card: HTMLElement): void {
  const within = card.contains(document.activeElement);
  card.remove();
  if (!calls().length && (root.dataset.small !== undefined || root.dataset.came !== undefined)) {
    delete root.dataset.small;
    delete root.dataset.came;
    root.hidden = true;
  }
  if (within) (root.hidden ? document.getElementById("main") : part("close"))?.focus({ preventScroll: true });
}

function paintReadiness(): void {
  const on = kept() !== null;
  const readiness = on ? (engine?.readiness ?? "connecting") : "off";
  const words = word(`readiness-${readiness}`);
  for (const place of document.querySelectorAll<HTMLElement>("[data-phone-state]")) {
    place.dataset.phoneState = readiness;
    for (const line of place.querySelectorAll("[data-words]")) line.textContent = words;
  }
  for (const place of document.querySelectorAll<HTMLElement>("[data-phone-when]"))
    place.hidden = !place.dataset.phoneWhen?.split(" ").includes(readiness === "off" ? "off" : "on");
  const why = on && engine?.trouble ? known("trouble", engine.trouble) : "";
  const line = part("trouble");
  line.textContent = why;
  line.hidden = !why;
  (part("dial").querySelector("button[type=submit]") as HTMLButtonElement).disabled = readiness !== "ready";
  const via = document.getElementById("app")?.dataset.callVia ?? "";
  const here = document.querySelector<HTMLInputElement>("#dial-via input[value=browser]");
  if (here && on && (via === "" || via === "browser")) here.checked = true;
}

/** Say aloud, once, what becomes of each call. */
function tell(): void {
  const news = calls().flatMap((call) => {
    const state = call.state === "talking" ? (call.held ? "held" : "talking") : call.state;
    if (told.get(call.id) === state) return [];
    told.set(call.id, state);
    const reason = call.state === "ended" ? known("ended", call.ended) : "";
    const via = state === "ringing" && call.via ? word("via", { name: call.via }) : "";
    return [[word(`tell-${state}`, { name: who(call), number: call.number }), via, reason].filter(Boolean).join(" ")];
  });
  const there = new Set(calls().map((call) => call.id));
  for (const id of told.keys()) if (!there.has(id)) told.delete(id);
  if (news.length) part("news").textContent = news.join(" ");
}

// --- keys

function keydown(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const inside = root.contains(target);
  if (document.querySelector("dialog[open]") && !inside) return;
  if (event.key === "Enter" && target.matches("[data-fold=transfer] input")) {
    event.preventDefault();
    const id = target.closest<HTMLElement>("[data-id]")?.dataset.id ?? "";
    return enter(target as HTMLInputElement, (number) => void engine?.transfer(id, number).catch(failed));
  }
  const free = inside || target === document.body || target.id === "main";
  const typing = target.matches("input, select, textarea, [contenteditable]");
  const rings = calls().find((call) => call.state === "ringing");
  if (event.key === "Enter" && rings && free && !typing && !target.closest("button, a, summary")) {
    event.preventDefault();
    engine?.answer(rings.id).catch(failed);
  } else if (event.key === "Escape" && rings && free) {
    event.preventDefault();
    engine?.decline(rings.id).catch(failed);
  } else if (event.key === "Escape" && inside) {
    event.preventDefault();
    close();
    document.querySelector<HTMLElement>("#app [data-phone=open]")?.focus({ preventScroll: true });
  } else if (/^[0-9*#]$/.test(event.key) && !typing) {
    const call = talks().find((one) => !one.held);
    if (!call) return;
    event.preventDefault();
    press(event.key, call).catch(failed);
  }
}

// --- presses

function click(event: MouseEvent): void {
  const button = (event.target as HTMLElement).closest<HTMLElement>("[data-phone], [data-call], [data-digit], [data-pick], [data-send], [data-ask]");
  if (!button) return;
  const card = button.closest<HTMLElement>("[data-id]");
  const call = calls().find((one) => one.id === card?.dataset.id);
  const { phone, digit, pick, send, ask, name } = button.dataset;
  if (phone === "open") {
    open();
    const stops = root.querySelectorAll<HTMLElement>("[data-id] button, #phone-number, [data-phone=on]");
    [...stops].find((one) => one.checkVisibility())?.focus();
  } else if (phone === "close") close();
  else if (phone === "on") turnOn().catch(failed);
  else if (phone === "off") turnOff().catch(failed);
  else if (digit && card) press(digit, call).catch(failed);
  else if (digit) type(digit);
  else if (pick) dial(pick, name).catch(failed);
  else if (send && call) engine?.transfer(call.id, send).catch(failed);
  else if (ask && call) dial(ask, name).catch(failed);
  else if (button.dataset.call && call && card) act(button.dataset.call, call, card).catch(failed);
}

function type(digit: string): void {
  const field = root.querySelector<HTMLInputElement>("#phone-number");
  if (!field) return;
  field.value += digit;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export function startPanel(): void {
  const found = document.getElementById("phone");
  if (!found) return;
  root = found;
  document.addEventListener("click", click);
  document.addEventListener("keydown", keydown);
  part("dial").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = root.querySelector<HTMLInputElement>("#phone-number");
    if (field) enter(field, (number, name) => dial(number, name).then(() => (field.value = "")).catch(failed));
  });
  startFinder(root);
  // The call buttons of all pages ask the server to let a phone ring first: from here they call at once.
  document.addEventListener("htmx:config:request", (event) => {
    const { request, sourceElement } = (event as CustomEvent).detail.ctx as { request: Asked; sourceElement?: HTMLElement };
    const { action, method, body } = request;
    const others = !["browser", null].includes(body.get("via") as string | null); // a form that says what is to ring
    if (method !== "POST" || action !== root.dataset.originate || !takes() || others) return;
    event.preventDefault();
    dial(String(body.get("to") ?? ""), sourceElement?.dataset.name).catch(failed);
  });
  document.addEventListener("change", (event) => {
    const choice = (event.target as HTMLElement).closest<HTMLInputElement>("#dial-via input");
    const app = document.getElementById("app");
    if (choice && app) app.dataset.callVia = choice.value;
  });
  const arrived = (): void => {
    paintReadiness();
    paintNotices();
    void fillDevices();
  };
  document.addEventListener("svara:page", arrived);
  setInterval(() => {
    for (const call of talks()) {
      const card = cardOf(call.id);
      if (card) tickCard(card, call);
    }
  }, 1_000);
  startDevices({ engine: load, choose }, trouble);
  arrived();
  if (kept()) load().then((ready) => ready.start()).then(paint, failed);
}
