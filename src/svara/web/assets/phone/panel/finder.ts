// Whom one finds while one types: in the field Enter takes the first (of a number exactly that one), the arrows go through the
// people found, and Enter there is a press on their button.

/** A number is called as it was typed; a name is somebody's who was found. */
const NUMBER = /^[+*#\d][\d\s()/*#.-]*$/;

type Take = (number: string, name: string) => void;

/** Enter was pressed before the list was there for what stands in the field. */
let waiting: { field: HTMLInputElement; typed: string; take: Take } | null = null;

function list(field: HTMLElement): HTMLElement | null {
  return document.getElementById(field.getAttribute("hx-target")?.replace(/^#/, "") ?? "") ?? (field.nextElementSibling as HTMLElement | null);
}

function first(field: HTMLInputElement): HTMLElement | null {
  return list(field)?.querySelector<HTMLElement>("[data-send], [data-pick]") ?? null;
}

function takeFirst(field: HTMLInputElement, take: Take): void {
  const { send, pick, name = "" } = first(field)?.dataset ?? {};
  const number = send ?? pick;
  if (number) take(number, name);
}

/** Take what is meant by what stands in the field. */
export function enter(field: HTMLInputElement, take: Take): void {
  const typed = field.value.trim();
  waiting = null;
  if (!typed) return;
  if (NUMBER.test(typed)) take(typed, "");
  else if (list(field)?.querySelector<HTMLElement>("[data-for]")?.dataset.for === typed) takeFirst(field, take);
  else waiting = { field, typed, take };
}

function arrow(root: HTMLElement, event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = target.matches("input[hx-get]")
    ? (target as HTMLInputElement)
    : [...root.querySelectorAll<HTMLInputElement>("input[hx-get]")].find((one) => list(one)?.contains(target));
  if (!field) return;
  const stops = [field, ...(list(field)?.querySelectorAll<HTMLElement>("[data-send], [data-pick]") ?? [])];
  const here = stops.findIndex((stop) => stop === target || stop.closest("li")?.contains(target));
  const next = stops[Math.min(stops.length - 1, Math.max(0, here + step))];
  event.preventDefault();
  next?.focus();
}

export function startFinder(root: HTMLElement): void {
  root.addEventListener("keydown", (event) => arrow(root, event));
  root.addEventListener("input", () => (waiting = null));
  document.addEventListener("htmx:after:swap", () => {
    if (!waiting || list(waiting.field)?.querySelector<HTMLElement>("[data-for]")?.dataset.for !== waiting.typed) return;
    const { field, take } = waiting;
    waiting = null;
    takeFirst(field, take);
  });
}
