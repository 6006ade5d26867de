// Taking in contacts (`contacts_taken.html`): the phone's own book by the Contact Picker, or a file of vCards. The file is taken
// apart here: pictures, sounds and keys never leave this device, and the rest goes to the server in portions that it only reads.
// What is chosen goes there in portions, too; what is not is nowhere once the page is left.
import htmx, { announce } from "./htmx";
import { portions } from "./vcards";

interface PickedContact { name?: string[]; tel?: string[]; email?: string[] }
interface Picker { select(fields: string[], options: { multiple: boolean }): Promise<PickedContact[]> }
interface Figures { added: number; merged: number; skipped: number; unfit: number }

const MOST_BYTES = 200 * 1024 * 1024;
const MOST_CARDS = 10_000;
const AT_ONCE = 100; // contacts that are kept by one request

const root = (): HTMLElement | null => document.querySelector<HTMLElement>("[data-contacts]");
const picker = (): Picker | null => (navigator as Navigator & { contacts?: Picker }).contacts ?? null;

function part<T extends HTMLElement = HTMLElement>(name: string): T {
  return root()?.querySelector<T>(`[data-part="${name}"]`) as T;
}

function word(key: string, count = 0): string {
  const found = part<HTMLTemplateElement>("words").content.querySelector(`[data-key="${key}"]`)?.textContent ?? key;
  return found.replace("{count}", count.toLocaleString(document.documentElement.lang));
}

function blame(text: string): void {
  const line = part("fault");
  line.querySelector("[data-show=fault]")?.replaceChildren(text);
  line.hidden = !text;
  if (text) line.scrollIntoView({ block: "center" });
}

function boxes(): HTMLInputElement[] {
  return [...(root()?.querySelectorAll<HTMLInputElement>("[data-part=list] input[name=card]") ?? [])];
}

function paint(): void {
  const all = boxes();
  const seen = all.filter((box) => !box.closest("li")?.hidden);
  const chosen = all.filter((box) => box.checked);
  part("choose").hidden = !part("list").children.length;
  part("narrow").hidden = all.length < 2;
  root()?.querySelector("[data-show=count]")?.replaceChildren(word("count", chosen.length));
  const every = root()?.querySelector<HTMLInputElement>("[data-do=all]");
  if (!every) return;
  const there = seen.filter((box) => box.checked).length;
  every.checked = there > 0 && there === seen.length;
  every.indeterminate = there > 0 && there < seen.length;
}

// --- what there is to choose from

async function ask(url: string, fields: Record<string, string | Blob>): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}") as Record<string, string>;
  return fetch(url, { method: "POST", body, headers });
}

/** Put what the server read into the list; gives the fault that it found. */
async function show(fields: Record<string, string | Blob>, source: string): Promise<string> {
  const answer = await ask(root()?.dataset.takeIn ?? "", { ...fields, portion: "1" });
  if (answer.headers.get("X-Fragment") === null) throw new Error("failed");
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  const fault = made.content.querySelector("[data-fault]");
  fault?.remove();
  part("list").append(...made.content.children);
  part("choose").querySelector<HTMLInputElement>("[name=source]")!.value = source;
  return fault?.textContent ?? "";
}

function begin(): void {
  blame("");
  part("list").replaceChildren();
}

function end(fault: string): void {
  paint();
  if (fault) blame(fault);
  else if (boxes().length) part("head").focus();
}

async function pick(): Promise<void> {
  const book = picker();
  if (!book) return;
  let chosen: PickedContact[];
  try {
    chosen = await book.select(["name", "tel", "email"], { multiple: true });
  } catch {
    return blame(word("refused"));
  }
  if (!chosen.length) return;
  begin();
  const plain = chosen.slice(0, MOST_CARDS).map(({ name, tel, email }) => ({ name: name ?? [], tel: tel ?? [], email: email ?? [] }));
  let fault = "";
  for (let at = 0; at < plain.length && !fault; at += AT_ONCE)
    fault = await show({ picked: JSON.stringify(plain.slice(at, at + AT_ONCE)), begin: String(at) }, "phone");
  end(fault);
}

async function read(file: File): Promise<void> {
  begin();
  if (file.size > MOST_BYTES) return end(word("too-large"));
  const bytes = new Uint8Array(await file.arrayBuffer());
  const line = part("reading");
  const bar = line.querySelector("progress") as HTMLProgressElement;
  const told = line.querySelector("[data-show=reading]");
  let [cards, fault] = [0, ""];
  line.hidden = false;
  bar.value = 0;
  try {
    for (const portion of portions(bytes)) {
      const most = cards + portion.cards > MOST_CARDS;
      fault = most ? word("too-many") : await show({ file: new Blob(portion.parts), begin: String(cards) }, "file");
      if (fault) break;
      cards += portion.cards;
      bar.value = portion.end / bytes.length;
      told?.replaceChildren(word("reading", cards));
    }
  } finally {
    line.hidden = true;
  }
  end(fault || (cards ? "" : word("no-vcard")));
}

// --- what is chosen

async function keep(form: HTMLFormElement): Promise<void> {
  const chosen = boxes().filter((box) => box.checked).map((box) => box.value);
  if (!chosen.length) return blame(word("nobody"));
  blame("");
  const bar = part<HTMLProgressElement>("keeping");
  const fixed = new FormData(form);
  const sum: Figures = { added: 0, merged: 0, skipped: 0, unfit: 0 };
  bar.hidden = false;
  try {
    for (let at = 0; at < chosen.length; at += AT_ONCE) {
      const body = new FormData();
      for (const name of ["csrfmiddlewaretoken", "source", "twins"]) body.append(name, fixed.get(name) ?? "");
      for (const card of chosen.slice(at, at + AT_ONCE)) body.append("card", card);
      body.append("portion", "1");
      if (at + AT_ONCE >= chosen.length) {
        body.append("last", "1");
        for (const [name, count] of Object.entries(sum)) body.append(name, String(count));
      }
      const answer = await fetch(root()?.dataset.take ?? "", { method: "POST", body, redirect: "manual" });
      if (answer.type === "opaqueredirect") return go();
      const told = (await answer.json()) as Figures & { error?: string };
      if (told.error) return blame(told.error);
      for (const name of Object.keys(sum) as (keyof Figures)[]) sum[name] += told[name];
      bar.value = (at + AT_ONCE) / chosen.length;
    }
  } finally {
    bar.hidden = true;
  }
}

// To the contacts, as by a link.
function go(): void {
  const link = document.createElement("a");
  link.href = root()?.dataset.then ?? "";
  root()?.append(link);
  htmx.process(link);
  link.click();
}

function failed(): void {
  if (root()) blame(word("failed"));
  else announce("failed");
}

export function startContacts(): void {
  document.addEventListener("click", (event) => {
    const { dataset } = (event.target as HTMLElement).closest<HTMLElement>("[data-contacts] [data-do]") ?? { dataset: {} as DOMStringMap };
    if (dataset.do === "pick") pick().catch(failed);
  });
  document.addEventListener("change", (event) => {
    const box = event.target as HTMLInputElement;
    if (!box.closest("[data-contacts]")) return;
    if (box.dataset.do === "all") for (const one of boxes()) if (!one.closest("li")?.hidden) one.checked = box.checked;
    paint();
  });
  document.addEventListener("input", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.id !== "narrow" || !field.closest("[data-contacts]")) return;
    const wanted = field.value.trim().toLocaleLowerCase();
    for (const line of part("list").querySelectorAll<HTMLElement>(":scope > li"))
      line.hidden = !(line.textContent ?? "").toLocaleLowerCase().includes(wanted);
    paint();
  });
  // Before htmx takes the forms: what they do is done here, portion by portion.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target as HTMLFormElement;
      if (!form.closest("[data-contacts]")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const file = form.querySelector<HTMLInputElement>("#file")?.files?.[0];
      if (form.dataset.part === "file" && file) read(file).catch(failed);
      else if (form.dataset.part === "choose") keep(form).catch(failed);
    },
    { capture: true },
  );
  const arrived = (): void => {
    if (!root()) return;
    part("picker").hidden = !picker();
    part("no-picker").hidden = !!picker();
    paint();
  };
  document.addEventListener("svara:page", arrived);
  arrived();
}
