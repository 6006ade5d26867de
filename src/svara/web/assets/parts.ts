// Small behaviours that templates ask for by attribute.
import { announce } from "./htmx";

export function startParts(): void {
  document.addEventListener("click", (event) => {
    const target = (event.target as HTMLElement).closest<HTMLElement>("[data-open], [data-close], [data-copy], [data-keep], [data-print]");
    if (!target) return;
    if (target.dataset.open) document.querySelector<HTMLDialogElement>(`dialog#${CSS.escape(target.dataset.open)}`)?.showModal();
    else if (target.dataset.close === "dialog") target.closest("dialog")?.close();
    else if (target.dataset.close) target.closest(target.dataset.close)?.remove();
    else if (target.dataset.copy)
      navigator.clipboard?.writeText(document.getElementById(target.dataset.copy)?.textContent?.trim() ?? "").then(
        () => announce("copied"),
        () => announce("failed"),
      );
    else if (target.dataset.keep) keep(target.dataset.keep, target.dataset.name ?? "svara.txt");
    else if (target.dataset.print !== undefined) print();
  });
  // A dialog in which something was wrong comes back open: <dialog data-now>.
  const again = () => document.querySelector<HTMLDialogElement>("dialog[data-now]:not([open])")?.showModal();
  document.addEventListener("svara:page", again);
  again();
  // A select or a choice that acts when it changes: <form data-submit-on-change>.
  document.addEventListener("change", (event) => {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>("form[data-submit-on-change]");
    form?.requestSubmit();
  });
  // A dialog whose form does its work closes when the form is sent; one that htmx has filled opens.
  document.addEventListener("submit", (event) => (event.target as HTMLElement).closest<HTMLDialogElement>("dialog[data-close-on-submit]")?.close());
  // Who works with the keyboard is not thrown out of a part whose focused button is gone: its [data-refocus] takes over.
  let within = false;
  document.addEventListener("htmx:before:swap", (event) => {
    const target: unknown = (event as CustomEvent).detail?.ctx?.target;
    within = target instanceof Element && target.contains(document.activeElement);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target: unknown = (event as CustomEvent).detail?.ctx?.target;
    if (target instanceof HTMLDialogElement && !target.open) target.showModal();
    else if (within && target instanceof Element && document.activeElement === document.body)
      target.querySelector<HTMLElement>("[data-refocus]")?.focus();
  });
  // Who may look and change nothing finds no button that would be refused: <body data-look-only>; the way out stays.
  if (document.body.dataset.lookOnly !== undefined) {
    lookOnly();
    document.addEventListener("htmx:after:swap", lookOnly);
  }
  zones();
  document.addEventListener("svara:page", zones);
  reachable();
  addEventListener("resize", reachable);
  document.addEventListener("htmx:after:swap", reachable);
  // Toasts that only inform go by themselves; the pointer or the focus holds them.
  setInterval(() => {
    for (const toast of document.querySelectorAll<HTMLElement>("#toasts [data-seconds]")) {
      if (toast.matches(":hover, :focus-within")) continue;
      const left = Number(toast.dataset.seconds) - 1;
      toast.dataset.seconds = String(left);
      if (left < 0) toast.remove();
    }
  }, 1_000);
}

// A form that asks for a time zone begins with that of this device: <form data-zone>.
function zones(): void {
  const zone = document.querySelector<HTMLInputElement>('form[data-zone] input[name="timezone"]');
  if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

// What stands in an element, as a file: it is nowhere else.
function keep(id: string, name: string): void {
  const text = document.getElementById(id)?.textContent?.trim() ?? "";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text + "\n"], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A table that is wider than its frame is scrolled with the arrow keys, too.
function reachable(): void {
  for (const frame of document.querySelectorAll<HTMLElement>(".table-frame")) {
    if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  }
}

function lookOnly(): void {
  const acts = 'form[method="post" i]:not([data-leave]) :is(input, select, textarea, button), [hx-post], [data-open]';
  for (const control of document.querySelectorAll<HTMLElement>(acts)) control.toggleAttribute("disabled", true);
}
