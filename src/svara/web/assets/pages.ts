// Pages without reload: a link or a form of the app changes what is inside #app, and what lives beside it (the phone, the news,
// the toasts) goes on. To the server such a visit is a visit like any other. What is no page of the app (a download, the door,
// a wall board, a page in another language or of a newer version) is loaded as browsers load pages.
import htmx, { announce, visits } from "./htmx";

interface Visit {
  readonly ctx: Context;
  readonly back: boolean; // by the browser's back and forward buttons
  readonly at: number; // performance.now() when it began
  readonly place: string; // where it began
  readonly height: number; // how far that page was scrolled
  toasts: Element[];
}

interface Context {
  sourceElement: Element;
  text: string;
  title: string;
  request: { method: string; headers: Record<string, string>; anchor?: string; abort?: () => void };
  response: { raw: Response; status: number };
}

const BACK = "HX-History-Restore-Request";
let current: Visit | null = null;

function context(event: Event): Context {
  return (event as CustomEvent).detail.ctx as Context;
}

function visitOf(event: Event): Visit | null {
  return (visits.get(context(event)) as Visit | undefined) ?? null;
}

function begin(event: Event): void {
  const ctx = context(event);
  const { headers, method } = ctx.request;
  const back = BACK in headers;
  if (!back && !("HX-Boosted" in headers)) return;
  if (current?.ctx.sourceElement === ctx.sourceElement && method !== "GET") {
    event.preventDefault(); // it is being sent
    return;
  }
  for (const name of Object.keys(headers)) if (name.startsWith("HX-")) delete headers[name];
  current?.ctx.request.abort?.(); // the last wish counts
  current = { ctx, back, at: performance.now(), place: location.pathname, height: scrollY, toasts: [] };
  visits.set(ctx, current);
  document.documentElement.dataset.going = "";
}

// Before the answer is read: what is no page at all.
function receive(event: Event): void {
  const visit = visitOf(event);
  if (!visit) return;
  const answer = visit.ctx.response.raw;
  const attached = answer.headers.get("Content-Disposition")?.startsWith("attachment");
  if (visit === current && !attached && answer.headers.get("Content-Type")?.startsWith("text/html")) return;
  event.preventDefault();
  if (visit !== current) return;
  if (attached) void save(answer);
  else if (visit.ctx.request.method === "GET") location.assign(answer.url);
  else announce("failed");
}

async function save(answer: Response): Promise<void> {
  const link = document.createElement("a");
  link.download = /filename="([^"]*)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
  link.href = URL.createObjectURL(await answer.blob());
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function arrive(event: Event): void {
  const visit = visitOf(event);
  if (!visit) return;
  const { text, response } = visit.ctx;
  if (visit !== current) return event.preventDefault();
  const page = new DOMParser().parseFromString(text, "text/html");
  if (page.getElementById("app") && !differs(page)) {
    visit.toasts = [...page.querySelectorAll("#toasts > *")];
    document.body.setAttribute("hx-headers:inherited", page.body.getAttribute("hx-headers:inherited") ?? "");
    return;
  }
  event.preventDefault();
  if (response.status >= 400) explain(visit, page);
  else if (visit.back) location.reload();
  else location.assign(response.raw.url);
}

// Whether the page needs another frame than the one that stands.
function differs(page: Document): boolean {
  const facts = (from: Document): string => {
    const { me, live, lookOnly } = from.body.dataset;
    return JSON.stringify([from.documentElement.lang, me, live, lookOnly]);
  };
  const made = (from: Document): string | null | undefined => from.querySelector("script[type=module]")?.getAttribute("src");
  const newer = made(page) !== made(document) && document.documentElement.dataset.inCall === undefined;
  return newer || facts(page) !== facts(document);
}

// A page of error has no frame of the app: its words stand in ours.
function explain(visit: Visit, page: Document): void {
  const words = page.querySelector("main");
  const main = document.getElementById("main");
  if (!words || !main) return announce("failed");
  const { request, response } = visit.ctx;
  if (!visit.back && request.method === "GET") history.pushState({ htmx: true }, "", response.raw.url);
  main.replaceChildren(...words.children);
  document.title = page.title;
  htmx.process(main);
  settle(visit);
}

function settled(event: Event): void {
  const visit = visitOf(event);
  if (visit && visit === current) settle(visit);
}

function settle(visit: Visit): void {
  const { ctx, back, place, height, toasts, at } = visit;
  const tray = document.getElementById("toasts");
  for (const old of tray?.querySelectorAll(":scope > :not([id^=call-])") ?? []) old.remove(); // calls are followed further
  for (const toast of toasts) {
    tray?.append(document.adoptNode(toast));
    htmx.process(toast);
  }
  if (!back) look(ctx, place, height);
  const went = document.getElementById("went");
  if (went) went.textContent = ctx.title || document.title;
  document.body.dispatchEvent(new CustomEvent("svara:page", { bubbles: true, detail: { at } }));
}

// Where a person looks next: at what is wrong, at what they were doing, else at the top.
function look(ctx: Context, place: string, height: number): void {
  const main = document.getElementById("main");
  const stays = ctx.sourceElement instanceof HTMLFormElement || ctx.request.method !== "GET";
  const here = stays && location.pathname === place;
  const chosen = document.activeElement;
  scrollTo(0, here ? height : 0);
  if (!chosen?.closest("#app [autofocus]") && !(here && chosen?.closest("#main"))) main?.focus({ preventScroll: true });
  if (stays && ctx.response.status >= 400) {
    const wrong = main?.querySelector<HTMLElement>("[aria-invalid=true]");
    wrong?.focus({ preventScroll: true });
    (wrong ?? main?.querySelector("[role=alert]"))?.scrollIntoView({ block: "center" });
  }
}

function end(event: Event): void {
  if (visitOf(event) !== current) return;
  current = null;
  delete document.documentElement.dataset.going;
}

// What a form answers itself has no address that could be asked for again; and the same page is no new one.
function address(event: Event): void {
  const { history: wish, response } = (event as CustomEvent).detail as { history: { type: string; path: string }; response: { raw: Response } };
  if (!current || current.ctx.response !== (response as unknown)) return;
  if (current.ctx.request.method !== "GET" && !response.raw.redirected) event.preventDefault();
  else if (wish.path === location.pathname + location.search + location.hash) wish.type = "replace";
}

export function startPages(): void {
  document.addEventListener("htmx:config:request", begin);
  document.addEventListener("htmx:before:response", receive);
  document.addEventListener("htmx:before:swap", arrive);
  document.addEventListener("htmx:after:swap", settled);
  document.addEventListener("htmx:finally:request", end);
  document.addEventListener("htmx:before:history:update", address);
}
