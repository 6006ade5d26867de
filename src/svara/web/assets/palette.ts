// The command palette: Ctrl+K (on a Mac Cmd+K) or its button opens it, typing finds, Enter calls or opens.
//
// A combobox with a list (ARIA): the focus stays in the field, aria-activedescendant tells which line is chosen. What a line
// does is a button or link of the page (`data-choose`), so that calls and navigation go the way they go everywhere.
const field = (): HTMLInputElement | null => document.querySelector<HTMLInputElement>("#palette-q");
const dialog = (): HTMLDialogElement | null => document.querySelector<HTMLDialogElement>("dialog#palette");
const options = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("#palette-list [role=option]")];

let impatient = false; // Enter was pressed before the list was there for what is typed

function open(): void {
  const [box, input] = [dialog(), field()];
  if (!box || !input || box.open || document.querySelector("dialog[open]")) return;
  input.value = "";
  impatient = false;
  document.getElementById("palette-found")?.replaceChildren();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  box.showModal();
  input.dispatchEvent(new CustomEvent("svara:palette"));
}

function choose(chosen: HTMLElement | undefined): void {
  for (const option of options()) option.setAttribute("aria-selected", String(option === chosen));
  if (chosen) field()?.setAttribute("aria-activedescendant", chosen.id);
  else field()?.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}

const chosen = (): HTMLElement | undefined => options().find((option) => option.ariaSelected === "true");

function act(option: HTMLElement | undefined): void {
  const does = option && document.getElementById(option.dataset.choose ?? "");
  if (!does) return;
  dialog()?.close(); // first, so that what is clicked may move the focus
  does.click();
}

/** Whether the list is the answer to what stands in the field now. */
const fresh = (): boolean => document.getElementById("palette-list")?.dataset.for === field()?.value;

function key(event: KeyboardEvent): void {
  if (event.isComposing) return;
  const lines = options();
  const here = lines.findIndex((option) => option.ariaSelected === "true");
  if (event.key === "ArrowDown") choose(lines[(here + 1) % lines.length]);
  else if (event.key === "ArrowUp") choose(lines[(here - 1 + lines.length) % lines.length]);
  else if (event.key === "Enter") {
    if (fresh()) act(chosen());
    else impatient = true;
  } else {
    impatient = false;
    return;
  }
  event.preventDefault();
}

export function startPalette(): void {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && dialog()) {
      event.preventDefault();
      if (dialog()?.open) dialog()?.close();
      else open();
    } else if (event.target === field()) key(event);
  });
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-palette]")) open();
    else if (target === dialog()) dialog()?.close(); // beside the box
    else act(target.closest<HTMLElement>("#palette-list [role=option]") ?? undefined);
  });
  document.addEventListener("pointermove", (event) => {
    const option = (event.target as HTMLElement).closest?.<HTMLElement>("#palette-list [role=option]");
    if (option && option.ariaSelected !== "true") choose(option);
  });
  // A call that comes to this browser is answered in a window of its own, which nothing may cover.
  const calls = new MutationObserver(() => document.documentElement.dataset.inCall !== undefined && dialog()?.close());
  calls.observe(document.documentElement, { attributeFilter: ["data-in-call"] });
  document.addEventListener("htmx:after:swap", (event) => {
    if ((event as CustomEvent).detail?.ctx?.target?.id !== "palette-found") return;
    field()?.setAttribute("aria-expanded", String(options().length > 0));
    choose(options()[0]);
    if (impatient && fresh()) {
      impatient = false;
      act(chosen());
    }
  });
}
