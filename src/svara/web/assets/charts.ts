// What a bar of a chart stands for is told below the chart while the pointer is over it, or a finger on it: at once, and larger
// than the browser's own hint. Screen readers have the table.
function told(chart: Element): HTMLElement | null {
  const next = chart.nextElementSibling;
  return next instanceof HTMLElement && next.matches(".chart-told") ? next : null;
}

export function startCharts(): void {
  const tell = (event: PointerEvent): void => {
    const target = event.target as Element;
    const chart = target.closest?.(".chart");
    const words = target.closest?.(".chart .column")?.querySelector("title")?.textContent;
    for (const line of document.querySelectorAll<HTMLElement>(".chart-told")) {
      if (line !== (chart && told(chart))) line.textContent = "";
    }
    const line = chart && told(chart);
    if (line && words && line.textContent !== words) line.textContent = words;
  };
  document.addEventListener("pointerover", tell);
  document.addEventListener("pointerdown", tell);
}
