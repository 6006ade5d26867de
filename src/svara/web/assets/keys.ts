// Keyboard: "/" goes to the page's search, Escape empties it, arrows walk the rows.
export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const typing = target.matches("input, select, textarea, [contenteditable]");
    const search = document.querySelector<HTMLInputElement>("input[data-search]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && target === search && search.value) {
      search.value = "";
      search.dispatchEvent(new Event("input", { bubbles: true }));
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (target === search || target.closest("[data-walk]"))) {
      const stops = [...document.querySelectorAll<HTMLElement>("[data-walk] .row a.stretched, [data-walk] .row .button.call")];
      const here = stops.indexOf(target);
      const next = event.key === "ArrowDown" ? stops[here + 1] : here > 0 ? stops[here - 1] : search;
      if (next) {
        event.preventDefault();
        next.focus();
      }
    }
  });
}
