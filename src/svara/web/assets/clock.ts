// Running durations: <time data-since="1763776800.2"> counts up while it is on the page; data-late-after="20" marks it as late
// from that many seconds on.
function text(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${padded}` : padded;
}

// The server's clock counts; the difference to this machine's is learned once, from the page.
const drift = Number(document.body.dataset.now ?? Date.now() / 1000) - Date.now() / 1000;

export function tick(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-since]")) {
    const seconds = Date.now() / 1000 + drift - Number(element.dataset.since);
    element.textContent = text(seconds);
    if (element.dataset.lateAfter) element.classList.toggle("late", seconds > Number(element.dataset.lateAfter));
  }
}

// What is over at some time: <time data-until="1763776800.2"> counts down to nothing.
function tickDown(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-until]")) {
    const seconds = Number(element.dataset.until) - Date.now() / 1000 - drift;
    element.textContent = text(seconds);
    element.classList.toggle("late", seconds <= 0);
  }
}

export function startClock(): void {
  setInterval(() => document.hidden || tick(), 1_000);
  setInterval(() => document.hidden || tickDown(), 1_000);
  const both = (): void => {
    tick();
    tickDown();
  };
  document.addEventListener("htmx:after:swap", both);
  both();
}
