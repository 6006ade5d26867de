// htmx with the settings that a strict Content-Security-Policy asks for (no inline style, no eval).
import htmx from "htmx.org";

htmx.config.includeIndicatorCSS = false;
htmx.config.defaultTimeout = 15_000;

/** Requests that stand for a visit to another page (`pages.ts`), by htmx's context. */
export const visits = new WeakMap<object, unknown>();

// An answer that is not a fragment (the session ended, the server failed) takes over the page instead of landing in a corner of it.
document.addEventListener("htmx:before:swap", (event) => {
  const ctx = (event as CustomEvent).detail?.ctx;
  if (visits.has(ctx ?? {})) return;
  const response = ctx?.response;
  const raw: Response | undefined = response?.raw;
  if (raw?.redirected && new URL(raw.url).pathname !== location.pathname) {
    event.preventDefault();
    location.reload();
  } else if (response && response.status >= 400 && response.headers.get("X-Fragment") === null) {
    event.preventDefault();
    announce("failed");
  }
});
document.addEventListener("htmx:error", () => announce("failed"));

/** Show one of the page's own prepared notices (`<template data-notice="failed">`). */
export function announce(name: string): void {
  const template = document.querySelector<HTMLTemplateElement>(`template[data-notice="${name}"]`);
  const toasts = document.getElementById("toasts");
  if (!template || !toasts || toasts.querySelector(`[data-from="${name}"]`)) return;
  const toast = template.content.firstElementChild?.cloneNode(true) as HTMLElement;
  toast.dataset.from = name;
  toasts.append(toast);
}

export default htmx;
