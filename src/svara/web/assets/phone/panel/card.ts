// One call in the window: made once from the page's template, then brought up to date, so that focus and what was typed stay.
import type { Call } from "../port";
import { known, word } from "./words";

export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${padded}` : padded;
}

/** Who it is, as people say it. */
export function who(call: Call): string {
  return call.name || call.number || word("unknown");
}

function saying(call: Call): string {
  if (call.state === "ringing") return word("incoming");
  if (call.state === "calling") return word("calling");
  if (call.state === "talking") return call.held ? word("held") : "";
  return known("ended", call.ended) || word("ended");
}

function set(card: Element, part: string, text: string): void {
  const element = card.querySelector<HTMLElement>(`[data-show="${part}"]`);
  if (!element) return;
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

function press(card: Element, action: string, on: boolean, text: string): void {
  const button = card.querySelector<HTMLElement>(`[data-call="${action}"]`);
  button?.setAttribute("aria-pressed", String(on));
  const label = button?.querySelector("[data-label]");
  if (label && label.textContent !== text) label.textContent = text;
}

export function makeCard(id: string): HTMLElement {
  const template = document.querySelector<HTMLTemplateElement>("template#phone-call");
  const card = template?.content.firstElementChild?.cloneNode(true) as HTMLElement;
  card.dataset.id = id;
  return card;
}

/** Bring a card up to date. `others`: our other calls in which somebody talks. */
export function paintCard(card: HTMLElement, call: Call, others: readonly Call[]): void {
  card.dataset.state = call.state;
  card.dataset.direction = call.direction;
  card.toggleAttribute("data-held", call.held && call.state === "talking");
  set(card, "name", who(call));
  set(card, "number", call.name && call.number !== call.name ? call.number : "");
  set(card, "via", call.via ? word("via", { name: call.via }) : "");
  set(card, "state", saying(call));
  set(card, "quality", call.state === "talking" && call.quality ? quality(call) : "");
  for (const part of card.querySelectorAll<HTMLElement>("[data-when]"))
    part.hidden = !part.dataset.when?.split(" ").includes(call.state);
  if (call.state !== "talking") for (const fold of card.querySelectorAll<HTMLElement>("[data-fold]")) fold.hidden = true;
  card.querySelector("[data-show=quality]")?.setAttribute("data-quality", call.quality ?? "");
  press(card, "mute", call.muted, word(call.muted ? "unmute" : "mute"));
  press(card, "hold", call.held, word(call.held ? "unhold" : "hold"));
  for (const part of ["join", "merge"]) {
    const button = card.querySelector<HTMLElement>(`[data-call="${part}"]`);
    if (!button) continue;
    const other = others[0];
    button.hidden = call.state !== "talking" || !other;
    const label = button.querySelector("[data-label]");
    if (label && other) label.textContent = word(part, { first: who(call), other: who(other) });
  }
  tickCard(card, call);
}

export function tickCard(card: HTMLElement, call: Call): void {
  set(card, "timer", call.state === "talking" && call.since !== null ? clock((Date.now() - call.since) / 1000) : "");
}

function quality(call: Call): string {
  const reason = call.quality === "good" ? "" : known("cause", call.cause);
  return [known("quality", call.quality ?? ""), reason].filter(Boolean).join(": ");
}
